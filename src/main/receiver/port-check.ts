/** Is a port free? Really binds it, and says in words who may have it when it is not. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { PortCheck, Problem } from '#shared/contract.ts';
import { errnoOf } from './problem.ts';

/** Programs that people have on these ports. */
const USUAL: Readonly<Record<number, string>> = {
  104: 'a PACS, a viewer or another DICOM receiver',
  4242: 'Orthanc',
  8042: 'the web page of Orthanc',
  11110: 'a PACS such as dcm4chee',
  11112: 'another DICOM receiver, such as dcm4chee, Horos or a second Studyport',
  2762: 'another DICOM receiver with TLS',
  5678: 'another DICOM receiver',
};

/** The first port from which on everything may be opened without rights. */
export async function firstOpenPort(): Promise<number> {
  if (process.platform === 'win32' || process.platform === 'darwin') return 0;
  const text = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024');
  return Number.parseInt(text, 10) || 0;
}

/** @param host the address to listen on; undefined: all of them */
export async function checkPort(port: number, host: string | undefined): Promise<PortCheck> {
  const privileged = port !== 0 && port < (await firstOpenPort());
  const error = await bind(port, host);
  if (!error) return { free: true, privileged };
  return { free: false, privileged, problem: portProblem(errnoOf(error), port, host) };
}

/** The first free port at or after one; undefined when a hundred are taken. */
export async function freePortFrom(port: number, taken: ReadonlySet<number>): Promise<number | undefined> {
  for (let candidate = port; candidate < Math.min(65536, port + 100); candidate++) {
    if (!taken.has(candidate) && !(await bind(candidate, undefined))) return candidate;
  }
  return undefined;
}

function portProblem(code: string, port: number, host: string | undefined): Problem {
  switch (code) {
    case 'EADDRINUSE': {
      const usual = USUAL[port];
      return {
        code: 'port-in-use',
        field: 'port',
        message: `Port ${port} is in use by another program${usual ? `, perhaps ${usual}` : ''}. Stop that program, or choose another port.`,
      };
    }
    case 'EACCES':
      return {
        code: 'port-needs-rights',
        field: 'port',
        message: `Port ${port} needs administrator rights, as ports below 1024 do on most systems. Choose a port such as 11112.`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return {
        code: 'address-not-available',
        field: 'host',
        message: `${host ?? 'The address'} is not an address of this computer. Leave the address empty to listen on all of them.`,
      };
    default:
      return {
        code: 'port-failed',
        field: 'port',
        message: `Port ${port} cannot be opened (${code || 'unknown error'}). Choose another port.`,
      };
  }
}

function bind(port: number, host: string | undefined): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, ...(host !== undefined && host !== '' && { host }) }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}
