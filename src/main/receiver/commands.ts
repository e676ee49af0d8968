/** Every command of the contract: what it does with the receiver. Arguments have been parsed. */

import { testS3 } from '#main/engine/index.ts';
import type {
  CommandName,
  CommandResults,
  ParsedArgument,
  PortCheck,
  Profile,
  ProfileOptions,
  SecretName,
} from '#shared/contract.ts';
import { placeSecrets, S3_SECRET_NAMES, SECRET_NAMES, secretPath } from '#shared/contract.ts';
import { diagnosticsFiles } from './diagnostics.ts';
import { readFigures } from './figures.ts';
import { checkFolder, createFolder, expandFolder, listFolder } from './folder-check.ts';
import { guardCommands } from './guard-commands.ts';
import type { ManagedProfile } from './managed-profile.ts';
import { makeMetricsToken } from './metrics-token.ts';
import { checkPort } from './port-check.ts';
import { need, ProblemError, problem } from './problem.ts';
import { profileCode } from './profile-code.ts';
import { freeName, newId, profileMistakes, readRuleSetId } from './profile-store.ts';
import type { Receiver } from './receiver.ts';
import { notWritten, secretKey } from './receiver.ts';
import { applyFix } from './refusals.ts';
import { ruleCommands } from './rule-commands.ts';
import type { TestTarget } from './self-test.ts';
import { runSelfTest, sendTestImages } from './self-test.ts';
import { leavesSpool, withOwnSpoolFolder, withSpoolFolder } from './spool-folder.ts';
import { tlsCommands } from './tls-commands.ts';
import { webhookCommands } from './webhook-commands.ts';

type Commands = {
  readonly [Name in CommandName]: (receiver: Receiver, argument: ParsedArgument<Name>) => Promise<CommandResults[Name]>;
};

type SecretValues = ParsedArgument<'profile-save'>['secrets'];

/** How long the self-test waits to hear that an instance is stored, in milliseconds. */
const STORED_TIMEOUT = 5000;
const LOG_OF_DIAGNOSTICS = 2000;
/** What an exported profile says it is. */
const EXPORT = { format: 'studyport-profile', version: 1 } as const;

