/** Studyport as the bench runs it: the built library in a process of its own, which also watches its event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { TEN_TAGS } from './objects.ts';

export type ReceiverStart = {
  readonly library: string;
  readonly outDir: string;
  readonly port: number;
  readonly fsync: boolean;
  /** Extract ten tags and change two of them before storing. */
  readonly edit: boolean;
};

export type ReceiverCommand =
  | { readonly type: 'start'; readonly options: ReceiverStart }
  | { readonly type: 'measure' }
  | { readonly type: 'report' };

export type ReceiverReport =
  | { readonly type: 'started' | 'measuring' }
  /** Milliseconds by which the event loop was late, 99th percentile and worst. */
  | { readonly type: 'loop'; readonly p99: number; readonly max: number }
  | { readonly type: 'failed'; readonly reason: string };

/** What the bench needs of the library; it is loaded as built, so its types may not exist yet. */
type Library = {
  readonly StoreScp: new (
    options: Record<string, unknown>,
  ) => {
    start(): Promise<void>;
    onBeforeStore(change: (tags: Record<string, string>) => Promise<Record<string, string>>): unknown;
  };
};

const RESOLUTION = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });

function report(message: ReceiverReport): void {
  process.send?.(message);
}

async function start(options: ReceiverStart): Promise<void> {
  const { StoreScp } = (await import(options.library)) as Library;
  const receiver = new StoreScp({
    host: '127.0.0.1',
    port: options.port,
    outDir: options.outDir,
    fsync: options.fsync,
    storeWithFileMeta: true,
    maxPduLength: 131_072,
    ...(options.edit && { extractTags: [...TEN_TAGS] }),
  });
  if (options.edit) {
    receiver.onBeforeStore(async (tags) => ({ ...tags, PatientName: 'Anonymous^Patient', PatientID: 'ANON0001' }));
  }
  await receiver.start();
  report({ type: 'started' });
}

process.on('message', (command: ReceiverCommand) => {
  if (command.type === 'measure') {
    delays.reset();
    delays.enable();
    report({ type: 'measuring' });
  } else if (command.type === 'report') {
    delays.disable();
    // The histogram holds the time between two ticks of a timer, which is the resolution when the loop is never late.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    report({ type: 'loop', p99: late(delays.percentile(99)), max: late(delays.max) });
  } else {
    start(command.options).catch((error: unknown) => {
      report({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      process.exit(1);
    });
  }
});
// The bench is gone: nobody is left to stop this process.
process.on('disconnect', () => process.exit(0));
