/** Everything that the receiver can say to a page, as one union. Plain JSON; times are milliseconds since 1970. */

import type { FixKind, LogLine, Problem, Profile, Settings, StudyStatus, TestStep } from './contract.ts';
import type { VerificationState } from './guards.ts';
import type { UploadsState } from './uploads.ts';
import type { WebhookState } from './webhook.ts';

/** What the machine offers the receiver. */
export interface HostInfo {
  readonly kind: 'electron' | 'headless';
  readonly version: string;
  readonly platform: string;
  readonly hostName: string;
  /** Every address under which other machines may reach this one. */
  readonly addresses: readonly {
    readonly address: string;
    readonly family: 'IPv4' | 'IPv6';
    readonly interface: string;
  }[];
  /** A native folder dialog exists; otherwise the page lists folders itself. */
  readonly canPickFolder: boolean;
  /** Folders and files can be shown in the system's file manager. */
  readonly canReveal: boolean;
  readonly canStartAtLogin: boolean;
  readonly canTray: boolean;
  /** Where secrets are kept; `none`: they cannot be kept, for the reason given. */
  readonly secrets: { readonly kind: 'keychain' | 'file' | 'none'; readonly message: string };
  /** Folder of profiles, history and logs. */
  readonly dataFolder: string;
  /** Home folder of the user, for suggestions. */
  readonly homeFolder: string;
}

export type RunPhase = 'stopped' | 'starting' | 'listening' | 'stopping' | 'failed' | 'restarting';

export interface RunState {
  readonly phase: RunPhase;
  readonly since: number;
  /** While listening. */
  readonly address?: {
    readonly host: string;
    readonly port: number;
    readonly aeTitle: string;
    readonly storage: string;
    /** With TLS: the SHA-256 of the certificate that senders see, and until when it is valid. */
    readonly tls?: { readonly fingerprint: string; readonly notAfter: number };
  };
  /** Why it failed, or is about to be restarted. */
  readonly problem?: Problem;
  /** When the next attempt is made (restarting). */
  readonly retryAt?: number;
  /** The options were changed and take effect with the next start. */
  readonly stale?: boolean;
}

export interface ContextInfo {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
  /** 0 accepted; 1 to 4 refused (PS3.8 9.3.3.2). */
  readonly result: number;
}

export interface AssociationState {
  /** Unique over profiles and restarts. */
  readonly associationId: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  /** How it is encrypted; absent: not at all. */
  readonly tls?: { readonly protocol: string; readonly cipher: string; readonly peerCertificate?: string };
  /** The user whose name and passcode were checked. */
  readonly user?: string;
  readonly opened: number;
  readonly ended?: number;
  readonly outcome: 'open' | 'released' | 'aborted' | 'rejected';
  readonly reason?: string;
  readonly contexts: readonly ContextInfo[];
  readonly files: number;
  /** Bytes received from the peer so far, objects in transfer included. */
  readonly bytes: number;
}

/** A row of the live feed. Patient data is for the screen only. */
export interface FileRow {
  readonly time: number;
  readonly file: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly modality: string;
  readonly size: number;
  readonly outcome: 'new' | 'equal' | 'replaced' | 'kept-both' | 'quarantined';
  readonly callingAeTitle: string;
}

/** Somebody, or something, that was not accepted. Equal ones are counted, not repeated. */
export interface Refusal {
  /** The same for equal refusals: made of code, caller and value. */
  readonly refusalId: string;
  readonly time: number;
  readonly count: number;
  /** `called-ae-title-not-recognized`, `sop-class-refused`, `object-refused` …; the page has words for each. */
  readonly code: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  /** What was refused: a title, an address, a UID. */
  readonly value: string;
  readonly message: string;
  readonly fixes: readonly { readonly kind: FixKind; readonly value: string }[];
}

/** Objects that came under a SOP Instance UID that was stored already: the same again, or another content (`onDuplicate`). */
export interface DuplicateCounts {
  readonly equal: number;
  readonly replaced: number;
  readonly keptBoth: number;
  readonly refused: number;
}

