/** What surrounds every control of a form: label, unit, help, error and the way back to the default. */

import { CircleAlert, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { FieldError, Label, Text } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';
import styles from './field.module.css';

/** The same for every field. */
export interface FieldProps {
  readonly label: string;
  /** What it means and an example, for a person who never saw it. */
  readonly help?: ReactNode;
  readonly unit?: string;
  /** What is wrong, as a sentence. */
  readonly error?: string | undefined;
  /** Back to the default; the button is there only with it. */
  readonly onReset?: (() => void) | undefined;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
  /** Beside the label: a badge such as "changed". */
  readonly mark?: ReactNode;
  /** The label is for screen readers only. */
  readonly hideLabel?: boolean;
  readonly className?: string;
  readonly autoFocus?: boolean;
}

export interface FieldFrameProps extends FieldProps {
  readonly children: ReactNode;
  /** Beside the control: a button such as "Choose…". */
  readonly beside?: ReactNode;
}

/** Must be inside a field of react-aria, which ties label, help and error to the control. */
export function FieldFrame({ label, help, unit, error, onReset, mark, hideLabel, children, beside }: FieldFrameProps) {
  return (
    <>
      <div className={cx(hideLabel ? 'unseen' : styles.head)}>
        <Label className={cx(styles.label)}>{label}</Label>
        {mark}
        {onReset && <IconButton icon={RotateCcw} label={text.common.reset(label)} onPress={onReset} slot={null} />}
      </div>
      <div className={cx(styles.control)}>
        {children}
        {unit !== undefined && <span className={cx(styles.unit)}>{unit}</span>}
        {beside}
      </div>
      <FieldError className={cx(styles.error)}>
        {({ validationErrors }) => (
          <>
            <CircleAlert aria-hidden size={14} />
            <span>{error ?? validationErrors.join(' ')}</span>
          </>
        )}
      </FieldError>
      {help !== undefined && (
        <Text slot="description" className={cx(styles.help)}>
          {help}
        </Text>
      )}
    </>
  );
}

/** The properties that every react-aria field takes from ours. */
export function ariaField({ error, isRequired = false, isDisabled = false, className }: FieldProps) {
  return {
    isInvalid: error !== undefined,
    isRequired,
    isDisabled,
    className: cx(styles.field, className),
    // The browser would not send a form with what the receiver refused before, although it has been mended since.
    validationBehavior: 'aria',
  } as const;
}
