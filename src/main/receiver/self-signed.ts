/** A self-signed certificate with its key, for a first try with TLS: X.509 (RFC 5280) written as DER (X.690). */

import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import { promisify } from 'node:util';

export interface SelfSigned {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** RSA, because many modalities offer no suite for another kind of key; 2048 bits are the least of BCP 195. */
const KEY_BITS = 3072;
const YEARS = 5;
/** A clock that is slow must not find it from the future. */
const BEFORE = 24 * 3600 * 1000;

/**
 * Makes a certificate for server and client authentication.
 * @param commonName what it is issued to: the name of this computer
 * @param names host names and IP addresses for which it holds
 */
export async function selfSigned(commonName: string, names: readonly string[], now = new Date()): Promise<SelfSigned> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS });
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + YEARS);
  const issuer = sequence(set(sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from(commonName.slice(0, 64))))));
  const signature = sequence(oid(1, 2, 840, 113549, 1, 1, 11), NULL);
  const certificate = sequence(
    der(0xa0, integer(Buffer.of(2))),
    // Positive, and not longer than 20 bytes (RFC 5280 4.1.2.2).
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    signature,
    issuer,
    sequence(utcTime(new Date(now.getTime() - BEFORE)), utcTime(end)),
    issuer,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(names))),
  );
  const bits = Buffer.concat([Buffer.of(0), sign('sha256', certificate, privateKey)]);
  return {
    certificate: pem('CERTIFICATE', sequence(certificate, signature, der(0x03, bits))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(names: readonly string[]): Buffer[] {
  const extension = (id: Buffer, value: Buffer, ...critical: Buffer[]) => sequence(id, ...critical, der(0x04, value));
  const general = names.map((name) =>
    isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, addressBytes(name)),
  );
  return [
    // Basic constraints: no authority. Nothing else can be signed with this key and believed.
    extension(oid(2, 5, 29, 19), sequence(), TRUE),
    // Key usage: digital signature, key encipherment.
    extension(oid(2, 5, 29, 15), der(0x03, Buffer.of(5, 0xa0)), TRUE),
    // Server and client authentication: the self-test of the receiver presents it too.
    extension(oid(2, 5, 29, 37), sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1), oid(1, 3, 6, 1, 5, 5, 7, 3, 2))),
    ...(general.length > 0 ? [extension(oid(2, 5, 29, 17), sequence(...general))] : []),
  ];
}

const NULL = Buffer.of(0x05, 0);
const TRUE = Buffer.of(0x01, 1, 0xff);

/** Tag, length, value. */
function der(tag: number, ...values: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(values);
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}

function sequence(...values: readonly Uint8Array[]): Buffer {
  return der(0x30, ...values);
}

function set(...values: readonly Uint8Array[]): Buffer {
  return der(0x31, ...values);
}

function integer(bytes: Uint8Array): Buffer {
  return der(0x02, bytes);
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const base128 = (value: number): number[] => {
    const digits = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return der(0x06, Buffer.of(first * 40 + second, ...rest.flatMap(base128)));
}

/** Until 2049 (RFC 5280 4.1.2.5.1). */
function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes an address in one form, without a dotted part.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of before.entries()) bytes.writeUInt16BE(group, index * 2);
  for (const [index, group] of after.entries()) bytes.writeUInt16BE(group, 16 - 2 * (after.length - index));
  return bytes;
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
