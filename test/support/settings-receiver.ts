/** A fake receiver for tests of the settings and the log: it checks profiles with the real schema and keeps them. */

import {
  checkProfileOptions,
  defaultSettings,
  type Profile,
  type ProfileOptions,
  SECRET_NAMES,
} from '#shared/contract.ts';
import type { AssociationState, HostInfo, Refusal } from '#shared/events.ts';
import { initialState, newProfile, type ProfileState, type ReceiverState } from '#shared/state.ts';
import { createFakeReceiver, type FakeReceiver } from './page-harness.ts';

const HOST: HostInfo = {
  kind: 'headless',
  version: '0.1.0',
  platform: 'linux',
  hostName: 'workstation',
  addresses: [{ address: '192.0.2.10', family: 'IPv4', interface: 'eth0' }],
  canPickFolder: false,
  canReveal: false,
  canStartAtLogin: true,
  canTray: true,
  secrets: { kind: 'file', message: 'Kept in a file that only this user can read.' },
  dataFolder: '/home/ada/.config/studyport',
  homeFolder: '/home/ada',
};

export const T0 = Date.UTC(2026, 2, 5, 9, 30, 0);

/** A refusal with its one-click fix. */
export function refusal(kind: Refusal['fixes'][number]['kind'], value: string, more: Partial<Refusal> = {}): Refusal {
  return {
    refusalId: `${kind} ${value}`,
    time: T0,
    count: 3,
    code: 'sop-class-refused',
    callingAeTitle: 'CT02',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '192.0.2.44',
    value,
    message: 'It is not among the accepted ones.',
    fixes: [{ kind, value }],
    ...more,
  };
}

/** An association that is open. */
export function association(associationId: string, more: Partial<AssociationState> = {}): AssociationState {
  return {
    associationId,
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
    remoteAddress: '192.0.2.31',
    opened: T0,
    outcome: 'open',
    contexts: [],
    files: 12,
    bytes: 6_300_000,
    ...more,
  };
}

/** A profile that listens. */
export function profileState(
  profile: Partial<Profile> & { id: string; name: string },
  more: Partial<ProfileState> = {},
): ProfileState {
  const options: ProfileOptions = { port: 11112, outDir: '/data/dicom', callingAeTitle: 'STUDYPORT' };
  return {
    ...newProfile({ autoStart: true, options, secrets: [], ...profile }, T0),
    run: {
      phase: 'listening',
      since: T0,
      address: { host: '::', port: 11112, aeTitle: 'STUDYPORT', storage: '/data/dicom' },
    },
    ...more,
  };
}

/** State with the first run done. */
export function stateOf(profiles: readonly ProfileState[], more: Partial<ReceiverState> = {}): ReceiverState {
  const settings = { ...defaultSettings, firstRunDone: true };
  return { ...initialState(HOST, settings), profiles, ...more };
}

/** It answers as the receiver does: profiles are checked by the schema, kept, and told to every page. */
export function createSettingsReceiver(state: ReceiverState): FakeReceiver {
  const receiver = createFakeReceiver({ state });
  const find = (id: string) => receiver.state.profiles.find(({ profile }) => profile.id === id)!.profile;
  const keep = (profile: Profile) => {
    receiver.emit({ type: 'profile-saved', profile });
    return profile;
  };
  receiver.answer({
    'profile-save': ({ id, name, autoStart, options, secrets }) => {
      const old = find(id);
      const left = old.secrets.filter((secret) => secrets[secret] === undefined);
      const added = SECRET_NAMES.filter((secret) => typeof secrets[secret] === 'string');
      const [first, ...more] = checkProfileOptions(options, [...left, ...added]);
      if (first) return { ok: false, error: first, more };
      return keep({ id, name, autoStart, options: options as ProfileOptions, secrets: [...left, ...added] });
    },
    'profile-create': ({ name, options, autoStart }) => {
      const [first, ...more] = checkProfileOptions(options, []);
      if (first) return { ok: false, error: first, more };
      return keep({
        id: `p${receiver.state.profiles.length + 1}`,
        name,
        autoStart,
        options: options as ProfileOptions,
        secrets: [],
      });
    },
    'profile-duplicate': ({ id }) =>
      keep({ ...find(id), id: `${id}-copy`, name: `${find(id).name} (copy)`, secrets: [] }),
    'profile-delete': ({ id }) => {
      receiver.emit({ type: 'profile-removed', profileId: id });
      return null;
    },
    'profile-export': ({ id }) => ({
      text: JSON.stringify({ version: 1, name: find(id).name, options: find(id).options }, null, 2),
    }),
    'profile-import': ({ text }) => {
      try {
        const { name, options } = JSON.parse(text) as { name: string; options: ProfileOptions };
        return keep({ id: 'imported', name, autoStart: false, options, secrets: [] });
      } catch {
        return { ok: false, error: { code: 'not-a-profile', message: 'This is not the text of an exported profile.' } };
      }
    },
    'profile-code': ({ id }) => ({
      text: `import { StoreScp } from 'studyport';\n\nconst receiver = new StoreScp(${JSON.stringify(find(id).options, null, 2)});\n\nawait receiver.start();\n`,
    }),
    'check-folder': ({ path }) =>
      path.startsWith('/root')
        ? {
            path,
            exists: true,
            writable: false,
            network: false,
            problem: { code: 'folder-read-only', message: `${path} cannot be written to. Choose another folder.` },
          }
        : {
            path,
            exists: path === '/data/dicom',
            writable: true,
            freeBytes: 231_000_000_000,
            network: path.startsWith('/net'),
          },
    'check-port': ({ port }) =>
      port === 8042
        ? {
            free: false,
            privileged: false,
            problem: { code: 'port-in-use', message: 'Port 8042 is taken by another program. Choose another one.' },
          }
        : { free: true, privileged: port > 0 && port < 1024 },
    'folder-list': ({ path = '/data' }) => ({
      path,
      ...(path !== '/' && { parent: path.replace(/\/[^/]+$/, '') || '/' }),
      folders: path === '/data' ? ['dicom', 'archive', 'research'] : [],
      writable: true,
      freeBytes: 231_000_000_000,
    }),
    'folder-create': ({ path }) => ({ path, parent: '/data', folders: [], writable: true }),
    'self-test': ({ id }) => {
      const steps = [
        { name: 'Connect', ok: true, message: 'Connected to 127.0.0.1:11112.', milliseconds: 3 },
        { name: 'C-ECHO', ok: true, message: 'Answered with success.', milliseconds: 2 },
        { name: 'CT image', ok: true, message: 'Stored and found in the folder.', milliseconds: 18 },
      ];
      for (const [index, step] of steps.entries()) {
        receiver.emit({ type: 'test-step', profileId: id, test: 'self-test', step, done: index === steps.length - 1 });
      }
      return { steps };
    },
    's3-test': ({ s3Config }) => ({
      steps:
        s3Config.bucket === 'dicom'
          ? ['write', 'read', 'delete'].map((name) => ({ name, ok: true, message: 'Done.', milliseconds: 12 }))
          : [
              {
                name: 'write',
                ok: false,
                message: 'NoSuchBucket: The specified bucket does not exist (404).',
                milliseconds: 31,
              },
            ],
    }),
    'test-images-remove': () => ({ removed: 4 }),
  });
  return receiver;
}
