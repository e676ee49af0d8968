/** What the history is told, and what it can be asked. */

import type { KnownInstance } from '#main/engine/index.ts';
import type { AssociationRow, CommandResults, Page, ParsedArgument, StudyRow, StudyStatus } from '#shared/contract.ts';
import type { Refusal } from '#shared/events.ts';
import type { CountedAction } from './action-counts.ts';
import type { RuleSetVersion } from './applied-rules.ts';
import type { RetentionRow } from './retention.ts';
import type { VerificationRow } from './verification.ts';

/** One stored instance, as the engine reported it. */
export interface InstanceRecord {
  readonly kind: 'instance';
  readonly profileId: string;
  /** The run of the receiver in which it came. */
  readonly runId?: string;
  /** Path or `s3://bucket/key`. */
  readonly file: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** The transfer syntax was inferred from the bytes: the file has no file meta. */
  readonly inferred?: boolean;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** By keyword; read are those of {@link RECORDED_TAGS}. */
  readonly tags: Readonly<Record<string, string>>;
  /** Bytes of the data set. */
  readonly size: number;
  /** Quarantined objects are no part of a study: they are passed over. */
  readonly outcome: 'new' | 'equal' | 'replaced' | 'kept-both' | 'quarantined';
  readonly received: number;
  readonly associationId?: string | undefined;
  /** Sent by ourselves. */
  readonly test: boolean;
  /** How likely text is burned into its pixels, 0 to 100. */
  readonly burnedIn?: number;
  /** What treated it. */
  readonly rules?: RuleSetVersion;
  /** Of the data set as stored, in hexadecimal digits. */
  readonly sha256?: string;
  /** It waits for its upload to `file`. */
  readonly waits?: boolean;
}

/** The attributes that the history keeps: a receiver whose files it records has to extract them. */
export const RECORDED_TAGS = [
  'PatientName',
  'PatientID',
  'AccessionNumber',
  'StudyDate',
  'StudyDescription',
  'Modality',
  'SeriesNumber',
  'SeriesDescription',
  'InstanceNumber',
] as const;

/** An instance that waits for its upload. */
export interface WaitingInstance {
  readonly profileId: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** Where it was recorded. */
  readonly storedAs: string;
}

/** An instance that waited is in the bucket. */
export interface UploadRecord extends WaitingInstance {
  readonly kind: 'uploaded';
  /** Where it is. */
  readonly file: string;
  /** `equal`: what was there already is kept, and is recorded. */
  readonly outcome: 'new' | 'equal' | 'replaced' | 'kept-both' | 'quarantined';
}

export type HistoryRecord =
  | { readonly kind: 'association-opened' | 'association-ended'; readonly row: AssociationRow }
  | InstanceRecord
  | {
      readonly kind: 'study-status';
      readonly profileId: string;
      readonly studyInstanceUid: string;
      readonly status: StudyStatus;
    }
  /** What a rule set did to elements of a study, on top of what was recorded of it before. Without any value. */
  | {
      readonly kind: 'rule-actions';
      readonly profileId: string;
      readonly studyInstanceUid: string;
      readonly rules: RuleSetVersion;
      readonly actions: readonly CountedAction[];
    }
  | UploadRecord
  /** An instance that waited is not in the spool any more, and nobody has seen it in the bucket. */
  | ({ readonly kind: 'upload-gone' } & WaitingInstance)
  /** Nothing of a profile waits for its upload. */
  | { readonly kind: 'all-uploaded'; readonly profileId: string }
  | ({ readonly kind: 'refusal'; readonly profileId: string } & Refusal)
  | {
      readonly kind: 'error';
      readonly profileId: string;
      readonly time: number;
      readonly code: string;
      /** Never patient data. */
      readonly message: string;
    };

/** One error that the history has kept. */
export interface ErrorRow {
  readonly profileId: string;
  readonly time: number;
  readonly code: string;
  readonly message: string;
}

