/** What a rule set is before it meets an object: mistakes, needs, dead rules, conformance; and the built-in ones. */
import { describe, expect, test } from 'vitest';
import { BUILT_IN_RULE_SETS, checkRuleSet, compileRuleSet, parseLookupTable, RuleSetError } from '#main/rules/index.ts';
import type { RuleSetInput } from '#shared/rules.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../support/data-sets.ts';
import { basic, compiled, countingPseudonyms, KEY, only, treat, treated } from '../../../support/rules.ts';

type RuleInput = NonNullable<RuleSetInput['rules']>[number];
const rule = (
  id: string,
  select: RuleInput['select'],
  action: RuleInput['action'],
  more: Partial<RuleInput> = {},
): RuleInput => ({
  id,
  select,
  action,
  ...more,
});
const attribute = (name: string) => ({ kind: 'attribute', attribute: name }) as const;
const mistakesOf = (input: unknown) => checkRuleSet(input).mistakes.map(({ path, message }) => `${path}: ${message}`);

describe('mistakes are found when it is compiled, all at once, with their place', () => {
  test.each([
    ['a format of somebody else', { format: 'x' }, 'format: is no rule set of this program'],
    [
      'an attribute that does not exist',
      only([rule('a', [attribute('PatientNam')], { do: 'keep' })]),
      'rules[0].select[0].attribute: is not a keyword',
    ],
    [
      'a function that does not exist',
      only([rule('a', [attribute('PatientID')], { do: 'set', template: '{nothing:1}' })]),
      'rules[0].action.template: {nothing:1}: is neither',
    ],
    [
      'an open brace',
      only([rule('a', [attribute('PatientID')], { do: 'set', template: 'x{' })]),
      'has a { without its }',
    ],
    [
      '{n} outside of a pseudonym',
      only([rule('a', [attribute('PatientID')], { do: 'set', template: '{n}' })]),
      'has a meaning in pseudonyms only',
    ],
    [
      'a pattern RE2 does not have',
      only([rule('a', [attribute('PatientID')], { do: 'replace', pattern: '(?=a)', with: '' })]),
      'rules[0].action.pattern',
    ],
    [
      'a table that does not exist',
      only([rule('a', [attribute('PatientID')], { do: 'lookup', table: 't', column: 'c' })]),
      'there is no table "t"',
    ],
    [
      'a network that is none',
      only([], {
        gates: [
          { id: 'g', when: { kind: 'association', field: 'address', in: ['10.0.0.0/40'] }, verdict: { do: 'accept' } },
        ],
      }),
      'gates[0].when.in: "10.0.0.0/40" is not an address',
    ],
    [
      'a success as refusal',
      only([], {
        gates: [{ id: 'g', when: { kind: 'all', of: [] }, verdict: { do: 'reject', status: 0, comment: 'x' } }],
      }),
      'must be 0124, A7xx, A9xx or Cxxx',
    ],
    [
      'both date options',
      basic(['retain-full-dates', 'retain-modified-dates']),
      'base.options: full dates and modified dates exclude each other',
    ],
    [
      'another edition',
      { ...basic(), base: { kind: 'ps315', edition: 'PS3.15 2021a' } },
      'no other edition is built in',
    ],
    [
      'an id twice',
      only([
        rule('a', [attribute('PatientID')], { do: 'keep' }),
        rule('a', [attribute('PatientName')], { do: 'keep' }),
      ]),
      'rules[1].id: "a" occurs twice',
    ],
    [
      'a path without its items',
      only([rule('a', [{ kind: 'path', path: 'ReferencedImageSequence.PatientID' }], { do: 'keep' })]),
      'rules[0].select[0].path',
    ],
  ])('%s', (_, input, expected) => {
    expect(mistakesOf(input).join('\n')).toContain(expected);
    expect(() => compileRuleSet(input, { key: KEY, pseudonyms: countingPseudonyms() })).toThrow(RuleSetError);
  });

  test('every one of them', () => {
    const rules = [rule('a', [attribute('Nope')], { do: 'keep' }), rule('b', [attribute('Neither')], { do: 'keep' })];
    expect(mistakesOf(only(rules))).toHaveLength(2);
  });
});

test('what it needs and does not have is a mistake', () => {
  expect(() => compileRuleSet(basic())).toThrow('needs the key "default"');
  expect(() => compileRuleSet(basic(['retain-uids']))).not.toThrow();
  expect(() => compileRuleSet(basic(['retain-uids', 'retain-modified-dates']))).toThrow('needs the key');
  const counting = only([rule('a', [attribute('PatientID')], { do: 'pseudonym', template: '{n}' })]);
  expect(() => compileRuleSet(counting, { key: KEY })).toThrow('no table of pseudonyms');
});

