/** What a receiver tells its handlers: the payload of every event. */

import type { RuleAction } from '#main/engine/dataset/header-transform.ts';

import type { FileUploadedData, UploadFailedData } from '#main/engine/storage/uploads.ts';
import type { CertificateFacts } from '#main/engine/tls/material.ts';
import type { CertificateProblem } from '#main/engine/tls/validity.ts';

/** How a connection is encrypted. */
export interface TlsInfo {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string;
  /** The subject of the certificate that the peer presented, which a trusted authority has signed. */
  readonly peerCertificate?: string;
}

/** The association from which a file came. */
export interface AssociationInfo {
  /** Counted from 1 since the receiver started. */
  readonly id: number;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  readonly tls?: TlsInfo;
  /** The user whose identity was checked (PS3.7 D.3.3.7). */
  readonly user?: string;
}

/** An established association, at one moment. */
export interface OpenAssociation extends AssociationInfo {
  /** Bytes that the peer has sent so far, those of objects in transfer included. */
  readonly bytesReceived: number;
  /** Instances stored so far. */
  readonly stored: number;
}

export interface ServerStartedData {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  /** The folder, or `s3://bucket/prefix`. */
  readonly storage: string;
  /** With TLS: the certificate that senders see. */
  readonly certificate?: CertificateFacts;
}

/** The certificate in force, told at the start and when something about it changes. */
export interface CertificateData {
  readonly certificate: CertificateFacts;
  /** What a person should see to; connections are taken all the same. */
  readonly problems: readonly CertificateProblem[];
}

export interface FileStoredData {
  /** The path of the file, or `s3://bucket/key`. */
  readonly file: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** The extracted tags, flat; those that the data set lacks are absent. */
  readonly tags?: Record<string, string>;
  /** Bytes of the data set as stored, without file meta. */
  readonly size: number;
  /** `equal`: the same content was stored already, under `file`. */
  readonly outcome: 'new' | 'equal' | 'replaced' | 'kept-both';
  /** SHA-256 of the data set as stored, in 64 hexadecimal digits; with `checksums`, and always in S3. */
  readonly sha256?: string;
  /** Where the local copy is while it waits to be uploaded to `file` (S3 in spool mode). */
  readonly spooled?: string;
  /** What a rule set did to it (where it records that), and what it wants said. No values. */
  readonly rules?: { readonly actions: readonly RuleAction[]; readonly warnings: readonly string[] };
  readonly association: AssociationInfo;
}

export interface StudyInstance {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly file: string;
  /** Instance and equipment level tags. */
  readonly tags?: Record<string, string>;
}

export interface StudySeries {
  readonly seriesInstanceUid: string;
  /** Series level tags. */
  readonly tags?: Record<string, string>;
  readonly instances: StudyInstance[];
}

export interface Study {
  readonly studyInstanceUid: string;
  /** Patient and study level tags. */
  readonly tags?: Record<string, string>;
  readonly series: StudySeries[];
}

export interface StudyCompletedData {
  readonly study: Study;
  /** False when the receiver stopped before the study had been quiet for `studyTimeout`. */
  readonly quiet: boolean;
  /** The association of the last file. */
  readonly association: AssociationInfo;
}

export interface ConnectionData {
  readonly state: 'accepted' | 'rejected' | 'released' | 'aborted';
  readonly association: AssociationInfo;
  /** Why, in words; for a rejection with result/source/reason of the A-ASSOCIATE-RJ. */
  readonly reason?: string;
  /**
   * Of a rejection, as words separated by hyphens (`called-ae-title-not-recognized`); of a connection that never
   * requested an association: `no-association`, `tls-…` or `locked-out`.
   */
  readonly code?: string;
  /** How many connections this tells of, where it is more than one (`locked-out`). */
  readonly times?: number;
  /** Negotiated presentation contexts: result 0 accepted, 2, 3, 4 refused (PS3.8 9.3.3.2). */
  readonly contexts: readonly {
    readonly id: number;
    readonly abstractSyntax: string;
    readonly transferSyntax: string;
    readonly result: number;
    /** In the order of the requestor. */
    readonly proposedTransferSyntaxes: readonly string[];
  }[];
  /** Instances stored on this association so far. */
  readonly stored: number;
  /** Bytes that the peer has sent so far. */
  readonly bytesReceived: number;
}

