/** Which elements: every kind of selector with its fields. */

import { Plus } from 'lucide-react';
import { AttributeField } from '#renderer/components/attribute-field.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { NAMED_LISTS, OWN_VALUES, type Selector } from '#shared/rules.ts';
import { blankSelector, without } from './blanks.ts';
import { Card, useField, useReadOnly } from './form.tsx';
import { PatternFields } from './pattern-fields.tsx';
import styles from './rules.module.css';

const words = text.rules.selectors;
const inspector = text.rules.inspector;

export interface SelectorListProps {
  readonly value: readonly Selector[];
  readonly onChange: (value: readonly Selector[]) => void;
  /** `select`, `except`: where their mistakes are. */
  readonly path: 'select' | 'except';
}

export function SelectorList({ value, onChange, path }: SelectorListProps) {
  const isReadOnly = useReadOnly();
  const isMain = path === 'select';
  return (
    <>
      {value.length === 0 && <p className={cx(styles.muted)}>{inspector.exceptNone}</p>}
      {value.map((selector, index) => (
        <Card
          // biome-ignore lint/suspicious/noArrayIndexKey: selectors have nothing else that stays the same while they are typed
          key={index}
          label={(isMain ? inspector.selector : inspector.exception)(index + 1)}
          removeLabel={inspector.removeSelector(index + 1)}
          onRemove={isMain && value.length === 1 ? undefined : () => onChange(value.toSpliced(index, 1))}
        >
          <SelectorForm
            value={selector}
            path={`${path}[${index}]`}
            onChange={(next) => onChange(value.with(index, next))}
          />
        </Card>
      ))}
      {!isReadOnly && (
        <div>
          <Button size="small" icon={Plus} onPress={() => onChange([...value, blankSelector('attribute')])}>
            {isMain ? inspector.addSelector : inspector.addException}
          </Button>
        </div>
      )}
    </>
  );
}

interface SelectorFormProps {
  readonly value: Selector;
  readonly onChange: (value: Selector) => void;
  readonly path: string;
}

const kinds = Object.entries(words.kinds).map(([value, label]) => ({ value, label })) as Choice<Selector['kind']>[];

function SelectorForm({ value, onChange, path }: SelectorFormProps) {
  const field = useField();
  return (
    <>
      <Select
        {...field(words.kind)}
        choices={kinds}
        value={value.kind}
        onChange={(kind) => onChange(blankSelector(kind))}
      />
      <Fields value={value} onChange={onChange} path={path} />
    </>
  );
}

const lists = Object.entries(NAMED_LISTS).map(([value, label]) => ({ value, label })) as Choice<
  keyof typeof NAMED_LISTS
>[];
const PATTERN = 'pattern';
const contents = [
  ...Object.entries(OWN_VALUES).map(([value, label]) => ({ value, label })),
  { value: PATTERN, label: words.ownPattern },
] as Choice<keyof typeof OWN_VALUES | typeof PATTERN>[];

function Fields({ value, onChange, path }: SelectorFormProps) {
  const field = useField();
  switch (value.kind) {
    case 'attribute':
      return (
        <AttributeField
          {...field(words.attribute, path)}
          help={words.attributeHelp}
          value={value.attribute}
          onChange={(attribute) => onChange({ ...value, attribute })}
        />
      );
    case 'wildcard':
      return (
        <TextField
          {...field(words.wildcard, path)}
          help={words.wildcardHelp}
          value={value.tag}
          onChange={(tag) => onChange({ ...value, tag })}
          maxLength={8}
          mono
        />
      );
    case 'range':
      return (
        <>
          <AttributeField
            {...field(words.from, `${path}.from`)}
            value={value.from}
            onChange={(from) => onChange({ ...value, from })}
          />
          <AttributeField
            {...field(words.to, `${path}.to`)}
            value={value.to}
            onChange={(to) => onChange({ ...value, to })}
          />
        </>
      );
    case 'vr':
      return (
        <TextField
          {...field(words.vr, path)}
          value={value.vr}
          onChange={(vr) => onChange({ ...value, vr: vr.toUpperCase() })}
          maxLength={2}
          mono
        />
      );
    case 'keyword':
      return (
        <PatternFields value={value} onChange={(pattern) => onChange({ kind: 'keyword', ...pattern })} path={path} />
      );
    case 'private':
      return (
        <>
          <TextField
            {...field(words.creator, `${path}.creator`)}
            value={value.creator}
            onChange={(creator) => onChange({ ...value, creator })}
            maxLength={64}
          />
          <div className={cx(styles.pair)}>
            <TextField
              {...field(words.group, `${path}.group`)}
              help={words.groupHelp}
              value={value.group}
              onChange={(group) => onChange({ ...value, group })}
              maxLength={4}
              mono
            />
            <TextField
              {...field(words.element, `${path}.element`)}
              help={words.elementHelp}
              value={value.element ?? ''}
              onChange={(element) => onChange(element === '' ? without(value, 'element') : { ...value, element })}
              maxLength={2}
              mono
            />
          </div>
        </>
      );
    case 'path':
      return (
        <TextField
          {...field(words.path, path)}
          help={words.pathHelp}
          value={value.path}
          onChange={(next) => onChange({ ...value, path: next })}
          mono
        />
      );
    case 'list':
      return (
        <Select
          {...field(words.list, path)}
          choices={lists}
          value={value.list}
          onChange={(list) => onChange({ ...value, list })}
        />
      );
    case 'value': {
      const { contains } = value;
      return (
        <>
          <Select
            {...field(words.contains)}
            choices={contents}
            value={typeof contains === 'string' ? contains : PATTERN}
            onChange={(next) =>
              onChange({ ...value, contains: next === PATTERN ? { pattern: '', ignoreCase: true } : next })
            }
          />
          {typeof contains !== 'string' && (
            <PatternFields
              value={contains}
              onChange={(pattern) => onChange({ ...value, contains: pattern })}
              path={`${path}.contains`}
            />
          )}
        </>
      );
    }
  }
}
