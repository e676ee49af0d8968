/** The receiver as a library: options in, events out, one port, one storage. */

import type { AddressInfo } from 'node:net';
import type { HeaderTransform } from '#main/engine/dataset/header-transform.ts';
import { headerTransformOf } from '#main/engine/dataset/header-transform.ts';
import { createStorage } from '#main/engine/storage/create-storage.ts';
import { PendingFiles } from '#main/engine/storage/pending-files.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import type { FileUploadedData, UploadFailedData, UploadListener } from '#main/engine/storage/uploads.ts';
import { TlsKeeper } from '#main/engine/tls/keeper.ts';
import { Association } from '#main/engine/upper-layer/association.ts';
import type { ResolvedOptions, StoreScpOptions } from '#shared/options.ts';
import { ConfigurationError, parseOptions, pathText } from '#shared/options.ts';
import { parsePeerAddress } from '#shared/peer-address.ts';
import type { UploadsState } from '#shared/uploads.ts';
import { acceptancePolicy } from './acceptance.ts';
import { accessCheck } from './access.ts';
import type { ReceiverService } from './association-service.ts';
import { AssociationService } from './association-service.ts';
import type {
  CertificateData,
  ConnectionData,
  ErrorData,
  FileStoredData,
  Handler,
  OnBeforeStoreCallback,
  OpenAssociation,
  ServerStartedData,
  StorageCommitmentData,
  StudyCompletedData,
  Unsubscribe,
} from './events.ts';
import { asError, Observers, withoutMessage } from './events.ts';
import { FreeSpaceGuard } from './free-space.ts';
import type { Incoming, RefusedHandshake } from './listener.ts';
import { Listener } from './listener.ts';
import { Lockout } from './lockout.ts';
import { Log } from './log.ts';
import { StorageCommitment } from './storage-commitment.ts';
import type { InstanceIndex } from './storage-commitment-check.ts';
import { RecentInstances } from './storage-commitment-check.ts';
import { CommitmentJournal } from './storage-commitment-journal.ts';
import { StudyTracker } from './study-tracker.ts';
import type { TagPlan } from './tags.ts';
import { buildTagPlan } from './tags.ts';
import { Users } from './user-identity.ts';

/** Over how many seconds `minimumRate` is measured. */
const RATE_WINDOW = 60;

/** Everything that exists only while the receiver runs. */
interface Running {
  readonly listener: Listener;
  readonly lockout: Lockout;
  /** Only with TLS. */
  readonly tls: TlsKeeper | undefined;
  readonly storage: StorageBackend;
  readonly service: ReceiverService;
  readonly tracker: StudyTracker;
  /** Connections, each with the promise of its end. */
  readonly connections: Map<AssociationService, Promise<void>>;
}

/**
 * A DICOM Storage SCP (PS3.4 B): receives instances by C-STORE into a folder or a bucket and answers C-ECHO.
 * Two receivers in one process share nothing.
 */
export class StoreScp {
  readonly #options: ResolvedOptions;
  readonly #plan: TagPlan;
  readonly #log: Log;
  readonly #observers: Observers;
  #beforeStore: OnBeforeStoreCallback | undefined;
  #rules: HeaderTransform | undefined;
  #index: InstanceIndex | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** Ends the remembering of what was stored lately. */
  #recent: Unsubscribe | undefined;
  #running: Running | undefined;

  /** @throws ConfigurationError that names every wrong option at once */
  constructor(options: StoreScpOptions) {
    this.#options = parseOptions(options);
    const built = buildTagPlan(this.#options.extractTags, this.#options.extractCustomTags);
    if ('problems' in built) {
      throw new ConfigurationError(built.problems.map(({ path, message }) => ({ path: pathText(path), message })));
    }
    this.#plan = built.plan;
    this.#log = new Log(this.#options.verbose, this.#options.logger);
    this.#observers = new Observers((error) =>
      this.#log.error('server', `An event handler failed: ${error.name}`, { error: withoutMessage(error) }),
    );
  }

