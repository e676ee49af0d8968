/** The files of the diagnostics bundle: what helps to find a fault, without secrets and without patient data. */

import { arch, cpus, release, totalmem, version } from 'node:os';
import type { DiagnosticsFile, LogLine, Profile } from '#shared/contract.ts';
import type { ProfileState, ReceiverState } from '#shared/state.ts';
import { conditionOf } from '#shared/state.ts';

/** Everything that goes into the bundle; shown before it is saved. */
export function diagnosticsFiles(state: ReceiverState, log: readonly LogLine[]): readonly DiagnosticsFile[] {
  const { host, settings, profiles, notices } = state;
  return [
    json('versions.json', {
      studyport: host.version,
      kind: host.kind,
      node: process.versions,
      platform: host.platform,
      system: `${version()} ${release()} ${arch()}`,
      processors: cpus().length,
      memoryBytes: totalmem(),
      uptimeSeconds: Math.round(process.uptime()),
      residentBytes: process.memoryUsage.rss(),
      secrets: host.secrets,
      addresses: host.addresses,
    }),
    json('settings.json', settings),
    json(
      'profiles.json',
      profiles.map(({ profile }) => withoutPath(withoutKey(profile))),
    ),
    json('state.json', { notices, profiles: profiles.map(withoutPatients) }),
    { name: 'log.jsonl', text: log.map((line) => `${JSON.stringify(line)}\n`).join('') },
  ];
}

function json(name: string, value: unknown): DiagnosticsFile {
  return { name, text: `${JSON.stringify(value, null, 2)}\n` };
}

/** The path of an address may hold a token of somebody else's system. */
function withoutPath({ webhook, ...profile }: Profile): Profile {
  if (!webhook) return profile;
  return { ...profile, webhook: { ...webhook, url: `${new URL(webhook.url).origin}/(not shown)` } };
}

/** An access key is no secret, nor is the hash of a passcode, but nobody's business either. */
function withoutKey(profile: Profile): Profile {
  const { s3Config, users, ...others } = profile.options;
  const options = {
    ...others,
    ...(Array.isArray(users) && { users: users.map((user) => String(user).split(':')[0]!) }),
  };
  if (!s3Config) return { ...profile, options };
  const { accessKey, secretKey: _, sessionToken: __, ...rest } = s3Config;
  return { ...profile, options: { ...options, s3Config: { ...rest, ...(accessKey && { accessKey: '(given)' }) } } };
}

/** Counts instead of files and studies: those carry names, and UIDs that lead to a patient. */
function withoutPatients(state: ProfileState) {
  const { profile, run, degraded, associations, ended, refusals, totals, lastContact, freeBytes, test, rebuild } =
    state;
  return {
    profileId: profile.id,
    condition: conditionOf(state),
    run,
    degraded,
    associations,
    ended,
    refusals,
    totals,
    lastContact,
    freeBytes,
    test,
    rebuild,
    filesShown: state.files.length,
    studiesShown: state.studies.length,
  };
}
