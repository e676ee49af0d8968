/** A pattern of RE2, with what it cannot do said where it is typed. */

import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { MAX_PATTERN_LENGTH } from '#shared/rules.ts';
import { useField } from './form.tsx';

const words = text.rules.pattern;

export interface Pattern {
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

export interface PatternFieldsProps {
  readonly value: Pattern;
  readonly onChange: (value: Pattern) => void;
  /** Where its mistakes are. */
  readonly path: string;
}

export function PatternFields({ value: { pattern, ignoreCase }, onChange, path }: PatternFieldsProps) {
  const field = useField();
  return (
    <>
      <TextField
        {...field(words.label, path)}
        help={words.help}
        value={pattern}
        onChange={(next) => onChange({ pattern: next, ignoreCase })}
        maxLength={MAX_PATTERN_LENGTH}
        mono
      />
      <Switch
        {...field(words.ignoreCase)}
        value={ignoreCase}
        onChange={(next) => onChange({ pattern, ignoreCase: next })}
      />
    </>
  );
}
