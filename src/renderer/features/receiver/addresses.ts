/** Under which addresses a receiver can be reached. Pure. */

import type { HostInfo } from '#shared/events.ts';

export interface Reachable {
  /** Nobody but this computer itself. */
  readonly isLocal: boolean;
  readonly hostName: string;
  readonly addresses: readonly { readonly address: string; readonly note: string }[];
}

const EVERY = new Set(['', '::', '0.0.0.0', '*']);
const LOCAL = /^(127\.|::1$|localhost$)/;

/** @param bound the address it listens on; empty: all */
export function reachable(host: HostInfo, bound: string): Reachable {
  if (LOCAL.test(bound)) return { isLocal: true, hostName: 'localhost', addresses: [{ address: bound, note: '' }] };
  if (!EVERY.has(bound)) {
    return { isLocal: false, hostName: host.hostName, addresses: [{ address: bound, note: interfaceOf(host, bound) }] };
  }
  const addresses = host.addresses
    .filter(({ family }) => bound !== '0.0.0.0' || family === 'IPv4')
    .map(({ address, family, interface: name }) => ({ address, note: `${family}, ${name}` }));
  return { isLocal: false, hostName: host.hostName, addresses };
}

function interfaceOf(host: HostInfo, bound: string): string {
  const known = host.addresses.find(({ address }) => address === bound);
  return known ? `${known.family}, ${known.interface}` : '';
}
