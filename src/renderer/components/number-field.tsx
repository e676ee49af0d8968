/** A number with steps and a unit. */

import { Minus, Plus } from 'lucide-react';
import { NumberField as AriaNumberField, Button, Group, Input } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { cx } from './cx.ts';
import styles from './field.module.css';
import type { FieldProps } from './field.tsx';
import { ariaField, FieldFrame } from './field.tsx';

export interface NumberFieldProps extends FieldProps {
  /** undefined: empty. */
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
  readonly step?: number;
  readonly min?: number;
  readonly max?: number;
  /** Thousands are grouped; ports are not. */
  readonly grouping?: boolean;
  readonly placeholder?: string;
}

export function NumberField(props: NumberFieldProps) {
  const { value, onChange, step, min, max, grouping = false, placeholder, autoFocus = false } = props;
  return (
    <AriaNumberField
      {...ariaField(props)}
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? undefined : next)}
      {...(step !== undefined && { step })}
      {...(min !== undefined && { minValue: min })}
      {...(max !== undefined && { maxValue: max })}
      formatOptions={{ useGrouping: grouping, maximumFractionDigits: 3 }}
      autoFocus={autoFocus}
    >
      <FieldFrame {...props}>
        <Group className={cx(styles.box)}>
          <Input className={cx(styles.input, styles.bare)} placeholder={placeholder ?? ''} />
          <Button slot="decrement" className={cx(styles.step)} aria-label={text.common.decrease}>
            <Minus aria-hidden size={14} />
          </Button>
          <Button slot="increment" className={cx(styles.step)} aria-label={text.common.increase}>
            <Plus aria-hidden size={14} />
          </Button>
        </Group>
      </FieldFrame>
    </AriaNumberField>
  );
}
