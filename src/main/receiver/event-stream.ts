/** Numbers events and hands them out in batches, at most ten a second; the state is what the published batches make of it. */

import type { EventBatch } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import { applyEvents } from '#shared/state.ts';

/** Milliseconds between two batches. */
const PERIOD = 100;
/** Rows of the live feed in one batch; the page shows no more, and the history has them all. */
const FEED_ROWS = 50;
const LOG_LINES = 500;

export class EventStream {
  readonly #listeners = new Set<(batch: EventBatch) => void>();
  #published: ReceiverState;
  #pending: ReceiverEvent[] = [];
  /** `#published` with the pending events applied, as long as nothing came since. */
  #current: ReceiverState | undefined;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: ReceiverState) {
    this.#published = state;
  }

  /** Everything that has happened, published or not. */
  get state(): ReceiverState {
    this.#current ??= applyEvents(this.#published, this.#pending);
    return this.#current;
  }

  emit(...events: readonly ReceiverEvent[]): void {
    if (events.length === 0) return;
    for (const event of events) this.#pending.push(event);
    this.#current = undefined;
    this.#timer ??= setTimeout(() => this.flush(), PERIOD);
  }

  subscribe(listener: (batch: EventBatch) => void): () => void {
    // An entry of its own for each subscription: the same function may subscribe twice.
    const entry = (batch: EventBatch) => listener(batch);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** The state and the number of the last event in it: every later batch continues from there. */
  snapshot(): { readonly sequence: number; readonly state: ReceiverState } {
    this.flush();
    return { sequence: this.#sequence, state: this.#published };
  }

  /** Publishes what is pending. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const events = coalesce(this.#pending);
    this.#pending = [];
    this.#current = undefined;
    this.#published = applyEvents(this.#published, events);
    this.#sequence += events.length;
    const batch = { sequence: this.#sequence, events };
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch {
        // A host whose window has just gone must not stop the others.
      }
    }
  }
}

/** Fewer events that lead to the same state: neighbours of one kind are joined, progress keeps its last word. */
export function coalesce(events: readonly ReceiverEvent[]): ReceiverEvent[] {
  const result: ReceiverEvent[] = [];
  /** Where the open event of a kind and profile stands in the result. */
  const places = new Map<string, number>();
  for (const event of events) {
    const key = 'profileId' in event ? `${event.type} ${event.profileId}` : event.type;
    const place = places.get(key);
    const joined = place === undefined ? undefined : join(result[place]!, event);
    if (place !== undefined && joined) {
      result[place] = joined;
      continue;
    }
    // What changes the frame of a profile is a border that nothing moves across.
    if (BORDERS.has(event.type)) places.clear();
    else places.set(key, result.length);
    result.push(event);
  }
  return result;
}

const BORDERS: ReadonlySet<ReceiverEvent['type']> = new Set([
  'run-changed',
  'profile-saved',
  'profile-removed',
  'refusals-cleared',
]);

function join(first: ReceiverEvent, second: ReceiverEvent): ReceiverEvent | undefined {
  if (first.type === 'files-stored' && second.type === 'files-stored') {
    const files = [...first.files, ...second.files].slice(-FEED_ROWS);
    return { ...second, files, count: first.count + second.count, bytes: first.bytes + second.bytes };
  }
  if (first.type === 'log' && second.type === 'log') {
    return { type: 'log', lines: [...first.lines, ...second.lines].slice(-LOG_LINES) };
  }
  if (first.type === 'studies-changed' && second.type === 'studies-changed') {
    const again = new Set(second.studies.map(({ studyInstanceUid }) => studyInstanceUid));
    const others = first.studies.filter(({ studyInstanceUid }) => !again.has(studyInstanceUid));
    return { ...second, studies: [...others, ...second.studies] };
  }
  if (
    (first.type === 'contact' && second.type === 'contact') ||
    (first.type === 'free-space' && second.type === 'free-space') ||
    (first.type === 'degraded' && second.type === 'degraded') ||
    (first.type === 'rebuild-progress' && second.type === 'rebuild-progress') ||
    (first.type === 'host-changed' && second.type === 'host-changed')
  ) {
    return second;
  }
  return undefined;
}
