/** A real S3 server for tests: Ceph RGW on loopback. `describe.skipIf(requireRgw())`. */

import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createTempFolder } from './temp-folder.ts';
import { freePort, requireTool } from './tools.ts';

export type Rgw = {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Ends the gateway at once, as a crash would; nothing answers on its port afterwards. */
  readonly kill: () => void;
  /** Another gateway on the same port, with everything that was stored; resolves when it answers. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** True when the server is not installed here; says so. Throws under REQUIRE_INTEROP=1. */
export const requireRgw = (): boolean => requireTool('radosgw', 'ceph-mon', 'ceph-osd', 'curl');

/** Resolves after some three seconds, when it answers. */
export async function startRgw(): Promise<Rgw> {
  const folder = await createTempFolder('rgw');
  const port = await freePort();
  const script = new URL('./rgw.sh', import.meta.url).pathname;
  const child = spawn('bash', [script, folder.path, String(port), String(await freePort())], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await folder.remove();
  };
  const gateway = await new Promise<number | undefined>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(Number(line.slice(6)));
    });
    void exited.then(() => resolve(undefined));
  });
  if (gateway === undefined) {
    await folder.remove();
    throw new Error('Ceph RGW did not start; what it printed is above.');
  }
  const endpoint = `http://127.0.0.1:${port}`;
  let current = gateway;
  return {
    endpoint,
    accessKey: 'TESTKEY',
    secretKey: 'TESTSECRET',
    kill: () => {
      process.kill(current, 'SIGKILL');
    },
    restart: async () => {
      const next = spawn('radosgw', ['-f', '-n', 'client.rgw', '-c', folder.join('ceph.conf')], { stdio: 'ignore' });
      current = next.pid ?? 0;
      // The script ends it together with everything else.
      await appendFile(folder.join('pids'), `${current}\n`);
      while (
        !(await fetch(endpoint).then(
          ({ ok }) => ok,
          () => false,
        ))
      ) {
        if (next.exitCode !== null) throw new Error('Ceph RGW did not start again');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop,
  };
}
