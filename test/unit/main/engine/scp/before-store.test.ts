/** What a callback returned becomes edits, or an error that says nothing of the patient to the sender. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BeforeStoreError, editsOf, runBeforeStore } from '#main/engine/scp/before-store.ts';
import { buildTagPlan } from '#main/engine/scp/tags.ts';

function planOf(...args: Parameters<typeof buildTagPlan>) {
  const built = buildTagPlan(...args);
  if ('problems' in built) throw new Error('the plan has problems');
  return built.plan;
}

const plan = planOf(
  ['PatientName', 'PatientID', 'Rows'],
  [
    { tag: '00091002', name: 'Vendor' },
    { tag: '0011xx01', creator: 'ACME', name: 'StudyID' },
  ],
);
const tags = { PatientName: 'A^B', PatientID: '1', Vendor: 'v' };

describe('editsOf', () => {
  test.each<readonly [string, Record<string, string | null | undefined>, readonly object[]]>([
    ['nothing returned', {}, []],
    ['everything as it was', tags, []],
    ['undefined is unchanged', { PatientName: undefined, PatientID: undefined }, []],
    ['a new value', { PatientName: 'X' }, [{ tag: 0x00100010, value: 'X' }]],
    ['an empty one', { PatientName: '' }, [{ tag: 0x00100010, value: '' }]],
    ['null', { PatientName: null }, [{ tag: 0x00100010, value: null }]],
    ['empty, where it was absent', { Rows: '' }, [{ tag: 0x00280010, value: '' }]],
    ['an attribute that was not extracted', { StudyDate: '20240101' }, [{ tag: 0x00080020, value: '20240101' }]],
    ['(GGGG,EEEE)', { '(0008,0020)': null }, [{ tag: 0x00080020, value: null }]],
    ['8 digits', { '0008103e': 'x' }, [{ tag: 0x0008103e, value: 'x' }]],
    ['a custom name', { Vendor: 'w' }, [{ tag: 0x00091002, value: 'w' }]],
    [
      'a custom name that is a keyword too, with its creator',
      { StudyID: 'w' },
      [{ tag: 0x00110001, value: 'w', privateCreator: 'ACME' }],
    ],
    [
      'several, in the order returned',
      { PatientID: null, PatientName: 'X' },
      [
        { tag: 0x00100020, value: null },
        { tag: 0x00100010, value: 'X' },
      ],
    ],
  ])('%s', (_, result, expected) => {
    expect(editsOf(tags, result, plan)).toEqual(expected);
  });

  test('an inherited name is no value that was there', () => {
    expect(() => editsOf(tags, { toString: 'x' }, plan)).toThrow(BeforeStoreError);
    expect(() => editsOf(tags, { constructor: null }, plan)).toThrow(BeforeStoreError);
  });

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['text', 'PatientName'],
    ['a list', []],
    ['a number', 1],
    ['a function', () => ({})],
    ['a number as a value', { PatientID: 1 }],
    ['a list as a value', { PatientID: ['1'] }],
    ['true as a value', { PatientID: true }],
    ['a name that is no attribute', { PatientNme: 'X' }],
    ['an empty name', { '': 'X' }],
    ['file meta', { '00020010': '1.2' }],
    ['an item', { FFFEE000: '' }],
  ])('%s is unusable', (_, result) => {
    const failure = failureOf(() => editsOf(tags, result, plan));
    expect(failure).toMatchObject({ status: undefined, comment: 'Refused before storing: unusable result' });
  });
});

describe('runBeforeStore', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('gives the callback a copy and turns its result into edits', async () => {
    const callback = async (given: Record<string, string>) => {
      given.PatientName = 'X';
      return given;
    };
    expect(await runBeforeStore(callback, tags, plan, 30)).toEqual([{ tag: 0x00100010, value: 'X' }]);
    expect(tags.PatientName).toBe('A^B');
  });

  test('the time-out', async () => {
    const running = runBeforeStore(() => new Promise(() => {}), tags, plan, 30);
    const failed = expect(running).rejects.toMatchObject({ comment: 'Refused: rule time-out', status: undefined });
    await vi.advanceTimersByTimeAsync(30_000);
    await failed;
  });

  test('just in time', async () => {
    const slow = () =>
      new Promise<Record<string, string>>((resolve) => setTimeout(() => resolve({ PatientID: '2' }), 29_999));
    const running = runBeforeStore(slow, tags, plan, 30);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(await running).toHaveLength(1);
  });

  test('a BeforeStoreError of the callback itself passes', async () => {
    const gate = new BeforeStoreError('refused by a rule', 'Refused by rule 3', { status: 0x0124 });
    await expect(runBeforeStore(() => Promise.reject(gate), tags, plan, 30)).rejects.toBe(gate);
  });

  test.each<readonly [unknown, number | undefined]>([
    [{ status: 0xa700 }, 0xa700],
    [{ status: 0xa9ff }, 0xa9ff],
    [{ status: 0xc123 }, 0xc123],
    [{ status: 0x0124 }, 0x0124],
    [{ status: 0 }, undefined],
    [{ status: 0xb007 }, undefined],
    [{ status: 0xa800 }, undefined],
    [{ status: 0x1a700 }, undefined],
    [{ status: 0xa700 + 0.5 }, undefined],
    [{ status: '0124' }, undefined],
    [null, undefined],
    [undefined, undefined],
    ['text', undefined],
  ])('a rejection with %o has the status %s', async (reason, status) => {
    const error = await runBeforeStore(() => Promise.reject(reason), tags, plan, 30).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BeforeStoreError);
    expect(error).toMatchObject({ status, comment: 'Refused before storing', cause: expect.any(Error) });
  });
});

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(BeforeStoreError);
    return error;
  }
  throw new Error('it did not fail');
}
