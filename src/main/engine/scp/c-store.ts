/** One C-STORE from its command to its answer: header, callback, storage, events (PS3.4 B, PS3.7 9.1.1). */

import { BodyEditor } from '#main/engine/dataset/body-editor.ts';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { DataSetReader } from '#main/engine/dataset/data-set-reader.ts';
import { Deflater, Inflater } from '#main/engine/dataset/deflate.ts';
import type { ElementList } from '#main/engine/dataset/elements.ts';
import { encodeFileMeta } from '#main/engine/dataset/file-meta.ts';
import { EditError, editHeader } from '#main/engine/dataset/header-editor.ts';
import type { BodyChanges, HeaderTransform } from '#main/engine/dataset/header-transform.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import type { CommandSet } from '#main/engine/dimse/command-set.ts';
import { OFFENDING } from '#main/engine/dimse/command-set.ts';
import type { Answer } from '#main/engine/dimse/status.ts';
import { STATUS, statusText } from '#main/engine/dimse/status.ts';
import { hashedName } from '#main/engine/storage/instance-key.ts';
import type { InstanceSink, StorageBackend, StoredInstance } from '#main/engine/storage/storage-backend.ts';
import { StorageError } from '#main/engine/storage/storage-backend.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type { NegotiatedContext } from '#main/engine/upper-layer/negotiation.ts';
import { VERIFICATION_SOP_CLASS } from '#shared/dicom/uids.ts';
import type { ResolvedOptions } from '#shared/options.ts';
import { BeforeStoreError, runBeforeStore } from './before-store.ts';
import type { AssociationInfo, ErrorCode, FileStoredData, Observers, OnBeforeStoreCallback } from './events.ts';
import type { FreeSpaceGuard } from './free-space.ts';
import type { CompleteIdentity, Identity } from './identity.ts';
import {
  completeIdentity,
  identify,
  judgeUid,
  SERIES_INSTANCE_UID,
  SOP_CLASS_UID,
  SOP_INSTANCE_UID,
  STUDY_INSTANCE_UID,
} from './identity.ts';
import type { Log } from './log.ts';
import type { StudyTracker } from './study-tracker.ts';
import type { TagPlan } from './tags.ts';

/** What all instances of a receiver share. */
export interface StoreService {
  readonly options: ResolvedOptions;
  readonly storage: StorageBackend;
  readonly plan: TagPlan;
  readonly beforeStore: OnBeforeStoreCallback | undefined;
  readonly tracker: StudyTracker;
  readonly freeSpace: FreeSpaceGuard;
  readonly observers: Observers;
  readonly log: Log;
}

const REQUIRED = [SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID] as const;

/** An object that is refused is read to its end, so that the next one can be; but not for ever. */
const DRAIN_AT_LEAST = 64 * 1024 * 1024;
const DRAIN_AT_MOST = 16 * 1024 * 1024 * 1024;
/** How often the free space is looked at within one object, in bytes. */
const SPACE_CHECK = 16 * 1024 * 1024;

/** Why an object is not stored, with the answer. */
class Refusal extends Error {
  readonly answer: Answer;
  readonly code: ErrorCode;

  constructor(answer: Answer, code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refusal';
    this.answer = answer;
    this.code = code;
  }
}

/** An instance on its way in. `push` the data set, then `end`; or `cancel`. */
export class IncomingInstance {
  readonly #service: StoreService;
  readonly #association: AssociationInfo;
  readonly #context: NegotiatedContext;
  readonly #encoding: Encoding;
  readonly #sopInstanceUid: string;
  readonly #reader: DataSetReader;
  readonly #rules: HeaderTransform | undefined;
  /** What the rules did, and what they want said. */
  #treatment: FileStoredData['rules'];
  /** Where the rules change what comes behind the header, or keep it out. */
  #body: BodyEditor | undefined;
  #received = 0;
  #refusal: Refusal | undefined;
  /** The reader has given up: what comes now is kept as it is. */
  #broken = false;
  #sink: InstanceSink | undefined;
  /** Set when the object goes to quarantine instead of the archive. */
  #quarantine: { readonly name: string; readonly reason: string } | undefined;
  #identity: CompleteIdentity | undefined;
  /** The study that the tracker was told of. */
  #entered: string | undefined;
  #tags: Record<string, string> | undefined;
  /** Where the tags are read when the sender has its answer. */
  #header: ElementList | undefined;
  /** What is still to be told. */
  #stored: StoredInstance | undefined;
  /** Bytes of the data set given to the sink. */
  #written = 0;
  #inflater: Inflater | undefined;
  /** Only where a deflated data set is edited. */
  #deflater: Deflater | undefined;
  /** Deflated bytes as received, until the header is known. */
  #deflated: Uint8Array[] = [];

