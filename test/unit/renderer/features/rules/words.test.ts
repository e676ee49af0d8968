/** Rules as sentences, mistakes at their place, the rows of a sample, the counts of a dry run. */

import { describe, expect, it } from 'vitest';
import { formatRulesDetail, parseRulesDetail } from '#renderer/api/routes.ts';
import { dryRunCounts } from '#renderer/features/rules/dry-run-model.ts';
import { messageAt, mistakeSentence, mistakesAt, placeMistakes } from '#renderer/features/rules/mistakes.ts';
import {
  filterCounts,
  offeredActions,
  ruleFor,
  selectorFor,
  shownRows,
} from '#renderer/features/rules/preview-model.ts';
import {
  baseSentence,
  conditionWords,
  defaultsSentence,
  gateSentence,
  pixelSentence,
  ruleSentence,
  safetySentence,
} from '#renderer/features/rules/sentences.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { parseTag } from '#shared/dicom/tag.ts';
import { type ElementChange, parseRuleSet, type RuleSet, type RuleSetInput, ruleSetSchema } from '#shared/rules.ts';

const read = (input: Partial<RuleSetInput>): RuleSet =>
  ruleSetSchema.parse({ format: 'deid-profile/1', name: 'Mine', base: { kind: 'none' }, ...input });

type RuleInput = NonNullable<RuleSetInput['rules']>[number];
const sentenceOf = (rule: Omit<RuleInput, 'id'>) => ruleSentence(read({ rules: [{ id: 'r', ...rule }] }).rules[0]!);
const attribute = (name: string) => ({ kind: 'attribute' as const, attribute: name });

describe('sentences', () => {
  it('say what a rule does', () => {
    expect(
      sentenceOf({
        select: [attribute('StudyComments')],
        action: { do: 'remove' },
        when: { kind: 'attribute', attribute: 'Modality', test: { op: 'equals', value: 'CT' } },
      }),
    ).toBe('Remove StudyComments, in any depth, when Modality is CT');
    expect(
      sentenceOf({
        select: [{ kind: 'list', list: 'descriptors' }],
        except: [attribute('SeriesDescription'), attribute('StudyDescription')],
        depth: 'top',
        action: { do: 'clean' },
      }),
    ).toBe(
      'Clean the text of descriptions and comments that people type, except SeriesDescription and StudyDescription, at the top level only',
    );
    expect(
      sentenceOf({
        select: [{ kind: 'list', list: 'dates' }],
        depth: 'nested',
        action: { do: 'date', how: { by: 'shift', days: 30, wholeWeeks: true } },
      }),
    ).toBe('Shift every date, time and date-time by up to 30 days in whole weeks, inside sequences only');
    expect(
      sentenceOf({
        select: [{ kind: 'value', contains: 'birth-date' }],
        action: { do: 'replace', pattern: '\\d+', with: '#' },
      }),
    ).toBe('In what contains the birth date, replace \\d+ by “#”, in any depth');
    expect(sentenceOf({ select: [attribute('PatientAge')], action: { do: 'round', to: 5, cap: 90 } })).toBe(
      'Round PatientAge to 5, at most 90, in any depth',
    );
  });

  it('name some of many and count the others', () => {
    const many = ['A', 'B', 'C', 'D', 'E', 'F'];
    expect(conditionWords({ kind: 'association', field: 'calling-ae', in: many })).toBe(
      'the sender is A, B, C or 3 more',
    );
    expect(conditionWords({ kind: 'association', field: 'sop-class', in: ['1.2.840.10008.5.1.4.1.1.2'] })).toBe(
      'the SOP class is CT Image Storage',
    );
  });

  it('nest conditions', () => {
    const is = (name: string) => ({
      kind: 'attribute' as const,
      attribute: name,
      test: { op: 'present' as const },
    });
    expect(
      conditionWords({ kind: 'all', of: [is('A'), { kind: 'any', of: [is('B'), { kind: 'not', of: is('C') }] }] }),
    ).toBe('A is there and (B is there or not (C is there))');
    expect(conditionWords({ kind: 'all', of: [] })).toBe('always');
    expect(conditionWords({ kind: 'any', of: [] })).toBe('never');
  });

  it('say what the other parts do', () => {
    const set = read({
      base: { kind: 'ps315', edition: 'PS3.15 2026c', options: ['retain-uids'] },
      gates: [
        {
          id: 'g',
          when: { kind: 'attribute', attribute: 'Modality', test: { op: 'in', values: ['SR', 'KO'] } },
          verdict: { do: 'reject', comment: 'no reports' },
        },
      ],
      pixels: [{ id: 'p', rectangles: [{ x: 0, y: 0, width: 1, height: 1 }] }],
      safety: { burnedIn: 'off' },
    });
    expect(baseSentence(set)).toBe('PS3.15 Basic Profile, Retain UIDs');
    expect(gateSentence(set.gates[0]!)).toBe('Refuse when Modality is SR or KO');
    expect(pixelSentence(set.pixels[0]!)).toBe('Blank 1 rectangle');
    expect(defaultsSentence(set)).toBe('Private elements go · unknown elements go · overlays go · curves go');
    expect(safetySentence(set)).toBe('Stamped · left-overs are quarantined · burned-in text is ignored');
  });
});