export const commands: Commands = {
  snapshot: async ({ stream }) => stream.snapshot(),

  'settings-save': async (receiver, change) => {
    const settings = await receiver.settings.save(change).catch((error: unknown) => {
      throw notWritten('settings', error, receiver.host.dataFolder);
    });
    for (const { runner } of receiver.allManaged()) runner.setLogLevel(settings.logLevel);
    receiver.stream.emit({ type: 'settings-changed', settings });
    return settings;
  },

  'profile-create': (receiver, { name, options, secrets, autoStart }) =>
    receiver.inTurn(async () => {
      requireFreeName(receiver, name);
      const newProfile = { id: newId(), name, autoStart, secrets: [] };
      return create(receiver, { ...newProfile, options: withFolders(receiver, newProfile.id, options) }, secrets);
    }),

  'profile-save': (receiver, { id, name, autoStart, options: given, secrets, restart }) =>
    receiver.inTurn(async () => {
      const managed = receiver.managed(id);
      const { profile: before } = managed;
      requireFreeName(receiver, name, id);
      const options = withFolders(receiver, id, given);
      const names = secretNames(before.secrets, secrets);
      requireRight(options, names);
      const profile: Profile = { ...before, name, autoStart, options, secrets: names };
      const save = async () => {
        await keepSecrets(receiver, id, secrets);
        await receiver.update(profile);
      };
      if (leavesSpool(managed.options, options)) {
        // At once, whatever was asked for: until then objects would come into a folder that nobody looks after any more.
        const hasRun = managed.run.phase !== 'stopped';
        await managed.stopUploaded(options);
        await save().finally(() => (hasRun ? managed.start() : undefined));
      } else {
        await save();
        await applyChange(managed, before, Object.keys(secrets).length > 0, restart);
      }
      return profile;
    }),

  'profile-duplicate': (receiver, { id, name }) =>
    receiver.inTurn(async () => {
      // The other system would hear of the same studies from two receivers, unsigned.
      const { webhook: _, ...source } = receiver.managed(id).profile;
      if (name !== undefined) requireFreeName(receiver, name);
      const port = (await receiver.freePort((source.options.port ?? 0) + 1)) ?? (await receiver.freePort());
      const copyId = newId();
      const copy: Profile = {
        ...source,
        id: copyId,
        name: name ?? freeNameOf(receiver, source.name),
        // Two receivers cannot share a folder: the copy waits until somebody has looked at it.
        autoStart: false,
        options: {
          ...withOwnSpoolFolder(source.options, receiver.host.dataFolder, copyId),
          ...(port !== undefined && { port }),
        },
      };
      for (const secret of source.secrets) {
        const value = await receiver.host.secrets.get(secretKey(id, secret));
        if (value !== undefined) await keepSecrets(receiver, copy.id, { [secret]: value });
      }
      await receiver.store(copy);
      receiver.manage(copy);
      return copy;
    }),

  'profile-delete': (receiver, { id }) =>
    receiver.inTurn(async () => {
      await receiver.remove(id);
      return null;
    }),

  'profile-export': async (receiver, { id }) => {
    const { name, autoStart, options, ruleSetId } = receiver.managed(id).profile;
    const profile = { name, autoStart, options, ...(ruleSetId !== undefined && { ruleSetId }) };
    return { text: `${JSON.stringify({ ...EXPORT, profile }, null, 2)}\n` };
  },

  'profile-import': (receiver, { text }) =>
    receiver.inTurn(async () => {
      const { name, options, ruleSetId } = readExport(text);
      // Not started: port and folder may belong to another machine, and secrets were not exported.
      const id = newId();
      const profile: Profile = {
        id,
        name: freeNameOf(receiver, name),
        autoStart: false,
        options: withOwnSpoolFolder(options, receiver.host.dataFolder, id),
        secrets: [],
        // One that is not here keeps the profile from starting, and says so: better than to store as it comes.
        ...(ruleSetId !== undefined && { ruleSetId }),
      };
      return create(receiver, profile, {}, false);
    }),

  'profile-code': async (receiver, { id }) => ({ text: profileCode(receiver.managed(id).profile) }),

  'receiver-start': async (receiver, { id }) => {
    const managed = receiver.managed(id);
    const failure = await managed.start();
    if (failure) throw new ProblemError(managedProblem(receiver, id) ?? failure);
    return null;
  },

  'receiver-stop': async (receiver, { id }) => {
    await receiver.managed(id).stop();
    return null;
  },

  'association-abort': async (receiver, { id, associationId }) => {
    const { observer, runner } = receiver.managed(id);
    const number = observer.numberOf(associationId);
    if (number === undefined)
      throw problem('association-ended', 'This association has ended already.', 'associationId');
    runner.abort(number);
    return null;
  },

  'refusal-fix': (receiver, { id, kind, value }) =>
    receiver.inTurn(async () => {
      const { profile: before, runner } = receiver.managed(id);
      if (kind === 'end-lockout') {
        runner.endLockout(value);
        return before;
      }
      const options = applyFix(before.options, kind, value);
      requireRight(options, before.secrets);
      const profile = { ...before, options };
      const managed = await receiver.update(profile);
      await applyChange(managed, before, false, 'wait');
      return profile;
    }),

  'refusals-clear': async (receiver, { id }) => {
    receiver.managed(id).observer.clearRefusals();
    receiver.stream.emit({ type: 'refusals-cleared', profileId: id });
    return null;
  },

  'uploads-retry': async (receiver, { id }) => {
    receiver.managed(id).runner.retryUploads();
    return null;
  },

  'check-folder': (receiver, { path }) => checkFolder(path, homeOf(receiver)),

  'check-port': async (receiver, { port, host, id }) => {
    const other = receiver.allManaged().find(({ run }) => run.phase === 'listening' && run.address?.port === port);
    if (other && other.profile.id === id) return { free: true, privileged: (await checkPort(0, undefined)).privileged };
    if (other) return takenBy(other, port);
    return checkPort(port, host);
  },

  'folder-list': (receiver, { path }) => listFolder(path, homeOf(receiver)),

  'folder-create': (receiver, { path }) => createFolder(path, homeOf(receiver)),

  'folder-pick': async ({ host }, { path }) => {
    if (!host.info().canPickFolder)
      throw problem('cannot-pick', 'There is no folder dialog here: type the folder, or browse it on the page.');
    const picked = await host.pickFolder(path);
    return picked === undefined ? null : { path: picked };
  },

  's3-test': async (receiver, { id, s3Config, secrets }) => {
    const stored = id === undefined ? undefined : receiver.managed(id).profile;
    const values: { [Name in SecretName]?: string } = {};
    for (const name of S3_SECRET_NAMES) {
      const given = secrets[name];
      const kept = stored?.secrets.includes(name) && given === undefined;
      const value = kept ? await receiver.host.secrets.get(secretKey(stored!.id, name)).catch(() => undefined) : given;
      if (typeof value === 'string') values[name] = value;
    }
    // Judged as the options of a profile would be: the same words for the same mistakes.
    const options = withFolders(receiver, 'test', { port: 0, storageBackend: 'S3', s3Config });
    requireRight(options, Object.keys(values) as SecretName[]);
    const config = { ...(s3Config as ProfileOptions['s3Config']), ...values } as NonNullable<
      ProfileOptions['s3Config']
    >;
    return { steps: await testS3(config) };
  },

  'self-test': async (receiver, { id }) => {
    const target = await testTarget(receiver, id);
    const steps = await runSelfTest(target, (step, done) =>
      receiver.stream.emit({ type: 'test-step', profileId: id, test: 'self-test', step, done }),
    );
    return { steps };
  },

  'test-images-send': async (receiver, { id, studies }) => {
    const target = await testTarget(receiver, id);
    const sent = await sendTestImages(target, studies, (step, done) =>
      receiver.stream.emit({ type: 'test-step', profileId: id, test: 'test-images', step, done }),
    );
    return { sent };
  },

  'test-images-remove': async (receiver) => {
    const { studies, files } = need(await receiver.history.call('test-images-remove', undefined));
    const local = files.filter((file) => !isInS3(file));
    if (local.length > 0) await receiver.trash(local);
    receiver.stream.emit({ type: 'history-changed' });
    return { removed: studies };
  },

  'studies-list': async ({ history }, argument) => need(await history.call('studies-list', argument)),
  'study-get': async ({ history }, argument) => need(await history.call('study-get', argument)),
  'instances-list': async ({ history }, argument) => need(await history.call('instances-list', argument)),
  'associations-list': async ({ history }, argument) => need(await history.call('associations-list', argument)),
  'instance-tags': async ({ history }, argument) => need(await history.call('instance-tags', argument)),
  'instance-image': async ({ history }, argument) => need(await history.call('instance-image', argument)),

  'study-trash': async (receiver, { studyId }) => {
    const location = need(await receiver.history.location({ studyId }));
    if (isInS3(location)) throw inS3('This study is stored in S3: remove it there, with the tools of your S3 service.');
    const { files } = need(await receiver.history.call('study-files', { studyId }));
    // First the files: were they to stay while the study is gone, nobody would find them.
    await receiver.trash(files);
    need(await receiver.history.call('study-trash', { studyId }));
    receiver.guards.studiesRemoved([studyId]);
    return { files: files.length };
  },

  'study-reveal': async (receiver, { studyId }) => {
    await reveal(receiver, need(await receiver.history.location({ studyId })));
    return null;
  },

  'instance-reveal': async (receiver, { instanceId }) => {
    await reveal(receiver, need(await receiver.history.location({ instanceId })));
    return null;
  },

  'folder-open': async (receiver, { id }) => {
    const { options } = receiver.managed(id);
    const { storageBackend, outDir, s3Config } = options;
    await reveal(receiver, storageBackend === 'S3' ? `s3://${s3Config?.bucket ?? ''}` : (outDir ?? ''));
    return null;
  },

  'history-rebuild': async (receiver, { id }) => {
    const { storageBackend, outDir, s3Config } = receiver.managed(id).options;
    const folder = storageBackend === 'S3' ? `s3://${s3Config?.bucket ?? ''}` : (outDir ?? '');
    const found = await receiver.history.rebuild({ profileId: id, folder }, (files, done) =>
      receiver.stream.emit({ type: 'rebuild-progress', profileId: id, files, done }),
    );
    receiver.stream.emit({ type: 'history-changed' });
    return need(found);
  },

  'log-list': async ({ log }, argument) => ({ lines: log.list(argument) }),

  'log-export': async ({ log }, argument) => ({ text: await log.export(argument) }),

  'association-timeline': async (receiver, { associationId }) => {
    const managed = receiver.allManaged().find(({ profile }) => associationId.startsWith(`${profile.id}.`));
    const steps = managed?.observer.timelines.steps(associationId);
    await receiver.history.flush();
    const association = need(await receiver.history.call('association-get', { associationId }));
    return { association, steps: steps ?? stepsOfRow(association) };
  },

  ...ruleCommands,
  ...guardCommands,
  ...webhookCommands,
  ...tlsCommands,

  'unsaved-edits': async ({ stream }, { count }) => {
    stream.emit({ type: 'unsaved-edits', count });
    return null;
  },

  figures: (receiver) => readFigures(receiver),

  'metrics-token': async ({ host }) => {
    const token = await makeMetricsToken(host.secrets).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'it is not known why';
      throw problem('secret-not-kept', `The token could not be kept: ${reason}`);
    });
    return { token };
  },

  diagnostics: async (receiver) => {
    const filter = { level: 'debug', text: '', limit: LOG_OF_DIAGNOSTICS } as const;
    return { files: diagnosticsFiles(receiver.state, receiver.log.list(filter)) };
  },
};

