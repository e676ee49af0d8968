/** The forms of a rule, of a gate and of pixel rectangles. */

import { Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { Condition, Rule, Selector } from '#shared/rules.ts';
import { ActionForm } from './action-form.tsx';
import { without } from './blanks.ts';
import { WhenForm } from './condition-form.tsx';
import { Group, useField } from './form.tsx';
import { SelectorList } from './selector-form.tsx';

const words = text.rules.inspector;

/** With this condition, or without any. */
export function withCondition<Value extends { readonly when?: Condition | undefined }>(
  value: Value,
  when: Condition | undefined,
): Value {
  return when ? { ...value, when } : (without(value, 'when') as Value);
}

export interface HeadFieldsProps<Value> {
  readonly value: Value;
  /** @param field what is typed, so that a whole word is taken back at once */
  readonly onChange: (value: Value, field?: string) => void;
}

/** What every entry has: on or off, and a note. */
export function HeadFields<Value extends { readonly on: boolean; readonly note: string }>({
  value,
  onChange,
}: HeadFieldsProps<Value>) {
  const field = useField();
  return (
    <>
      <Switch {...field(words.on)} value={value.on} onChange={(on) => onChange({ ...value, on })} />
      <TextField
        {...field(words.note, 'note')}
        help={words.noteHelp}
        value={value.note}
        onChange={(note) => onChange({ ...value, note }, 'note')}
        maxLength={500}
      />
    </>
  );
}

/** Typing within a selector is one step; one more, one less or one of another kind is a step of its own. */
function stepOf(field: string, before: readonly Selector[], after: readonly Selector[]): string | undefined {
  const goesOn = before.length === after.length && before.every(({ kind }, index) => kind === after[index]?.kind);
  return goesOn ? field : undefined;
}

const depths = (['any', 'top', 'nested'] as const).map((value) => ({ value, label: words.depths[value] }));

export function RuleForm({ value, onChange }: HeadFieldsProps<Rule>) {
  const field = useField();
  return (
    <>
      <ActionForm
        value={value.action}
        onChange={(action) => onChange({ ...value, action }, action.do === value.action.do ? 'action' : undefined)}
      />
      <Group title={words.elements}>
        <SelectorList
          value={value.select}
          path="select"
          onChange={(select) => onChange({ ...value, select: [...select] }, stepOf('select', value.select, select))}
        />
        <Select
          {...field(words.depth)}
          choices={depths}
          value={value.depth}
          onChange={(depth) => onChange({ ...value, depth })}
        />
      </Group>
      <Group title={words.except}>
        <SelectorList
          value={value.except}
          path="except"
          onChange={(except) => onChange({ ...value, except: [...except] }, stepOf('except', value.except, except))}
        />
      </Group>
      <WhenForm value={value.when} onChange={(when) => onChange(withCondition(value, when), 'when')} />
      <HeadFields value={value} onChange={onChange} />
    </>
  );
}