  /** @param rules what the association's objects are treated with before anything else sees them */
  constructor(
    service: StoreService,
    association: AssociationInfo,
    context: NegotiatedContext,
    command: CommandSet,
    rules: HeaderTransform | undefined,
  ) {
    this.#service = service;
    this.#rules = rules;
    this.#association = association;
    this.#context = context;
    this.#encoding = encodingOf(context.transferSyntax);
    this.#sopInstanceUid = command.AffectedSOPInstanceUID ?? '';
    this.#reader = new DataSetReader({
      encoding: this.#encoding,
      lastTag: Math.max(service.plan.lastTag, SERIES_INSTANCE_UID),
      wholeHeader: rules !== undefined || (service.beforeStore !== undefined && service.plan.entries.length > 0),
      maxHeaderBytes: service.options.maxHeaderBytes,
      required: REQUIRED,
    });
    if (this.#encoding.deflated) this.#inflater = new Inflater();
    this.#checkCommand(command);
    service.log.detail('store', () => `Receiving file: ${this.#sopInstanceUid}`, { association: association.id });
  }

  /**
   * Takes the next bytes of the data set. A promise means: wait.
   * @throws ProtocolError past the hard limit of what is read of a refused object
   */
  push(value: Uint8Array): Promise<void> | undefined {
    this.#received += value.length;
    const limit = this.#service.options.maxObjectBytes;
    if (limit !== undefined && this.#received > limit) {
      const comment = `Object is longer than ${limit} bytes`;
      this.#refuse(new Refusal({ status: STATUS.OutOfResources, comment }, 'refused', comment));
    }
    if (this.#refusal) {
      this.#checkDrained(limit);
      return undefined;
    }
    if (this.#inflater) return this.#pushDeflated(this.#inflater, value);
    return this.#pushPlain(value);
  }

  /** The data set is complete: stores it and says what to answer. Never rejects. */
  async end(): Promise<Answer> {
    if (!this.#refusal) {
      try {
        await this.#readToEnd();
        if (!this.#refusal) return await this.#commit();
      } catch (error) {
        this.#fail(error);
      }
    }
    await this.#cleanUp();
    return this.#report();
  }

  /** The sender has its answer, and prepares the next object meanwhile: tells of this one. */
  answered(): void {
    const stored = this.#stored;
    this.#stored = undefined;
    if (stored) this.#reportStored(stored);
  }

  /** The association ended in the middle of the object: nothing is kept. */
  async cancel(why: string): Promise<void> {
    this.#refuse(new Refusal({ status: STATUS.CannotUnderstand }, 'incomplete', `The object was cut off: ${why}`));
    await this.#cleanUp();
    this.#report();
  }

  #checkCommand(command: CommandSet): void {
    if (command.AffectedSOPClassUID === undefined) {
      this.#refuseCommand('Affected SOP Class UID is missing', OFFENDING.AffectedSOPClassUID);
    } else if (!command.hasDataSet) {
      this.#refuseCommand('C-STORE without a data set', OFFENDING.CommandDataSetType);
    } else if (
      command.AffectedSOPClassUID !== this.#context.abstractSyntax ||
      command.AffectedSOPClassUID === VERIFICATION_SOP_CLASS
    ) {
      this.#refuse(
        new Refusal(
          { status: STATUS.SOPClassNotSupported, comment: 'SOP class is not that of the presentation context' },
          'refused',
          'The SOP class of the command is not that of its presentation context',
        ),
      );
    } else if (command.AffectedSOPInstanceUID === undefined) {
      this.#refuseCommand('Affected SOP Instance UID is missing', OFFENDING.AffectedSOPInstanceUID);
    } else {
      this.#checkUidText(command.AffectedSOPInstanceUID, 'SOP Instance UID');
    }
  }

  #refuseCommand(comment: string, offendingElement: number): void {
    this.#refuse(new Refusal({ status: STATUS.MistypedArgument, comment, offendingElement }, 'refused', comment));
  }

  /** Refuses what is no UID; an over-long one may go to quarantine instead (`malformedObjects`). */
  #checkUidText(text: string, what: string): void {
    const verdict = judgeUid(text);
    if (verdict === 'uid') return;
    if (verdict === 'too-long' && this.#service.options.malformedObjects === 'quarantine') {
      this.#quarantine ??= { name: hashedName(text), reason: `${what} is longer than 64 characters` };
      return;
    }
    const comment = `${what} is ${verdict === 'too-long' ? 'longer than 64 characters' : 'not a UID'}`;
    this.#refuse(new Refusal({ status: STATUS.InvalidSOPInstance, comment }, 'refused', `The ${comment}`));
  }

  #checkDrained(limit: number | undefined): void {
    const most = limit === undefined ? DRAIN_AT_MOST : Math.max(2 * limit, limit + DRAIN_AT_LEAST);
    if (this.#received > most) throw new ProtocolError('not-specified', 'a refused object does not end');
  }

  /** Takes bytes of the data set in its own encoding, inflated where it came deflated. */
  #pushPlain(value: Uint8Array): Promise<void> | undefined {
    if (this.#broken) return this.#write(value);
    const before = this.#reader.header;
    try {
      this.#reader.push(value);
    } catch (error) {
      return this.#malformed(error, before ? value : undefined);
    }
    if (before) return this.#write(value);
    return this.#reader.header ? this.#headerComplete(this.#reader.header) : undefined;
  }

  async #pushDeflated(inflater: Inflater, value: Uint8Array): Promise<void> {
    if (this.#sink && !this.#deflater) {
      await this.#write(value);
      return;
    }
    // A copy: the memory of a fragment is used again.
    if (!this.#deflater) this.#deflated.push(new Uint8Array(value));
    if (!this.#sink && this.#received > this.#service.options.maxHeaderBytes) {
      this.#fail(new DataSetError('header-too-long', 'the header does not end'));
      return;
    }
    await this.#inflated(inflater.push(value));
  }

  /** Reads what comes out of the inflater: up to the header, or to the end where the data set is edited. */
  async #inflated(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of pieces) {
        await this.#pushPlain(piece);
        if (this.#refusal || (this.#sink && !this.#deflater)) break;
      }
    } catch (error) {
      await this.#malformed(error, undefined);
    }
  }

  async #readToEnd(): Promise<void> {
    try {
      if (this.#inflater && (!this.#sink || this.#deflater)) await this.#inflated(this.#inflater.end());
      const before = this.#reader.header;
      // Of a deflated object that nobody edits only the header has been inflated.
      const walked = !this.#broken && !(this.#inflater && this.#sink && !this.#deflater);
      if (!this.#refusal && walked) this.#reader.finish();
      if (!before && this.#reader.header && !this.#refusal) await this.#headerComplete(this.#reader.header);
    } catch (error) {
      await this.#malformed(error, undefined);
    }
    if (this.#deflater && this.#sink) {
      for await (const piece of this.#deflater.end()) await this.#writeRaw(piece);
    }
  }

  /** Judges the header and opens the sink; afterwards there is a sink or a refusal. */
  #headerComplete(header: ElementList): Promise<void> | undefined {
    const identity = identify(header);
    this.#checkIdentity(identity);
    if (this.#refusal) return undefined;
    const complete = completeIdentity(identity, this.#context.abstractSyntax);
    if (this.#quarantine) return this.#openQuarantine(header, this.#quarantine);
    if (!complete) throw new Error('an instance without UIDs is neither refused nor in quarantine');
    return this.#rules ? this.#treat(this.#rules, header, complete) : this.#callBack(header, complete);
  }

  /** The rules see the whole header before anything else does. Whatever goes wrong here: nothing is stored. */
  #treat(rules: HeaderTransform, header: ElementList, identity: CompleteIdentity): Promise<void> | undefined {
    const { callingAeTitle, calledAeTitle, remoteAddress } = this.#association;
    const { abstractSyntax: sopClassUid, transferSyntax: transferSyntaxUid } = this.#context;
    try {
      const origin = { callingAeTitle, calledAeTitle, remoteAddress, sopClassUid, transferSyntaxUid };
      const outcome = rules.transform({ header, encoding: this.#encoding, origin });
      switch (outcome.verdict) {
        case 'unchanged':
          return this.#callBack(header, identity);
        case 'reject': {
          const { status, comment, reason } = outcome;
          this.#refuse(new Refusal({ status, comment }, 'before-store', reason));
          return undefined;
        }
        case 'quarantine': {
          const { treated, reason } = outcome;
          this.#quarantine = { name: this.#quarantineName, reason };
          if (!treated) return this.#openQuarantine(header, this.#quarantine);
          this.#treatment = { actions: [], warnings: [] };
          this.#prepareBody(treated.body);
          return this.#openQuarantine(
            treated.header,
            this.#quarantine,
            this.#requireIdentity(treated.header, 'The rules'),
          );
        }
        case 'store': {
          const { actions, warnings, body } = outcome;
          this.#treatment = { actions, warnings };
          this.#prepareBody(body);
          return this.#callBack(outcome.header, this.#requireIdentity(outcome.header, 'The rules'));
        }
      }
    } catch (error) {
      this.#fail(error instanceof BeforeStoreError ? error : rulesFailed(error));
      return undefined;
    }
  }

  #prepareBody(body: BodyChanges): void {
    this.#body = new BodyEditor(this.#encoding, (tag) => body.keeps(tag), body.blank);
    if (this.#inflater) this.#deflater = new Deflater();
  }

  #callBack(header: ElementList, complete: CompleteIdentity): Promise<void> | undefined {
    const { plan, beforeStore } = this.#service;
    if (plan.entries.length === 0) return this.#open(header, complete);
    if (beforeStore) {
      return this.#edit(beforeStore, header, plan.extract(header.elements, header.bytes, this.#encoding));
    }
    this.#header = this.#withOwnMemory(header);
    return this.#open(header, complete);
  }

  /** The header as it came lies in the memory of a fragment, which is used again. (`slice` of a Buffer copies nothing.) */
  #withOwnMemory(header: ElementList): ElementList {
    const { elements, bytes } = header;
    return bytes === this.#reader.header?.bytes ? { elements, bytes: new Uint8Array(bytes) } : header;
  }

  #checkIdentity(identity: Identity): void {
    const { sopInstanceUid, sopClassUid } = identity;
    if (sopInstanceUid === undefined) {
      this.#refuseDataSet(STATUS.CannotUnderstand, 'The data set has no SOP Instance UID', SOP_INSTANCE_UID);
    } else if (sopInstanceUid !== this.#sopInstanceUid) {
      const message = 'The SOP Instance UID of the data set is not that of the command';
      this.#refuseDataSet(STATUS.DataSetDoesNotMatchSOPClass, message, SOP_INSTANCE_UID);
    } else if (sopClassUid !== undefined && sopClassUid !== this.#context.abstractSyntax) {
      const message = 'The SOP Class UID of the data set is not that of the command';
      this.#refuseDataSet(STATUS.DataSetDoesNotMatchSOPClass, message, SOP_CLASS_UID);
    }
    for (const [text, what, tag] of [
      [identity.studyInstanceUid, 'Study Instance UID', STUDY_INSTANCE_UID],
      [identity.seriesInstanceUid, 'Series Instance UID', SERIES_INSTANCE_UID],
    ] as const) {
      if (text !== undefined) this.#checkUidText(text, what);
      else if (this.#service.options.incompleteUids === 'refuse') {
        this.#refuseDataSet(STATUS.DataSetDoesNotMatchSOPClass, `The data set has no ${what}`, tag);
      } else this.#quarantine ??= { name: this.#quarantineName, reason: `The data set has no ${what}` };
    }
  }

  #refuseDataSet(status: number, message: string, offendingElement: number): void {
    this.#refuse(new Refusal({ status, comment: message.slice(0, 64), offendingElement }, 'refused', message));
  }

  async #edit(callback: OnBeforeStoreCallback, header: ElementList, tags: Record<string, string>): Promise<void> {
    const { plan, options } = this.#service;
    try {
      const edits = await runBeforeStore(callback, tags, plan, options.beforeStoreTimeout);
      const edited = edits.length === 0 ? header : editHeader(header, this.#encoding, edits);
      if (edits.length === 0) this.#tags = tags;
      else this.#header = this.#withOwnMemory(edited);
      const identity = this.#requireIdentity(edited, 'onBeforeStore');
      // The deflate stream that came holds the old values: a new one is written.
      if (this.#inflater && edits.length > 0) this.#deflater ??= new Deflater();
      await this.#open(edited, identity);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The UIDs of an edited header; without valid ones nothing is stored. */
  #requireIdentity(header: ElementList, who: string): CompleteIdentity {
    const identity = completeIdentity(identify(header), this.#context.abstractSyntax);
    const uids = identity && [identity.sopInstanceUid, identity.studyInstanceUid, identity.seriesInstanceUid];
    if (!identity || uids?.some((uid) => judgeUid(uid) !== 'uid')) {
      throw new BeforeStoreError(`${who} left the instance without valid UIDs`, 'Refused before storing: UIDs');
    }
    return identity;
  }

  #open(header: ElementList, identity: CompleteIdentity): Promise<void> | undefined {
    const { storage, tracker, options } = this.#service;
    this.#identity = identity;
    if (!this.#hasRoom()) return undefined;
    this.#entered = identity.studyInstanceUid;
    tracker.entered(identity.studyInstanceUid);
    const meta = options.storeWithFileMeta ? this.#fileMeta(identity) : undefined;
    this.#sink = storage.createSink({
      place: 'archive',
      key: {
        studyInstanceUid: identity.studyInstanceUid,
        seriesInstanceUid: identity.seriesInstanceUid,
        sopInstanceUid: identity.sopInstanceUid,
      },
      metaLength: meta?.length ?? 0,
    });
    return this.#writeStart(header, meta);
  }

  #openQuarantine(
    header: ElementList,
    target: { name: string; reason: string },
    treated?: CompleteIdentity,
  ): Promise<void> | undefined {
    if (!this.#hasRoom()) return undefined;
    this.#sink = this.#service.storage.createSink({ place: 'quarantine', ...target });
    return this.#writeStart(header, this.#quarantineMeta(treated?.sopInstanceUid));
  }

  /** Refuses the object where the storage takes no more. */
  #hasRoom(): boolean {
    const shortage = this.#service.freeSpace.shortage();
    if (shortage) this.#fail(shortage);
    return shortage === undefined;
  }

  /** Writes what has been held back until now; the sink joins it into one write. */
  #writeStart(header: ElementList, meta: Uint8Array | undefined): Promise<void> | undefined {
    const start = meta ? this.#writeSink(meta) : undefined;
    if (this.#inflater && !this.#deflater) {
      const deflated = this.#deflated;
      this.#inflater.close();
      return this.#writeAll(deflated) ?? start;
    }
    const pieces = [header.bytes, ...this.#reader.bodyStart.flatMap((piece) => this.#body?.push(piece) ?? [piece])];
    return (this.#deflater ? this.#writeDeflated(this.#deflater, pieces) : this.#writeAll(pieces)) ?? start;
  }

  /** The sink keeps the order by itself; the last promise is the most demanding one. */
  #writeAll(pieces: readonly Uint8Array[]): Promise<void> | undefined {
    let pending: Promise<void> | undefined;
    for (const piece of pieces) pending = this.#writeRaw(piece) ?? pending;
    return pending;
  }

  #fileMeta(identity: Pick<CompleteIdentity, 'sopClassUid' | 'sopInstanceUid'>): Uint8Array {
    return encodeFileMeta({
      sopClassUid: identity.sopClassUid,
      sopInstanceUid: identity.sopInstanceUid,
      transferSyntaxUid: this.#context.transferSyntax,
      // AE titles tell where the object comes from, which the rules may have taken out of it.
      sourceAeTitle: this.#treatment ? '' : this.#association.callingAeTitle,
      receivingAeTitle: this.#treatment ? '' : this.#service.options.callingAeTitle,
    });
  }

  #quarantineMeta(sopInstanceUid = this.#sopInstanceUid): Uint8Array | undefined {
    if (!this.#service.options.storeWithFileMeta) return undefined;
    return this.#fileMeta({ sopClassUid: this.#context.abstractSyntax, sopInstanceUid });
  }

  /** Bytes of the data set in its own encoding, as the rules want them, deflated again where it was edited. */
  #write(value: Uint8Array): Promise<void> | undefined {
    const pieces = this.#body && !this.#broken ? this.#body.push(value) : [value];
    return this.#deflater ? this.#writeDeflated(this.#deflater, pieces) : this.#writeAll(pieces);
  }

  async #writeDeflated(deflater: Deflater, values: readonly Uint8Array[]): Promise<void> {
    for (const value of values) {
      for await (const piece of deflater.push(value)) await this.#writeRaw(piece);
    }
  }

  #writeRaw(value: Uint8Array): Promise<void> | undefined {
    const before = this.#written;
    this.#written += value.length;
    if (Math.floor(before / SPACE_CHECK) !== Math.floor(this.#written / SPACE_CHECK)) this.#hasRoom();
    return this.#writeSink(value);
  }

  #writeSink(value: Uint8Array): Promise<void> | undefined {
    if (this.#refusal || !this.#sink) return undefined;
    try {
      return this.#sink.write(value)?.catch((error: unknown) => {
        this.#fail(error);
      });
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /**
   * The data set cannot be read. With `malformedObjects: 'quarantine'` the rest is kept as it comes.
   * @param unwritten bytes that the sink has not had
   */
  #malformed(error: unknown, unwritten: Uint8Array | undefined): Promise<void> | undefined {
    const quarantine = this.#service.options.malformedObjects === 'quarantine';
    if (!quarantine || !(error instanceof DataSetError) || !isWorthKeeping(error)) {
      this.#fail(error);
      return undefined;
    }
    this.#broken = true;
    this.#quarantine ??= { name: this.#quarantineName, reason: `The data set is malformed: ${error.message}` };
    if (this.#sink) return unwritten && this.#write(unwritten);
    if (!this.#hasRoom()) return undefined;
    this.#sink = this.#service.storage.createSink({ place: 'quarantine', ...this.#quarantine });
    const meta = this.#quarantineMeta();
    return this.#writeAll([...(meta ? [meta] : []), ...(this.#inflater ? this.#deflated : this.#reader.held)]);
  }

  async #commit(): Promise<Answer> {
    const sink = this.#sink;
    if (!sink) throw new Error('an instance without a sink cannot be committed');
    if (this.#quarantine) return this.#commitToQuarantine(sink, this.#quarantine);
    const stored = await sink.commit();
    this.#sink = undefined;
    if (stored.outcome === 'refused') {
      const message = 'Another content is stored under this SOP Instance UID';
      this.#refuseDataSet(STATUS.DuplicateSOPInstance, message, SOP_INSTANCE_UID);
      return this.#report();
    }
    this.#stored = stored;
    return { status: STATUS.Success };
  }

  async #commitToQuarantine(sink: InstanceSink, { name, reason }: { name: string; reason: string }): Promise<Answer> {
    const inArchive = this.#identity !== undefined;
    const stored = await (inArchive ? sink.quarantine(name, reason) : sink.commit());
    this.#sink = undefined;
    this.#leave();
    const message = `An object was put in quarantine: ${reason}`;
    this.#service.log.warn('store', `${message} (${stored.location})`, { association: this.#association.id });
    this.#service.observers.emit('error', new Error(message), {
      message,
      data: {
        code: 'quarantined',
        status: STATUS.DataSetDoesNotMatchSOPClassWarning,
        sopInstanceUid: this.#reportedUid,
        file: stored.location,
        association: this.#association,
      },
    });
    return { status: STATUS.DataSetDoesNotMatchSOPClassWarning, comment: reason.slice(0, 64) };
  }

  #reportStored(stored: StoredInstance): void {
    const identity = this.#identity!;
    const { observers, tracker, plan, log } = this.#service;
    const tags = this.#header ? plan.extract(this.#header.elements, this.#header.bytes, this.#encoding) : this.#tags;
    const data: FileStoredData = {
      file: stored.location,
      sopInstanceUid: identity.sopInstanceUid,
      sopClassUid: identity.sopClassUid,
      transferSyntaxUid: this.#context.transferSyntax,
      studyInstanceUid: identity.studyInstanceUid,
      seriesInstanceUid: identity.seriesInstanceUid,
      ...(tags && { tags }),
      ...(this.#treatment && { rules: this.#treatment }),
      size: this.#written,
      outcome: stored.outcome as FileStoredData['outcome'],
      ...(stored.sha256 !== undefined && { sha256: stored.sha256 }),
      ...(stored.spooled !== undefined && { spooled: stored.spooled }),
      association: this.#association,
    };
    log.detail('storage', () => `Stored: ${data.file}`, { association: this.#association.id });
    tracker.stored(data, tags ? plan.splitByLevel(tags) : {});
    this.#leave();
    observers.emit('fileStored', null, { message: 'File stored', data });
  }

  /** The first failure decides. What the sink has is removed at the end of the object. */
  #refuse(refusal: Refusal): void {
    this.#refusal ??= refusal;
  }

  #fail(error: unknown): Refusal {
    const refusal = refusalOf(error);
    this.#refuse(refusal);
    return refusal;
  }

  async #cleanUp(): Promise<void> {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#inflater?.close();
    this.#deflater?.close();
    await sink?.abort();
    this.#leave();
  }

  #leave(): void {
    if (this.#entered) this.#service.tracker.left(this.#entered);
    this.#entered = undefined;
  }

  /** A name is an identifier as well: where rules are applied, it does not show the UID that came. */
  get #quarantineName(): string {
    return this.#rules ? hashedName(this.#sopInstanceUid) : this.#sopInstanceUid;
  }

  /** Where rules are applied, nobody hears of the UID that came. */
  get #reportedUid(): string {
    return this.#rules ? (this.#identity?.sopInstanceUid ?? '') : this.#sopInstanceUid;
  }

  /** One failure reaches onFileStored as `err` and onError as an event. */
  #report(): Answer {
    const refusal = this.#refusal!;
    const { observers, log } = this.#service;
    const association = this.#association;
    const message = `An object was not stored: ${refusal.message}`;
    const note = `${message} (status ${statusText(refusal.answer.status)})`;
    const error = new Error(message, { cause: refusal.cause ?? refusal });
    if (refusal.code === 'storage') log.error('storage', note, { association: association.id, error: refusal });
    else log.detail('store', () => note, { association: association.id, error: refusal });
    observers.emit('fileStored', error, {
      message,
      data: {
        file: '',
        sopInstanceUid: this.#reportedUid,
        sopClassUid: this.#context.abstractSyntax,
        transferSyntaxUid: this.#context.transferSyntax,
        studyInstanceUid: this.#identity?.studyInstanceUid ?? '',
        seriesInstanceUid: this.#identity?.seriesInstanceUid ?? '',
        size: 0,
        outcome: 'new',
        association,
      },
    });
    observers.emit('error', error, {
      message,
      data: { code: refusal.code, status: refusal.answer.status, sopInstanceUid: this.#reportedUid, association },
    });
    return refusal.answer;
  }
}

