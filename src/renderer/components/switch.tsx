/** On or off. */

import { RotateCcw } from 'lucide-react';
import { useId } from 'react';
import { Switch as AriaSwitch } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';
import styles from './field.module.css';
import type { FieldProps } from './field.tsx';

export interface SwitchProps extends FieldProps {
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

export function Switch({
  label,
  help,
  error,
  onReset,
  mark,
  isDisabled = false,
  value,
  onChange,
  className,
}: SwitchProps) {
  const id = useId();
  const describedBy = cx(help !== undefined && `${id}-help`, error !== undefined && `${id}-error`);
  return (
    <div className={cx(styles.field, className)}>
      <div className={cx(styles.head)}>
        <AriaSwitch
          isSelected={value}
          onChange={onChange}
          isDisabled={isDisabled}
          className={cx(styles.switch)}
          {...(describedBy && { 'aria-describedby': describedBy })}
        >
          <span aria-hidden className={cx(styles.track)} />
          {label}
        </AriaSwitch>
        {mark}
        {onReset && <IconButton icon={RotateCcw} label={text.common.reset(label)} onPress={onReset} />}
      </div>
      {error !== undefined && (
        <div id={`${id}-error`} className={cx(styles.error, styles.switchHelp)}>
          {error}
        </div>
      )}
      {help !== undefined && (
        <div id={`${id}-help`} className={cx(styles.help, styles.switchHelp)}>
          {help}
        </div>
      )}
    </div>
  );
}