/** Stores a new profile, then starts it where wanted. */
async function create(receiver: Receiver, profile: Profile, secrets: SecretValues, check = true): Promise<Profile> {
  const names = secretNames([], secrets);
  if (check) requireRight(profile.options, names);
  await keepSecrets(receiver, profile.id, secrets);
  const stored = { ...profile, secrets: names };
  await receiver.store(stored);
  const managed = receiver.manage(stored);
  if (stored.autoStart) await managed.start();
  return stored;
}

/** Restarts where something that matters to a run has changed; one that failed is tried again at once. */
async function applyChange(
  managed: ManagedProfile,
  before: Profile,
  newSecrets: boolean,
  restart: 'now' | 'wait' | 'later',
): Promise<void> {
  const changed = newSecrets || JSON.stringify(before.options) !== JSON.stringify(managed.profile.options);
  if (!changed || managed.run.phase === 'stopped') return;
  await managed.applyChange(managed.run.phase === 'failed' ? 'now' : restart);
}

function requireRight(options: unknown, secrets: readonly SecretName[]): void {
  const mistakes = profileMistakes(options, secrets);
  if (mistakes.length > 0) throw new ProblemError(...mistakes);
}

function requireFreeName(receiver: Receiver, name: string, id?: string): void {
  if (receiver.profiles.all.some((profile) => profile.name === name && profile.id !== id)) {
    throw problem('name-taken', `There is a profile "${name}" already. Choose another name.`, 'name');
  }
}

