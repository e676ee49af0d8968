import { describe, expect, test } from 'vitest';
import {
  counted,
  isDue,
  NOTHING_YET,
  parseReports,
  reportAfter,
  reportsFile,
  type VerificationRow,
  verdictOn,
  withoutStudies,
} from '#main/receiver/verification.ts';
import type { VerificationFinding, VerificationReport } from '#shared/guards.ts';

const DAY = 24 * 60 * 60 * 1000;
const ROW: VerificationRow = {
  instanceId: 1,
  studyId: 1,
  sopInstanceUid: '1.2',
  file: '/a/1.2.dcm',
  size: 100,
  sha256: 'aa',
};

function finding(studyId: number, kind: VerificationFinding['kind'] = 'damaged', file = `/a/${studyId}`) {
  return { kind, file, sopInstanceUid: `1.${studyId}`, studyId, detail: 'its content has changed' };
}

function report(findings: readonly VerificationFinding[], more: Partial<VerificationReport> = {}): VerificationReport {
  const of = (kind: VerificationFinding['kind']) => findings.filter((one) => one.kind === kind).length;
  return {
    ...NOTHING_YET,
    sound: 10,
    damaged: of('damaged'),
    missing: of('missing'),
    unreadable: of('unreadable'),
    started: 1000,
    ended: 2000,
    outcome: 'complete',
    findings,
    ...more,
  };
}

test('what a file is, by its size and its checksum', () => {
  const { sha256: _, ...unknown } = ROW;
  expect(verdictOn(ROW, { size: 100, sha256: 'aa' })).toEqual({ kind: 'sound', bytes: 100 });
  expect(verdictOn(ROW, { size: 100, sha256: 'ab' })).toMatchObject({
    kind: 'damaged',
    detail: 'its content has changed',
  });
  expect(verdictOn(ROW, { size: 96, sha256: 'aa' })).toMatchObject({
    kind: 'damaged',
    detail: '4 of 100 bytes are missing',
  });
  expect(verdictOn(ROW, { size: 101, sha256: 'aa' })).toMatchObject({ kind: 'damaged', detail: '1 bytes too many' });
  expect(verdictOn(unknown, { size: 100, sha256: 'ab' })).toEqual({ kind: 'first-seen', bytes: 100, sha256: 'ab' });
  expect(verdictOn(unknown, { size: 99, sha256: 'ab' })).toMatchObject({ kind: 'damaged' });
});

test('verdicts add up', () => {
  const verdicts = [
    { kind: 'sound', bytes: 5 },
    { kind: 'first-seen', bytes: 6, sha256: 'aa' },
    { kind: 'in-bucket' },
    { kind: 'damaged', detail: '', bytes: 7 },
    { kind: 'missing', detail: '', bytes: 0 },
    { kind: 'unreadable', detail: '', bytes: 0 },
  ] as const;
  expect(verdicts.reduce(counted, NOTHING_YET)).toEqual({
    sound: 1,
    firstSeen: 1,
    inBucket: 1,
    damaged: 1,
    missing: 1,
    unreadable: 1,
    bytes: 18,
  });
});

describe('the report of a profile', () => {
  const before = report([finding(1), finding(2, 'missing')]);

  test('is that of the last complete look', () => {
    expect(reportAfter(before, report([]), undefined)).toEqual(report([]));
  });

  test('keeps what was found before a look that was cut short', () => {
    const after = reportAfter(before, report([finding(1), finding(3)], { outcome: 'cancelled' }), undefined);
    expect(after).toMatchObject({ damaged: 2, missing: 1, outcome: 'complete', ended: 2000, cutShort: 2000 });
    expect(after?.findings.map(({ studyId }) => studyId)).toEqual([1, 2, 3]);
  });

  test('takes over what is found in one study', () => {
    expect(reportAfter(before, report([]), 1)).toMatchObject({ damaged: 0, missing: 1, sound: 10 });
    expect(reportAfter(before, report([finding(2)]), 2)).toMatchObject({ damaged: 2, missing: 0 });
    expect(reportAfter(undefined, report([]), 2)).toBeUndefined();
    expect(reportAfter(undefined, report([finding(2)]), 2)).toMatchObject({ damaged: 1, outcome: 'partial' });
  });

  test('says nothing of studies that are gone', () => {
    expect(withoutStudies(before, new Set([2]))).toMatchObject({ damaged: 1, missing: 0, findings: [finding(1)] });
    expect(withoutStudies(before, new Set([9]))).toBe(before);
  });

  test('comes back from the file as it was; what is no report is left out', () => {
    const file = JSON.parse(JSON.stringify(reportsFile(new Map([['p1', before]]))));
    expect(parseReports(file)).toEqual(new Map([['p1', before]]));
    expect(parseReports({ version: 1, reports: { p1: before, p2: { ...before, damaged: -1 }, p3: 'x' } }).size).toBe(1);
    for (const broken of [undefined, null, [], {}, { version: 2, reports: {} }, 'x']) {
      expect(parseReports(broken).size).toBe(0);
    }
  });
});

test.each([
  ['never, when it is off', undefined, undefined, false],
  ['at once, when nothing has been looked at', 7, undefined, true],
  ['not before its time', 7, report([], { ended: 100 * DAY - 7 * DAY + 1 }), false],
  ['in its time', 7, report([], { ended: 100 * DAY - 7 * DAY }), true],
  ['a day after it was cut short', 30, report([], { ended: 99 * DAY, outcome: 'cancelled' }), true],
  ['not within a day after it was cut short', 7, report([], { ended: 10 * DAY, cutShort: 99 * DAY + 1 }), false],
  ['a day after a later look was cut short', 7, report([], { ended: 10 * DAY, cutShort: 99 * DAY }), true],
  ['when the last report comes from the future', 30, report([], { ended: 400 * DAY }), true],
])('due %s', (_, every, last, expected) => {
  expect(isDue(every, last, 100 * DAY)).toBe(expected);
});
