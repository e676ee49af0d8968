/** The receiver of the campaign as its driver holds it: a forked process that does as it is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ChildStart, FromChild, ToChild } from './child.ts';

const CHILD = join(import.meta.dirname, 'child.ts');

export class ReceiverProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  /** @param descriptors how many files it may have open (`ulimit -n`) */
  static async start(start: ChildStart, descriptors?: number): Promise<ReceiverProcess> {
    const program = [process.execPath, '--expose-gc', '--no-warnings', CHILD, JSON.stringify(start)];
    const limited = ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, ...program];
    const [command, args] = descriptors === undefined ? [program[0]!, program.slice(1)] : ['bash', limited];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => [{ failed: `it ended with ${code}` }]),
    ])) as [FromChild];
    if (!('port' in message)) throw new Error(`the receiver did not start: ${JSON.stringify(message)}`);
    return new ReceiverProcess(child, message.port);
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when it has done so. */
  async tell(message: Exclude<ToChild, { stop: true }>): Promise<FromChild> {
    const answer = once(this.#child, 'message');
    this.#child.send(message);
    return ((await answer) as [FromChild])[0];
  }

  /** Resident bytes after a collection. */
  async memory(): Promise<number> {
    const answer = await this.tell({ memory: true });
    if (!('memory' in answer)) throw new Error('that is no answer');
    return answer.memory;
  }

  /** Resolves with the signal that ended it. */
  async ended(): Promise<NodeJS.Signals | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.signalCode;
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send({ stop: true } satisfies ToChild);
    await this.ended();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
