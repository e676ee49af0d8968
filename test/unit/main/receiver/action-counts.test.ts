import { expect, test } from 'vitest';
import { ActionCounts } from '#main/receiver/action-counts.ts';

const rules = { id: 'r1', version: 1, name: 'Trial' };
const removed = { path: '00100010', outcome: 'removed', reason: 'rule 1', rule: 'a' } as const;
const changed = { path: '0020000d', outcome: 'changed', reason: 'PS3.15 basic: U' } as const;

test('adds up by study, version and action, and begins anew when it is taken', () => {
  const counts = new ActionCounts();
  counts.add('1', rules, [removed, changed]);
  counts.add('1', rules, [removed]);
  counts.add('2', rules, [changed]);
  counts.add('1', { ...rules, version: 2 }, [removed]);
  expect(counts.take()).toEqual([
    {
      studyInstanceUid: '1',
      rules,
      actions: [
        { ...removed, count: 2 },
        { ...changed, count: 1 },
      ],
    },
    { studyInstanceUid: '2', rules, actions: [{ ...changed, count: 1 }] },
    { studyInstanceUid: '1', rules: { ...rules, version: 2 }, actions: [{ ...removed, count: 1 }] },
  ]);
  expect(counts.take()).toEqual([]);
});
