/** What both hosts tell about the machine: its name and the addresses under which others may reach it. */

import { homedir, hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { HostInfo } from '#shared/events.ts';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Addresses that another machine can use, IPv4 first: no loopback, and no link-local IPv6, which needs a zone. */
export function reachableAddresses(interfaces: Interfaces): HostInfo['addresses'] {
  return Object.entries(interfaces)
    .flatMap(([name, list]) => (list ?? []).map((entry) => ({ ...entry, name })))
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address, family, name }) => ({ address, family, interface: name }))
    .toSorted((one, other) => one.family.localeCompare(other.family));
}

/** Whether an address is one of this machine's own, loopback included. */
export function isOwnAddress(address: string, interfaces: Interfaces = networkInterfaces()): boolean {
  const bare = address.replace(/^::ffff:/, '');
  return Object.values(interfaces).some((list) => list?.some((entry) => entry.address === bare));
}

/** Name, addresses and home folder of this machine, as they are now. */
export function machineInfo(): Pick<HostInfo, 'hostName' | 'addresses' | 'homeFolder' | 'platform'> {
  return {
    hostName: hostname(),
    addresses: reachableAddresses(networkInterfaces()),
    homeFolder: homedir(),
    platform: process.platform,
  };
}
