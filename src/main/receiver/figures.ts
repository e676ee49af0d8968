/** Gathers the figures of the application: from its state, its profiles, and the process. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures, ProfileFigures } from '#shared/figures.ts';
import type { ProfileState } from '#shared/state.ts';
import type { UploadsState } from '#shared/uploads.ts';
import type { ManagedProfile } from './managed-profile.ts';
import type { Receiver } from './receiver.ts';

/** At this moment. Never rejects: what cannot be read is left out. */
export async function readFigures(receiver: Receiver): Promise<Figures> {
  const { state } = receiver;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const all = new Map(receiver.allManaged().map((one) => [one.profile.id, one]));
  // One that is being removed is still shown for a moment, but managed no more.
  const profiles = state.profiles.flatMap((one) => {
    const managed = all.get(one.profile.id);
    return managed ? ofProfile(one, managed) : [];
  });
  return {
    version: state.host.version,
    started: Math.round(Date.now() - process.uptime() * 1000),
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / 1e6,
    eventLoopDelay: receiver.eventLoop.read(),
    historyWaiting: receiver.history.waiting,
    profiles: await Promise.all(profiles),
  };
}

async function ofProfile(state: ProfileState, { observer, options }: ManagedProfile): Promise<ProfileFigures> {
  const { profile, run, associations, commitments, freeBytes, uploads } = state;
  const quarantined = options.storageBackend === 'S3' ? undefined : await countQuarantined(options.outDir);
  return {
    profileId: profile.id,
    name: profile.name,
    phase: run.phase,
    autoStart: profile.autoStart,
    problems: problemsOf(state),
    openAssociations: associations.length,
    ...observer.counters.read(),
    commitmentsPending: commitments.length,
    ...(uploads && { uploads: uploadFigures(uploads) }),
    ...(profile.webhook && { webhookWaiting: state.webhook?.waiting ?? 0 }),
    ...(freeBytes !== undefined && { freeBytes }),
    ...(quarantined !== undefined && { quarantined }),
  };
}

function uploadFigures({ waiting, bytes, oldest }: UploadsState): NonNullable<ProfileFigures['uploads']> {
  return { waiting, bytes, ...(oldest !== undefined && { oldest }) };
}

/** Codes of what is wrong with a profile that is to receive. */
function problemsOf({ run, degraded }: ProfileState): readonly string[] {
  return [...(run.problem ? [run.problem.code] : []), ...degraded.map(({ code }) => code)];
}

async function countQuarantined(outDir: string | undefined): Promise<number | undefined> {
  if (outDir === undefined) return undefined;
  try {
    return (await readdir(join(outDir, '.quarantine'))).filter((name) => name.endsWith('.dcm')).length;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 0 : undefined;
  }
}
