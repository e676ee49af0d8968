/**
 * The sending process: does one job and reports. All associations live in this one process; it does little more than
 * hand finished buffers to the kernel, so that the receiver under test has the other core for itself.
 */
import { RawSender } from '../support/raw-sender.ts';
import { BENCH_CONTEXT, ReusableObject } from './objects.ts';

export type Job = {
  readonly port: number;
  readonly size: number;
  readonly count: number;
  readonly associations: number;
  /** Objects per association before the clock starts: both sides have then opened and compiled what they need. */
  readonly warmUp: number;
};

export type SenderReport =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly seconds: number; readonly latencies: readonly number[] }
  | { readonly type: 'released' }
  | { readonly type: 'failed'; readonly reason: string };

export type SenderCommand = { readonly type: 'prepare'; readonly job: Job } | { readonly type: 'go' | 'release' };

type Lane = { readonly sender: RawSender; readonly object: ReusableObject; readonly count: number };

let job: Job | undefined;
let lanes: Lane[] = [];

function report(message: SenderReport): void {
  process.send?.(message);
}

async function prepare(next: Job): Promise<void> {
  job = next;
  lanes = await Promise.all(
    Array.from({ length: next.associations }, async (_, association) => {
      const sender = await RawSender.connect({
        port: next.port,
        contexts: [BENCH_CONTEXT],
        timeout: 120_000,
        callingAeTitle: `BENCH${association}`,
      });
      const maxPdu = Math.min(131_072, sender.accept.maxPdu || 131_072);
      const count = Math.floor(next.count / next.associations);
      return { sender, object: new ReusableObject(next.size, association, maxPdu), count };
    }),
  );
  await Promise.all(lanes.map((lane) => send(lane, 0, next.warmUp)));
  report({ type: 'ready' });
}

async function send({ sender, object }: Lane, from: number, to: number, latencies: number[] = []): Promise<void> {
  for (let index = from; index < to; index += 1) {
    const encoded = object.at(index);
    const start = performance.now();
    const { Status } = await sender.storeEncoded(encoded);
    latencies.push(performance.now() - start);
    if (Status !== 0) throw new Error(`object ${index} was answered with status ${Status?.toString(16)}`);
  }
}

async function go({ warmUp }: Job): Promise<void> {
  const latencies: number[] = [];
  const start = performance.now();
  await Promise.all(lanes.map((lane) => send(lane, warmUp, warmUp + lane.count, latencies)));
  report({ type: 'done', seconds: (performance.now() - start) / 1000, latencies });
}

async function obey(command: SenderCommand): Promise<void> {
  if (command.type === 'prepare') await prepare(command.job);
  else if (job && command.type === 'go') await go(job);
  else {
    await Promise.all(lanes.map(({ sender }) => sender.release()));
    report({ type: 'released' });
    process.disconnect();
  }
}

process.on('message', (command: SenderCommand) => {
  obey(command).catch((error: unknown) => {
    report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  });
});
