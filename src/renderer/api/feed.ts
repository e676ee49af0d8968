/** The newest received files of each profile, in a ring outside React: hundreds a second cost the page one small redraw per frame. */

import type { FileRow, ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';

export interface Feed {
  readonly capacity: number;
  count(profileId: string): number;
  /** 0 is the newest. */
  at(profileId: string, index: number): FileRow | undefined;
  /** How many came in all since the page was opened: names a row for good. */
  total(profileId: string): number;
  /** Grows with every change of that profile. */
  version(profileId: string): number;
  subscribe(listener: () => void): () => void;
  fill(state: ReceiverState): void;
  apply(events: readonly ReceiverEvent[]): void;
}

interface Ring {
  rows: (FileRow | undefined)[];
  /** Rows ever written. */
  written: number;
  version: number;
}

export function createFeed(capacity = 2000): Feed {
  const rings = new Map<string, Ring>();
  const listeners = new Set<() => void>();

  const ringOf = (profileId: string): Ring => {
    const known = rings.get(profileId);
    if (known) return known;
    const ring: Ring = { rows: new Array<undefined>(capacity), written: 0, version: 0 };
    rings.set(profileId, ring);
    return ring;
  };
  const add = (ring: Ring, files: readonly FileRow[]) => {
    for (const file of files) ring.rows[ring.written++ % capacity] = file;
    ring.version++;
  };
  const tell = () => {
    for (const listener of listeners) listener();
  };

  return {
    capacity,
    count: (profileId) => Math.min(capacity, rings.get(profileId)?.written ?? 0),
    at: (profileId, index) => {
      const ring = rings.get(profileId);
      if (!ring || index < 0 || index >= Math.min(capacity, ring.written)) return undefined;
      return ring.rows[(ring.written - 1 - index) % capacity];
    },
    total: (profileId) => rings.get(profileId)?.written ?? 0,
    version: (profileId) => rings.get(profileId)?.version ?? 0,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    fill: (state) => {
      rings.clear();
      for (const { profile, files } of state.profiles) add(ringOf(profile.id), files.toReversed());
      tell();
    },
    apply: (events) => {
      let changed = false;
      for (const event of events) {
        if (event.type === 'files-stored') {
          add(ringOf(event.profileId), event.files);
          changed = true;
        } else if (event.type === 'profile-removed') rings.delete(event.profileId);
      }
      if (changed) tell();
    },
  };
}
