import { expect, test, vi } from 'vitest';
import { followState, hasGap } from '../../../../src/main/electron/state-mirror.ts';
import type { ReceiverForHost } from '../../../../src/main/receiver/host.ts';
import type { EventBatch } from '../../../../src/shared/contract.ts';
import type { ReceiverEvent } from '../../../../src/shared/events.ts';
import { saved, stateAfter } from './states.ts';

function scripted() {
  const heard: { listener?: (batch: EventBatch) => void } = {};
  const snapshot = { sequence: 10, state: stateAfter(saved('a')) };
  const call = vi.fn(async () => ({ ok: true as const, value: { ...snapshot } }));
  const receiver = {
    call,
    subscribe: (listener: (batch: EventBatch) => void) => {
      heard.listener = listener;
      return () => {};
    },
  } as unknown as ReceiverForHost;
  return { receiver, call, snapshot, send: (batch: EventBatch) => heard.listener?.(batch) };
}

const space = (bytes: number): ReceiverEvent => ({ type: 'free-space', profileId: 'a', bytes });

test('a gap is what lies between', () => {
  expect(hasGap(10, { sequence: 12, events: [space(1), space(2)] })).toBe(false);
  expect(hasGap(10, { sequence: 13, events: [space(1), space(2)] })).toBe(true);
});

test('follows batches, ignores old ones, applies the new half of one that overlaps', async () => {
  const { receiver, send } = scripted();
  const events: ReceiverEvent[] = [];
  const states: (number | undefined)[] = [];
  await followState(receiver, {
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state.profiles[0]?.freeBytes),
  });
  send({ sequence: 10, events: [space(1)] });
  send({ sequence: 11, events: [space(2), space(3)] });
  send({ sequence: 12, events: [space(4)] });
  expect(events).toEqual([space(3), space(4)]);
  expect(states).toEqual([undefined, 3, 4]);
});

test('fetches the snapshot after a gap, and goes on with what came meanwhile', async () => {
  const { receiver, call, snapshot, send } = scripted();
  const events: ReceiverEvent[] = [];
  await followState(receiver, { onEvent: (event) => events.push(event), onState: () => {} });
  snapshot.sequence = 20;
  send({ sequence: 20, events: [space(1)] });
  send({ sequence: 21, events: [space(2)] });
  await vi.waitFor(() => expect(events).toEqual([space(2)]));
  expect(call).toHaveBeenCalledTimes(2);
});
