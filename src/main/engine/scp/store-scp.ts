/** The receiver as a library: options in, events out, one port, one storage. */

import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { HeaderTransform } from '#main/engine/dataset/header-transform.ts';
import { headerTransformOf } from '#main/engine/dataset/header-transform.ts';
import { createStorage } from '#main/engine/storage/create-storage.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import { Association } from '#main/engine/upper-layer/association.ts';
import type { ResolvedOptions, StoreScpOptions } from '#shared/options.ts';
import { ConfigurationError, parseOptions, pathText } from '#shared/options.ts';
import { acceptancePolicy } from './acceptance.ts';
import { accessCheck, plainAddress } from './access.ts';
import type { ReceiverService } from './association-service.ts';
import { AssociationService } from './association-service.ts';
import type {
  ConnectionData,
  ErrorData,
  FileStoredData,
  Handler,
  OnBeforeStoreCallback,
  OpenAssociation,
  ServerStartedData,
  StudyCompletedData,
  Unsubscribe,
} from './events.ts';
import { asError, Observers, withoutMessage } from './events.ts';
import { FreeSpaceGuard } from './free-space.ts';
import { Log } from './log.ts';
import { reusingSocket } from './reusing-socket.ts';
import { StudyTracker } from './study-tracker.ts';
import type { TagPlan } from './tags.ts';
import { buildTagPlan } from './tags.ts';

/** Over how many seconds `minimumRate` is measured. */
const RATE_WINDOW = 60;

/** Everything that exists only while the receiver runs. */
interface Running {
  readonly server: Server;
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
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
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

  async #start(): Promise<void> {
    const storage = createStorage(this.#options);
    let server: Server | undefined;
    try {
      if (this.#beforeStore && this.#plan.entries.length === 0) {
        this.#log.warn('server', 'onBeforeStore is registered, but extractTags is empty: it will not be called');
      }
      await storage.open();
      const running = this.#build(storage);
      server = running.server;
      await listening(server, this.#options.port, this.#options.host);
      // One failing accept() must not end the server.
      server.on('error', (error) => this.#serverError(error));
      this.#running = running;
    } catch (reason) {
      await storage.close();
      server?.close();
      this.#starting = undefined;
      const error = startError(asError(reason), this.#options);
      this.#log.error('server', `The server could not be started: ${error.message}`, { error });
      const message = `Server start failed: ${error.message}`;
      this.#observers.emit('serverStarted', error, { message, data: this.#startedData(undefined) });
      this.#observers.emit('error', error, { message, data: { code: 'server' } });
      throw error;
    }
    const data = this.#startedData(server.address() as AddressInfo);
    // A dual-stack socket listens on 0.0.0.0 as well, and that is what people look for.
    const message = `Server listening on ${data.host === '::' ? '0.0.0.0' : data.host}:${data.port}`;
    this.#log.detail('server', () => message);
    this.#observers.emit('serverStarted', null, { message, data });
  }

  #build(storage: StorageBackend): Running {
    const options = this.#options;
    const tracker = new StudyTracker(options.studyTimeout, (data) => this.#studyCompleted(data));
    const connections: Running['connections'] = new Map();
    const service: ReceiverService = {
      options,
      storage,
      plan: this.#plan,
      beforeStore: this.#beforeStore,
      rules: () => this.#rules,
      tracker,
      freeSpace: new FreeSpaceGuard(storage, options.minimumFreeSpace),
      observers: this.#observers,
      log: this.#log,
      policy: acceptancePolicy(options, this.#beforeStore !== undefined || this.#rules !== undefined),
      checkAccess: accessCheck(options),
      openAssociations: () => [...connections.keys()].filter(({ accepted }) => accepted).length,
    };
    let connected = 0;
    const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) => {
      connected++;
      this.#serve(reusingSocket(socket), connected, service, connections);
    });
    return { server, storage, service, tracker, connections };
  }

  #serve(socket: Socket, id: number, service: ReceiverService, connections: Running['connections']): void {
    const { maxPduLength, strict, artimTimeout, idleTimeout, minimumRate } = this.#options;
    const user = new AssociationService(service, id, plainAddress(socket.remoteAddress));
    const association = new Association(
      socket,
      {
        maxPDataLength: strict ? maxPduLength : 2 * maxPduLength,
        artimTimeout,
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
    const { server, storage, tracker, connections } = running;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const user of connections.keys()) user.stop();
    await settled([...connections.values()], this.#options.stopTimeout * 1000);
    for (const user of connections.keys()) user.abort();
    await Promise.all(connections.values());
    await closed;
    tracker.flush();
    await storage.close();
    this.#log.detail('server', () => 'Server stopped');
  }

  #studyCompleted(data: StudyCompletedData): void {
    const { study, quiet } = data;
    const instances = study.series.reduce((sum, series) => sum + series.instances.length, 0);
    const what = `Study ${quiet ? 'completed' : 'reported at stop'}: ${study.studyInstanceUid}`;
    const message = `${what} (${study.series.length} series, ${instances} instances)`;
    this.#log.detail('study', () => message);
    this.#observers.emit('studyCompleted', null, { message, data });
  }

  #serverError(error: Error): void {
    const message = 'An internal error ended a connection';
    this.#log.error('server', `${message}: ${error.name}`, { error });
    this.#observers.emit('error', error, { message, data: { code: 'server' } });
  }

  #startedData(address: AddressInfo | undefined): ServerStartedData {
    const { host, port, callingAeTitle, storageBackend, s3Config, outDir } = this.#options;
    return {
      host: address?.address ?? host ?? '::',
      port: address?.port ?? port,
      aeTitle: callingAeTitle,
      storage: storageBackend === 'S3' ? `s3://${s3Config?.bucket ?? ''}/${s3Config?.prefix ?? ''}` : (outDir ?? ''),
    };
  }
}

function listening(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
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
