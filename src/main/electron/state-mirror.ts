/** The shell's own copy of the receiver's state: the same snapshot, events and reducer as on a page. */

import type { ReceiverForHost } from '#main/receiver/host.ts';
import type { CommandResults, EventBatch } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import { applyEvent } from '#shared/state.ts';

export interface MirrorListener {
  /** One event, with the state before and after it. */
  readonly onEvent: (event: ReceiverEvent, before: ReceiverState, after: ReceiverState) => void;
  /** The state is up to date: after every batch and every snapshot. */
  readonly onState: (state: ReceiverState) => void;
}

/** Is there something between what is known and this batch? */
export function hasGap(known: number, batch: EventBatch): boolean {
  return batch.sequence - batch.events.length > known;
}

/** Follows the receiver. @returns what ends it */
export async function followState(
  receiver: ReceiverForHost,
  { onEvent, onState }: MirrorListener,
): Promise<() => void> {
  let known: CommandResults['snapshot'] | undefined;
  let waiting: EventBatch[] = [];

  async function fetchSnapshot(): Promise<void> {
    known = undefined;
    const result = await receiver.call('snapshot', undefined);
    if (!result.ok) throw new Error(result.error.message);
    known = result.value as CommandResults['snapshot'];
    onState(known.state);
    const batches = waiting;
    waiting = [];
    for (const batch of batches) take(batch);
  }

  function take(batch: EventBatch): void {
    if (known === undefined) {
      waiting.push(batch);
      return;
    }
    if (batch.sequence <= known.sequence) return;
    if (hasGap(known.sequence, batch)) {
      waiting.push(batch);
      void fetchSnapshot();
      return;
    }
    let { state } = known;
    // A batch may begin before the snapshot that was taken while it was made.
    for (const event of batch.events.slice(batch.events.length - (batch.sequence - known.sequence))) {
      const after = applyEvent(state, event);
      onEvent(event, state, after);
      state = after;
    }
    known = { sequence: batch.sequence, state };
    onState(state);
  }

  const unsubscribe = receiver.subscribe(take);
  await fetchSnapshot();
  return unsubscribe;
}
