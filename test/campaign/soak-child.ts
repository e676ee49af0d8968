/** The application of the soak in a process of its own: opened with the profiles it is given, measured when asked. Forked. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openApplication } from '../support/open-receiver.ts';

export interface SoakProfile {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly secretKey?: string;
  readonly ruleSetId?: string;
}

export type SoakAsk = 'measure' | 'verify' | 'close';

export interface Measure {
  /** Resident bytes of the process with all its threads. */
  readonly memory: number;
  readonly descriptors: number;
  /** Of the main thread since the last measure, in milliseconds. */
  readonly loopP99: number;
  readonly loopMax: number;
  /** Objects that still wait to be uploaded. */
  readonly waiting: number;
  readonly errors: number;
}

/** Files found sound by the verification, by profile; the others are what was found wrong. */
export interface Verified {
  readonly verified: readonly { readonly name: string; readonly sound: number; readonly wrong: number }[];
}

const profiles = JSON.parse(process.argv[2] ?? '[]') as SoakProfile[];
const application = await openApplication();
const [first] = application.receiver.state.profiles;
await application.call('profile-delete', { id: first!.profile.id });
const ports: Record<string, number> = {};
for (const { name, options, secretKey, ruleSetId } of profiles) {
  const secrets = secretKey === undefined ? {} : { secretKey };
  const { id } = await application.call('profile-create', { name, options: { ...options }, secrets, autoStart: false });
  if (ruleSetId !== undefined) await application.call('rule-set-use', { profileId: id, ruleSetId });
  await application.call('receiver-start', { id });
  ports[name] = await application.port(name);
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

function measure(): Measure {
  const { profiles: states, log } = application.receiver.state;
  const taken: Measure = {
    memory: process.memoryUsage.rss(),
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    loopP99: delay.percentile(99) / 1e6,
    loopMax: delay.max / 1e6,
    waiting: states.reduce((sum, { uploads }) => sum + (uploads?.waiting ?? 0), 0),
    errors: log.filter(({ level }) => level === 'error').length,
  };
  delay.reset();
  return taken;
}

async function verify(): Promise<Verified> {
  const verified: { name: string; sound: number; wrong: number }[] = [];
  for (const { name, options } of profiles) {
    if (options.storageBackend === 'S3') continue;
    const before = application.profile(name).verification?.report;
    await application.receiver.history.flush();
    await application.call('verification-start', { id: application.profile(name).profile.id });
    for (;;) {
      const { report, running } = application.profile(name).verification ?? {};
      if (report && report !== before && !running) {
        const wrong = report.damaged + report.missing + report.unreadable + report.firstSeen;
        verified.push({ name, sound: report.sound, wrong });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return { verified };
}

process.on('message', async (ask: SoakAsk) => {
  if (ask === 'measure') process.send?.(measure());
  else if (ask === 'verify') process.send?.(await verify());
  else {
    await application.close();
    await application.host.remove();
    process.disconnect?.();
  }
});
process.send?.({ ports });
