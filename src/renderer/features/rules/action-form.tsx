/** What becomes of the elements: every action with its fields. */

import { useEffect, useState } from 'react';
import { NumberField } from '#renderer/components/number-field.tsx';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { call } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleTableRow } from '#shared/rule-commands.ts';
import type { Action } from '#shared/rules.ts';
import { blankAction, without } from './blanks.ts';
import { DateForm } from './date-form.tsx';
import { Group, useField } from './form.tsx';
import { PatternFields } from './pattern-fields.tsx';
import { TemplateField } from './template-field.tsx';

const words = text.rules.actions;

const choicesOf = <Value extends string>(labels: Readonly<Record<Value, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label })) as Choice<Value>[];
const kinds = choicesOf(words.kinds);
const sources = choicesOf(words.froms);
const scopes = choicesOf(words.ofs);
const missings = choicesOf(words.missings);
const cases = choicesOf(words.cases);

export interface ActionFormProps {
  readonly value: Action;
  readonly onChange: (value: Action) => void;
}

export function ActionForm({ value, onChange }: ActionFormProps) {
  const field = useField();
  return (
    <Group title={text.rules.inspector.action}>
      <Select
        {...field(words.label)}
        help={words.help[value.do] || undefined}
        choices={kinds}
        value={value.do}
        onChange={(kind) => onChange(blankAction(kind))}
      />
      <Fields value={value} onChange={onChange} />
    </Group>
  );
}

function Fields({ value, onChange }: ActionFormProps) {
  const field = useField();
  switch (value.do) {
    case 'set':
      return (
        <TemplateField
          label={words.text}
          value={value.template}
          path="action.template"
          onChange={(template) => onChange({ ...value, template })}
        />
      );
    case 'date':
      return <DateForm value={value.how} onChange={(how) => onChange({ ...value, how })} />;
    case 'pseudonym':
      return <PseudonymFields value={value} onChange={onChange} />;
    case 'hash':
      return (
        <NumberField
          {...field(words.length, 'action.length')}
          value={value.length}
          min={4}
          max={64}
          onChange={(length) => onChange({ ...value, length: length ?? 16 })}
        />
      );
    case 'replace':
      return (
        <>
          <PatternFields
            value={value}
            path="action.pattern"
            onChange={(pattern) => onChange({ ...value, ...pattern })}
          />
          <TextField
            {...field(words.with, 'action.with')}
            value={value.with}
            onChange={(next) => onChange({ ...value, with: next })}
          />
        </>
      );
    case 'round':
      return (
        <>
          <NumberField
            {...field(words.roundTo, 'action.to')}
            value={value.to}
            onChange={(to) => onChange({ ...value, to: to ?? 1 })}
          />
          <NumberField
            {...field(words.cap, 'action.cap')}
            help={words.capHelp}
            value={value.cap}
            onChange={(cap) => onChange(cap === undefined ? without(value, 'cap') : { ...value, cap })}
          />
        </>
      );
    case 'lookup':
      return <LookupFields value={value} onChange={onChange} />;
    case 'case':
      return (
        <Select {...field(words.case)} choices={cases} value={value.to} onChange={(to) => onChange({ ...value, to })} />
      );
    default:
      return null;
  }
}

interface FieldsOf<Kind extends Action['do']> {
  readonly value: Extract<Action, { do: Kind }>;
  readonly onChange: (value: Action) => void;
}

function PseudonymFields({ value, onChange }: FieldsOf<'pseudonym'>) {
  const field = useField();
  return (
    <>
      <TemplateField
        label={words.pseudonym}
        value={value.template}
        path="action.template"
        isPseudonym
        onChange={(template) => onChange({ ...value, template })}
      />
      <Select
        {...field(words.from)}
        choices={sources}
        value={value.from}
        onChange={(from) =>
          onChange(from === 'list' ? { ...value, from, list: value.list ?? [] } : { ...without(value, 'list'), from })
        }
      />
      {value.from === 'list' && (
        <TextField
          {...field(words.list, 'action.list')}
          help={words.listHelp}
          value={(value.list ?? []).join('\n')}
          onChange={(next) => onChange({ ...value, list: next.split('\n') })}
          rows={5}
        />
      )}
      <Select {...field(words.of)} choices={scopes} value={value.of} onChange={(of) => onChange({ ...value, of })} />
    </>
  );
}

function LookupFields({ value, onChange }: FieldsOf<'lookup'>) {
  const field = useField();
  const [tables, setTables] = useState<readonly RuleTableRow[]>();
  useEffect(() => {
    void call('rule-tables-list', undefined).then((result) => result.ok && setTables(result.value.tables));
  }, []);
  const table = tables?.find(({ name }) => name === value.table);
  const names = named(tables?.map(({ name }) => name) ?? [], value.table);
  // The first column is the value itself.
  const columns = named(table?.columns.slice(1) ?? [], value.column);
  return (
    <>
      <Select
        {...field(words.table, 'action.table')}
        help={tables?.length === 0 ? words.noTables : undefined}
        choices={names}
        value={value.table || null}
        onChange={(name) => onChange({ ...value, table: name, column: '' })}
      />
      <Select
        {...field(words.column, 'action.column')}
        choices={columns}
        value={value.column || null}
        onChange={(column) => onChange({ ...value, column })}
      />
      <Select
        {...field(words.missing)}
        choices={missings}
        value={value.missing}
        onChange={(missing) => onChange({ ...value, missing })}
      />
    </>
  );
}

/** Choices with the one that is set, even where it is no more. */
function named(names: readonly string[], current: string): readonly Choice[] {
  const all = current === '' || names.includes(current) ? names : [...names, current];
  return all.map((name) => ({ value: name, label: name }));
}