  /** The server listens (`err` null), or could not be started. */
  onServerStarted(handler: Handler<ServerStartedData>): Unsubscribe {
    return this.#observers.add('serverStarted', handler);
  }

  /** An instance is stored, complete and (with `fsync`) durable; or, with `err`, was not stored. */
  onFileStored(handler: Handler<FileStoredData>): Unsubscribe {
    return this.#observers.add('fileStored', handler);
  }

  /** Nothing more of a study has come for `studyTimeout` seconds, or the receiver stopped. */
  onStudyCompleted(handler: Handler<StudyCompletedData>): Unsubscribe {
    return this.#observers.add('studyCompleted', handler);
  }

  /** An association was accepted, rejected, released or aborted. */
  onConnection(handler: Handler<ConnectionData>): Unsubscribe {
    return this.#observers.add('connection', handler);
  }

  /** A request for storage commitment was accepted, reported, could not be reported yet, or was given up. */
  onStorageCommitment(handler: Handler<StorageCommitmentData>): Unsubscribe {
    return this.#observers.add('storageCommitment', handler);
  }

  /**
   * Registers what knows where instances are, so that storage commitment need not search for those that were stored
   * before the receiver started. What it names counts only once the storage has confirmed it.
   */
  findInstancesWith(index: InstanceIndex): void {
    this.#index = index;
  }

  /** With TLS: the certificate in force, at the start and whenever something about it changes. */
  onCertificate(handler: Handler<CertificateData>): Unsubscribe {
    return this.#observers.add('certificate', handler);
  }

  /** S3 in spool mode: an object is in the bucket, and that was confirmed. */
  onFileUploaded(handler: Handler<FileUploadedData>): Unsubscribe {
    return this.#observers.add('fileUploaded', handler);
  }

  /** S3 in spool mode: an upload has failed; `data.willRetry` says whether it is tried again by itself. */
  onUploadFailed(handler: Handler<UploadFailedData>): Unsubscribe {
    return this.#observers.add('uploadFailed', handler);
  }

  /** S3 in spool mode: how far the uploads are; undefined without a spool, and while the receiver does not run. */
  uploads(): UploadsState | undefined {
    return this.#running?.storage.uploads?.state();
  }

  /** S3 in spool mode: tries at once what waits for a later attempt. */
  retryUploads(): void {
    this.#running?.storage.uploads?.retry();
  }

  /** Something failed. Every failure arrives here, also those that reach another handler as `err`. */
  onError(handler: Handler<ErrorData>): Unsubscribe {
    return this.#observers.add('error', handler);
  }

