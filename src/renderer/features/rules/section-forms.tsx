/** The forms of what a rule set has once: name and notes, base, everything else, stamp and safety. */

import { Checkbox } from '#renderer/components/checkbox.tsx';
import { cx } from '#renderer/components/cx.ts';
import { type Choice, Select } from '#renderer/components/select.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import { PS315_EDITION, PS315_OPTIONS, type Ps315Option, type RuleSet } from '#shared/rules.ts';
import { Group, useField, useReadOnly } from './form.tsx';
import styles from './rules.module.css';

const words = text.rules;

export interface SectionFormProps {
  readonly value: RuleSet;
  readonly onChange: (value: RuleSet, field?: string) => void;
}

const choicesOf = <Value extends string>(labels: Readonly<Record<Value, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label })) as Choice<Value>[];

export function GeneralForm({ value, onChange, row }: SectionFormProps & { readonly row: RuleSetRow }) {
  const field = useField();
  return (
    <>
      <TextField
        {...field(words.general.name, 'name')}
        value={value.name}
        onChange={(name) => onChange({ ...value, name }, 'name')}
        maxLength={60}
      />
      <TextField
        {...field(words.general.description, 'description')}
        help={words.general.descriptionHelp}
        value={value.description}
        onChange={(description) => onChange({ ...value, description }, 'description')}
        rows={4}
        maxLength={2000}
      />
      <p className={cx(styles.muted)}>
        {row.usedBy.length > 0 ? words.sets.usedBy(row.usedBy) : words.sets.unused}
        {!row.conformant && ` · ${words.sets.notConformantHelp}`}
      </p>
    </>
  );
}

const bases = choicesOf(words.base.kinds);
const preferences = choicesOf(words.base.prefers);

export function BaseForm({ value, onChange }: SectionFormProps) {
  const field = useField();
  const isReadOnly = useReadOnly();
  const { base } = value;
  const set = (next: RuleSet['base']) => onChange({ ...value, base: next });
  return (
    <>
      <Select
        {...field(words.base.kind)}
        help={words.base.help}
        choices={bases}
        value={base.kind}
        onChange={(kind) =>
          kind !== base.kind &&
          set(kind === 'none' ? { kind } : { kind, edition: PS315_EDITION, options: [], prefer: 'valid-iod' })
        }
      />
      {base.kind === 'ps315' && (
        <>
          <Group title={words.base.options} help={words.base.exclusive}>
            {(Object.entries(PS315_OPTIONS) as [Ps315Option, string][]).map(([option, label]) => (
              <Checkbox
                key={option}
                isSelected={base.options.includes(option)}
                isDisabled={isReadOnly}
                onChange={(isChosen) => set({ ...base, options: withOption(base.options, option, isChosen) })}
              >
                {label}
              </Checkbox>
            ))}
          </Group>
          <Select
            {...field(words.base.prefer)}
            choices={preferences}
            value={base.prefer}
            onChange={(prefer) => set({ ...base, prefer })}
          />
          <p className={cx(styles.muted)}>
            {words.base.edition}: {base.edition}
          </p>
        </>
      )}
    </>
  );
}

/** Full dates and modified dates exclude each other: choosing one takes the other away. */
function withOption(options: readonly Ps315Option[], option: Ps315Option, isChosen: boolean): Ps315Option[] {
  const rival =
    option === 'retain-full-dates'
      ? 'retain-modified-dates'
      : option === 'retain-modified-dates'
        ? 'retain-full-dates'
        : undefined;
  const others = options.filter((other) => other !== option && (!isChosen || other !== rival));
  return isChosen ? [...others, option] : others;
}

const privates = choicesOf(words.defaults.privates);
const keepOrRemove = choicesOf(words.defaults.choices);

export function DefaultsForm({ value, onChange }: SectionFormProps) {
  const field = useField();
  const { defaults } = value;
  return (
    <>
      <p className={cx(styles.muted)}>{words.defaults.help}</p>
      <Select
        {...field(words.defaults.private)}
        choices={privates}
        value={defaults.private}
        onChange={(next) => onChange({ ...value, defaults: { ...defaults, private: next } })}
      />
      {(['unlisted', 'overlays', 'curves'] as const).map((name) => (
        <Select
          key={name}
          {...field(words.defaults[name])}
          choices={keepOrRemove}
          value={defaults[name]}
          onChange={(next) => onChange({ ...value, defaults: { ...defaults, [name]: next } })}
        />
      ))}
    </>
  );
}

const alarms = choicesOf(words.safety.alarms);

export function SafetyForm({ value, onChange }: SectionFormProps) {
  const field = useField();
  const { safety } = value;
  return (
    <>
      <Switch
        {...field(words.safety.stamp)}
        help={words.safety.stampHelp}
        value={value.stamp}
        onChange={(stamp) => onChange({ ...value, stamp })}
      />
      <Select
        {...field(words.safety.residual)}
        help={words.safety.residualHelp}
        choices={alarms}
        value={safety.residual}
        onChange={(residual) => onChange({ ...value, safety: { ...safety, residual } })}
      />
      <Select
        {...field(words.safety.burnedIn)}
        help={words.safety.burnedInHelp}
        choices={alarms}
        value={safety.burnedIn}
        onChange={(burnedIn) => onChange({ ...value, safety: { ...safety, burnedIn } })}
      />
      <TextField
        {...field(words.safety.keyRef, 'keyRef')}
        help={words.safety.keyRefHelp}
        value={value.keyRef}
        onChange={(keyRef) => onChange({ ...value, keyRef }, 'keyRef')}
        maxLength={40}
        mono
      />
    </>
  );
}
