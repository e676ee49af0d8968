/** The form of a gate: a condition and a verdict on the object as a whole. */

import { Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { Gate } from '#shared/rules.ts';
import { blankVerdict } from './blanks.ts';
import { ConditionForm } from './condition-form.tsx';
import { HeadFields, type HeadFieldsProps } from './entry-forms.tsx';
import { Group, useField } from './form.tsx';
import { StatusField } from './status-field.tsx';

const words = text.rules.gates;

const verdicts = (['quarantine', 'reject', 'accept'] as const).map((value) => ({
  value,
  label: words.verdicts[value],
}));

export function GateForm({ value, onChange }: HeadFieldsProps<Gate>) {
  const field = useField();
  const { verdict } = value;
  const set = (next: Gate['verdict'], typed?: string) => onChange({ ...value, verdict: next }, typed);
  return (
    <>
      <Group title={words.when}>
        <ConditionForm value={value.when} path="when" onChange={(when) => onChange({ ...value, when }, 'when')} />
      </Group>
      <Group title={words.verdict}>
        <Select
          {...field(words.verdict)}
          help={words.verdictHelp[verdict.do]}
          hideLabel
          choices={verdicts}
          value={verdict.do}
          onChange={(kind) => set(blankVerdict(kind))}
        />
        {verdict.do === 'reject' && (
          <>
            <StatusField value={verdict.status} onChange={(status) => set({ ...verdict, status }, 'status')} />
            <TextField
              {...field(words.comment, 'verdict.comment')}
              help={words.commentHelp}
              value={verdict.comment}
              onChange={(comment) => set({ ...verdict, comment }, 'comment')}
              maxLength={64}
            />
          </>
        )}
        {verdict.do === 'quarantine' && (
          <TextField
            {...field(words.reason, 'verdict.reason')}
            help={words.reasonHelp}
            value={verdict.reason}
            onChange={(reason) => set({ ...verdict, reason }, 'reason')}
            maxLength={200}
          />
        )}
      </Group>
      <HeadFields value={value} onChange={onChange} />
    </>
  );
}