describe('mistakes', () => {
  const draft = {
    ...read({ rules: [{ id: 'a', select: [attribute('PatientName')], action: { do: 'keep' } }] }),
  };
  const broken = { ...draft, rules: [{ ...draft.rules[0]!, id: 'b', select: [attribute('Nonsense')] }], keyRef: 'A B' };

  it('are placed by identifiers, so that moving an entry does not move its mistake', () => {
    const parsed = parseRuleSet(broken);
    const placedMistakes = placeMistakes(broken, 'mistakes' in parsed ? parsed.mistakes : []);
    const own = mistakesAt(placedMistakes, { kind: 'rules', id: 'b' });
    expect(messageAt(own, 'select[0].attribute')).toMatch(/^is not a keyword/);
    expect(messageAt(own, 'select[0]')).toMatch(/^is not a keyword/);
    expect(messageAt(own, 'select[01]')).toBeUndefined();
    expect(mistakesAt(placedMistakes, { kind: 'rules', id: 'a' })).toEqual([]);
    expect(mistakesAt(placedMistakes, { kind: 'safety' })).toHaveLength(1);
  });

  it('go to the section that they are about', () => {
    const places = placeMistakes(draft, [
      { path: 'base.options', message: 'x' },
      { path: 'defaults.private', message: 'x' },
      { path: 'stamp', message: 'x' },
      { path: 'name', message: 'x' },
      { path: '', message: 'x' },
    ]).map(({ place }) => place.kind);
    expect(places).toEqual(['base', 'defaults', 'safety', 'general', 'general']);
  });

  it('are sentences', () => {
    expect(mistakeSentence('Attribute', 'must not be empty')).toBe('Attribute must not be empty.');
    expect(mistakeSentence('Text', '{x}: is neither')).toBe('{x}: is neither.');
    expect(mistakeSentence('Value', '"x" is wrong.')).toBe('"x" is wrong.');
  });
});

function row(path: string, vr: string, more: Partial<ElementChange> = {}): ElementChange {
  const tag = parseTag(path.slice(path.lastIndexOf('.') + 1))!;
  const { keyword = '', name = '' } = entryOfTag(tag) ?? {};
  return {
    path,
    tag,
    keyword,
    name,
    vr,
    depth: path.split('.').length - 1,
    before: 'x',
    after: 'x',
    outcome: 'kept',
    reason: 'PS3.15 does not list it',
    ...more,
  };
}

