/** The application without a host: profiles, their threads, settings, state, history and log, behind one `call`. */

import { join } from 'node:path';
import type { EventBatch, LogLine, Problem, Profile, ProfileOptions, Result, SecretName } from '#shared/contract.ts';
import { parseCommand, placeSecrets, SECRET_NAMES, secretPath } from '#shared/contract.ts';
import type { ReceiverState } from '#shared/state.ts';
import { initialState } from '#shared/state.ts';
import { commands } from './commands.ts';
import { EventLoopWatch } from './event-loop-watch.ts';
import { EventStream } from './event-stream.ts';
import { checkFolder } from './folder-check.ts';
import { Guards } from './guards.ts';
import { History } from './history.ts';
import type { BytesAnswer, Host, ReceiverForHost } from './host.ts';
import { LogStore } from './log-store.ts';
import { ManagedProfile } from './managed-profile.ts';
import { freePortFrom } from './port-check.ts';
import { need, ProblemError, problem, withoutWords } from './problem.ts';
import { newId, ProfileStore, profileMistakes, takeSecrets } from './profile-store.ts';
import { changesRules } from './rule-commands.ts';
import type { KnownKey } from './rule-keys.ts';
import { RuleService } from './rule-service.ts';
import { SettingsStore } from './settings-store.ts';
import { localCopyOf } from './spool-folder.ts';
import { webhookSecretKey } from './webhook-commands.ts';
import { Webhooks } from './webhooks.ts';

const SECOND = 1000;
const SPACE_PERIOD = 10 * SECOND;
const FIRST_PORT = 11112;
const LOG_LEVEL_ORDER = ['error', 'warn', 'info', 'debug'];

/** Opens profiles, settings, history and log of a data folder and starts what is to start. */
export async function openReceiver(host: Host): Promise<Receiver> {
  const { dataFolder } = host;
  const [profiles, settings] = [await ProfileStore.open(dataFolder), await SettingsStore.open(dataFolder)];
  const receiver = new Receiver(host, profiles.store, settings.store);
  await receiver.open(profiles.first);
  for (const { notice } of [profiles, settings]) if (notice) receiver.notice(notice);
  return receiver;
}

/** Everything that commands work with. */
export class Receiver implements ReceiverForHost {
  readonly host: Host;
  readonly profiles: ProfileStore;
  readonly settings: SettingsStore;
  readonly log: LogStore;
  readonly stream: EventStream;
  readonly eventLoop = new EventLoopWatch();
  readonly #managed = new Map<string, ManagedProfile>();
  #history: History | undefined;
  #rules: RuleService | undefined;
  #guards: Guards | undefined;
  #webhooks: Webhooks | undefined;
  #timers: NodeJS.Timeout[] = [];
  #closing: Promise<void> | undefined;
  /** Changes of profiles follow each other. */
  #changes: Promise<unknown> = Promise.resolve();
  #logFailed = false;