function freeNameOf(receiver: Receiver, wanted: string): string {
  return freeName(
    wanted,
    receiver.profiles.all.map(({ name }) => name),
  );
}

function secretNames(before: readonly SecretName[], values: SecretValues): readonly SecretName[] {
  return SECRET_NAMES.filter((name) => (values[name] === undefined ? before.includes(name) : values[name] !== null));
}

async function keepSecrets(receiver: Receiver, id: string, values: SecretValues): Promise<void> {
  for (const name of SECRET_NAMES) {
    const value = values[name];
    if (value === undefined) continue;
    await receiver.host.secrets.set(secretKey(id, name), value ?? undefined).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'it is not known why';
      throw problem('secret-not-kept', `The secret could not be kept: ${reason}`, secretPath(name));
    });
  }
}

/** `~` and relative folders mean the home of the user who runs the receiver; a spool without a folder gets one of its own. */
function withFolders(receiver: Receiver, id: string, given: Readonly<Record<string, unknown>>): ProfileOptions {
  const options = given as ProfileOptions;
  const { outDir, s3Config } = options;
  const expanded = (folder: unknown) =>
    typeof folder === 'string' && folder.trim() !== '' ? expandFolder(folder, homeOf(receiver)) : undefined;
  const folder = expanded(outDir);
  const spoolDir = expanded(s3Config?.spoolDir);
  return withSpoolFolder(
    {
      ...options,
      ...(folder !== undefined && { outDir: folder }),
      ...(s3Config && spoolDir !== undefined && { s3Config: { ...s3Config, spoolDir } }),
    },
    receiver.host.dataFolder,
    id,
  );
}

