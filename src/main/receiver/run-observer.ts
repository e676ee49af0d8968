/** Turns what the worker of one profile reports into events, history, log lines, refusals and timelines. */

import type { ConnectionData, FileStoredData, FileUploadedData, UploadFailedData } from '#main/engine/index.ts';
import type { AssociationRow, LogLine, Problem, ProfileOptions } from '#shared/contract.ts';
import { isTestStudy, TEST_AE_TITLE } from '#shared/dicom/test-images.ts';
import type { AssociationState, DuplicateCounts, FileRow, LiveStudy, ReceiverEvent } from '#shared/events.ts';
import { LIMITS, NO_DUPLICATES } from '#shared/state.ts';
import type { UploadsState } from '#shared/uploads.ts';
import type { HistoryRecord } from './history.ts';
import type { WaitingInstance } from './history-records.ts';
import { isOwnAddress } from './machine.ts';
import type { NewRefusal } from './refusals.ts';
import {
  isBeforeAssociation,
  RefusalCounter,
  refusalOfCommitment,
  refusalOfError,
  refusalsOfConnection,
} from './refusals.ts';
import { RunCounters } from './run-counters.ts';
import { Timelines } from './timelines.ts';
import type { Report } from './worker-messages.ts';

/** Our own test images that are remembered: whoever asks for one may ask after it has come. */
const TEST_IMAGES = 200;
/** The status of an object that `onDuplicate: 'keep-first'` refuses (PS3.7 C.5.8). */
const DUPLICATE_SOP_INSTANCE = 0x0111;
/** Rows of the live feed in one batch. */
const FEED_ROWS = 50;

export interface ObserverOutput {
  /** Nothing waits for its upload any more; that has been recorded. */
  allUploaded(): void;
  /** Nothing more of a study has come for its time; told after all that came has been recorded. */
  studyCompleted(profileId: string, studyInstanceUid: string, time: number): void;
  /** Where reports of storage commitment may be sent to, by all profiles. */
  commitmentPeers(): readonly string[];
  emit(events: readonly ReceiverEvent[]): void;
  record(records: readonly HistoryRecord[]): void;
  log(line: Omit<LogLine, 'sequence'>): void;
}

type StoredReport = Extract<Report, { kind: 'stored' }>;
type Live = { -readonly [Name in keyof LiveStudy]: LiveStudy[Name] };

/** What one batch of reports adds up to. */
interface Batch {
  readonly events: ReceiverEvent[];
  readonly records: HistoryRecord[];
  readonly files: FileRow[];
  count: number;
  bytes: number;
  readonly duplicates: { -readonly [Name in keyof DuplicateCounts]: DuplicateCounts[Name] };
  readonly studies: Map<string, Live>;
  readonly refusals: Map<string, { event: Extract<ReceiverEvent, { type: 'refused' }>; times: number }>;
  readonly completed: { readonly studyInstanceUid: string; readonly time: number }[];
  contact: ReceiverEvent | undefined;
  /** The last object that waited is in the bucket. */
  isUploaded: boolean;
}

export class RunObserver {
  readonly #profileId: string;
  readonly #options: () => ProfileOptions;
  readonly #output: ObserverOutput;
  readonly #open = new Map<string, AssociationState>();
  /** Files stored on each open association, which progress tells of only now and then. */
  readonly #filesOf = new Map<string, number>();
  readonly #studies = new Map<string, Live>();
  readonly #refusals = new RefusalCounter();
  readonly #timelines = new Timelines();
  readonly counters = new RunCounters();
  /** Files of the newest test images, by SOP Instance UID. */
  readonly #testImages = new Map<string, string>();
  readonly #waiting = new Map<string, Set<(file: string) => void>>();
  /** Warnings of rules that have been told of each open association: a thousand objects say the same. */
  readonly #warned = new Map<string, Set<string>>();
  /** The same for test images that rules have given other UIDs: in the order in which they came. */
  #treatedTests: string[] = [];
  #treatedWaiting: ((file: string) => void) | undefined;
  #second = { files: 0, bytes: 0 };
  #storageProblem: Problem | undefined;
  #certificateProblems: readonly Problem[] = [];
  #uploads: UploadsState | undefined;

