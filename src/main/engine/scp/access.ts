/** Who may call: addresses and AE titles (PS3.8 9.3.4 names the reasons of a refusal). */

import { BlockList, isIPv6 } from 'node:net';
import type { Rejection } from '#main/engine/upper-layer/errors.ts';
import { rejection } from '#main/engine/upper-layer/errors.ts';
import type { AAssociateRq } from '#main/engine/upper-layer/pdu.ts';
import type { ResolvedOptions } from '#shared/options.ts';

/** A check of requests; undefined means that the caller is welcome. */
export type AccessCheck = (request: AAssociateRq, remoteAddress: string) => Rejection | undefined;

type AccessOptions = Pick<
  ResolvedOptions,
  'acceptedAddresses' | 'acceptedCalledAeTitles' | 'acceptedCallingAeTitles' | 'strict'
>;

/** Builds the check from the options; empty lists accept everyone. */
export function accessCheck(options: AccessOptions): AccessCheck {
  const addresses = addressList(options.acceptedAddresses);
  const called = new Set(options.acceptedCalledAeTitles.map((title) => title.trim()));
  const calling = new Set(options.acceptedCallingAeTitles.map((title) => title.trim()));
  return (request, remoteAddress) => {
    if (addresses && !addresses(remoteAddress)) {
      return rejection('address-not-accepted', `the address ${remoteAddress} is not among the accepted ones`);
    }
    if (called.size > 0 && !called.has(request.calledAeTitle)) {
      return rejection(
        'called-ae-title-not-recognized',
        `it called "${request.calledAeTitle}", which is not a title of this receiver`,
      );
    }
    if (calling.size > 0 && !calling.has(request.callingAeTitle)) {
      return rejection(
        'calling-ae-title-not-recognized',
        `the calling AE title "${request.callingAeTitle}" is not among the accepted ones`,
      );
    }
    if (options.strict && !isLegalTitle(request.titlesAsReceived.subarray(CALLING_TITLE, CALLING_TITLE + 16))) {
      return rejection('calling-ae-title-not-recognized', 'the calling AE title is blank or has illegal characters');
    }
    return undefined;
  };
}

/** Where the calling AE title begins in the titles as received. */
const CALLING_TITLE = 16;

/** PS3.5 6.2, VR AE, and PS3.8 9.3.2: padded with spaces, not blank, no control characters, no backslash. */
function isLegalTitle(title: Uint8Array): boolean {
  const legal = title.every((byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x5c);
  return legal && title.some((byte) => byte !== 0x20);
}

function addressList(ranges: readonly string[]): ((address: string) => boolean) | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const range of ranges) {
    const [net, prefix] = range.split('/') as [string, string?];
    const family = isIPv6(net) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The address of a peer without the IPv4-in-IPv6 form of a dual-stack socket and without a zone. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}