/** What rule sets did to a study. */
export interface StudyTreatment {
  /** Which version treated how many of its objects; undefined: none did. */
  readonly versions: readonly { readonly rules: RuleSetVersion | undefined; readonly files: number }[];
  readonly actions: readonly (CountedAction & { readonly rules: RuleSetVersion })[];
}

type OfProfile = { readonly profileId: string; readonly limit: number };

/** What the database itself answers. */
export interface DatabaseCalls {
  'studies-list': [ParsedArgument<'studies-list'>, Page<StudyRow>];
  'study-get': [ParsedArgument<'study-get'>, CommandResults['study-get']];
  'instances-list': [ParsedArgument<'instances-list'>, CommandResults['instances-list']];
  'associations-list': [ParsedArgument<'associations-list'>, CommandResults['associations-list']];
  /** One association by its id, for its timeline. */
  'association-get': [{ readonly associationId: string }, AssociationRow];
  /** The newest refusals and errors of a profile, newest first. */
  'refusals-list': [OfProfile, readonly Refusal[]];
  'errors-list': [OfProfile, readonly ErrorRow[]];
  /** The paths of a study's files. */
  'study-files': [{ readonly studyId: number }, { readonly files: readonly string[] }];
  /**
   * Removes a study from the history, not its files, whose paths it gives back; with `lastReceived` only if nothing has come
   * since then.
   */
  'study-trash': [
    { readonly studyId: number; readonly lastReceived?: number },
    { readonly files: readonly string[]; readonly removed: boolean },
  ];
  /** The same for every study that we sent ourselves. */
  'test-images-remove': [undefined, { readonly studies: number; readonly files: readonly string[] }];
  'study-location': [{ readonly studyId: number }, { readonly path: string }];
  /** Where an instance is, or will be when it has been uploaded. */
  'instance-location': [
    { readonly instanceId: number },
    { readonly path: string; readonly profileId: string; readonly waits: boolean },
  ];
  /** A study by its UID; undefined: it is not known. */
  'study-by-uid': [{ readonly profileId: string; readonly studyInstanceUid: string }, StudyRow | undefined];
  /** The instances of a profile under these SOP Instance UIDs, those kept beside each other included. */
  'instances-by-uid': [
    { readonly profileId: string; readonly sopInstanceUids: readonly string[] },
    readonly KnownInstance[],
  ];
  /** Who sent an instance, where that is known; '' where it is not. */
  'instance-origin': [
    { readonly instanceId: number },
    Pick<AssociationRow, 'callingAeTitle' | 'calledAeTitle' | 'remoteAddress'>,
  ];
  /** An instance of the study received last for each modality, newest first; none that is in S3. */
  'newest-instances': [
    undefined,
    readonly { readonly instanceId: number; readonly modality: string; readonly received: number }[],
  ];
  'study-treatment': [{ readonly studyId: number }, StudyTreatment];
  /** The studies of a profile, or one of them, as retention wants to know them. */
  'retention-rows': [
    { readonly profileId: string; readonly studyId?: number },
    { readonly rows: readonly RetentionRow[] },
  ];
  /** How much there is to verify. */
  'verification-count': [OfVerification, { readonly files: number }];
  /** The next files to verify, in the order of their ids. */
  'verification-rows': [
    OfVerification & { readonly after: number; readonly limit: number },
    { readonly rows: readonly VerificationRow[] },
  ];
  /** The same rows as they are now; those that are gone are left out. */
  'verification-again': [{ readonly instanceIds: readonly number[] }, { readonly rows: readonly VerificationRow[] }];
  /** Keeps the checksums of instances that have none. */
  'checksums-fill': [
    { readonly checksums: readonly { readonly instanceId: number; readonly sha256: string }[] },
    { readonly filled: number },
  ];
}

type OfVerification = { readonly profileId: string; readonly studyId?: number };

/** What the history answers: the database, and the files that it knows. */
export interface HistoryCalls extends DatabaseCalls {
  'instance-tags': [ParsedArgument<'instance-tags'>, CommandResults['instance-tags']];
  'instance-image': [ParsedArgument<'instance-image'>, CommandResults['instance-image']];
}
