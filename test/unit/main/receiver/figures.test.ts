/** The figures of a profile while it is being removed. */
import { expect, test } from 'vitest';
import { readFigures } from '#main/receiver/figures.ts';
import type { Receiver } from '#main/receiver/receiver.ts';
import { profileState, stateOf } from '../../../support/settings-receiver.ts';

test('a profile that the page still shows but nobody manages any more is left out', async () => {
  const receiver = {
    state: stateOf([profileState({ id: 'p1', name: 'Radiology' })]),
    managed: () => {
      throw new Error('This profile does not exist any more.');
    },
    allManaged: () => [],
    eventLoop: { read: () => ({ mean: 0, p99: 0, max: 0 }) },
    history: { waiting: 3 },
  } as Partial<Record<keyof Receiver, unknown>> as unknown as Receiver;
  expect(await readFigures(receiver)).toMatchObject({ historyWaiting: 3, profiles: [] });
});
