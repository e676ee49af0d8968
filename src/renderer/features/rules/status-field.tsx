/** A status of PS3.7 as people write it: four hexadecimal digits. */

import { useEffect, useState } from 'react';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { useField } from './form.tsx';

const words = text.rules.gates;

/** `C001` */
function statusText(status: number): string {
  return status.toString(16).toUpperCase().padStart(4, '0');
}

export interface StatusFieldProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
}

export function StatusField({ value, onChange }: StatusFieldProps) {
  const field = useField();
  const [typed, setTyped] = useState(statusText(value));
  // Taken back, or another gate: what is typed follows.
  useEffect(() => {
    setTyped((old) => (Number.parseInt(old, 16) === value ? old : statusText(value)));
  }, [value]);
  return (
    <TextField
      {...field(words.status, 'verdict.status')}
      help={words.statusHelp}
      value={typed}
      onChange={(next) => {
        const digits = next.replace(/[^0-9a-f]/gi, '').toUpperCase();
        setTyped(digits);
        if (digits !== '') onChange(Number.parseInt(digits, 16));
      }}
      maxLength={4}
      mono
    />
  );
}
