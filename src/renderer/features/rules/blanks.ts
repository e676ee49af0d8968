/** What a new entry, selector, condition or action begins with. Pure. */

import {
  type Action,
  type Condition,
  type Gate,
  type PixelRule,
  PS315_EDITION,
  type Rule,
  type RuleSet,
  type RuleSetInput,
  type Selector,
  type ValueTest,
} from '#shared/rules.ts';
import { freshId } from './entries.ts';

/** A rule set that somebody begins: the Basic Profile, or nothing at all. */
export function blankRuleSet(name: string, base: 'ps315' | 'none'): RuleSetInput {
  return {
    format: 'deid-profile/1',
    name,
    base: base === 'none' ? { kind: 'none' } : { kind: 'ps315', edition: PS315_EDITION },
    // Without a base nothing else would take private elements and overlays into account: they stay until a rule says so.
    ...(base === 'none' && {
      defaults: { private: 'keep', overlays: 'keep', curves: 'keep' },
      stamp: false,
      safety: { residual: 'off' },
    }),
  };
}

export function blankRule(ruleSet: RuleSet): Rule {
  return {
    id: freshId(ruleSet, 'rules'),
    on: true,
    note: '',
    select: [blankSelector('attribute')],
    except: [],
    depth: 'any',
    action: blankAction('remove'),
  };
}

export function blankGate(ruleSet: RuleSet): Gate {
  return {
    id: freshId(ruleSet, 'gates'),
    on: true,
    note: '',
    when: blankCondition('attribute'),
    verdict: blankVerdict('quarantine'),
  };
}

export function blankPixels(ruleSet: RuleSet): PixelRule {
  return {
    id: freshId(ruleSet, 'pixels'),
    on: true,
    note: '',
    rectangles: [{ x: 0, y: 0, width: 100, height: 20 }],
  };
}

export function blankVerdict(kind: Gate['verdict']['do']): Gate['verdict'] {
  switch (kind) {
    case 'reject':
      return { do: 'reject', status: 0xc001, comment: '' };
    case 'quarantine':
      return { do: 'quarantine', reason: '' };
    case 'accept':
      return { do: 'accept' };
  }
}

export function blankSelector(kind: Selector['kind']): Selector {
  switch (kind) {
    case 'attribute':
      return { kind, attribute: '' };
    case 'wildcard':
      return { kind, tag: '0010xxxx' };
    case 'range':
      return { kind, from: '', to: '' };
    case 'vr':
      return { kind, vr: 'PN' };
    case 'keyword':
      return { kind, pattern: '', ignoreCase: true };
    case 'private':
      return { kind, group: '0009', creator: '' };
    case 'path':
      return { kind, path: '' };
    case 'list':
      return { kind, list: 'dates' };
    case 'value':
      return { kind, contains: 'name' };
  }
}

export function blankCondition(kind: Condition['kind']): Condition {
  switch (kind) {
    case 'all':
    case 'any':
      return { kind, of: [blankCondition('attribute')] };
    case 'not':
      return { kind, of: blankCondition('attribute') };
    case 'attribute':
      return { kind, attribute: 'Modality', test: blankTest('equals') };
    case 'association':
      return { kind, field: 'calling-ae', in: [] };
  }
}

/**
 * Another kind of condition with as much of the old one as fits.
 */
export function asKind(condition: Condition, kind: Condition['kind']): Condition {
  if (condition.kind === kind) return condition;
  const isGroup = kind === 'all' || kind === 'any';
  if (condition.kind === 'all' || condition.kind === 'any') {
    if (isGroup) return { kind, of: condition.of };
    if (kind === 'not') return { kind, of: condition };
    return blankCondition(kind);
  }
  if (isGroup) return { kind, of: [condition.kind === 'not' ? condition.of : condition] };
  if (kind === 'not') return { kind, of: condition };
  return blankCondition(kind);
}

/** Tests that compare with a text. */
const TEXT_TESTS = ['equals', 'contains', 'starts'] as const;

export function blankTest(op: ValueTest['op'], old?: ValueTest): ValueTest {
  const text = old && 'value' in old && typeof old.value === 'string' ? old.value : '';
  switch (op) {
    case 'present':
    case 'absent':
    case 'empty':
      return { op };
    case 'in':
      return { op, values: text === '' ? [] : [text], ignoreCase: true };
    case 'matches':
      return { op, pattern: '', ignoreCase: true };
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { op, value: old && 'value' in old && typeof old.value === 'number' ? old.value : 0 };
    case 'before':
    case 'after':
      return { op, date: old && 'date' in old ? old.date : '' };
    default:
      return { op: TEXT_TESTS.find((known) => known === op) ?? 'equals', value: text, ignoreCase: true };
  }
}

export function blankAction(kind: Action['do']): Action {
  switch (kind) {
    case 'set':
      return { do: kind, template: '' };
    case 'date':
      return { do: kind, how: blankDate('shift') };
    case 'pseudonym':
      return { do: kind, template: 'SUBJECT-{n:4}', from: 'sequence', of: 'patient' };
    case 'hash':
      return { do: kind, length: 16 };
    case 'replace':
      return { do: kind, pattern: '', ignoreCase: true, with: '' };
    case 'round':
      return { do: kind, to: 5 };
    case 'lookup':
      return { do: kind, table: '', column: '', missing: 'quarantine' };
    case 'case':
      return { do: kind, to: 'upper' };
    default:
      return { do: kind };
  }
}

type DateHow = Extract<Action, { do: 'date' }>['how'];

export function blankDate(by: DateHow['by']): DateHow {
  switch (by) {
    case 'shift':
      return { by, days: 3650, wholeWeeks: false };
    case 'truncate':
      return { by, to: 'year' };
    case 'fixed':
      return { by, date: '20000101' };
  }
}

/** Without one of its keys: where a key may be missing, undefined in its place is a mistake. */
export function without<Value extends object, Key extends keyof Value>(value: Value, key: Key): Omit<Value, Key> {
  const { [key]: _, ...rest } = value;
  return rest;
}
