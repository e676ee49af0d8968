/** What every page shows: one bounded state, made from events by one pure reducer that both sides run. */

import type { LogLine, Problem, Profile, Settings, TestStep } from './contract.ts';
import type {
  AssociationState,
  CommitmentState,
  DuplicateCounts,
  FileRow,
  HostInfo,
  LiveStudy,
  ReceiverEvent,
  Refusal,
  RunState,
  ThroughputSample,
} from './events.ts';
import type { VerificationState } from './guards.ts';
import type { UploadsState } from './uploads.ts';
import type { WebhookState } from './webhook.ts';

/** How much of each list is kept; the rest is in the history. */
export const LIMITS = {
  ended: 50,
  files: 500,
  refusals: 100,
  commitments: 50,
  studies: 200,
  samples: 300,
  log: 500,
  notices: 20,
  steps: 60,
} as const;

export interface ProfileState {
  readonly profile: Profile;
  readonly run: RunState;
  readonly degraded: readonly Problem[];
  /** Open ones, oldest first. */
  readonly associations: readonly AssociationState[];
  /** Ended ones, newest first. */
  readonly ended: readonly AssociationState[];
  /** Newest first. */
  readonly files: readonly FileRow[];
  /** Newest first. */
  readonly refusals: readonly Refusal[];
  /** Those that have not been reported; last changed first. */
  readonly commitments: readonly CommitmentState[];
  /** Last changed first. */
  readonly studies: readonly LiveStudy[];
  /** Oldest first, one a second while it listens. */
  readonly samples: readonly ThroughputSample[];
  /** Since the application started. */
  readonly totals: {
    readonly files: number;
    readonly bytes: number;
    readonly associations: number;
    readonly refused: number;
    readonly duplicates: DuplicateCounts;
  };
  readonly lastContact?: { readonly time: number; readonly callingAeTitle: string; readonly remoteAddress: string };
  readonly freeBytes?: number;
  /** Of a profile with a spool; what was heard last when it does not run. */
  readonly uploads?: UploadsState;
  /** How the webhook gets on, since the application started. */
  readonly webhook?: WebhookState;
  readonly test?: {
    readonly kind: 'self-test' | 'test-images';
    readonly steps: readonly TestStep[];
    readonly done: boolean;
  };
  readonly rebuild?: { readonly files: number; readonly done: boolean };
  readonly verification?: VerificationState;
}

export interface ReceiverState {
  readonly host: HostInfo;
  readonly settings: Settings;
  /** In the order of the list. */
  readonly profiles: readonly ProfileState[];
  readonly notices: readonly Problem[];
  /** Oldest first. */
  readonly log: readonly LogLine[];
  /** Grows whenever lists from the history should be fetched again. */
  readonly historyVersion: number;
  /** Grows whenever rule sets, keys and tables should be fetched again. */
  readonly rulesVersion: number;
  /** Edits in the window of the desktop that nobody has saved. */
  readonly unsavedEdits: number;
  /** The dry run that was last heard of. */
  readonly dryRun?: { readonly runId: string; readonly files: number };
}

/** The one word for a profile's state. */
export type Condition = 'stopped' | 'starting' | 'listening' | 'receiving' | 'degraded' | 'error';

/** What the home screen says in large letters. */
export function conditionOf({ run, degraded, associations }: ProfileState): Condition {
  switch (run.phase) {
    case 'stopped':
    case 'stopping':
      return 'stopped';
    case 'starting':
      return 'starting';
    case 'failed':
    case 'restarting':
      return 'error';
    case 'listening':
      if (degraded.length > 0) return 'degraded';
      return associations.length > 0 ? 'receiving' : 'listening';
  }
}

/** The state of an application that has said nothing yet. */
export function initialState(host: HostInfo, settings: Settings): ReceiverState {
  return { host, settings, profiles: [], notices: [], log: [], historyVersion: 0, rulesVersion: 0, unsavedEdits: 0 };
}

export const NO_DUPLICATES: DuplicateCounts = { equal: 0, replaced: 0, keptBoth: 0, refused: 0 };

function addDuplicates(sum: DuplicateCounts, more: DuplicateCounts | undefined): DuplicateCounts {
  if (!more) return sum;
  return {
    equal: sum.equal + more.equal,
    replaced: sum.replaced + more.replaced,
    keptBoth: sum.keptBoth + more.keptBoth,
    refused: sum.refused + more.refused,
  };
}

/** A profile of which nothing has been heard yet. */
export function newProfile(profile: Profile, time: number): ProfileState {
  return {
    profile,
    run: { phase: 'stopped', since: time },
    degraded: [],
    associations: [],
    ended: [],
    files: [],
    refusals: [],
    commitments: [],
    studies: [],
    samples: [],
    totals: { files: 0, bytes: 0, associations: 0, refused: 0, duplicates: NO_DUPLICATES },
  };
}

const newestFirst = <T>(added: readonly T[], list: readonly T[], limit: number): T[] =>
  [...added, ...list].slice(0, limit);
const oldestFirst = <T>(list: readonly T[], added: readonly T[], limit: number): T[] =>
  [...list, ...added].slice(-limit);