describe('the rows of a sample', () => {
  const rows = [
    row('(0008,0018)', 'UI', { outcome: 'changed', after: '2.25.1', reason: 'PS3.15 basic: U' }),
    row('(0008,0080)', 'LO', { outcome: 'removed', after: '' }),
    row('(0008,1030)', 'LO', { before: 'CT chest', after: 'CT chest' }),
    row('(0009,0010)', 'LO', { before: 'ACME 1' }),
    row('(0009,1001)', 'UN'),
    row('(0010,0010)', 'PN', { outcome: 'emptied', after: '', rule: 'rule-1', reason: 'rule 1' }),
    row('(7FE0,0010)', 'OW', { reason: 'locked: Pixel Data depends on it' }),
  ];

  it('are filtered and searched', () => {
    expect(filterCounts(rows)).toEqual({ all: 7, changed: 2, removed: 1, text: 2, private: 2, 'no-rule': 6 });
    const tags = (found: readonly ElementChange[]) => found.map(({ path }) => path);
    expect(tags(shownRows(rows, 'text', 'CHEST ct'))).toEqual(['(0008,1030)']);
    expect(tags(shownRows(rows, 'all', 'patient name'))).toEqual(['(0010,0010)']);
    expect(tags(shownRows(rows, 'all', '0010 basic'))).toEqual([]);
  });

  it('offer what makes sense for their VR, and nothing where no rule can change them', () => {
    expect(offeredActions(rows[0]!)).toContain('uid');
    expect(offeredActions(row('(0010,0030)', 'DA'))).toContain('date');
    expect(offeredActions(row('(0008,1140)', 'SQ'))).toEqual(['remove', 'empty', 'keep']);
    expect(offeredActions(rows[6]!)).toEqual([]);
  });

  it('become selectors: by keyword, by creator, else by tag', () => {
    expect(selectorFor(rows, rows[5]!)).toEqual(attribute('PatientName'));
    expect(selectorFor(rows, rows[4]!)).toEqual({
      kind: 'private',
      group: '0009',
      creator: 'ACME 1',
      element: '01',
    });
    expect(selectorFor(rows, rows[3]!)).toEqual({ kind: 'private', group: '0009', creator: 'ACME 1' });
    // The creator of another level reserves nothing here (PS3.5 7.8.1).
    expect(selectorFor(rows, row('(0008,1140)[0].(0009,1001)', 'UN'))).toEqual(attribute('(0009,1001)'));
    // The keyword would mean every overlay.
    expect(selectorFor(rows, row('(6002,3000)', 'OW'))).toEqual(attribute('(6002,3000)'));
  });

  it('become rules that the language knows', () => {
    const set = read({});
    for (const action of offeredActions(rows[2]!)) {
      const rule = ruleFor(set, rows, rows[2]!, action);
      expect(read({ rules: [rule as RuleInput] }).rules[0]).toEqual(rule);
    }
  });
});

describe('the counts of a dry run', () => {
  it('are in the order of the rules, with those that never fired', () => {
    const set = read({
      rules: [
        { id: 'a', select: [attribute('PatientName')], action: { do: 'keep' } },
        { id: 'b', select: [attribute('PatientID')], action: { do: 'remove' } },
        { id: 'c', select: [attribute('Modality')], action: { do: 'remove' }, on: false },
      ],
    });
    expect(dryRunCounts(set, { base: 9, b: 3, gone: 1 })).toEqual([
      { id: 'a', label: '1. Keep PatientName, in any depth', count: 0 },
      { id: 'b', label: '2. Remove PatientID, in any depth', count: 3 },
      { id: 'base', label: 'Base', count: 9 },
      { id: 'gone', label: 'gone', count: 1 },
    ]);
  });
});

describe('addresses of the rules screen', () => {
  it('are read as they are written, and nothing else is', () => {
    for (const detail of [{ ruleSet: 'own-1' }, { study: 12 }, { instance: 7, tag: '00100010' }]) {
      expect(parseRulesDetail(formatRulesDetail(detail))).toEqual(detail);
    }
    for (const detail of [undefined, '', 'keys', 'study-x', 'instance-7', 'set-']) {
      expect(parseRulesDetail(detail)).toBeUndefined();
    }
  });
});
