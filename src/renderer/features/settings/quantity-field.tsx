/** A number that may be typed with a unit: `16 MiB`, `2 min`. What was typed stays as it was typed. */

import { useState } from 'react';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { OptionText } from '#shared/options.ts';
import styles from './settings.module.css';
import { explainQuantity, formatQuantity, parseQuantity } from './units.ts';

export interface QuantityFieldProps extends Omit<FieldProps, 'unit'> {
  /** undefined: the default holds. */
  readonly value: unknown;
  /** What is shown where nothing is given: the default. */
  readonly fallback: unknown;
  readonly onChange: (value: number | string | undefined) => void;
  readonly quantity: OptionText['unit'];
  readonly placeholder?: string;
}

export function QuantityField({ value, fallback, onChange, quantity, ...field }: QuantityFieldProps) {
  // While the value is still what was last typed, the field shows exactly that.
  const [typed, setTyped] = useState<{ readonly text: string; readonly value: unknown }>();
  const shown = typed && Object.is(typed.value, value) ? typed.text : formatQuantity(value ?? fallback, quantity);
  const explained = explainQuantity(value ?? fallback, quantity);
  return (
    <TextField
      {...field}
      className={cx(styles.narrow)}
      value={shown}
      onChange={(next) => {
        const parsed = parseQuantity(next, quantity);
        setTyped({ text: next, value: parsed });
        onChange(parsed);
      }}
      onBlur={() => setTyped(undefined)}
      beside={
        <span className={cx(styles.quantity)}>
          {quantity === 'seconds' && typeof (value ?? fallback) === 'number' && !/[a-z]/i.test(shown) && quantity}
          {explained !== '' && <span>{text.settings.means(explained)}</span>}
        </span>
      }
    />
  );
}