/** The state after one more event. */
export function applyEvent(state: ReceiverState, event: ReceiverEvent): ReceiverState {
  switch (event.type) {
    case 'settings-changed':
      return { ...state, settings: event.settings };
    case 'host-changed':
      return { ...state, host: event.host };
    case 'notice': {
      const others = state.notices.filter(({ code }) => code !== event.notice.code);
      return { ...state, notices: oldestFirst(others, [event.notice], LIMITS.notices) };
    }
    case 'notice-cleared':
      return { ...state, notices: state.notices.filter(({ code }) => code !== event.code) };
    case 'profile-saved': {
      const known = state.profiles.some(({ profile }) => profile.id === event.profile.id);
      if (!known) return { ...state, profiles: [...state.profiles, newProfile(event.profile, 0)] };
      return changeProfile(state, event.profile.id, (old) => ({ ...old, profile: event.profile }));
    }
    case 'profile-removed':
      return { ...state, profiles: state.profiles.filter(({ profile }) => profile.id !== event.profileId) };
    case 'log':
      return { ...state, log: oldestFirst(state.log, event.lines, LIMITS.log) };
    case 'history-changed':
      return { ...state, historyVersion: state.historyVersion + 1 };
    case 'rules-changed':
      return { ...state, rulesVersion: state.rulesVersion + 1 };
    case 'unsaved-edits':
      return { ...state, unsavedEdits: event.count };
    case 'dry-run-progress':
      return { ...state, dryRun: { runId: event.runId, files: event.files } };
    default:
      return changeProfile(state, event.profileId, (old) => applyToProfile(old, event));
  }
}

/** The state after a batch of events. */
export function applyEvents(state: ReceiverState, events: readonly ReceiverEvent[]): ReceiverState {
  return events.reduce(applyEvent, state);
}

function changeProfile(state: ReceiverState, id: string, change: (old: ProfileState) => ProfileState): ReceiverState {
  return { ...state, profiles: state.profiles.map((old) => (old.profile.id === id ? change(old) : old)) };
}

type ProfileEvent = Exclude<Extract<ReceiverEvent, { profileId: string }>, { type: 'profile-removed' }>;

function applyToProfile(old: ProfileState, event: ProfileEvent): ProfileState {
  switch (event.type) {
    case 'run-changed': {
      const running = event.run.phase === 'listening' || event.run.phase === 'stopping';
      // A worker that is gone took its associations with it.
      if (running) return { ...old, run: event.run };
      const uploads = old.uploads && pausedUploads(old.uploads);
      return { ...old, run: event.run, associations: [], degraded: [], ...(uploads && { uploads }) };
    }
    case 'association-opened':
      return {
        ...old,
        associations: [...old.associations, event.association],
        totals: { ...old.totals, associations: old.totals.associations + 1 },
      };
    case 'association-progress': {
      const progress = new Map(event.associations.map((entry) => [entry.associationId, entry]));
      return {
        ...old,
        associations: old.associations.map((entry) => ({ ...entry, ...progress.get(entry.associationId) })),
      };
    }
    case 'association-ended':
      return {
        ...old,
        associations: old.associations.filter(({ associationId }) => associationId !== event.association.associationId),
        ended: newestFirst([event.association], old.ended, LIMITS.ended),
      };
    case 'contact':
      return {
        ...old,
        lastContact: { time: event.time, callingAeTitle: event.callingAeTitle, remoteAddress: event.remoteAddress },
      };
    case 'files-stored':
      return {
        ...old,
        files: newestFirst(event.files.toReversed(), old.files, LIMITS.files),
        totals: {
          ...old.totals,
          files: old.totals.files + event.count,
          bytes: old.totals.bytes + event.bytes,
          duplicates: addDuplicates(old.totals.duplicates, event.duplicates),
        },
      };
    case 'refused': {
      const others = old.refusals.filter(({ refusalId }) => refusalId !== event.refusal.refusalId);
      return {
        ...old,
        refusals: newestFirst([event.refusal], others, LIMITS.refusals),
        totals: { ...old.totals, refused: old.totals.refused + (event.times ?? 1) },
      };
    }
    case 'refusals-cleared':
      return { ...old, refusals: [] };
    case 'commitment': {
      const { commitment } = event;
      const others = old.commitments.filter(
        ({ transactionUid, callingAeTitle }) =>
          transactionUid !== commitment.transactionUid || callingAeTitle !== commitment.callingAeTitle,
      );
      const pending = commitment.state === 'requested' || commitment.state === 'retrying';
      return { ...old, commitments: newestFirst(pending ? [commitment] : [], others, LIMITS.commitments) };
    }
    case 'studies-changed': {
      const changed = new Set(event.studies.map(({ studyInstanceUid }) => studyInstanceUid));
      const others = old.studies.filter(({ studyInstanceUid }) => !changed.has(studyInstanceUid));
      return { ...old, studies: newestFirst(event.studies.toReversed(), others, LIMITS.studies) };
    }
    case 'throughput':
      return { ...old, samples: oldestFirst(old.samples, [event.sample], LIMITS.samples) };
    case 'degraded':
      return { ...old, degraded: event.problems };
    case 'webhook':
      return { ...old, webhook: event.webhook };
    case 'free-space':
      return { ...old, freeBytes: event.bytes };
    case 'uploads-changed':
      return { ...old, uploads: event.uploads };
    case 'test-step': {
      const before = old.test && old.test.kind === event.test && !old.test.done ? old.test.steps : [];
      return {
        ...old,
        test: { kind: event.test, steps: oldestFirst(before, [event.step], LIMITS.steps), done: event.done },
      };
    }
    case 'rebuild-progress':
      return { ...old, rebuild: { files: event.files, done: event.done } };
    case 'verification':
      return { ...old, verification: event.verification };
  }
}

/** Nothing is uploaded while the receiver does not run. */
function pausedUploads({ waiting, bytes, oldest }: UploadsState): UploadsState {
  const state = waiting === 0 ? 'idle' : 'waiting';
  return { state, waiting, bytes, active: 0, bytesPerSecond: 0, ...(oldest !== undefined && { oldest }) };
}
