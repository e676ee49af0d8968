/** The free space is watched without anybody waiting for it, and what cannot be read is not low. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FreeSpaceGuard } from '#main/engine/scp/free-space.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';

function setup(reserve = 100) {
  const state = { free: 1000 as number | undefined | Error, readings: 0 };
  const storage = {
    freeSpace: async () => {
      state.readings++;
      if (state.free instanceof Error) throw state.free;
      return state.free;
    },
  };
  return { state, guard: new FreeSpaceGuard(storage as unknown as StorageBackend, reserve) };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('FreeSpaceGuard', () => {
  test.each([
    [99, true],
    [100, false],
    [101, false],
    [0, true],
    [undefined, false],
    [new Error('the share is offline'), false],
  ])('%s of 100 bytes is low: %s', async (free, low) => {
    const { state, guard } = setup();
    state.free = free;
    const code = low ? 'disk-full' : undefined;
    expect((await guard.refresh())?.code).toBe(code);
    expect(guard.shortage()?.code).toBe(code);
  });

  test('no reserve, no reading', async () => {
    const { state, guard } = setup(0);
    state.free = 0;
    expect(await guard.refresh()).toBeUndefined();
    expect(guard.shortage()).toBeUndefined();
    expect(state.readings).toBe(0);
  });

  test('shortage answers at once and renews a reading that is more than a second old', async () => {
    const { state, guard } = setup();
    await guard.refresh();
    state.free = 1;
    for (let count = 0; count < 100; count++) expect(guard.shortage()).toBeUndefined();
    expect(state.readings).toBe(1);
    await vi.advanceTimersByTimeAsync(1001);
    expect(guard.shortage()).toBeUndefined();
    expect(guard.shortage()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(0);
    expect(guard.shortage()).toBeDefined();
    expect(state.readings).toBe(2);
  });

  test('requests that come together share one reading, later ones get a fresh one', async () => {
    const { state, guard } = setup();
    await Promise.all([guard.refresh(), guard.refresh(), guard.refresh()]);
    expect(state.readings).toBe(1);
    state.free = 1;
    expect(await guard.refresh()).toBeDefined();
    expect(state.readings).toBe(2);
  });
});
