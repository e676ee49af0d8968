/** Editing a rule set: steps that are taken back, lists whose order counts. */

import { describe, expect, it } from 'vitest';
import { asKind, blankAction, blankCondition, blankRuleSet, blankSelector } from '#renderer/features/rules/blanks.ts';
import {
  discarded,
  edited,
  isDirty,
  opened,
  redone,
  renamed,
  savedAs,
  undone,
} from '#renderer/features/rules/editing.ts';
import {
  changed,
  copied,
  entryOf,
  freshId,
  inserted,
  moved,
  neighbour,
  placed,
  placeKey,
  removed,
} from '#renderer/features/rules/entries.ts';
import { fileName, tableName } from '#renderer/features/rules/file-names.ts';
import { actionSchema, conditionSchema, type RuleSet, ruleSetSchema, selectorSchema } from '#shared/rules.ts';

function ruleSet(...attributes: string[]): RuleSet {
  return ruleSetSchema.parse({
    format: 'deid-profile/1',
    name: 'Mine',
    base: { kind: 'none' },
    rules: attributes.map((attribute, index) => ({
      id: `rule-${index + 1}`,
      select: [{ kind: 'attribute', attribute }],
      action: { do: 'remove' },
    })),
  });
}
const ids = ({ rules }: RuleSet) => rules.map(({ id }) => id);
const named = (name: string) => ({ ...ruleSet(), name });

describe('steps', () => {
  it('are taken back and done again', () => {
    const first = opened(named('a'));
    const second = edited(edited(first, named('b')), named('c'));
    expect(undone(second).draft.name).toBe('b');
    expect(undone(undone(undone(second))).draft.name).toBe('a');
    expect(redone(undone(second)).draft.name).toBe('c');
    expect(redone(second)).toBe(second);
    // What was taken back is gone once something else is done.
    expect(edited(undone(second), named('d')).future).toEqual([]);
  });

  it('are one for all letters of a field, and another for the next field', () => {
    let editing = opened(named(''));
    for (const typed of ['T', 'Tr', 'Tri']) editing = edited(editing, named(typed), 'name');
    editing = edited(editing, { ...editing.draft, description: 'x' }, 'description');
    expect(undone(editing).draft).toMatchObject({ name: 'Tri', description: '' });
    expect(undone(undone(editing)).draft.name).toBe('');
    // Typing goes on after a step back: a step of its own.
    const again = edited(undone(editing), named('Tria'), 'name');
    expect(undone(again).draft.name).toBe('Tri');
  });

  it('know what is not saved', () => {
    const first = opened(named('a'));
    const second = edited(first, named('b'));
    expect([first, second, undone(second), discarded(second)].map(isDirty)).toEqual([false, true, false, false]);
    expect(undone(discarded(second)).draft.name).toBe('b');
    expect(isDirty(savedAs(second, second.draft))).toBe(false);
    // Edited while it was being saved.
    expect(isDirty(savedAs(edited(second, named('c')), second.draft))).toBe(true);
  });

  it('keep other edits when only the name is saved', () => {
    const editing = renamed(edited(opened(named('a')), { ...named('a'), description: 'x' }), 'z');
    expect(editing.draft).toMatchObject({ name: 'z', description: 'x' });
    expect(editing.saved).toMatchObject({ name: 'z', description: '' });
  });
});

