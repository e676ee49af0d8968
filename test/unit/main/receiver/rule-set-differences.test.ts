import { expect, test } from 'vitest';
import { ruleSetDifferences } from '#main/receiver/rule-set-differences.ts';
import { parseRuleSet, type RuleSet, type RuleSetInput } from '#shared/rules.ts';

const rule = (id: string, attribute = 'PatientName') => ({
  id,
  select: [{ kind: 'attribute' as const, attribute }],
  action: { do: 'remove' as const },
});

function ruleSet(more: Partial<RuleSetInput>): RuleSet {
  const parsed = parseRuleSet({ format: 'deid-profile/1', name: 'Trial', base: { kind: 'none' }, ...more });
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
  return parsed.ruleSet;
}

test('equal ones differ in nothing', () => {
  const one = ruleSet({ rules: [rule('a')], description: 'x' });
  expect(ruleSetDifferences(one, structuredClone(one))).toEqual([]);
});

test('values, lists of words and what is new or gone', () => {
  const base = (options: readonly 'retain-uids'[]) =>
    ({ kind: 'ps315', edition: 'PS3.15 2026c', options: [...options] }) satisfies RuleSetInput['base'];
  const before = ruleSet({ base: base([]), description: 'old', rules: [rule('a'), rule('gone')] });
  const after = ruleSet({ base: base(['retain-uids']), stamp: false, rules: [rule('a', 'PatientID'), rule('new')] });
  expect(ruleSetDifferences(before, after)).toEqual(
    expect.arrayContaining([
      { path: 'description', before: 'old', after: '' },
      { path: 'base.options', before: '', after: 'retain-uids' },
      { path: 'stamp', before: 'true', after: 'false' },
      { path: 'rules[a].select[0].attribute', before: 'PatientName', after: 'PatientID' },
      { path: 'rules[new].action.do', before: '', after: 'remove' },
      { path: 'rules[gone].action.do', before: 'remove', after: '' },
    ]),
  );
});

test('a rule that is moved is one difference, whatever moves with it', () => {
  const before = ruleSet({ rules: [rule('a'), rule('b'), rule('c')] });
  const after = ruleSet({ rules: [rule('c'), rule('a'), rule('b')] });
  expect(ruleSetDifferences(before, after)).toEqual([{ path: 'rules', before: 'a, b, c', after: 'c, a, b' }]);
});
