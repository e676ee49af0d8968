/** How the self-test calls a receiver so that it may come in: address and AE titles that the settings accept. */

import { BlockList, isIP, isIPv6 } from 'node:net';
import type { ProfileOptions } from '#shared/contract.ts';
import { TEST_AE_TITLE } from '#shared/dicom/test-images.ts';
import { optionDefaults } from '#shared/options.ts';

export interface TestRoute {
  readonly host: string;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** What is unusual about it, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Chooses who the test pretends to be. The address matters because the receiver sees the one that is called as the
 * address of the caller, too, when both are on this machine.
 * @param ownAddresses those of this machine, without loopback
 */
export function testRoute(options: ProfileOptions, ownAddresses: readonly string[]): TestRoute | { problem: string } {
  const { host = '', acceptedAddresses = [], acceptedCallingAeTitles = [], acceptedCalledAeTitles = [] } = options;
  const candidates = candidateHosts(host, ownAddresses);
  const reachable = candidates.find((address) => isIP(address) === 0 || accepts(acceptedAddresses, address));
  if (reachable === undefined) {
    return {
      problem:
        `The accepted addresses do not include this computer (${candidates.join(', ')}), so a test from here is turned away, ` +
        'as it should be. To test all the same, add 127.0.0.1 to the accepted addresses for the time of the test.',
    };
  }
  if (options.userIdentity === 'required') {
    return {
      problem:
        'This profile requires a user name and passcode, which the test does not have: it keeps only their hashes. A test ' +
        'from here is turned away, as it should be. To test all the same, set the user identity to "optional" meanwhile.',
    };
  }
  const notes: string[] = [];
  const callers = acceptedCallingAeTitles.map((title) => title.trim());
  const callingAeTitle = callers.includes(TEST_AE_TITLE) ? TEST_AE_TITLE : (callers[0] ?? TEST_AE_TITLE);
  if (callingAeTitle !== TEST_AE_TITLE) {
    notes.push(`The test calls as "${callingAeTitle}", because ${TEST_AE_TITLE} is not among the accepted callers.`);
  }
  const own = (options.callingAeTitle ?? optionDefaults.callingAeTitle).trim();
  const names = acceptedCalledAeTitles.map((title) => title.trim());
  const calledAeTitle = names.length === 0 || names.includes(own) ? own : names[0]!;
  if (calledAeTitle !== own) {
    notes.push(`It calls "${calledAeTitle}", because the AE title "${own}" is not among the accepted called titles.`);
  }
  return { host: reachable, calledAeTitle, callingAeTitle, notes };
}

/** Where the receiver can be called from here, best first. */
function candidateHosts(host: string, ownAddresses: readonly string[]): readonly string[] {
  switch (host) {
    case '':
      return ['127.0.0.1', '::1', ...ownAddresses];
    case '0.0.0.0':
      return ['127.0.0.1', ...ownAddresses.filter((address) => !isIPv6(address))];
    case '::':
      return ['::1', '127.0.0.1', ...ownAddresses];
    default:
      return [host];
  }
}

/** An empty list accepts everyone. */
function accepts(ranges: readonly string[], address: string): boolean {
  if (ranges.length === 0) return true;
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', prefix] = range.split('/');
    const family = isIPv6(net) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