/** What cannot even be read as elements is refused whatever the options say (protocol.md, rows 36, 40, 41, 46). */
function isWorthKeeping({ code }: DataSetError): boolean {
  return code !== 'not-a-data-set' && code !== 'bad-deflate' && code !== 'header-too-long';
}

/** A rule that fails must not let an object through; what it says is for the log, and names no value. */
function rulesFailed(error: unknown): Refusal {
  const answer = { status: STATUS.RefusedBeforeStore, comment: 'Refused before storing: rules failed' };
  return new Refusal(answer, 'before-store', 'The rules could not be applied', { cause: error });
}

/** The answer to a failure (docs/conformance.md lists them). Comments never hold what a peer or a callback said. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof DataSetError) {
    const comment = `Cannot understand: ${error.code.replaceAll('-', ' ')}`;
    const message = `The data set cannot be read: ${error.message}`;
    return new Refusal({ status: STATUS.CannotUnderstand, comment }, 'malformed', message, { cause: error });
  }
  if (error instanceof StorageError) {
    return new Refusal({ status: STATUS.OutOfResources, comment: error.comment }, 'storage', error.message, {
      cause: error,
    });
  }
  if (error instanceof BeforeStoreError) {
    const answer = { status: error.status ?? STATUS.RefusedBeforeStore, comment: error.comment };
    return new Refusal(answer, 'before-store', error.message, { cause: error.cause ?? error });
  }
  if (error instanceof EditError) {
    const answer = { status: STATUS.RefusedBeforeStore, comment: 'Refused before storing: unusable value' };
    return new Refusal(answer, 'before-store', error.message, { cause: error });
  }
  const answer = { status: STATUS.CannotUnderstand, comment: 'Internal error of the receiver' };
  return new Refusal(answer, 'server', 'an internal error occurred', { cause: error });
}