  constructor(profileId: string, options: () => ProfileOptions, output: ObserverOutput) {
    this.#profileId = profileId;
    this.#options = options;
    this.#output = output;
  }

  /** Open associations at this moment. */
  get open(): number {
    return this.#open.size;
  }

  /** What the last attempt to store ran into, until one succeeds. */
  get storageProblem(): Problem | undefined {
    return this.#storageProblem;
  }

  /** How far the uploads are; undefined without a spool. */
  get uploads(): UploadsState | undefined {
    return this.#uploads;
  }

  /** What is to be seen to about the certificate of TLS. */
  get certificateProblems(): readonly Problem[] {
    return this.#certificateProblems;
  }

  get timelines(): Timelines {
    return this.#timelines;
  }

  /** The number that the engine gave an open association. */
  numberOf(associationId: string): number | undefined {
    return this.#open.has(associationId) ? Number(associationId.split('.').at(-1)) : undefined;
  }

  /** The file of an instance that is stored from now on, or of a test image that has been; undefined when the time is over. */
  async stored(sopInstanceUid: string, milliseconds: number): Promise<string | undefined> {
    const known = this.#testImages.get(sopInstanceUid);
    if (known !== undefined) return known;
    return new Promise((resolve) => {
      const listeners = this.#waiting.get(sopInstanceUid) ?? new Set();
      this.#waiting.set(sopInstanceUid, listeners);
      const done = (file: string | undefined) => {
        clearTimeout(timer);
        listeners.delete(done);
        if (listeners.size === 0) this.#waiting.delete(sopInstanceUid);
        resolve(file);
      };
      const timer = setTimeout(() => done(undefined), milliseconds);
      listeners.add(done);
    });
  }

  /** A test begins: treated images of an earlier one are of no interest any more. */
  beginTreatedTest(): void {
    this.#treatedTests = [];
  }

  /** The file of the next test image that rules have treated, for images sent one after the other; undefined when the time is over. */
  async treated(milliseconds: number): Promise<string | undefined> {
    const known = this.#treatedTests.shift();
    if (known !== undefined) return known;
    return new Promise((resolve) => {
      const done = (file: string | undefined) => {
        clearTimeout(timer);
        this.#treatedWaiting = undefined;
        resolve(file);
      };
      const timer = setTimeout(() => done(undefined), milliseconds);
      this.#treatedWaiting = done;
    });
  }

  clearRefusals(): void {
    this.#refusals.clear();
  }

  /** What has come since the last call, for the throughput of a second. */
  takeSecond(): { readonly files: number; readonly bytes: number } {
    const taken = this.#second;
    this.#second = { files: 0, bytes: 0 };
    return taken;
  }

  /** @param run the same for all reports of one worker */
  observe(run: string, reports: readonly Report[]): void {
    const batch: Batch = {
      events: [],
      records: [],
      files: [],
      count: 0,
      bytes: 0,
      duplicates: { ...NO_DUPLICATES },
      studies: new Map(),
      refusals: new Map(),
      completed: [],
      contact: undefined,
      isUploaded: false,
    };
    for (const report of reports) this.#one(batch, run, report);
    this.#finish(batch);
    if (batch.isUploaded) this.#output.allUploaded();
  }

