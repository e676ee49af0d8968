/** The built command line in a process of its own, its JSON events as they come. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const CLI = 'dist/cli.js';
const WAIT = 20_000;

export interface CliEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A receiver started by `studyport receive --json`. */
export class CliReceiver {
  readonly events: CliEvent[] = [];
  readonly process: ChildProcess;
  stderr = '';
  readonly #waiting: { readonly type: string; readonly resolve: (event: CliEvent) => void }[] = [];

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [CLI, 'receive', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.process.stderr!.on('data', (chunk) => {
      this.stderr += String(chunk);
    });
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as CliEvent;
      this.events.push(event);
      for (const waiter of this.#waiting.filter(({ type }) => type === event.type)) waiter.resolve(event);
    });
  }

  /** The first event of a type, past or future; rejects when it does not come. */
  async event(type: string): Promise<CliEvent> {
    const past = this.events.find((event) => event.type === type);
    if (past) return past;
    const signal = AbortSignal.timeout(WAIT);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, resolve });
      signal.addEventListener('abort', () => reject(new Error(`no ${type} came; stderr: ${this.stderr}`)));
      this.process.once('exit', (code) =>
        setTimeout(() => reject(new Error(`it exited with ${code}: ${this.stderr}`)), 50),
      );
    });
  }

  /** The port it listens on. */
  async port(): Promise<number> {
    return (await this.event('server-started')).port as number;
  }

  /** Sends a signal and resolves to the exit code, or the name of the signal that ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, 'close');
      this.process.kill(signal);
      await exit;
    }
    return this.process.exitCode ?? this.process.signalCode;
  }
}

/** Runs the command to its end. */
export async function runCli(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    timeout: WAIT,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