describe('entries', () => {
  const three = ruleSet('PatientName', 'PatientID', 'Modality');

  it('get identifiers that nothing else has', () => {
    expect(freshId(three, 'rules')).toBe('rule-4');
    expect(freshId(removed(three, 'rules', 'rule-2'), 'rules')).toBe('rule-4');
    expect(freshId(three, 'gates')).toBe('gate-1');
    expect(freshId({ ...three, rules: [{ ...three.rules[0]!, id: 'from-elsewhere' }] }, 'rules')).toBe('rule-1');
  });

  it('are added, changed, copied and taken away', () => {
    const more = inserted(three, 'rules', { ...three.rules[0]!, id: 'rule-9' }, 0);
    expect(ids(more)).toEqual(['rule-9', 'rule-1', 'rule-2', 'rule-3']);
    expect(entryOf(changed(three, 'rules', { ...three.rules[1]!, note: 'why' }), 'rules', 'rule-2')?.note).toBe('why');
    const copy = copied(three, 'rules', 'rule-2');
    expect([ids(copy.ruleSet), copy.id]).toEqual([['rule-1', 'rule-2', 'rule-4', 'rule-3'], 'rule-4']);
    expect(ids(removed(three, 'rules', 'rule-1'))).toEqual(['rule-2', 'rule-3']);
    expect(ids(three)).toEqual(['rule-1', 'rule-2', 'rule-3']);
  });

  it('move by one, never past an end', () => {
    expect(ids(moved(three, 'rules', 'rule-3', -1))).toEqual(['rule-1', 'rule-3', 'rule-2']);
    expect(ids(moved(three, 'rules', 'rule-1', 1))).toEqual(['rule-2', 'rule-1', 'rule-3']);
    expect(moved(three, 'rules', 'rule-1', -1)).toBe(three);
    expect(moved(three, 'rules', 'rule-3', 1)).toBe(three);
    expect(moved(three, 'rules', 'nobody', 1)).toBe(three);
  });

  it('are dropped before and behind others', () => {
    expect(ids(placed(three, 'rules', new Set(['rule-3']), 'rule-1', false))).toEqual(['rule-3', 'rule-1', 'rule-2']);
    expect(ids(placed(three, 'rules', new Set(['rule-1']), 'rule-2', true))).toEqual(['rule-2', 'rule-1', 'rule-3']);
    expect(ids(placed(three, 'rules', new Set(['rule-3', 'rule-1']), 'rule-2', true))).toEqual([
      'rule-2',
      'rule-1',
      'rule-3',
    ]);
    expect(placed(three, 'rules', new Set(['rule-1']), 'rule-1', true)).toBe(three);
  });

  it('leave their neighbour to look at', () => {
    expect(placeKey(neighbour(three, 'rules', 'rule-1'))).toBe('rules/rule-2');
    expect(placeKey(neighbour(three, 'rules', 'rule-3'))).toBe('rules/rule-2');
    expect(placeKey(neighbour(ruleSet('Modality'), 'rules', 'rule-1'))).toBe('general');
  });
});

describe('what is new', () => {
  it('is what the language knows, but for what is still to be filled in', () => {
    expect(ruleSetSchema.parse(blankRuleSet('Mine', 'ps315'))).toMatchObject({ base: { kind: 'ps315' }, stamp: true });
    expect(ruleSetSchema.parse(blankRuleSet('Mine', 'none'))).toMatchObject({
      stamp: false,
      defaults: { private: 'keep' },
    });
    for (const kind of ['wildcard', 'vr', 'list', 'value'] as const) {
      expect(selectorSchema.parse(blankSelector(kind))).toEqual(blankSelector(kind));
    }
    for (const kind of ['remove', 'set', 'date', 'pseudonym', 'hash', 'round', 'case', 'clean'] as const) {
      expect(actionSchema.parse(blankAction(kind))).toEqual(blankAction(kind));
    }
    expect(conditionSchema.parse(blankCondition('all'))).toEqual(blankCondition('all'));
  });

  it('keeps what fits when a condition becomes another one', () => {
    const one = blankCondition('attribute');
    expect(asKind(one, 'any')).toEqual({ kind: 'any', of: [one] });
    expect(asKind({ kind: 'any', of: [one, one] }, 'all')).toEqual({ kind: 'all', of: [one, one] });
    expect(asKind({ kind: 'all', of: [one] }, 'not')).toEqual({ kind: 'not', of: { kind: 'all', of: [one] } });
    expect(asKind({ kind: 'not', of: one }, 'all')).toEqual({ kind: 'all', of: [one] });
    expect(asKind({ kind: 'all', of: [one] }, 'association')).toEqual(blankCondition('association'));
  });

  it('has names that files may have', () => {
    expect(fileName('Research (copy)', '.deid.json')).toBe('research-copy.deid.json');
    expect(fileName('…', '.json')).toBe('rules.json');
    expect(tableName('Site codes 2026.csv')).toBe('Site-codes-2026');
  });
});
