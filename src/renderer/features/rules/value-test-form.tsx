/** How the value of an attribute is tested. */

import { ChipsField } from '#renderer/components/chips-field.tsx';
import { NumberField } from '#renderer/components/number-field.tsx';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { ValueTest } from '#shared/rules.ts';
import { blankTest } from './blanks.ts';
import { useField } from './form.tsx';
import { PatternFields } from './pattern-fields.tsx';

const words = text.rules.conditions;

const tests = Object.entries(words.tests).map(([value, label]) => ({ value, label })) as Choice<ValueTest['op']>[];

export interface ValueTestFormProps {
  readonly value: ValueTest;
  readonly onChange: (value: ValueTest) => void;
  readonly path: string;
}

export function ValueTestForm({ value, onChange, path }: ValueTestFormProps) {
  const field = useField();
  return (
    <>
      <Select
        {...field(words.test)}
        choices={tests}
        value={value.op}
        onChange={(op) => onChange(blankTest(op, value))}
      />
      <Fields value={value} onChange={onChange} path={path} />
    </>
  );
}

function Fields({ value, onChange, path }: ValueTestFormProps) {
  const field = useField();
  switch (value.op) {
    case 'present':
    case 'absent':
    case 'empty':
      return null;
    case 'in':
      return (
        <>
          <ChipsField
            {...field(words.values, path)}
            help={words.valuesHelp}
            value={value.values}
            onChange={(values) => onChange({ ...value, values: [...values] })}
            wrong={new Set()}
          />
          <IgnoreCase value={value} onChange={onChange} />
        </>
      );
    case 'matches':
      return (
        <PatternFields value={value} path={path} onChange={(pattern) => onChange({ op: 'matches', ...pattern })} />
      );
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (
        <NumberField
          {...field(words.number, path)}
          help={words.numberHelp}
          value={value.value}
          onChange={(next) => onChange({ ...value, value: next ?? 0 })}
        />
      );
    case 'before':
    case 'after':
      return (
        <TextField
          {...field(words.date, path)}
          help={words.dateHelp}
          value={value.date}
          onChange={(date) => onChange({ ...value, date })}
          maxLength={8}
          mono
        />
      );
    default:
      return (
        <>
          <TextField
            {...field(words.value, path)}
            value={value.value}
            onChange={(next) => onChange({ ...value, value: next })}
          />
          <IgnoreCase value={value} onChange={onChange} />
        </>
      );
  }
}

type Folding = Extract<ValueTest, { ignoreCase: boolean }>;

function IgnoreCase({ value, onChange }: { readonly value: Folding; readonly onChange: (value: ValueTest) => void }) {
  const field = useField();
  return (
    <Switch
      {...field(text.rules.pattern.ignoreCase)}
      value={value.ignoreCase}
      onChange={(ignoreCase) => onChange({ ...value, ignoreCase })}
    />
  );
}
