/** What can be counted and measured: the same for the page and for monitoring. No titles or addresses of peers, no patients. */

import type { FileRow, RunPhase } from './events.ts';

export interface CountAndBytes {
  readonly count: number;
  readonly bytes: number;
}

/** Of one profile, since the application started. */
export interface ProfileFigures {
  readonly profileId: string;
  readonly name: string;
  readonly phase: RunPhase;
  readonly autoStart: boolean;
  /** Codes of what makes it degraded, or of why it failed. */
  readonly problems: readonly string[];
  readonly openAssociations: number;
  readonly acceptedAssociations: number;
  /** Refused associations, contexts and objects by code, as the list of refusals names them. */
  readonly refused: Readonly<Record<string, number>>;
  /** Objects that came, by what became of them. */
  readonly files: Readonly<Record<FileRow['outcome'], CountAndBytes>>;
  /** Reports of storage commitment that wait for their sender, or for the storage. */
  readonly commitmentsPending: number;
  /** Of the volume; absent for a bucket. */
  readonly freeBytes?: number;
  /** Objects that lie in quarantine now; absent for a bucket. */
  readonly quarantined?: number;
  /** What waits to be uploaded to a bucket. */
  readonly uploads?: { readonly waiting: number; readonly bytes: number; readonly oldest?: number };
  /** Studies that a webhook has not been told of. */
  readonly webhookWaiting?: number;
}

export interface Figures {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Processor time of all threads, in seconds. */
  readonly cpuSeconds: number;
  /** How late the main thread was, in seconds, during the last one to two minutes. */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
  /** Records that the history has not written yet. */
  readonly historyWaiting: number;
  readonly profiles: readonly ProfileFigures[];
}
