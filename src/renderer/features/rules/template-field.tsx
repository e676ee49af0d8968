/** A text with functions in braces, and the list of them. */

import { useId, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { useField, useReadOnly } from './form.tsx';
import styles from './rules.module.css';

const words = text.rules.template;

export interface TemplateFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Where its mistakes are. */
  readonly path: string;
  /** `{n}` has a meaning. */
  readonly isPseudonym?: boolean;
}

export function TemplateField({ label, value, onChange, path, isPseudonym = false }: TemplateFieldProps) {
  const field = useField();
  const isReadOnly = useReadOnly();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const functions = isPseudonym ? [words.number, ...words.list] : words.list;
  return (
    <>
      <TextField {...field(label, path)} value={value} onChange={onChange} mono />
      <div>
        <Button size="small" variant="quiet" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
          {words.functions}
        </Button>
      </div>
      {isOpen && (
        <ul id={id} className={cx(styles.functions)}>
          {functions.map(([form, meaning]) => (
            <li key={form}>
              <Button
                size="small"
                variant="quiet"
                isDisabled={isReadOnly}
                aria-label={words.insert(form)}
                onPress={() => onChange(value + form)}
              >
                <code>{form}</code>
              </Button>
              <span className={cx(styles.muted)}>{meaning}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
