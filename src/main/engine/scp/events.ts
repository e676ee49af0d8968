/** What a receiver tells its handlers: the payload of every event. */

import type { RuleAction } from '#main/engine/dataset/header-transform.ts';

/** The association from which a file came. */
export interface AssociationInfo {
  /** Counted from 1 since the receiver started. */
  readonly id: number;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
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
  /** Of a rejection, as words separated by hyphens (`called-ae-title-not-recognized`). */
  readonly code?: string;
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

export type ErrorCode =
  | 'server'
  | 'storage'
  | 'refused'
  | 'malformed'
  | 'quarantined'
  | 'before-store'
  | 'incomplete'
  | 'handler';

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