/** A request for storage commitment (PS3.4 J), as far as it has got. */
export interface CommitmentState {
  readonly transactionUid: string;
  readonly callingAeTitle: string;
  readonly received: number;
  /** Instances asked for, and how many are known to be stored and not to be. */
  readonly requested: number;
  readonly committed: number;
  readonly failed: number;
  /** Pending are `requested` and `retrying`: then `problem` says why the sender has not been told yet. */
  readonly state: 'requested' | 'reported' | 'retrying' | 'given-up';
  readonly problem?: string;
}

/** A study of which something has come since the start. */
export interface LiveStudy {
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly description: string;
  readonly modality: string;
  readonly instances: number;
  readonly lastReceived: number;
  readonly status: StudyStatus;
}

/** One second. */
export interface ThroughputSample {
  readonly time: number;
  readonly files: number;
  readonly bytes: number;
}

type OfProfile = { readonly profileId: string };

export type ReceiverEvent =
  | { readonly type: 'settings-changed'; readonly settings: Settings }
  | { readonly type: 'host-changed'; readonly host: HostInfo }
  /** Something that concerns the application as a whole: a broken settings file that was kept aside, a history that cannot be written. */
  | { readonly type: 'notice'; readonly notice: Problem }
  | { readonly type: 'notice-cleared'; readonly code: string }
  | { readonly type: 'profile-saved'; readonly profile: Profile }
  | { readonly type: 'profile-removed'; readonly profileId: string }
  | ({ readonly type: 'run-changed'; readonly run: RunState } & OfProfile)
  | ({ readonly type: 'association-opened'; readonly association: AssociationState } & OfProfile)
  | ({
      readonly type: 'association-progress';
      readonly associations: readonly {
        readonly associationId: string;
        readonly files: number;
        readonly bytes: number;
      }[];
    } & OfProfile)
  | ({ readonly type: 'association-ended'; readonly association: AssociationState } & OfProfile)
  /** Any attempt to reach us, verification and refused ones included. */
  | ({
      readonly type: 'contact';
      readonly time: number;
      readonly callingAeTitle: string;
      readonly remoteAddress: string;
    } & OfProfile)
  /** The newest files of a tenth of a second (at most 50), and how many there were in all. */
  | ({
      readonly type: 'files-stored';
      readonly files: readonly FileRow[];
      readonly count: number;
      readonly bytes: number;
      /** How many of them, and of those refused, had a SOP Instance UID that was stored already, and what became of them. */
      readonly duplicates?: DuplicateCounts;
    } & OfProfile)
  /** `times`: how often since the last event of this refusal (1 when left out). */
  | ({ readonly type: 'refused'; readonly refusal: Refusal; readonly times?: number } & OfProfile)
  | ({ readonly type: 'commitment'; readonly commitment: CommitmentState } & OfProfile)
  | ({ readonly type: 'refusals-cleared' } & OfProfile)
  | ({ readonly type: 'studies-changed'; readonly studies: readonly LiveStudy[] } & OfProfile)
  | ({ readonly type: 'throughput'; readonly sample: ThroughputSample } & OfProfile)
  /** What makes it degraded; an empty list: nothing any more. */
  | ({ readonly type: 'degraded'; readonly problems: readonly Problem[] } & OfProfile)
  | ({ readonly type: 'webhook'; readonly webhook: WebhookState } & OfProfile)
  | ({ readonly type: 'free-space'; readonly bytes: number } & OfProfile)
  /** How far the uploads of a spool are; at most twice a second. */
  | ({ readonly type: 'uploads-changed'; readonly uploads: UploadsState } & OfProfile)
  | ({
      readonly type: 'test-step';
      readonly test: 'self-test' | 'test-images';
      readonly step: TestStep;
      readonly done: boolean;
    } & OfProfile)
  | ({ readonly type: 'rebuild-progress'; readonly files: number; readonly done: boolean } & OfProfile)
  | ({ readonly type: 'verification'; readonly verification: VerificationState } & OfProfile)
  | { readonly type: 'log'; readonly lines: readonly LogLine[] }
  /** What the window has that is not saved. */
  | { readonly type: 'unsaved-edits'; readonly count: number }
  /** How many files a dry run has read. */
  | { readonly type: 'dry-run-progress'; readonly runId: string; readonly files: number }
  /** Rule sets, keys or tables are not what they were, or are applied elsewhere. */
  | { readonly type: 'rules-changed' }
  /** The history changed in a way that lists should be fetched again (trash, rebuild, test images removed). */
  | { readonly type: 'history-changed' };
