/**
 * A receiver in a process of its own, whose file system, clock and end are in the hands of the campaign:
 * `node --expose-gc child.ts START`, forked. Talks over IPC: see `FromChild` and `ToChild`.
 */
import { StoreScp } from '#main/engine/index.ts';
import { nodeFileSystem } from '#main/engine/storage/file-system.ts';
import type { StoreScpOptions } from '#shared/options.ts';
import { DurableDisk, faultyFileSystem } from './faulty-file-system.ts';

export interface ChildStart {
  readonly options: StoreScpOptions;
  /** Remember what a power failure would leave: takes as much memory as what is stored. */
  readonly remember?: boolean;
  /** The user to become; needs root. */
  readonly uid?: number;
}

export type ToChild =
  /** The next `times` calls of this name fail. */
  | { readonly fail: { readonly call: string; readonly code: string; readonly times: number } }
  /** SIGKILL before the n-th call from now on; before that, what a power failure would leave is written to `after`. */
  | { readonly end: { readonly calls: number; readonly after: string } }
  /** The clock is wrong by so many milliseconds from now on. */
  | { readonly clock: number }
  | { readonly removed: string }
  | { readonly retryUploads: true }
  | { readonly memory: true }
  | { readonly stop: true };

export type FromChild =
  | { readonly port: number }
  | { readonly failed: string }
  | { readonly memory: number }
  | { readonly done: true };

const { options, uid, remember } = JSON.parse(process.argv[2] ?? '{}') as ChildStart;
if (uid !== undefined) {
  process.setgid?.(uid);
  process.setuid?.(uid);
}

const say = (message: FromChild) => process.send?.(message);
const disk = remember ? new DurableDisk() : undefined;
let failing: { readonly call: string; readonly code: string; times: number } | undefined;
let end: { calls: number; readonly after: string } | undefined;

function before(call: string): void {
  if (end && --end.calls <= 0) {
    disk?.restore(options.outDir ?? '', end.after);
    process.kill(process.pid, 'SIGKILL');
  }
  if (failing?.call !== call || failing.times <= 0) return;
  failing.times--;
  throw Object.assign(new Error(`${failing.code}: injected`), { code: failing.code });
}

/** Everybody who asks for the time from now on is told a wrong one. */
function setClock(offset: number): void {
  const Real = Date;
  const now = Real.now.bind(Real);
  class Shifted extends Real {
    constructor(...argument: [] | [string | number]) {
      super(...((argument.length === 0 ? [Shifted.now()] : argument) as [number]));
    }
    static override now(): number {
      return now() + offset;
    }
  }
  globalThis.Date = Shifted as DateConstructor;
}

Object.assign(nodeFileSystem, faultyFileSystem({ before }, disk));
const scp = new StoreScp({ ...options, logger: () => {} });
process.on('message', async (message: ToChild) => {
  if ('fail' in message) failing = { ...message.fail };
  else if ('end' in message) end = { ...message.end };
  else if ('clock' in message) setClock(message.clock);
  else if ('removed' in message) disk?.removed(message.removed);
  else if ('retryUploads' in message) scp.retryUploads();
  else if ('memory' in message) {
    globalThis.gc?.();
    say({ memory: process.memoryUsage.rss() });
    return;
  } else {
    await scp.stop();
    process.disconnect?.();
    return;
  }
  say({ done: true });
});
scp.onServerStarted((error, { data }) => {
  if (!error) say({ port: data.port });
});
try {
  await scp.start();
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
}