/** How a request for storage commitment gets on (PS3.4 J). */
export interface StorageCommitmentData {
  /**
   * `requested`: accepted. `reported`: the sender has the result. `retrying`: it has not, `problem` says why; it is kept
   * and tried again, for a day. `given-up`: that day is over.
   */
  readonly state: 'requested' | 'reported' | 'retrying' | 'given-up';
  readonly transactionUid: string;
  readonly callingAeTitle: string;
  readonly remoteAddress: string;
  /** When the request came, in milliseconds since 1970. */
  readonly received: number;
  /** Instances asked for, and how many of them are and are not durably stored; 0 while that is not known. */
  readonly requested: number;
  readonly committed: number;
  readonly failed: number;
  /** What stands in the way, in words. */
  readonly problem?: string;
  /** `unknown-peer`: nobody has said where the sender can be reached (`commitmentPeers`). */
  readonly code?: 'unknown-peer' | 'duplicate-transaction';
  /** That of the request; unknown after a restart. */
  readonly association?: AssociationInfo;
}

export type ErrorCode =
  | 'server'
  | 'storage'
  | 'refused'
  | 'malformed'
  | 'quarantined'
  | 'before-store'
  | 'incomplete'
  | 'handler'
  | 'upload';

export interface ErrorData {
  readonly code: ErrorCode;
  /** The status answered to the sender, where there was one. */
  readonly status?: number;
  readonly sopInstanceUid?: string;
  /** Where a quarantined object lies. */
  readonly file?: string;
  readonly association?: AssociationInfo;
}

/** What a handler gets besides the error. */
export interface ScpEvent<Data> {
  readonly message: string;
  readonly data: Data;
}

/** On a failure `err` is set and `event.data` holds what is known; text that is not known is ''. */
export type Handler<Data> = (err: Error | null, event: ScpEvent<Data>) => void;

/** Ends a registration. */
export type Unsubscribe = () => void;

/** The payload of each kind of event. */
export interface EventData {
  serverStarted: ServerStartedData;
  fileStored: FileStoredData;
  studyCompleted: StudyCompletedData;
  connection: ConnectionData;
  storageCommitment: StorageCommitmentData;
  certificate: CertificateData;
  fileUploaded: FileUploadedData;
  uploadFailed: UploadFailedData;
  error: ErrorData;
}

/** Edits the tags of an instance before it is stored; see docs/api.md for what may be returned. */
export type OnBeforeStoreCallback = (
  tags: Record<string, string>,
) => Promise<Record<string, string | null | undefined>>;

/** Handlers by kind of event. Observers cannot change what happens: what they throw is reported, never passed on. */
export class Observers {
  readonly #handlers = new Map<keyof EventData, Set<{ readonly handler: Handler<never> }>>();
  readonly #failed: (error: Error) => void;

  /** @param failed hears of a handler that threw or rejected */
  constructor(failed: (error: Error) => void) {
    this.#failed = failed;
  }

  /** Registers a handler; the same function may be registered more than once. */
  add<Kind extends keyof EventData>(kind: Kind, handler: Handler<EventData[Kind]>): Unsubscribe {
    if (typeof handler !== 'function') throw new TypeError('a handler must be a function (err, event) => void');
    const entry = { handler: handler as Handler<never> };
    const set = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, set.add(entry));
    return () => set.delete(entry);
  }

  emit<Kind extends keyof EventData>(kind: Kind, error: Error | null, event: ScpEvent<EventData[Kind]>): void {
    for (const { handler } of this.#handlers.get(kind) ?? []) {
      try {
        // A handler may be async all the same; its rejection must not end the process.
        const result: unknown = (handler as Handler<EventData[Kind]>)(error, event);
        if (result instanceof Promise) result.catch((reason) => this.#failed(asError(reason)));
      } catch (reason) {
        this.#failed(asError(reason));
      }
    }
  }
}

/** Whatever was thrown, as an Error. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Where an error of a user's code came from, without what it says: that may well name the patient. */
export function withoutMessage(error: Error): Error {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  const clean = new Error('(its message is not logged: it may hold patient data)');
  clean.name = error.name;
  clean.stack = [`${clean.name}: ${clean.message}`, ...frames].join('\n');
  return clean;
}