function homeOf({ host }: Receiver): string {
  return host.info().homeFolder;
}

function readExport(text: string): Pick<Profile, 'name' | 'options' | 'ruleSetId'> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw problem('import-broken', 'This file is not JSON. Choose a file that "Export" has written.', 'text');
  }
  const { format, version, profile } = (file ?? {}) as Record<string, unknown>;
  if (format !== EXPORT.format || typeof profile !== 'object' || profile === null) {
    throw problem(
      'import-broken',
      'This file is not an exported profile. Choose a file that "Export" has written.',
      'text',
    );
  }
  if (version !== EXPORT.version) {
    throw problem(
      'import-version',
      'This profile was exported by a newer version of Studyport. Update this one first.',
      'text',
    );
  }
  const { name, options, ruleSetId } = profile as Record<string, unknown>;
  // A secret is entered by whoever imports: until then its absence is no mistake.
  const mistakes = profileMistakes(options, hasAccessKey(options) ? ['secretKey'] : []);
  if (mistakes.length > 0) throw new ProblemError(...mistakes);
  const usable = typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 60) : 'Imported';
  return {
    name: usable,
    options: options as ProfileOptions,
    ...(ruleSetId !== undefined && { ruleSetId: readRuleSetId(ruleSetId) }),
  };
}

function hasAccessKey(options: unknown): boolean {
  const config = (options as { s3Config?: unknown } | undefined)?.s3Config;
  return typeof config === 'object' && config !== null && 'accessKey' in config;
}

function managedProblem(receiver: Receiver, id: string) {
  return receiver.state.profiles.find(({ profile }) => profile.id === id)?.run.problem;
}

function takenBy({ profile }: ManagedProfile, port: number): PortCheck {
  const message = `Port ${port} is in use by the profile "${profile.name}". Stop that one, or choose another port.`;
  return { free: false, privileged: false, problem: { code: 'port-in-use', field: 'port', message } };
}

async function testTarget(receiver: Receiver, id: string): Promise<TestTarget> {
  const { profile, run, options, observer, treats } = receiver.managed(id);
  if (run.phase !== 'listening' || !run.address) {
    throw problem('not-listening', `"${profile.name}" does not run. Start it first.`);
  }
  observer.beginTreatedTest();
  const tlsPassphrase = profile.secrets.includes('tlsPassphrase')
    ? await receiver.host.secrets.get(secretKey(id, 'tlsPassphrase')).catch(() => undefined)
    : undefined;
  return {
    profileName: profile.name,
    port: run.address.port,
    options: placeSecrets(options, { tlsPassphrase }),
    treats,
    stored: (sopInstanceUid) =>
      treats ? observer.treated(STORED_TIMEOUT) : observer.stored(sopInstanceUid, STORED_TIMEOUT),
  };
}

function isInS3(location: string): boolean {
  return location.startsWith('s3://');
}

function inS3(message: string): ProblemError {
  return problem('stored-in-s3', message);
}

async function reveal({ host }: Receiver, location: string): Promise<void> {
  if (isInS3(location)) throw inS3('This is stored in S3: open it with the tools of your S3 service.');
  if (!host.info().canReveal) {
    throw problem(
      'cannot-reveal',
      `There is no file manager to open here. The place on the receiver's machine is ${location}`,
    );
  }
  await host.reveal(location);
}

/** What is left to say of an association whose steps have been forgotten. */
function stepsOfRow(
  row: CommandResults['association-timeline']['association'],
): CommandResults['association-timeline']['steps'] {
  const { callingAeTitle, calledAeTitle, remoteAddress, opened, ended, outcome, files, reason } = row;
  const request = `${callingAeTitle || '(no title)'} from ${remoteAddress} calls ${calledAeTitle || '(no title)'}.`;
  const steps: CommandResults['association-timeline']['steps'][number][] = [
    { time: opened, kind: 'request', message: request },
  ];
  if (files > 0)
    steps.push({
      time: ended ?? opened,
      kind: 'message',
      message: `${files} objects were stored. The details are no longer kept.`,
    });
  if (ended !== undefined) {
    const kind = outcome === 'released' ? 'release' : outcome === 'rejected' ? 'reject' : 'abort';
    steps.push({ time: ended, kind, message: `It was ${outcome}${reason ? `: ${reason}` : ''}.` });
  }
  return steps;
}
