import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWithin, planRetention, previewOf, type RetentionRow } from '#main/receiver/retention.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;
const FOLDER = resolve('/archive');

function row(studyId: number, more: Partial<RetentionRow> = {}): RetentionRow {
  return {
    studyId,
    instances: 10,
    bytes: 1000,
    lastReceived: NOW - studyId * DAY,
    status: 'complete',
    location: join(FOLDER, `1.2.${studyId}`),
    waiting: 0,
    ...more,
  };
}

const ids = (rows: readonly RetentionRow[]) => rows.map(({ studyId }) => studyId);
const rows = [1, 2, 3, 4, 5].map((studyId) => row(studyId));

describe('which studies go', () => {
  test('those of which nothing has come for so many days, oldest first', () => {
    const { remove, staying } = planRetention(rows, { days: 3, mode: 'trash' }, FOLDER, NOW);
    expect(ids(remove)).toEqual([5, 4]);
    expect(staying).toEqual({ studies: 3, bytes: 3000 });
  });

  test('the oldest until the rest is small enough', () => {
    expect(ids(planRetention(rows, { maxBytes: 2500, mode: 'trash' }, FOLDER, NOW).remove)).toEqual([5, 4, 3]);
    expect(planRetention(rows, { maxBytes: 5000, mode: 'trash' }, FOLDER, NOW).remove).toEqual([]);
  });

  test('age and size together: whichever wants more', () => {
    expect(ids(planRetention(rows, { days: 4, maxBytes: 2000, mode: 'trash' }, FOLDER, NOW).remove)).toEqual([5, 4, 3]);
    expect(ids(planRetention(rows, { days: 1, maxBytes: 4000, mode: 'trash' }, FOLDER, NOW).remove)).toEqual([
      5, 4, 3, 2,
    ]);
  });

  test('none that is receiving, waits to be uploaded, or lies elsewhere; younger ones go for the size instead', () => {
    const some = [
      row(1),
      row(2),
      row(3, { location: '/elsewhere/1.2.3' }),
      row(4, { waiting: 1 }),
      row(5, { status: 'receiving' }),
    ];
    const plan = planRetention(some, { maxBytes: 3500, mode: 'delete' }, FOLDER, NOW);
    expect(ids(plan.remove)).toEqual([2, 1]);
    expect(previewOf(plan)).toMatchObject({
      kept: [
        { because: 'receiving', studies: 1, bytes: 1000 },
        { because: 'not-uploaded', studies: 1 },
        { because: 'elsewhere', studies: 1 },
      ],
    });
  });

  test('none where nothing is stored in a folder', () => {
    const plan = planRetention(rows, { days: 1, mode: 'trash' }, undefined, NOW);
    expect(plan.remove).toEqual([]);
    expect(plan.kept).toHaveLength(4);
  });

  test('whatever the rows: no study is touched that must stay, and no younger one goes before an older one that may', () => {
    const rowsOf = fc.array(
      fc.record({
        status: fc.constantFrom('complete', 'interrupted', 'receiving'),
        waiting: fc.constantFrom(0, 0, 3),
        location: fc.constantFrom('in', 'in', 'out'),
        age: fc.integer({ min: -5, max: 400 }),
        bytes: fc.integer({ min: 0, max: 5_000_000 }),
      }),
      { maxLength: 30 },
    );
    const option = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
    fc.assert(
      fc.property(rowsOf, option(fc.nat(300)), option(fc.nat(9_000_000)), (given, days, maxBytes) => {
        const all = given.map(({ age, location, ...rest }, index) =>
          row(index + 1, {
            ...rest,
            lastReceived: NOW - age * DAY,
            ...(location === 'out' && { location: '/elsewhere' }),
          }),
        );
        const policy = { ...(days !== undefined && { days }), ...(maxBytes !== undefined && { maxBytes }) };
        const { remove, kept, staying } = planRetention(all, { ...policy, mode: 'delete' }, FOLDER, NOW);
        for (const { status, waiting, location } of remove) {
          expect([status === 'receiving', waiting, location.startsWith(FOLDER)]).toEqual([false, 0, true]);
        }
        const gone = new Set([...ids(remove), ...kept.map(({ row: { studyId } }) => studyId)]);
        const youngest = Math.max(...remove.map(({ lastReceived }) => lastReceived));
        for (const one of all) if (one.lastReceived < youngest) expect(gone.has(one.studyId)).toBe(true);
        expect(staying.bytes + remove.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
          all.reduce((sum, { bytes }) => sum + bytes, 0),
        );
      }),
    );
  });
});

test('the preview says how much, and from when to when', () => {
  const plan = planRetention(rows, { days: 3, mode: 'trash' }, FOLDER, NOW);
  expect(previewOf(plan)).toEqual({
    studies: 2,
    instances: 20,
    bytes: 2000,
    oldest: NOW - 5 * DAY,
    newest: NOW - 4 * DAY,
    staying: { studies: 3, bytes: 3000 },
    kept: [],
  });
  expect(previewOf(planRetention([], { days: 3, mode: 'trash' }, FOLDER, NOW))).toEqual({
    studies: 0,
    instances: 0,
    bytes: 0,
    staying: { studies: 0, bytes: 0 },
    kept: [],
  });
});

test.each([
  ['1.2/1.3/1.4.dcm', true],
  ['1.2', true],
  ['', false],
  ['..', false],
  ['../archive2/1.2', false],
  ['.quarantine/1.2.dcm', false],
  ['1.2/.incoming/x', false],
])('%s in the folder: %s', (path, expected) => {
  expect(isWithin(FOLDER, join(FOLDER, path))).toBe(expected);
});
