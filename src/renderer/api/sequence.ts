/** What to do with a batch of numbered events: apply it, a part of it, nothing, or fetch the snapshot. Pure. */

import type { EventBatch } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';

export type Step =
  | { readonly kind: 'apply'; readonly events: readonly ReceiverEvent[]; readonly sequence: number }
  /** Everything in it is known. */
  | { readonly kind: 'skip' }
  /** Events are missing. */
  | { readonly kind: 'gap' };

/** @param current the number of the last event that was applied */
export function nextStep(current: number, batch: EventBatch): Step {
  const before = batch.sequence - batch.events.length;
  if (batch.sequence <= current) return { kind: 'skip' };
  if (before > current) return { kind: 'gap' };
  return { kind: 'apply', events: batch.events.slice(current - before), sequence: batch.sequence };
}

/** A batch that came from outside, or undefined when it is none. */
export function parseBatch(value: unknown): EventBatch | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sequence, events } = value as Partial<EventBatch>;
  return Number.isSafeInteger(sequence) && Array.isArray(events) ? (value as EventBatch) : undefined;
}

/** How long to wait before the next attempt, in milliseconds. */
export function backOff(attempt: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(attempt, 10));
}