describe('rules that can never fire', () => {
  const id = [attribute('PatientID')];
  const dead = (...rules: RuleInput[]) => checkRuleSet(only(rules)).dead;

  test('behind one that takes the same', () => {
    expect(dead(rule('a', id, { do: 'keep' }), rule('b', id, { do: 'remove' }))).toEqual([
      { id: 'b', reason: 'everything it selects is taken by rule 1 before it' },
    ]);
    expect(
      dead(rule('a', [{ kind: 'wildcard', tag: '0010xxxx' }], { do: 'keep' }), rule('b', id, { do: 'remove' })),
    ).toMatchObject([{ id: 'b' }]);
  });
  test('not behind one that may not take it', () => {
    const when = { kind: 'all', of: [] } as const;
    expect(dead(rule('a', id, { do: 'keep' }, { when }), rule('b', id, { do: 'remove' }))).toEqual([]);
    expect(dead(rule('a', id, { do: 'keep' }, { depth: 'top' }), rule('b', id, { do: 'remove' }))).toEqual([]);
    expect(dead(rule('a', id, { do: 'keep' }, { on: false }), rule('b', id, { do: 'remove' }))).toEqual([]);
    expect(dead(rule('a', id, { do: 'keep' }), rule('b', [...id, attribute('PatientName')], { do: 'remove' }))).toEqual(
      [],
    );
  });
  test('for what is locked', () => {
    expect(dead(rule('a', [attribute('Rows')], { do: 'remove' }))[0]!.reason).toContain('locked');
  });
});

describe('the built-in ones', () => {
  test.each([...BUILT_IN_RULE_SETS])('%s compiles, without mistakes and dead rules', (name, input) => {
    expect(checkRuleSet(input)).toMatchObject({
      mistakes: [],
      dead: [],
      conformant: !['minimal', 'off'].includes(name),
    });
    expect(() => compiled(input)).not.toThrow();
  });
  test('off changes nothing', () => {
    const bytes = buildDataSet(TEST_ENCODINGS.explicitLittle, [{ tag: 0x00100010, vr: 'PN', value: 'Doe^Jane' }]);
    expect(treat(compiled(BUILT_IN_RULE_SETS.get('off')!), bytes)).toEqual({ verdict: 'unchanged' });
  });
});

describe('lookup tables', () => {
  const table = parseLookupTable('id,code\n4711,A-1\n') as never;
  const tables = new Map([['map', table]]);
  const id: TestElement = { tag: 0x00100020, vr: 'LO', value: '4711' };
  const lookup = (missing: 'quarantine' | 'reject' | 'keep' | 'empty' | 'remove') =>
    compiled(only([rule('a', [attribute('PatientID')], { do: 'lookup', table: 'map', column: 'code', missing })]), {
      tables,
    });
  const bytes = (...elements: TestElement[]) => buildDataSet(TEST_ENCODINGS.explicitLittle, elements);

  test('give the other column', () => {
    expect(treated(lookup('quarantine'), [id])).toEqual(bytes({ ...id, value: 'A-1' }));
  });
  test('what is missing goes where the rule says', () => {
    const other = { ...id, value: '99' };
    expect(treat(lookup('quarantine'), bytes(other))).toMatchObject({
      verdict: 'quarantine',
      reason: expect.stringContaining('PatientID'),
    });
    expect(treat(lookup('reject'), bytes(other))).toMatchObject({ verdict: 'reject', status: 0xc001 });
    expect(treated(lookup('keep'), [other])).toEqual(bytes(other));
    expect(treated(lookup('empty'), [other])).toEqual(bytes({ ...id, value: '' }));
    expect(treated(lookup('remove'), [other])).toEqual(bytes());
    expect(JSON.stringify(treat(lookup('quarantine'), bytes(other)))).not.toContain('99');
  });
});

describe('templates', () => {
  const set = (template: string, elements: TestElement[] = []) =>
    treated(only([rule('a', [attribute('PatientComments')], { do: 'set', template })]), [
      { tag: 0x00080020, vr: 'DA', value: '20240517' },
      { tag: 0x00080060, vr: 'CS', value: 'CT' },
      { tag: 0x00100020, vr: 'LO', value: '4711' },
      ...elements,
    ]).toString('latin1');
  test.each([
    ['{PatientID}', '4711'],
    ['{StudyDate:year}-{StudyDate:month}-{StudyDate:day}', '2024-05-17'],
    ['{lower:{Modality}}/{calling-ae}/{called-ae}', 'ct/CT01/STUDYPORT'],
    ['{pad:{PatientID}:8}', '00004711'],
    ['{first:{StudyDate}:4}', '2024'],
    ['{seq:patient:4}', '0001'],
    ['{upper:x{Modality}y}', 'XCTY'],
    ['{(0010,0020)}', '4711'],
  ])('%s', (template, expected) => expect(set(template)).toContain(expected));
  test('the keyed hash', () => {
    const [found] = /[0-9a-f]{12}/.exec(set('{hmac:PatientID:12}'))!;
    expect(set('{hmac:PatientID:12}')).toContain(found);
    expect(set('{hmac:StudyDate:12}')).not.toContain(found);
  });
});
