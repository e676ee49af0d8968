import { expect, test } from 'vitest';
import { DryRunTotals } from '#main/receiver/dry-run.ts';

const hit = (keyword: string, path = keyword) => ({ keyword, path, what: 'name' });

test('adds up verdicts, decisions, what is left and reasons', () => {
  const totals = new DryRunTotals();
  totals.add({ verdict: 'store', reason: '', counts: { base: 10, a: 2 }, residual: [] });
  totals.add({ verdict: 'unchanged', reason: 'a gate lets it pass unchanged', counts: {}, residual: [] });
  const residual = [hit('StudyComments', 'x'), hit('StudyComments', 'y'), hit('', '(0009,1001)')];
  totals.add({ verdict: 'quarantine', reason: 'left over', counts: { base: 5 }, residual });
  totals.add({ verdict: 'quarantine', reason: 'left over', counts: { a: 1 }, residual: [hit('StudyComments')] });
  totals.add({ verdict: 'reject', reason: 'a gate', counts: {}, residual: [] });
  totals.addUnreadable();
  expect(totals.files).toBe(6);
  expect(totals.result(true)).toEqual({
    files: 6,
    stored: 2,
    quarantined: 2,
    rejected: 1,
    unreadable: 1,
    counts: { base: 15, a: 3 },
    residual: [
      { keyword: 'StudyComments', what: 'name', files: 2 },
      { keyword: '(0009,1001)', what: 'name', files: 1 },
    ],
    reasons: [
      { reason: 'left over', files: 2 },
      { reason: 'a gate', files: 1 },
    ],
    cut: true,
  });
});
