/** The built application without a desktop, in a process of its own with a data folder of its own, and its page's commands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandArgument, CommandName, CommandResults, Result } from '#shared/contract.ts';
import type { ReceiverState } from '#shared/state.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Generous: it may have to build first, on a machine that does other things. */
const WAIT = 90_000;

export interface ApplicationOptions {
  /** Profiles, history, secrets; also the home folder, so that nothing of the user's is touched. */
  readonly data: string;
  /** @default the built application of this tree */
  readonly entry?: string;
  /** Instead of `node entry`. */
  readonly command?: readonly [string, ...string[]];
  /** @default any free port for the page, no browser */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A profile on a free port, so that tests do not meet on 11112. */
export async function writeProfile(data: string, options: object = {}): Promise<void> {
  await mkdir(data, { recursive: true });
  const profile = {
    id: 'p1',
    name: 'Test',
    autoStart: true,
    options: { port: 0, host: '127.0.0.1', callingAeTitle: 'STUDYPORT', outDir: join(data, 'in'), ...options },
    secrets: [],
  };
  await writeFile(join(data, 'profiles.json'), JSON.stringify({ version: 1, profiles: [profile] }));
}

export class Application {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  #cookie = '';

  constructor({ data, entry, command, args, environment }: ApplicationOptions) {
    const [program, ...before] = command ?? [process.execPath, entry ?? join(ROOT, 'out/main/headless.js')];
    const own = args ?? ['start', '--headless', '--no-open', '--page-port', '0'];
    this.process = spawn(program, [...before, ...own, '--data', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a command may start the application as its child.
      detached: true,
      env: {
        ...process.env,
        HOME: data,
        DISPLAY: undefined,
        WAYLAND_DISPLAY: undefined,
        XDG_DATA_HOME: undefined,
        ...environment,
      },
    });
    const killAtExit = () => this.destroy();
    process.on('exit', killAtExit);
    this.process.once('close', () => process.off('exit', killAtExit));
    this.process.stdout!.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.process.stderr!.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
  }

  /** Waits for words in what it prints; rejects when it ends without them. */
  async printed(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(WAIT);
    for (;;) {
      const found = pattern.exec(this[stream]);
      if (found) return found;
      if (this.#hasEnded() || limit.aborted) {
        throw new Error(
          `${pattern} was not printed (${this.process.exitCode ?? 'running'}):\n${this.stdout}${this.stderr}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The link of the page. */
  async url(): Promise<string> {
    return (await this.printed(/^Page: (http:\S+)$/m))[1]!;
  }

  async call<Name extends CommandName>(
    name: Name,
    argument: CommandArgument<Name>,
  ): Promise<Result<CommandResults[Name]>> {
    const { origin, href } = new URL(await this.url());
    if (this.#cookie === '') {
      const answer = await fetch(href, { redirect: 'manual' });
      this.#cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    }
    const body = JSON.stringify(argument);
    const answer = await fetch(`${origin}/api/${name}`, {
      method: 'POST',
      headers: { cookie: this.#cookie, origin, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    return (await answer.json()) as Result<CommandResults[Name]>;
  }

  async state(): Promise<ReceiverState> {
    const answer = await this.call('snapshot', undefined);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value.state;
  }

  /** The port of the first profile, when it listens. */
  async port(): Promise<number> {
    return Number((await this.printed(/^ +Port +(\d+)$/m))[1]);
  }

  /** Sends a signal and resolves to the exit code, or the name of the signal that ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    if (!this.#hasEnded()) {
      const closed = once(this.process, 'close');
      this.process.kill(signal);
      await closed;
    }
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** For the end of a test, however it went: nothing of it goes on. */
  destroy(): void {
    try {
      process.kill(-this.process.pid!, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }
}