  constructor(host: Host, profiles: ProfileStore, settings: SettingsStore) {
    this.host = host;
    this.profiles = profiles;
    this.settings = settings;
    this.stream = new EventStream(initialState(host.info(), settings.current));
    this.log = new LogStore(join(host.dataFolder, 'logs'), (error) => this.#logFailure(error));
  }

  /** Everything that has happened until now, for menus and questions. */
  get state(): ReceiverState {
    return this.stream.state;
  }

  /** Open associations of all profiles, for the question before the end. */
  openAssociations(): number {
    return [...this.#managed.values()].reduce((sum, { observer }) => sum + observer.open, 0);
  }

  get history(): History {
    if (!this.#history) throw problem('history-closed', 'The history is not open.');
    return this.#history;
  }

  get rules(): RuleService {
    if (!this.#rules) throw problem('rules-closed', 'The rules are not open.');
    return this.#rules;
  }

  get webhooks(): Webhooks {
    if (!this.#webhooks) throw problem('webhooks-closed', 'The webhooks are not open.');
    return this.#webhooks;
  }

  get guards(): Guards {
    if (!this.#guards) throw problem('guards-closed', 'Retention and verification are not open.');
    return this.#guards;
  }

  /** Called once, before anything else. */
  async open(first: boolean): Promise<void> {
    const { version, kind } = this.host.info();
    this.line('info', `Studyport ${version} (${kind}) begins`);
    const opened = await History.open(this.host.dataFolder, {
      problem: (notice) => this.notice(notice),
      cleared: (code) => this.stream.emit({ type: 'notice-cleared', code }),
    });
    this.#history = opened.history;
    opened.history.findCopiesWith((profileId, location, waits) => {
      const managed = this.#managed.get(profileId);
      return managed && localCopyOf(managed.options, location, waits);
    });
    if (opened.notice) this.notice(opened.notice);
    const { rules, notices } = await RuleService.open(this.host.dataFolder, this.host.secrets, (key) =>
      this.#keyMade(key),
    );
    this.#rules = rules;
    for (const notice of notices) this.notice(notice);
    this.#webhooks = await this.#openWebhooks();
    this.#guards = await Guards.open({
      dataFolder: this.host.dataFolder,
      history: opened.history,
      profiles: () => this.allManaged(),
      emit: (event) => this.stream.emit(event),
      trash: (files) => this.trash(files),
      line: (level, message, more) => this.line(level, message, more),
    });
    for (const profile of this.profiles.all) this.manage(await this.#withoutPlainSecrets(profile));
    if (first) await this.#createFirst();
    this.webhooks.begin();
    this.#timers.push(
      setInterval(() => this.#everySecond(), SECOND),
      setInterval(() => this.#lookAround(), SPACE_PERIOD),
    );
    for (const timer of this.#timers) timer.unref();
    // Nobody waits for ports and buckets: how it went is an event.
    for (const managed of this.#managed.values()) {
      void this.guards.retention.tidy(managed);
      if (managed.profile.autoStart) void managed.start();
      void managed.readFreeSpace();
    }
  }

  async call(name: string, argument: unknown): Promise<Result<unknown>> {
    try {
      const parsed = parseCommand(name, argument);
      if (!parsed.ok) return parsed;
      if (this.#closing) throw problem('closing', 'The application is about to end.');
      const run = commands[parsed.value.name] as (receiver: Receiver, argument: unknown) => Promise<unknown>;
      const value = await run(this, parsed.value.argument);
      if (changesRules(parsed.value.name)) this.stream.emit({ type: 'rules-changed' });
      return { ok: true, value };
    } catch (error) {
      if (error instanceof ProblemError) {
        const [first, ...more] = error.problems;
        if (first) return { ok: false, error: first, ...(more.length > 0 && { more }) };
      }
      const command = Object.hasOwn(commands, name) ? name : 'a command';
      this.line('error', `${command} failed unexpectedly: ${withoutWords(error)}`, { code: 'internal' });
      const message = 'Something went wrong inside Studyport. The log has a line about it, with the code "internal".';
      return { ok: false, error: { code: 'internal', message } };
    }
  }

  subscribe(listener: (batch: EventBatch) => void): () => void {
    return this.stream.subscribe(listener);
  }

  async bytes(pathname: string): Promise<BytesAnswer> {
    if (!this.#history) return { ok: false, error: { code: 'history-closed', message: 'The history is not open.' } };
    return this.#history.bytes(pathname);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Something that concerns the application as a whole. */
  notice(notice: Problem): void {
    this.stream.emit({ type: 'notice', notice });
    this.line('warn', notice.message, { code: notice.code });
  }

  line(
    level: LogLine['level'],
    message: string,
    more: { readonly code?: string; readonly profileId?: string } = {},
  ): void {
    this.#addLine({ time: Date.now(), level, component: 'application', message, ...more });
  }

  /** @throws ProblemError when there is none of this id */
  managed(id: string): ManagedProfile {
    const managed = this.#managed.get(id);
    if (!managed) throw problem('unknown-profile', 'This profile does not exist any more. Load the page again.', 'id');
    return managed;
  }

  allManaged(): readonly ManagedProfile[] {
    return [...this.#managed.values()];
  }

  /** Changes of profiles one after the other: a name or port that one takes is seen by the next. */
  inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const result = this.#changes.then(change);
    this.#changes = result.catch(() => {});
    return result;
  }

  /** Begins to look after a profile that is stored. */
  manage(profile: Profile): ManagedProfile {
    const managed = new ManagedProfile(profile, {
      emit: (events) => this.stream.emit(...events),
      record: (records) => this.#history?.record(records),
      log: (line) => this.#addLine(line),
      logLevel: () => this.settings.current.logLevel,
      optionsWithSecrets: (one) => this.optionsWithSecrets(one),
      rules: async ({ ruleSetId }) => (ruleSetId === undefined ? undefined : this.rules.applied(ruleSetId)),
      locate: async (profileId, sopInstanceUids) => this.history.locate(profileId, sopInstanceUids),
      studyCompleted: (profileId, studyInstanceUid, time) =>
        this.#webhooks?.completed(profileId, studyInstanceUid, time),
      commitmentPeers: () => this.profiles.all.flatMap(({ options }) => options.commitmentPeers ?? []),
      explain: (one, reason) => this.#explain(one, reason),
      allUploaded: () => void this.#allUploaded(),
    });
    this.#managed.set(profile.id, managed);
    this.stream.emit({ type: 'profile-saved', profile });
    this.#guards?.manage(managed);
    return managed;
  }

  /** Lists show what waits: they are fetched again when nothing does. */
  async #allUploaded(): Promise<void> {
    await this.#history?.flush();
    this.stream.emit({ type: 'history-changed' });
  }

  /** Stores a changed profile. */
  async update(profile: Profile): Promise<ManagedProfile> {
    const managed = this.managed(profile.id);
    await this.store(profile);
    managed.profile = profile;
    this.stream.emit({ type: 'profile-saved', profile });
    return managed;
  }

  /** @throws ProblemError where the file cannot be written */
  async store(profile: Profile): Promise<void> {
    await this.profiles.put(profile).catch((error: unknown) => {
      throw notWritten('profiles', error, this.host.dataFolder);
    });
  }

  /**
   * Stops and forgets a profile. What it has stored stays.
   * @throws ProblemError while objects of it wait for their upload
   */
  async remove(id: string): Promise<void> {
    const managed = this.managed(id);
    await managed.stopUploaded(undefined);
    await this.guards.forget(id);
    await this.profiles.remove(id).catch((error: unknown) => {
      throw notWritten('profiles', error, this.host.dataFolder);
    });
    this.#managed.delete(id);
    this.webhooks.settingsChanged(id);
    await this.host.secrets.set(webhookSecretKey(id), undefined).catch(() => {});
    for (const name of managed.profile.secrets)
      await this.host.secrets.set(secretKey(id, name), undefined).catch(() => {});
    this.stream.emit({ type: 'profile-removed', profileId: id });
  }

  /** The options of a profile as StoreScp takes them. @throws ProblemError */
  async optionsWithSecrets(profile: Profile): Promise<ProfileOptions> {
    const mistakes = profileMistakes(profile.options, profile.secrets);
    const [first] = mistakes;
    if (first) {
      const all = mistakes.map(({ field, message }) => `${field ?? ''} ${message}`).join('; ');
      throw new ProblemError({
        ...first,
        message: `The options of this profile are wrong: ${all}. Correct them in the settings.`,
      });
    }
    const secrets: { [Name in SecretName]?: string } = {};
    for (const name of profile.secrets) {
      const value = await this.host.secrets.get(secretKey(profile.id, name)).catch(() => undefined);
      if (value === undefined) {
        throw problem(
          'secret-missing',
          `The secret ${name} of this profile cannot be read from where secrets are kept. Enter it again in the settings.`,
          secretPath(name),
        );
      }
      secrets[name] = value;
    }
    return placeSecrets(withCommitmentFolder(profile, this.host.dataFolder), secrets);
  }

  /** Moves files to where a person can take them back. @throws ProblemError */
  async trash(files: readonly string[]): Promise<void> {
    try {
      await this.host.trash(files);
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw problem(
        'trash-failed',
        'The files could not be moved to the trash. They are where they were; check the rights of their folder.',
      );
    }
  }

  /** A port that no profile has and that is free now. */
  freePort(from = FIRST_PORT): Promise<number | undefined> {
    const taken = new Set(this.profiles.all.flatMap(({ options }) => (options.port ? [options.port] : [])));
    return freePortFrom(from, taken);
  }

  async #createFirst(): Promise<void> {
    const { homeFolder } = this.host.info();
    const wanted = join(homeFolder, 'Studyport');
    const { writable } = await checkFolder(wanted, homeFolder);
    const profile: Profile = {
      id: newId(),
      name: 'Receiver',
      autoStart: true,
      options: {
        port: (await this.freePort()) ?? FIRST_PORT,
        callingAeTitle: 'STUDYPORT',
        outDir: writable ? wanted : join(this.host.dataFolder, 'Studyport'),
        storeWithFileMeta: true,
        checksums: true,
        maxPduLength: 131072,
      },
      secrets: [],
    };
    try {
      await this.store(profile);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // It receives all the same; the next start will try again.
      for (const reason of error.problems) this.notice(reason);
    }
    this.manage(profile);
  }

  /** A secret that somebody wrote into profiles.json moves to where secrets are kept. */
  async #withoutPlainSecrets(profile: Profile): Promise<Profile> {
    const { options, secrets: plain } = takeSecrets(profile.options);
    if (plain.length === 0) return profile;
    const kept: SecretName[] = [];
    for (const [name, value] of plain) {
      try {
        await this.host.secrets.set(secretKey(profile.id, name), String(value));
        kept.push(name);
      } catch {
        this.notice({
          code: 'secret-not-kept',
          message: `The secret ${name} of "${profile.name}" stood in profiles.json and cannot be kept where secrets are kept: ${this.host.info().secrets.message}`,
        });
      }
    }
    const clean: Profile = {
      ...profile,
      options,
      secrets: SECRET_NAMES.filter((name) => kept.includes(name) || profile.secrets.includes(name)),
    };
    if (kept.length === plain.length) await this.store(clean);
    return clean;
  }

  /** Who loses the key loses the thread between what came before and what comes after: said once, while it is new. */
  #keyMade({ name }: KnownKey): void {
    this.notice({
      code: 'rule-key-made',
      message: `A rule set needed the key "${name}", which was made now. Save its recovery file in "Rules": without the key the same patients would get other numbers, dates and UIDs.`,
    });
  }

  #openWebhooks(): Promise<Webhooks> {
    return Webhooks.open({
      dataFolder: this.host.dataFolder,
      version: this.host.info().version,
      profile: (id) => this.#managed.get(id)?.profile,
      secret: (id) => this.host.secrets.get(webhookSecretKey(id)),
      study: async (profileId, studyInstanceUid) =>
        need(await this.history.call('study-by-uid', { profileId, studyInstanceUid })),
      changed: (profileId, webhook) => this.stream.emit({ type: 'webhook', profileId, webhook }),
      line: (level, message, more) => this.line(level, message, more),
    });
  }

  #explain(profile: Profile, reason: Problem): Problem {
    if (reason.code !== 'port-in-use') return reason;
    const other = this.allManaged().find(
      ({ profile: one, run }) => one.id !== profile.id && run.address?.port === profile.options.port,
    );
    if (!other) return reason;
    return {
      ...reason,
      message: `Port ${profile.options.port} is in use by the profile "${other.profile.name}". Stop that one, or choose another port.`,
    };
  }

  #everySecond(): void {
    const time = Date.now();
    for (const managed of this.#managed.values()) managed.sample(time);
  }

  #lookAround(): void {
    for (const managed of this.#managed.values()) void managed.readFreeSpace();
    const host = this.host.info();
    if (JSON.stringify(host) !== JSON.stringify(this.state.host)) this.stream.emit({ type: 'host-changed', host });
  }

  #addLine(line: Omit<LogLine, 'sequence'>): void {
    const wanted = LOG_LEVEL_ORDER.indexOf(this.settings.current.logLevel);
    if (LOG_LEVEL_ORDER.indexOf(line.level) > wanted) return;
    this.stream.emit({ type: 'log', lines: [this.log.add(line)] });
  }

  #logFailure(error: unknown): void {
    if (this.#logFailed) return;
    this.#logFailed = true;
    const notice = {
      code: 'log-not-written',
      message: `The log cannot be written to ${join(this.host.dataFolder, 'logs')} (${withoutWords(error)}). Make room there, and give this program the right to write. The log on the screen goes on.`,
    };
    this.stream.emit({ type: 'notice', notice });
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.eventLoop.close();
    await this.#changes;
    await Promise.all([this.#guards?.close(), ...this.allManaged().map((managed) => managed.stop())]);
    await this.#webhooks?.close();
    await Promise.all([this.#history?.close(), this.#rules?.close()]);
    this.line('info', 'Studyport ends');
    await this.log.flush();
    this.stream.flush();
  }
}

/** A bucket is no place for what waits to be reported: it waits here. */
function withCommitmentFolder({ id, options }: Profile, dataFolder: string): ProfileOptions {
  const { storageCommitment, storageBackend, commitmentFolder } = options;
  if (!storageCommitment || storageBackend !== 'S3' || commitmentFolder !== undefined) return options;
  return { ...options, commitmentFolder: join(dataFolder, 'commitment', id) };
}

/** The key under which the host keeps a secret. */
export function secretKey(profileId: string, name: SecretName): string {
  return `${profileId}.${name}`;
}

/** What a failed write to the data folder means. */
export function notWritten(what: string, error: unknown, folder: string): ProblemError {
  return problem(
    'data-folder-not-writable',
    `The ${what} could not be saved in ${folder} (${withoutWords(error)}). Make room there, and give this program the right to write. What was before is still in force.`,
  );
}
