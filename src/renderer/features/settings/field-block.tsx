/** What surrounds a field that is no single control: heading, error, help, the way back to the default. */

import { CircleAlert, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import field from '#renderer/components/field.module.css';
import type { FieldProps } from '#renderer/components/field.tsx';
import { text } from '#renderer/text/en.ts';
import styles from './settings.module.css';

export interface FieldBlockProps extends FieldProps {
  readonly id: string;
  readonly children: ReactNode;
}

export function FieldBlock({ id, label, help, error, mark, onReset, children }: FieldBlockProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is laid out by other rules than everything else
    <div
      role="group"
      aria-labelledby={`${id}-label`}
      aria-describedby={cx(error !== undefined && `${id}-error`, help !== undefined && `${id}-help`)}
      className={cx(field.field, styles.listField)}
      {...(error !== undefined && { 'data-invalid': true })}
    >
      <div className={cx(field.head)}>
        <span id={`${id}-label`} className={cx(field.label)}>
          {label}
        </span>
        {mark}
        {onReset && <IconButton icon={RotateCcw} label={text.common.reset(label)} onPress={onReset} />}
      </div>
      {children}
      {error !== undefined && (
        <div id={`${id}-error`} className={cx(field.error)}>
          <CircleAlert aria-hidden size={14} />
          <span>{error}</span>
        </div>
      )}
      {help !== undefined && (
        <div id={`${id}-help`} className={cx(field.help)}>
          {help}
        </div>
      )}
    </div>
  );
}
