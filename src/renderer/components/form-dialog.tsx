/** A dialog with fields. */

import type { ReactNode } from 'react';
import { useState } from 'react';
import { text } from '#renderer/text/en.ts';
import type { Problem, Result } from '#shared/contract.ts';
import { ProblemBanner } from './banner.tsx';
import { Button } from './button.tsx';
import { cx } from './cx.ts';
import { Dialog } from './dialog.tsx';
import styles from './overlay.module.css';

export interface FormDialogProps {
  readonly title: string;
  readonly action: string;
  readonly isDisabled: boolean;
  readonly problems: readonly Problem[];
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 'normal' | 'wide';
}

/** A dialog that Enter confirms, and that stays while the receiver refuses. */
export function FormDialog({
  title,
  action,
  isDisabled,
  problems,
  onSubmit,
  onClose,
  children,
  size,
}: FormDialogProps) {
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    if (isDisabled || isBusy) return;
    setBusy(true);
    await onSubmit();
    setBusy(false);
  };
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      {...(size && { size })}
      footer={
        <>
          <Button onPress={onClose}>{text.common.cancel}</Button>
          <Button variant="primary" isDisabled={isDisabled} isPending={isBusy} onPress={() => void submit()}>
            {action}
          </Button>
        </>
      }
    >
      <form
        className={cx(styles.form)}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {problems.map((problem) => (
          <ProblemBanner key={`${problem.field} ${problem.message}`} problem={withField(problem)} live />
        ))}
        {children}
        <button type="submit" hidden disabled={isDisabled} />
      </form>
    </Dialog>
  );
}

/** The message with the field it is about, where the dialog has no such field. */
function withField(problem: Problem): Problem {
  return problem.field === undefined ? problem : { ...problem, message: `${problem.field} ${problem.message}` };
}

/** What a refused command is about, one after the other. */
export const problemsOf = (result: Result<unknown>): Problem[] =>
  result.ok ? [] : [result.error, ...(result.more ?? [])];
