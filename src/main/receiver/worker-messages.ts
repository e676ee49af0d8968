/** What the worker thread of a running profile and its supervisor say to each other. */

import type {
  ConnectionData,
  ErrorData,
  FileStoredData,
  FileUploadedData,
  KnownInstance,
  ServerStartedData,
  StorageCommitmentData,
  StoreScpOptions,
  UploadFailedData,
} from '#main/engine/index.ts';
import type { LogComponent, LogLevel, Problem } from '#shared/contract.ts';
import type { UploadsState } from '#shared/uploads.ts';
import type { StudyActions } from './action-counts.ts';
import type { AppliedRules, RuleSetVersion } from './applied-rules.ts';

/** What a worker is born with. Secrets travel here and nowhere else. */
export interface WorkerStart {
  readonly options: StoreScpOptions;
  /** Extracted beside the profile's own tags, for history and feed. */
  readonly displayTags: readonly string[];
  readonly logLevel: LogLevel;
  /** What treats the objects. One that cannot be compiled: nothing is received. */
  readonly rules?: AppliedRules;
}

export type ToWorker =
  | { readonly type: 'stop' }
  | { readonly type: 'abort'; readonly association: number }
  | { readonly type: 'end-lockout'; readonly address: string }
  | { readonly type: 'retry-uploads' }
  | { readonly type: 'log-level'; readonly level: LogLevel }
  /** The answer to a `commitment-query`. */
  | { readonly type: 'commitment-answer'; readonly id: number; readonly known: readonly KnownInstance[] }
  /** For associations that begin from now on; the worker was born with others. */
  | { readonly type: 'rules'; readonly rules: AppliedRules };

export type FromWorker =
  | { readonly type: 'started'; readonly address: ServerStartedData }
  | { readonly type: 'failed'; readonly problem: Problem }
  /** Where are these instances? */
  | { readonly type: 'commitment-query'; readonly id: number; readonly sopInstanceUids: readonly string[] }
  | { readonly type: 'reports'; readonly reports: readonly Report[] };

/** What happened in the worker, in order; times are milliseconds since 1970. */
export type Report =
  | { readonly kind: 'connection'; readonly time: number; readonly data: ConnectionData }
  | {
      readonly kind: 'stored';
      readonly time: number;
      /** Without the actions of the rules, which come as `rule-actions`. */
      readonly data: FileStoredData;
      /** What treated it. */
      readonly rules?: RuleSetVersion;
      /** How likely text is burned into its pixels, 0 to 100. */
      readonly burnedIn: number;
    }
  | ({ readonly kind: 'rule-actions' } & StudyActions)
  /** What is to be seen to about the certificate; an empty list: nothing. */
  | { readonly kind: 'certificate'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'study-completed';
      readonly time: number;
      readonly studyInstanceUid: string;
      readonly quiet: boolean;
    }
  | {
      readonly kind: 'commitment';
      readonly time: number;
      readonly message: string;
      readonly data: StorageCommitmentData;
    }
  | { readonly kind: 'error'; readonly time: number; readonly message: string; readonly data: ErrorData }
  | {
      readonly kind: 'log';
      readonly time: number;
      readonly level: LogLevel;
      readonly component: LogComponent;
      readonly message: string;
      readonly association?: number;
    }
  | { readonly kind: 'uploaded'; readonly data: FileUploadedData }
  | { readonly kind: 'upload-gone'; readonly data: UploadFailedData }
  /** Every object that was reported as stored before this is one of those that wait, or is in the bucket. */
  | { readonly kind: 'uploads'; readonly uploads: UploadsState }
  | {
      readonly kind: 'progress';
      readonly time: number;
      readonly associations: readonly { readonly id: number; readonly bytes: number; readonly files: number }[];
    };