  /**
   * Registers the callback that sees the extracted tags of each instance before it is stored and may change them; or a
   * compiled rule set, which sees the whole header whatever `extractTags` says. Both may be there: the rules come first.
   * There is one of each; a second registration replaces the first. A rule set may also be replaced while the receiver
   * runs: it holds for associations that begin afterwards.
   * @throws Error for a callback after `start()`, and for a rule set after it when there was none before
   */
  onBeforeStore(callback: OnBeforeStoreCallback): void {
    if (typeof callback !== 'function') throw new TypeError('onBeforeStore takes an async function (tags) => tags');
    const rules = headerTransformOf(callback);
    if (rules) {
      // An association must not begin without rules and be thought to have them.
      if (this.#starting && !this.#rules) throw new Error('the first rule set must be registered before start()');
      this.#rules = rules;
      return;
    }
    if (this.#starting || this.#running) throw new Error('onBeforeStore must be registered before start()');
    this.#beforeStore = callback;
  }

  /**
   * Starts to listen.
   * @returns a promise that resolves when listening and rejects with the reason why not; not awaiting it never ends the process
   */
  start(): Promise<void> {
    if (!this.#starting) {
      this.#starting = this.#start();
      // The failure also reaches onServerStarted and onError; a caller who does not await is not to be punished.
      this.#starting.catch(() => {});
    }
    return this.#starting;
  }

  /** The same as `start()`. */
  listen(): Promise<void> {
    return this.start();
  }

  /**
   * Stops: no new associations, objects in transfer may finish within `stopTimeout`, unfinished studies are reported, the
   * port and the storage are released. Afterwards `start()` may be called again.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined;
      this.#starting = undefined;
    });
    return this.#stopping;
  }

  /** The established associations at this moment, in the order in which they came. */
  associations(): OpenAssociation[] {
    const users = [...(this.#running?.connections.keys() ?? [])];
    return users.filter(({ accepted }) => accepted).map((user) => user.describe());
  }

  /**
   * Ends an association with A-ABORT at once; an object in transfer is not stored.
   * @returns false when no such association is open
   */
  abortAssociation(id: number): boolean {
    const users = [...(this.#running?.connections.keys() ?? [])];
    const user = users.find((candidate) => candidate.accepted && candidate.id === id);
    user?.abort('the user of this receiver ended it');
    return user !== undefined;
  }

  /** Lets an address in again that was locked out (option `lockoutAfter`). */
  endLockout(address: string): void {
    this.#running?.lockout.clear(address);
  }

  async #start(): Promise<void> {
    const storage = createStorage(this.#options, this.#uploadListener());
    let address: AddressInfo;
    let running: Running;
    try {
      if (this.#beforeStore && this.#plan.entries.length === 0) {
        this.#log.warn('server', 'onBeforeStore is registered, but extractTags is empty: it will not be called');
      }
      const tls = await this.#openTls();
      await storage.open();
      running = this.#build(storage, tls);
      await running.service.commitment?.open();
      address = await running.listener.listen(this.#options.port, this.#options.host);
      // Not before: whoever cannot listen, and closes the storage again, must not report anything.
      running.service.commitment?.begin();
      this.#running = running;
    } catch (reason) {
      await storage.close();
      this.#starting = undefined;
      const error = startError(asError(reason), this.#options);
      this.#log.error('server', `The server could not be started: ${error.message}`, { error });
      const message = `Server start failed: ${error.message}`;
      this.#observers.emit('serverStarted', error, { message, data: this.#startedData(undefined) });
      this.#observers.emit('error', error, { message, data: { code: 'server' } });
      throw error;
    }
    const data = this.#startedData(address, running.tls);
    // A dual-stack socket listens on 0.0.0.0 as well, and that is what people look for.
    const message = `Server listening on ${data.host === '::' ? '0.0.0.0' : data.host}:${data.port}`;
    this.#log.detail('server', () => message);
    this.#observers.emit('serverStarted', null, { message, data });
    running.tls?.start();
  }

  #uploadListener(): UploadListener {
    return {
      uploaded: (data) => {
        const { attempts, milliseconds } = data;
        const message = `Uploaded: ${data.file}`;
        this.#log.detail('storage', () => `${message} (attempt ${attempts}, ${milliseconds} ms)`);
        this.#observers.emit('fileUploaded', null, { message, data });
      },
      failed: (error, data) => {
        const message = `An upload failed: ${error.message}`;
        const { sopInstanceUid, storedAs: file } = data;
        this.#log.warn('storage', message);
        this.#observers.emit('uploadFailed', error, { message, data });
        this.#observers.emit('error', error, { message, data: { code: 'upload', sopInstanceUid, file } });
      },
      note: (message, error) => {
        if (error) this.#log.warn('storage', message);
        else this.#log.detail('storage', () => message);
      },
    };
  }

  /** @throws TlsError */
  async #openTls(): Promise<TlsKeeper | undefined> {
    const { tls } = this.#options;
    if (tls === 'off') return undefined;
    return TlsKeeper.open(
      { ...this.#options, tls },
      {
        replaced: (material) => {
          this.#running?.listener.useMaterial(material);
          const { fingerprint } = material.certificate;
          this.#log.detail('server', () => `The TLS certificate was taken up anew: ${fingerprint}`);
        },
        told: ({ certificate }, problems) => {
          for (const { message } of problems) this.#log.warn('server', message);
          const message =
            problems[0]?.message ?? `The certificate is valid until ${certificate.notAfter.toISOString()}`;
          this.#observers.emit('certificate', null, { message, data: { certificate, problems } });
        },
      },
    );
  }

  #build(storage: StorageBackend, tls: TlsKeeper | undefined): Running {
    const options = this.#options;
    const tracker = new StudyTracker(options.studyTimeout, (data) => this.#studyCompleted(data));
    const connections: Running['connections'] = new Map();
    const freeSpace = new FreeSpaceGuard(storage, options.minimumFreeSpace);
    const lockout = new Lockout(options, (address, times) => this.#lockedOut(address, times));
    const service: ReceiverService = {
      options,
      storage,
      plan: this.#plan,
      beforeStore: this.#beforeStore,
      rules: () => this.#rules,
      commitment: this.#commitment(storage, freeSpace),
      tracker,
      freeSpace,
      observers: this.#observers,
      log: this.#log,
      policy: acceptancePolicy(options, this.#beforeStore !== undefined || this.#rules !== undefined),
      checkAccess: accessCheck(options),
      users: new Users(options),
      lockout,
      openAssociations: (title) =>
        [...connections.keys()].filter(
          ({ accepted, callingAeTitle }) => accepted && (title === undefined || callingAeTitle === title),
        ).length,
    };
    const listener = new Listener(options, tls?.material, lockout, {
      connected: (incoming) => this.#serve(incoming, service, connections),
      refused: (refused) => this.#handshakeRefused(refused, lockout),
      failed: (error) => this.#serverError(error),
    });
    return { listener, lockout, tls, storage, service, tracker, connections };
  }

  #serve(incoming: Incoming, service: ReceiverService, connections: Running['connections']): void {
    const { maxPduLength, strict, artimTimeout, idleTimeout, minimumRate } = this.#options;
    const { socket, requestTimeout, ...connection } = incoming;
    const user = new AssociationService(service, connection);
    const association = new Association(
      socket,
      {
        maxPDataLength: strict ? maxPduLength : 2 * maxPduLength,
        artimTimeout,
        requestTimeout,
        idleTimeout,
        minimumRate,
        rateWindow: RATE_WINDOW,
      },
      user,
    );
    user.attach(association);
    const ended = association
      .run()
      .catch((reason: unknown) => this.#serverError(asError(reason)))
      .finally(() => connections.delete(user));
    connections.set(user, ended);
  }

  async #stop(): Promise<void> {
    // A start in progress is waited for; if it fails there is nothing to stop.
    await this.#starting?.catch(() => {});
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    const { listener, tls, storage, tracker, connections } = running;
    tls?.stop();
    const closed = listener.close();
    for (const user of connections.keys()) user.stop();
    await settled([...connections.values()], this.#options.stopTimeout * 1000);
    for (const user of connections.keys()) user.abort();
    await Promise.all(connections.values());
    await closed;
    await running.service.commitment?.close();
    tracker.flush();
    await storage.close();
    this.#log.detail('server', () => 'Server stopped');
  }

  #commitment(storage: StorageBackend, freeSpace: FreeSpaceGuard): StorageCommitment | undefined {
    const { storageCommitment, storageBackend, commitmentPeers, commitmentFolder, outDir } = this.#options;
    if (!storageCommitment) return undefined;
    const recent = new RecentInstances();
    this.#recent?.();
    this.#recent = this.#observers.add('fileStored', (error, { data }) => {
      if (!error) recent.add(data);
    });
    const local = storageBackend === 'Filesystem' ? outDir : this.#options.s3Config?.spoolDir;
    const inArchive = local === undefined ? undefined : [local, '.commitment'];
    const folder = commitmentFolder === undefined ? inArchive : [commitmentFolder];
    return new StorageCommitment({
      storage,
      indexes: () => [recent.index, ...(this.#index ? [this.#index] : [])],
      journal: new CommitmentJournal(folder && new PendingFiles(...folder)),
      peers: commitmentPeers.flatMap((text) => parsePeerAddress(text) ?? []),
      aeTitle: this.#options.callingAeTitle,
      hasRoom: () => freeSpace.hasRoom(),
      tell: (data) => this.#committed(data),
    });
  }

  #committed(data: StorageCommitmentData): void {
    const message = commitmentWords(data);
    this.#log.detail('association', () => message, data.association && { association: data.association.id });
    this.#observers.emit('storageCommitment', null, { message, data });
  }

  #studyCompleted(data: StudyCompletedData): void {
    const { study, quiet } = data;
    const instances = study.series.reduce((sum, series) => sum + series.instances.length, 0);
    const what = `Study ${quiet ? 'completed' : 'reported at stop'}: ${study.studyInstanceUid}`;
    const message = `${what} (${study.series.length} series, ${instances} instances)`;
    this.#log.detail('study', () => message);
    this.#observers.emit('studyCompleted', null, { message, data });
  }

  /** A connection that ended before it could request an association. */
  #handshakeRefused({ id, remoteAddress, code, reason, bytesReceived }: RefusedHandshake, lockout: Lockout): void {
    this.#log.detail('association', () => `No association: ${reason}`, { association: id });
    if (lockout.failed(remoteAddress)) {
      this.#log.warn('association', `${remoteAddress} is locked out: its handshakes failed`, { association: id });
    }
    this.#observers.emit('connection', null, {
      message: `No association: ${reason}`,
      data: { ...unrequested(id, remoteAddress), reason, code, bytesReceived },
    });
  }

  #lockedOut(address: string, times: number): void {
    const { lockoutTime } = this.#options;
    const reason = `${address} is locked out for ${lockoutTime} seconds, because it brought nothing but garbage`;
    this.#observers.emit('connection', null, {
      message: `No association: ${reason}`,
      data: { ...unrequested(0, address), reason, code: 'locked-out', times },
    });
  }