  /** The worker has ended: what was open is no more. */
  ended(crashed: boolean): void {
    const profileId = this.#profileId;
    const time = Date.now();
    const reason = crashed ? 'the receiver stopped by itself' : 'the receiver stopped';
    const events: ReceiverEvent[] = [];
    const records: HistoryRecord[] = [];
    for (const state of this.#open.values()) {
      const files = Math.max(state.files, this.#filesOf.get(state.associationId) ?? 0);
      const association: AssociationState = { ...state, files, ended: time, outcome: 'aborted', reason };
      this.#timelines.lost(state.associationId, time);
      events.push({ type: 'association-ended', profileId, association });
      records.push({ kind: 'association-ended', row: { ...this.#row(association), outcome: 'interrupted' } });
    }
    this.#open.clear();
    this.#filesOf.clear();
    this.#warned.clear();
    const studies: LiveStudy[] = [];
    for (const study of this.#studies.values()) {
      if (study.status !== 'receiving') continue;
      study.status = 'interrupted';
      studies.push({ ...study });
      const { studyInstanceUid, status } = study;
      records.push({ kind: 'study-status', profileId, studyInstanceUid, status });
    }
    if (studies.length > 0) events.push({ type: 'studies-changed', profileId, studies });
    this.#storageProblem = undefined;
    this.#certificateProblems = [];
    this.#uploads = undefined;
    this.#output.emit(events);
    if (records.length > 0) this.#output.record(records);
  }

  #one(batch: Batch, run: string, report: Report): void {
    switch (report.kind) {
      case 'stored':
        this.#stored(batch, run, report);
        break;
      case 'rule-actions': {
        const { studyInstanceUid, rules, actions } = report;
        batch.records.push({ kind: 'rule-actions', profileId: this.#profileId, studyInstanceUid, rules, actions });
        break;
      }
      case 'certificate':
        this.#certificateProblems = report.problems;
        break;
      case 'uploaded': {
        const { file, outcome } = report.data;
        batch.records.push({ kind: 'uploaded', ...this.#waitingInstance(report.data), file, outcome });
        break;
      }
      case 'upload-gone':
        batch.records.push({ kind: 'upload-gone', ...this.#waitingInstance(report.data) });
        break;
      case 'uploads':
        this.#uploadsChanged(batch, report.uploads);
        break;
      case 'connection':
        this.#connection(batch, run, report.time, report.data);
        break;
      case 'progress':
        this.#progress(batch, run, report.associations);
        break;
      case 'study-completed':
        this.#studyCompleted(batch, report.studyInstanceUid, report.quiet);
        if (report.quiet) batch.completed.push(report);
        break;
      case 'error':
        this.#error(batch, run, report);
        break;
      case 'commitment':
        this.#commitment(batch, run, report);
        break;
      case 'log': {
        const { time, level, component, message, association } = report;
        this.#log({
          time,
          level,
          component,
          message,
          ...(association !== undefined && { associationId: this.#id(run, association) }),
        });
        break;
      }
    }
  }

  #stored(batch: Batch, run: string, { time, data, rules, burnedIn }: StoredReport): void {
    const { file, sopInstanceUid, sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid } = data;
    const { size, outcome, tags = {}, association } = data;
    const associationId = this.#id(run, association.id);
    const treatedTest = rules !== undefined && isOwnTest(association);
    const test = treatedTest || isTestStudy(studyInstanceUid);
    this.#filesOf.set(associationId, (this.#filesOf.get(associationId) ?? 0) + 1);
    if (treatedTest) this.#rememberTreated(file);
    else if (test) this.#rememberTestImage(sopInstanceUid, file);
    batch.count++;
    batch.bytes += size;
    this.counters.file(outcome, size);
    if (outcome === 'equal' || outcome === 'replaced') batch.duplicates[outcome]++;
    if (outcome === 'kept-both') batch.duplicates.keptBoth++;
    this.#second.files++;
    this.#storageProblem = undefined;
    batch.files.push({
      time,
      file,
      sopInstanceUid,
      sopClassUid,
      transferSyntaxUid,
      studyInstanceUid,
      patientName: tags.PatientName ?? '',
      modality: tags.Modality ?? '',
      size,
      outcome,
      callingAeTitle: association.callingAeTitle,
    });
    batch.records.push({
      kind: 'instance',
      profileId: this.#profileId,
      runId: run,
      file,
      sopInstanceUid,
      sopClassUid,
      transferSyntaxUid,
      studyInstanceUid,
      seriesInstanceUid,
      tags,
      size,
      outcome,
      received: time,
      associationId,
      test,
      burnedIn,
      ...(rules && { rules }),
      ...(data.sha256 !== undefined && { sha256: data.sha256 }),
      ...(data.spooled !== undefined && { waits: true }),
    });
    for (const warning of data.rules?.warnings ?? []) this.#warn(time, associationId, warning);
    this.#study(batch, time, data, tags);
    this.#timelines.stored(associationId, time, data);
    for (const listener of this.#waiting.get(sopInstanceUid) ?? []) listener(file);
  }

  #waitingInstance(data: FileUploadedData | UploadFailedData): WaitingInstance {
    const { storedAs, studyInstanceUid, seriesInstanceUid, sopInstanceUid } = data;
    return { profileId: this.#profileId, storedAs, studyInstanceUid, seriesInstanceUid, sopInstanceUid };
  }

  #uploadsChanged(batch: Batch, uploads: UploadsState): void {
    const profileId = this.#profileId;
    const before = this.#uploads;
    this.#uploads = uploads;
    batch.events.push({ type: 'uploads-changed', profileId, uploads });
    // Whatever the history did not hear of: nothing waits any more. But what is gone, told or not, is not uploaded.
    if (uploads.state === 'idle' && before?.state !== 'idle' && uploads.problem === undefined) {
      batch.records.push({ kind: 'all-uploaded', profileId });
      batch.isUploaded = true;
    }
  }

  #warn(time: number, associationId: string, warning: string): void {
    const told = this.#warned.get(associationId) ?? new Set();
    this.#warned.set(associationId, told);
    if (told.has(warning)) return;
    told.add(warning);
    this.#log({ time, level: 'warn', component: 'store', message: warning, code: 'rule-warning', associationId });
  }

  #rememberTreated(file: string): void {
    if (this.#treatedWaiting) this.#treatedWaiting(file);
    else this.#treatedTests = [...this.#treatedTests, file].slice(-TEST_IMAGES);
  }

  #rememberTestImage(sopInstanceUid: string, file: string): void {
    this.#testImages.set(sopInstanceUid, file);
    const oldest = this.#testImages.keys().next().value;
    if (this.#testImages.size > TEST_IMAGES && oldest !== undefined) this.#testImages.delete(oldest);
  }

  #study(batch: Batch, time: number, data: FileStoredData, tags: Readonly<Record<string, string>>): void {
    const { studyInstanceUid } = data;
    let study = this.#studies.get(studyInstanceUid);
    if (!study) {
      study = {
        studyInstanceUid,
        patientName: tags.PatientName ?? '',
        description: tags.StudyDescription ?? '',
        modality: tags.Modality ?? '',
        instances: 0,
        lastReceived: time,
        status: 'complete',
      };
    }
    if (study.status !== 'receiving') {
      study.status = 'receiving';
      this.#status(batch, study);
    }
    if (data.outcome === 'new' || data.outcome === 'kept-both') study.instances++;
    study.lastReceived = time;
    // The last changed last, so that the first is the one to forget.
    this.#studies.delete(studyInstanceUid);
    this.#studies.set(studyInstanceUid, study);
    const oldest = this.#studies.keys().next().value;
    if (this.#studies.size > LIMITS.studies && oldest !== undefined) this.#studies.delete(oldest);
    batch.studies.set(studyInstanceUid, study);
  }

  #studyCompleted(batch: Batch, studyInstanceUid: string, quiet: boolean): void {
    const status = quiet ? 'complete' : 'interrupted';
    const study = this.#studies.get(studyInstanceUid);
    if (study) {
      study.status = status;
      batch.studies.set(studyInstanceUid, study);
    }
    this.#status(batch, { studyInstanceUid, status });
  }

  #status(batch: Batch, { studyInstanceUid, status }: Pick<LiveStudy, 'studyInstanceUid' | 'status'>): void {
    batch.records.push({ kind: 'study-status', profileId: this.#profileId, studyInstanceUid, status });
  }

  #connection(batch: Batch, run: string, time: number, data: ConnectionData): void {
    const profileId = this.#profileId;
    const associationId = this.#id(run, data.association.id);
    const { callingAeTitle, remoteAddress } = data.association;
    this.#timelines.connection(associationId, time, data);
    const isUnrequested = isBeforeAssociation(data);
    for (const refusal of refusalsOfConnection(data, this.#options())) this.#refused(batch, time, refusal, data.times);
    if (data.state === 'accepted' || data.state === 'rejected' || isUnrequested) {
      batch.contact = { type: 'contact', profileId, time, callingAeTitle, remoteAddress };
    }
    this.#logConnection(time, associationId, data);
    if (isUnrequested) return;
    if (data.state === 'accepted') {
      const association = openAssociation(associationId, time, data);
      this.#open.set(associationId, association);
      this.counters.accepted();
      batch.events.push({ type: 'association-opened', profileId, association });
      batch.records.push({ kind: 'association-opened', row: this.#row(association) });
      return;
    }
    const before = this.#open.get(associationId) ?? openAssociation(associationId, time, data);
    this.#open.delete(associationId);
    this.#filesOf.delete(associationId);
    this.#warned.delete(associationId);
    this.#second.bytes += Math.max(0, data.bytesReceived - before.bytes);
    const association: AssociationState = {
      ...before,
      ended: time,
      outcome: data.state,
      files: data.stored,
      bytes: data.bytesReceived,
      ...(data.reason !== undefined && { reason: data.reason }),
    };
    batch.events.push({ type: 'association-ended', profileId, association });
    batch.records.push({ kind: 'association-ended', row: this.#row(association) });
  }

  #progress(
    batch: Batch,
    run: string,
    list: readonly { readonly id: number; readonly bytes: number; readonly files: number }[],
  ): void {
    const associations = [];
    for (const { id, bytes, files } of list) {
      const associationId = this.#id(run, id);
      const before = this.#open.get(associationId);
      if (!before || (before.bytes === bytes && before.files === files)) continue;
      this.#second.bytes += Math.max(0, bytes - before.bytes);
      this.#open.set(associationId, { ...before, bytes, files });
      associations.push({ associationId, bytes, files });
    }
    if (associations.length === 0) return;
    batch.events.push({ type: 'association-progress', profileId: this.#profileId, associations });
  }

  #error(batch: Batch, run: string, { time, message, data }: Extract<Report, { kind: 'error' }>): void {
    const profileId = this.#profileId;
    const associationId = data.association && this.#id(run, data.association.id);
    if (associationId) this.#timelines.failed(associationId, time, message, data);
    const refusal = refusalOfError(data, message);
    if (refusal) this.#refused(batch, time, refusal);
    if (data.code === 'storage') this.#storageProblem = { code: 'storage-failing', message: `${message}.` };
    if (data.status === DUPLICATE_SOP_INSTANCE) batch.duplicates.refused++;
    if (data.code === 'quarantined' && data.association) {
      batch.count++;
      this.counters.file('quarantined', 0);
      batch.files.push({
        time,
        file: data.file ?? '',
        sopInstanceUid: data.sopInstanceUid ?? '',
        sopClassUid: '',
        transferSyntaxUid: '',
        studyInstanceUid: '',
        patientName: '',
        modality: '',
        size: 0,
        outcome: 'quarantined',
        callingAeTitle: data.association.callingAeTitle,
      });
    }
    batch.records.push({ kind: 'error', profileId, time, code: data.code, message });
    this.#log({
      time,
      level: data.code === 'server' || data.code === 'storage' ? 'error' : 'warn',
      component: data.code === 'server' ? 'server' : data.code === 'storage' ? 'storage' : 'store',
      message,
      code: data.code,
      ...(associationId !== undefined && { associationId }),
    });
  }

  #commitment(batch: Batch, run: string, { time, message, data }: Extract<Report, { kind: 'commitment' }>): void {
    const { state, transactionUid, callingAeTitle, received, requested, committed, failed, problem, code } = data;
    const associationId = data.association && this.#id(run, data.association.id);
    const bad = state === 'retrying' || state === 'given-up';
    if (associationId) this.#timelines.commitment(associationId, time, message, bad);
    this.#log({
      time,
      level: bad ? 'warn' : 'info',
      component: 'association',
      message,
      code: code ?? `commitment-${state}`,
      ...(associationId !== undefined && { associationId }),
    });
    if (code === 'unknown-peer') this.#refused(batch, time, refusalOfCommitment(data, this.#output.commitmentPeers()));
    // The earlier request of this Transaction UID is the one that is pending.
    if (code === 'duplicate-transaction') return;
    const counts = { requested, committed, failed };
    const commitment = { transactionUid, callingAeTitle, received, ...counts, state, ...(problem && { problem }) };
    batch.events.push({ type: 'commitment', profileId: this.#profileId, commitment });
  }

  #refused(batch: Batch, time: number, refusal: NewRefusal, more = 1): void {
    const counted = this.#refusals.count(refusal, time, more);
    this.counters.refused(refusal.code, more);
    const times = (batch.refusals.get(counted.refusalId)?.times ?? 0) + more;
    batch.refusals.set(counted.refusalId, {
      event: { type: 'refused', profileId: this.#profileId, refusal: counted, times },
      times,
    });
  }

  #finish({ events, records, files, count, bytes, duplicates, studies, refusals, completed, contact }: Batch): void {
    const profileId = this.#profileId;
    if (contact) events.push(contact);
    const repeated = Object.values(duplicates).some((times) => times > 0) && { duplicates };
    if (count > 0 || repeated) {
      events.push({ type: 'files-stored', profileId, files: files.slice(-FEED_ROWS), count, bytes, ...repeated });
    }
    if (studies.size > 0) {
      // Copies: what is kept here goes on changing.
      const changed = [...studies.values()].slice(-LIMITS.studies).map((study) => ({ ...study }));
      events.push({ type: 'studies-changed', profileId, studies: changed });
    }
    for (const { event } of refusals.values()) {
      events.push(event);
      records.push({ kind: 'refusal', profileId, ...event.refusal });
    }
    this.#output.emit(events);
    if (records.length > 0) this.#output.record(records);
    for (const { studyInstanceUid, time } of completed) this.#output.studyCompleted(profileId, studyInstanceUid, time);
  }

  #logConnection(time: number, associationId: string, data: ConnectionData): void {
    const { callingAeTitle, calledAeTitle, remoteAddress } = data.association;
    const caller = `${callingAeTitle || '(no title)'} from ${remoteAddress}`;
    const line = (level: LogLine['level'], message: string) =>
      this.#log({
        time,
        level,
        component: 'association',
        message,
        associationId,
        ...(data.code !== undefined && { code: data.code }),
      });
    switch (data.state) {
      case 'accepted': {
        const accepted = data.contexts.filter(({ result }) => result === 0).length;
        line('info', `${caller} calls ${calledAeTitle}: accepted, ${accepted} of ${data.contexts.length} contexts`);
        break;
      }
      case 'rejected':
        line('warn', `${caller} calls ${calledAeTitle}: rejected, ${data.reason ?? ''}`);
        break;
      case 'released':
        line('info', `${caller}: released, ${data.stored} stored`);
        break;
      case 'aborted':
        line('warn', `${caller}: aborted, ${data.reason ?? ''}; ${data.stored} stored`);
        break;
    }
  }

  #log(line: Omit<LogLine, 'sequence' | 'profileId'>): void {
    this.#output.log({ ...line, profileId: this.#profileId });
  }

  #id(run: string, association: number): string {
    return `${this.#profileId}.${run}.${association}`;
  }

  #row(association: AssociationState): AssociationRow {
    const { contexts: _, tls: __, user: ___, ...row } = association;
    return { ...row, profileId: this.#profileId };
  }
}

/** Ourselves, as far as can be told when the UIDs of the images are no longer ours. */
function isOwnTest({ callingAeTitle, remoteAddress }: FileStoredData['association']): boolean {
  return callingAeTitle === TEST_AE_TITLE && isOwnAddress(remoteAddress);
}

function openAssociation(associationId: string, opened: number, data: ConnectionData): AssociationState {
  const { callingAeTitle, calledAeTitle, remoteAddress, tls, user } = data.association;
  return {
    associationId,
    callingAeTitle,
    calledAeTitle,
    remoteAddress,
    opened,
    outcome: 'open',
    ...(tls && { tls }),
    ...(user !== undefined && { user }),
    contexts: data.contexts.map(({ id, abstractSyntax, transferSyntax, result }) => ({
      id,
      abstractSyntax,
      transferSyntax,
      result,
    })),
    files: 0,
    bytes: 0,
  };
}
