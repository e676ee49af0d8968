/** What all forms of the inspector share: the mistakes of the part that is shown, and whether it can be changed. */

import { X } from 'lucide-react';
import { createContext, type ReactNode, useContext } from 'react';
import { IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { messageAt, mistakeSentence, type PlacedMistake } from './mistakes.ts';
import styles from './rules.module.css';

interface Form {
  readonly mistakes: readonly PlacedMistake[];
  readonly isReadOnly: boolean;
}

const FormContext = createContext<Form>({ mistakes: [], isReadOnly: true });

export interface FormScopeProps extends Form {
  readonly children: ReactNode;
}

/** Around the form of one part of the rule set. */
export function FormScope({ mistakes, isReadOnly, children }: FormScopeProps) {
  return (
    <FormContext value={{ mistakes, isReadOnly }}>
      <div className={cx(styles.form)}>{children}</div>
    </FormContext>
  );
}

export function useReadOnly(): boolean {
  return useContext(FormContext).isReadOnly;
}

/**
 * What every field is given: its label, what is wrong with it, whether it can be changed.
 * @param paths where its mistakes are, below the part: `select[0].attribute`
 */
export function useField(): (
  label: string,
  ...paths: readonly string[]
) => {
  readonly label: string;
  readonly error: string | undefined;
  readonly isDisabled: boolean;
} {
  const { mistakes, isReadOnly } = useContext(FormContext);
  return (label, ...paths) => {
    const message = paths.map((path) => messageAt(mistakes, path)).find((found) => found !== undefined);
    return {
      label,
      error: message === undefined ? undefined : mistakeSentence(label, message),
      isDisabled: isReadOnly,
    };
  };
}

export interface GroupProps {
  readonly title: string;
  readonly help?: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** Fields that belong together. */
export function Group({ title, help, children, actions }: GroupProps) {
  return (
    <fieldset className={cx(styles.group)}>
      <legend>{title}</legend>
      {actions !== undefined && <div className={cx(styles.groupActions)}>{actions}</div>}
      {help !== undefined && <p className={cx(styles.muted)}>{help}</p>}
      {children}
    </fieldset>
  );
}

export interface CardProps {
  readonly label: string;
  /** undefined: it stays. */
  readonly onRemove: (() => void) | undefined;
  readonly removeLabel: string;
  readonly children: ReactNode;
}

/** One of several of the same kind. */
export function Card({ label, onRemove, removeLabel, children }: CardProps) {
  const isReadOnly = useReadOnly();
  return (
    <fieldset aria-label={label} className={cx(styles.card)}>
      {children}
      {onRemove && !isReadOnly && (
        <IconButton icon={X} label={removeLabel} className={cx(styles.cardRemove)} onPress={onRemove} />
      )}
    </fieldset>
  );
}
