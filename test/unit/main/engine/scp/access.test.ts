/** Who may call, judged by address and AE titles. */
import { describe, expect, test } from 'vitest';
import { accessCheck, plainAddress } from '#main/engine/scp/access.ts';
import type { AAssociateRq } from '#main/engine/upper-layer/pdu.ts';
import { PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import { associateRequest } from '../../../../support/raw-pdu.ts';

type Options = Parameters<typeof accessCheck>[0];

function request(
  callingAeTitle: string | Uint8Array = 'CT01',
  calledAeTitle: string | Uint8Array = 'SCP',
): AAssociateRq {
  const decoder = new PduDecoder(4096);
  decoder.push(associateRequest({ contexts: [], callingAeTitle, calledAeTitle }));
  const item = decoder.next();
  if (item?.type !== 'A-ASSOCIATE-RQ') throw new Error('not a request');
  return item;
}

const check = (options: Partial<Options>, asked: AAssociateRq = request(), address = '10.1.2.3') =>
  accessCheck({
    acceptedAddresses: [],
    acceptedCalledAeTitles: [],
    acceptedCallingAeTitles: [],
    strict: false,
    ...options,
  })(asked, address)?.code;

describe('addresses', () => {
  test.each([
    [[], '203.0.113.9', true],
    [['10.1.2.3'], '10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.4', false],
    [['10.1.0.0/16'], '10.1.255.255', true],
    [['10.1.0.0/16'], '10.2.0.0', false],
    [['10.1.2.3/32'], '10.1.2.3', true],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['2001:db8::/32'], '2001:db8:1::5', true],
    [['2001:db8::/32'], '2001:db9::5', false],
    [['2001:db8::1'], '2001:0db8:0:0:0:0:0:1', true],
    [['::1'], '::1', true],
    [['::1'], '127.0.0.1', false],
    [['10.0.0.0/8', '192.168.1.7', 'fe80::/10'], '192.168.1.7', true],
    [['10.0.0.0/8', '192.168.1.7', 'fe80::/10'], 'fe80::1', true],
    [['10.0.0.0/8'], '', false],
  ])('%o: %s is welcome: %s', (acceptedAddresses, address, welcome) => {
    expect(check({ acceptedAddresses }, request(), address)).toBe(welcome ? undefined : 'address-not-accepted');
  });

  test.each([
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:0:1', '::ffff:0:1'],
    [undefined, ''],
  ])('%s is shown and compared as %s', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});

describe('AE titles', () => {
  test.each([
    [[], 'ANY', true],
    [['SCP'], 'SCP', true],
    [['  SCP '], 'SCP', true],
    [['SCP'], 'scp', false],
    [['SCP'], 'SCP2', false],
    [['SCP', 'OLD NAME'], 'OLD NAME', true],
  ])('called: %o accepts "%s": %s', (acceptedCalledAeTitles, title, welcome) => {
    expect(check({ acceptedCalledAeTitles }, request('CT01', title))).toBe(
      welcome ? undefined : 'called-ae-title-not-recognized',
    );
  });

  test.each([
    [[], 'ANY', true],
    [['CT01', 'MR01'], 'MR01', true],
    [['CT01', 'MR01'], 'MR02', false],
    [['CT01'], '', false],
  ])('calling: %o accepts "%s": %s', (acceptedCallingAeTitles, title, welcome) => {
    expect(check({ acceptedCallingAeTitles }, request(title))).toBe(
      welcome ? undefined : 'calling-ae-title-not-recognized',
    );
  });

  test('a NUL-padded title is compared without its padding', () => {
    const options = { acceptedCallingAeTitles: ['CT01'], acceptedCalledAeTitles: ['SCP'] };
    expect(check(options, request(Buffer.from('CT01'), Buffer.from('SCP')))).toBeUndefined();
  });
});

test('the address is judged first, then the called, then the calling title', () => {
  const options = { acceptedAddresses: ['192.168.0.1'], acceptedCalledAeTitles: ['X'], acceptedCallingAeTitles: ['Y'] };
  expect(check(options)).toBe('address-not-accepted');
  expect(check({ ...options, acceptedAddresses: [] })).toBe('called-ae-title-not-recognized');
  expect(check({ acceptedCallingAeTitles: ['Y'] })).toBe('calling-ae-title-not-recognized');
});

describe('strict', () => {
  test.each<readonly [string, string | Uint8Array, boolean]>([
    ['a good title', 'CT-01_a 2', true],
    ['sixteen characters', 'ABCDEFGHIJKLMNOP', true],
    ['leading spaces', '  CT01', true],
    ['blank', '                ', false],
    ['all NUL', Buffer.alloc(16), false],
    ['NUL-padded', Buffer.from('CT01'), false],
    ['non-ASCII', Buffer.from('C\xd601            ', 'latin1'), false],
    ['a control character', 'CT\x0701', false],
    ['a backslash', 'CT\\01', false],
  ])('%s', (_, title, legal) => {
    expect(check({ strict: true }, request(title))).toBe(legal ? undefined : 'calling-ae-title-not-recognized');
    expect(check({ strict: false }, request(title))).toBeUndefined();
  });
});