  #serverError(error: Error): void {
    const message = 'An internal error ended a connection';
    this.#log.error('server', `${message}: ${error.name}`, { error });
    this.#observers.emit('error', error, { message, data: { code: 'server' } });
  }

  #startedData(address: AddressInfo | undefined, tls?: TlsKeeper): ServerStartedData {
    const { host, port, callingAeTitle, storageBackend, s3Config, outDir } = this.#options;
    return {
      host: address?.address ?? host ?? '::',
      port: address?.port ?? port,
      aeTitle: callingAeTitle,
      storage: storageBackend === 'S3' ? `s3://${s3Config?.bucket ?? ''}/${s3Config?.prefix ?? ''}` : (outDir ?? ''),
      ...(tls && { certificate: tls.material.certificate }),
    };
  }
}

/** What has become of a request for storage commitment, in one sentence. */
function commitmentWords(data: StorageCommitmentData): string {
  const { state, callingAeTitle, transactionUid, requested, committed, failed, problem = '' } = data;
  const what = `Storage commitment ${transactionUid} of ${callingAeTitle}`;
  switch (state) {
    case 'requested':
      return `${what}: requested for ${requested} instances`;
    case 'reported':
      return `${what}: reported, ${committed} committed, ${failed} failed${problem && `. ${problem}`}`;
    case 'retrying':
      return `${what}: not reported yet. ${problem}`;
    case 'given-up':
      return `${what}: given up after a day. ${problem}`;
  }
}

/** What there is to say of a connection that never requested an association. */
function unrequested(id: number, remoteAddress: string) {
  const association = { id, callingAeTitle: '', calledAeTitle: '', remoteAddress };
  return { state: 'aborted', association, contexts: [], stored: 0, bytesReceived: 0 } as const;
}

/** The reason why a server does not start, in words that help. */
function startError(error: Error, { port, host }: ResolvedOptions): Error {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Error(
        `port ${port} is in use by another program; stop that program (perhaps another DICOM receiver) or choose another port`,
        { cause: error },
      );
    case 'EACCES':
      if ((error as NodeJS.ErrnoException).syscall !== 'listen') return error;
      return new Error(
        `port ${port} needs administrator rights, as all ports below 1024 do on most systems; choose a port such as 11112`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is not an address of this computer; leave host out to listen on all of them`, {
        cause: error,
      });
    default:
      return error;
  }
}

/** Resolves when all have settled or the time is over. */
async function settled(promises: readonly Promise<void>[], milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.all(promises), late]);
  clearTimeout(timer);
}
