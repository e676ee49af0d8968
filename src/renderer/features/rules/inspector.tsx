/** The chosen part of the rule set: its form, and for entries what can be done with them. */

import { ArrowDown, ArrowUp, Copy, Trash2 } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleSetRow } from '#shared/rule-commands.ts';
import type { RuleSet } from '#shared/rules.ts';
import { edit, show, useEditor } from './editor-store.ts';
import { changed, copied, entryOf, type ListName, placeKey } from './entries.ts';
import { RuleForm } from './entry-forms.tsx';
import { moveEntry, removeEntry } from './entry-list.tsx';
import { FormScope } from './form.tsx';
import { GateForm } from './gate-form.tsx';
import { mistakesAt } from './mistakes.ts';
import { PixelForm } from './pixel-form.tsx';
import styles from './rules.module.css';
import { BaseForm, DefaultsForm, GeneralForm, SafetyForm } from './section-forms.tsx';

const words = text.rules.inspector;

export interface InspectorProps {
  readonly ruleSet: RuleSet;
  readonly row: RuleSetRow;
  readonly isReadOnly: boolean;
}

export function Inspector({ ruleSet, row, isReadOnly }: InspectorProps) {
  const place = useEditor((state) => state.place);
  const all = useEditor(({ checked }) => checked?.mistakes);
  const mistakes = mistakesAt(all ?? [], place);
  const key = placeKey(place);
  const isNew = useEditor((state) => state.isNew);
  const body = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isNew) return;
    // Its title is read out, and Tab goes on with its first field.
    body.current?.focus();
    useEditor.setState({ isNew: false });
  }, [isNew]);
  const set = (next: RuleSet, field?: string) => edit(next, field && `${key} ${field}`);
  const scope = (title: string, form: ReactNode, actions?: ReactNode) => (
    <>
      <header className={cx(styles.paneHeader)}>
        <h3>{title}</h3>
        {!isReadOnly && actions}
      </header>
      {/* What scrolls must be reached by keyboard, and read-only forms have nothing to reach. */}
      <section ref={body} aria-label={title} className={cx(styles.paneBody)} tabIndex={isReadOnly ? 0 : -1}>
        {isReadOnly && <p className={cx(styles.hint)}>{words.readOnly}</p>}
        {/* Another part is another form: nothing that was typed there goes on here. */}
        <FormScope key={key} mistakes={mistakes} isReadOnly={isReadOnly}>
          {form}
        </FormScope>
      </section>
    </>
  );
  switch (place.kind) {
    case 'general':
      return scope(text.rules.general.title, <GeneralForm value={ruleSet} onChange={set} row={row} />);
    case 'base':
      return scope(text.rules.base.title, <BaseForm value={ruleSet} onChange={set} />);
    case 'defaults':
      return scope(text.rules.defaults.title, <DefaultsForm value={ruleSet} onChange={set} />);
    case 'safety':
      return scope(text.rules.safety.title, <SafetyForm value={ruleSet} onChange={set} />);
  }
  const { kind, id } = place;
  const index = ruleSet[kind].findIndex((entry) => entry.id === id);
  const actions = <EntryActions ruleSet={ruleSet} name={kind} id={id} index={index} />;
  if (kind === 'rules') {
    const rule = entryOf(ruleSet, kind, id);
    const form = rule && <RuleForm value={rule} onChange={(next, field) => set(changed(ruleSet, kind, next), field)} />;
    if (form) return scope(words.rule(index + 1), form, actions);
  } else if (kind === 'gates') {
    const gate = entryOf(ruleSet, kind, id);
    const form = gate && <GateForm value={gate} onChange={(next, field) => set(changed(ruleSet, kind, next), field)} />;
    if (form) return scope(words.gate(index + 1), form, actions);
  } else {
    const pixels = entryOf(ruleSet, kind, id);
    const form = pixels && (
      <PixelForm value={pixels} onChange={(next, field) => set(changed(ruleSet, kind, next), field)} />
    );
    if (form) return scope(words.pixels(index + 1), form, actions);
  }
  // Taken back: the entry is no longer there.
  return <p className={cx(styles.hint)}>{words.nothing}</p>;
}

interface EntryActionsProps {
  readonly ruleSet: RuleSet;
  readonly name: ListName;
  readonly id: string;
  readonly index: number;
}

function EntryActions({ ruleSet, name, id, index }: EntryActionsProps) {
  const copy = () => {
    const next = copied(ruleSet, name, id);
    edit(next.ruleSet);
    show({ kind: name, id: next.id }, true);
  };
  return (
    <div className={cx(styles.tools)}>
      <IconButton
        icon={ArrowUp}
        label={words.up}
        shortcut="Alt+↑"
        isDisabled={index <= 0}
        onPress={() => moveEntry(ruleSet, name, id, -1)}
      />
      <IconButton
        icon={ArrowDown}
        label={words.down}
        shortcut="Alt+↓"
        isDisabled={index >= ruleSet[name].length - 1}
        onPress={() => moveEntry(ruleSet, name, id, 1)}
      />
      <IconButton icon={Copy} label={words.copy} onPress={copy} />
      <IconButton icon={Trash2} label={words.remove} onPress={() => removeEntry(ruleSet, name, id)} />
    </div>
  );
}
