/** Finds and runs programs that nobody here wrote; the other ends of the interop tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { echo } from './scripted-peer.ts';

/** Which Debian package brings a tool, to say so when it is missing. */
const PACKAGES: Readonly<Record<string, string>> = {
  storescp: 'dcmtk',
  storescu: 'dcmtk',
  dcmsend: 'dcmtk',
  echoscu: 'dcmtk',
  dcmdump: 'dcmtk',
  gdcmscu: 'libgdcm-tools',
  Orthanc: 'orthanc',
  radosgw: 'radosgw',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  curl: 'curl',
  openssl: 'openssl',
};

export function findTool(name: string): string | undefined {
  // Debian keeps servers in sbin, which is not on everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Why a tool cannot be used, or undefined when it can. */
export function missingTools(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findTool(name) === undefined);
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((name) => PACKAGES[name] ?? name))];
  return `${missing.join(', ')} not installed: apt-get install ${packages.join(' ')}`;
}

/**
 * For the top of a test file: `describe.skipIf(requireTool('storescp', 'storescu'))('…', …)`. True means skip, and says
 * why; under REQUIRE_INTEROP=1 a missing tool is a failure.
 */
export function requireTool(...names: readonly string[]): boolean {
  const reason = missingTools(names);
  if (reason === undefined) return false;
  if (process.env.REQUIRE_INTEROP === '1') throw new Error(`REQUIRE_INTEROP=1, but ${reason}`);
  process.stderr.write(`Skipped: ${reason}\n`);
  return true;
}

export function toolPath(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(missingTools([name]));
  return path;
}

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly input?: string;
};

export type RunResult = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
};

/** Runs a program to its end. A failing exit code is a result; only a program that cannot be started throws. */
export function run(name: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(name.includes('/') ? name : toolPath(name), args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {
    // A program that does not read its input closes it; that is its business.
  });
  child.stdin.end(options.input ?? '');
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeout ?? 60_000);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout: stdout(), stderr: stderr(), timedOut });
    });
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

export type Server = {
  readonly port: number;
  /** The process that was started, which leads its own process group. */
  readonly pid: number;
  /** What it has printed so far. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
};

export type ServerOptions = {
  readonly port: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take until it answers a C-ECHO. */
  readonly timeout?: number;
};

/** Starts a DICOM server in a process group of its own and waits until it answers a C-ECHO. */
export async function startServer(name: string, args: readonly string[], options: ServerOptions): Promise<Server> {
  // A group of its own, so that the children a forking server leaves behind end with it.
  const child = spawn(toolPath(name), args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const output = () => `${stdout()}${stderr()}`;
  const failed = new Promise<never>((_resolve, reject) => child.on('error', reject));
  failed.catch(() => {});
  const killAtExit = () => signalGroup(child, 'SIGKILL');
  process.on('exit', killAtExit);
  const stop = async () => {
    process.off('exit', killAtExit);
    await stopGroup(child);
  };
  try {
    await Promise.race([failed, answersEcho(options.port, options.timeout ?? 20_000, child)]);
  } catch (error) {
    await stop();
    throw new Error(`${name} did not start: ${error instanceof Error ? error.message : error}\n${output()}`);
  }
  return { port: options.port, pid: child.pid ?? -1, output, stop };
}

async function answersEcho(port: number, timeout: number, child: ChildProcess): Promise<void> {
  const limit = performance.now() + timeout;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    try {
      await echo(port, { timeout: 2_000 });
      return;
    } catch (error) {
      if (performance.now() > limit) throw error;
    }
    await delay(50);
  }
}

async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const ended =
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
  // The leader is gone; whatever it forked is not.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: everything in the group has already ended, which is what was asked for.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the listening socket has no port');
  return address.port;
}
