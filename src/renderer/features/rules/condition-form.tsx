/** On which objects: conditions within conditions, each with its fields. */

import { Plus, X } from 'lucide-react';
import { AttributeField } from '#renderer/components/attribute-field.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { ChipsField } from '#renderer/components/chips-field.tsx';
import { cx } from '#renderer/components/cx.ts';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { text } from '#renderer/text/en.ts';
import type { Condition } from '#shared/rules.ts';
import { asKind, blankCondition } from './blanks.ts';
import { Card, Group, useField, useReadOnly } from './form.tsx';
import styles from './rules.module.css';
import { ValueTestForm } from './value-test-form.tsx';

const words = text.rules.conditions;
const inspector = text.rules.inspector;

const kinds = Object.entries(words.kinds).map(([value, label]) => ({ value, label })) as Choice<Condition['kind']>[];
type Association = Extract<Condition, { kind: 'association' }>;
const fields = Object.entries(words.fields).map(([value, label]) => ({ value, label })) as Choice<
  Association['field']
>[];

export interface ConditionFormProps {
  readonly value: Condition;
  readonly onChange: (value: Condition) => void;
  readonly path: string;
}

export function ConditionForm({ value, onChange, path }: ConditionFormProps) {
  const field = useField();
  return (
    <>
      <Select
        {...field(words.kind)}
        choices={kinds}
        value={value.kind}
        onChange={(kind) => onChange(asKind(value, kind))}
      />
      <Fields value={value} onChange={onChange} path={path} />
    </>
  );
}

function Fields({ value, onChange, path }: ConditionFormProps) {
  const field = useField();
  switch (value.kind) {
    case 'all':
    case 'any':
      return <Conditions value={value.of} path={`${path}.of`} onChange={(of) => onChange({ kind: value.kind, of })} />;
    case 'not':
      return (
        <div className={cx(styles.nested)}>
          <ConditionForm value={value.of} path={`${path}.of`} onChange={(of) => onChange({ kind: 'not', of })} />
        </div>
      );
    case 'attribute':
      return (
        <>
          <AttributeField
            {...field(text.rules.selectors.attribute, `${path}.attribute`)}
            value={value.attribute}
            onChange={(attribute) => onChange({ ...value, attribute })}
          />
          <ValueTestForm value={value.test} path={`${path}.test`} onChange={(test) => onChange({ ...value, test })} />
        </>
      );
    case 'association': {
      const isUid = value.field === 'sop-class' || value.field === 'transfer-syntax';
      return (
        <>
          <Select
            {...field(words.field)}
            choices={fields}
            value={value.field}
            onChange={(next) => onChange({ ...value, field: next })}
          />
          <ChipsField
            {...field(words.in, `${path}.in`)}
            help={isUid ? words.uidHelp : value.field === 'address' ? words.addressHelp : words.valuesHelp}
            value={value.in}
            onChange={(next) => onChange({ ...value, in: [...next] })}
            wrong={new Set()}
          />
        </>
      );
    }
  }
}

interface ConditionsProps {
  readonly value: readonly Condition[];
  readonly onChange: (value: readonly Condition[]) => void;
  readonly path: string;
}

function Conditions({ value, onChange, path }: ConditionsProps) {
  const isReadOnly = useReadOnly();
  return (
    <div className={cx(styles.nested)}>
      {value.map((condition, index) => (
        <Card
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have nothing else that stays the same while they are typed
          key={index}
          label={words.numbered(index + 1)}
          removeLabel={words.remove(index + 1)}
          onRemove={() => onChange(value.toSpliced(index, 1))}
        >
          <ConditionForm
            value={condition}
            path={`${path}[${index}]`}
            onChange={(next) => onChange(value.with(index, next))}
          />
        </Card>
      ))}
      {!isReadOnly && (
        <div>
          <Button size="small" icon={Plus} onPress={() => onChange([...value, blankCondition('attribute')])}>
            {words.add}
          </Button>
        </div>
      )}
    </div>
  );
}

export interface WhenFormProps {
  /** undefined: for every object. */
  readonly value: Condition | undefined;
  readonly onChange: (value: Condition | undefined) => void;
}

/** A condition that may be missing. */
export function WhenForm({ value, onChange }: WhenFormProps) {
  const isReadOnly = useReadOnly();
  return (
    <Group
      title={inspector.when}
      {...(value && { help: words.original })}
      actions={
        !isReadOnly &&
        (value ? (
          <IconButton icon={X} label={inspector.removeCondition} onPress={() => onChange(undefined)} />
        ) : (
          <Button size="small" icon={Plus} onPress={() => onChange(blankCondition('attribute'))}>
            {inspector.addCondition}
          </Button>
        ))
      }
    >
      {value ? (
        <ConditionForm value={value} onChange={onChange} path="when" />
      ) : (
        <p className={cx(styles.muted)}>{inspector.always}</p>
      )}
    </Group>
  );
}
