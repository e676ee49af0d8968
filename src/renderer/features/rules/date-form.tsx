/** How a date changes. */

import { NumberField } from '#renderer/components/number-field.tsx';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { Action } from '#shared/rules.ts';
import { blankDate } from './blanks.ts';
import { useField } from './form.tsx';

const words = text.rules.actions;

type DateHow = Extract<Action, { do: 'date' }>['how'];
const hows = Object.entries(words.hows).map(([value, label]) => ({ value, label })) as Choice<DateHow['by']>[];
const ends = Object.entries(words.truncates).map(([value, label]) => ({ value, label })) as Choice<'year' | 'month'>[];

export interface DateFormProps {
  readonly value: DateHow;
  readonly onChange: (value: DateHow) => void;
}

export function DateForm({ value, onChange }: DateFormProps) {
  const field = useField();
  return (
    <>
      <Select {...field(words.how)} choices={hows} value={value.by} onChange={(by) => onChange(blankDate(by))} />
      {value.by === 'shift' && (
        <>
          <NumberField
            {...field(words.days, 'action.how.days')}
            help={words.daysHelp}
            unit={words.daysUnit}
            value={value.days}
            min={1}
            max={36500}
            onChange={(days) => onChange({ ...value, days: days ?? 3650 })}
          />
          <Switch
            {...field(words.wholeWeeks)}
            value={value.wholeWeeks}
            onChange={(wholeWeeks) => onChange({ ...value, wholeWeeks })}
          />
        </>
      )}
      {value.by === 'truncate' && (
        <Select
          {...field(words.truncateTo)}
          choices={ends}
          value={value.to}
          onChange={(to) => onChange({ ...value, to })}
        />
      )}
      {value.by === 'fixed' && (
        <TextField
          {...field(words.fixedDate, 'action.how.date')}
          value={value.date}
          onChange={(date) => onChange({ ...value, date })}
          maxLength={8}
          mono
        />
      )}
    </>
  );
}
