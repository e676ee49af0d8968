/** A list of short texts: AE titles, addresses. Typed or pasted, shown as chips, each taken away by itself. */

import { useState } from 'react';
import { text } from '#renderer/text/en.ts';
import { Button } from './button.tsx';
import styles from './chips.module.css';
import { Chips } from './chips.tsx';
import { cx } from './cx.ts';
import type { FieldProps } from './field.tsx';
import { splitEntries } from './split-entries.ts';
import { TextField } from './text-field.tsx';

export interface ChipsFieldProps extends FieldProps {
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  /** Indices of entries that are wrong. */
  readonly wrong: ReadonlySet<number>;
  readonly placeholder?: string;
}

export function ChipsField({ value, onChange, wrong, placeholder, ...field }: ChipsFieldProps) {
  const [typed, setTyped] = useState('');
  const add = () => {
    const entries = splitEntries(typed, false).filter((entry) => !value.includes(entry));
    if (entries.length > 0) onChange([...value, ...entries]);
    setTyped('');
  };
  return (
    <form
      className={cx(styles.field)}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <TextField
        {...field}
        mono
        value={typed}
        onChange={(next) => setTyped(next)}
        onBlur={add}
        {...(placeholder !== undefined && { placeholder })}
        beside={
          <Button type="submit" isDisabled={typed.trim() === ''}>
            {text.common.lists.add}
          </Button>
        }
      />
      <Chips
        label={text.common.lists.entries(field.label)}
        mono
        chips={value.map((entry, index) => ({ id: entry, label: entry, wrong: wrong.has(index) }))}
        onRemove={(ids) => onChange(value.filter((entry) => !ids.has(entry)))}
      />
    </form>
  );
}
