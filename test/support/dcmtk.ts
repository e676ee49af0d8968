/** OFFIS DICOM toolkit: storescu, dcmsend and echoscu as senders, storescp as the receiver to compare with. */
import { copyFile } from 'node:fs/promises';
import { freePort, type RunOptions, type RunResult, run, type Server, startServer } from './tools.ts';

export type StoreScpOptions = {
  /** An existing folder. */
  readonly folder: string;
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * storescp writing what it receives bit by bit. Without TCP_NODELAY it answers every object 44 ms late, because its
 * response goes out in two writes.
 */
export async function startStoreScp(options: StoreScpOptions): Promise<Server> {
  const port = options.port ?? (await freePort());
  const args = options.args ?? ['+xa', '+B', '-pm', '-pdu', '131072'];
  return startServer('storescp', [...args, '-od', options.folder, String(port)], {
    port,
    cwd: options.folder,
    env: { TCP_NODELAY: '1', ...options.env },
  });
}

export type DcmtkPeer = {
  readonly port: number;
  readonly host?: string;
  readonly calledAeTitle?: string;
  readonly callingAeTitle?: string;
};

function titles(peer: DcmtkPeer): string[] {
  return ['-aec', peer.calledAeTitle ?? 'ANY-SCP', '-aet', peer.callingAeTitle ?? 'DCMTK'];
}

function address(peer: DcmtkPeer): string[] {
  return [peer.host ?? '127.0.0.1', String(peer.port)];
}

/** `args` go before the address, for example `['-xs']` to propose JPEG lossless. */
export function storescu(
  peer: DcmtkPeer,
  files: readonly string[],
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return run('storescu', ['-v', ...titles(peer), ...args, ...address(peer), ...files], options);
}

export function dcmsend(
  peer: DcmtkPeer,
  files: readonly string[],
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return run('dcmsend', ['-v', ...titles(peer), ...args, ...address(peer), ...files], options);
}

export function echoscu(peer: DcmtkPeer, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
  return run('echoscu', ['-v', ...titles(peer), ...args, ...address(peer)], options);
}

/** A copy of a file with other values: `{ '(0010,0010)': 'A^B' }`. */
export async function dcmodify(from: string, to: string, values: Readonly<Record<string, string>>): Promise<void> {
  await copyFile(from, to);
  const changes = Object.entries(values).flatMap(([tag, value]) => ['-i', `${tag}=${value}`]);
  const { code, stderr } = await run('dcmodify', ['-nb', ...changes, to]);
  if (code !== 0) throw new Error(`dcmodify: ${stderr}`);
}
