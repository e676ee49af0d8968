import { expect, test } from 'vitest';
import { isOwnAddress, reachableAddresses } from '#main/receiver/machine.ts';

const entry = (address: string, family: 'IPv4' | 'IPv6', internal = false) => ({ address, family, internal }) as never;

test('shows addresses that another machine can use, IPv4 first', () => {
  expect(
    reachableAddresses({
      lo: [entry('127.0.0.1', 'IPv4', true), entry('::1', 'IPv6', true)],
      eth0: [entry('fe80::1', 'IPv6'), entry('2001:db8::5', 'IPv6'), entry('10.1.2.3', 'IPv4')],
      gone: undefined,
    }),
  ).toEqual([
    { address: '10.1.2.3', family: 'IPv4', interface: 'eth0' },
    { address: '2001:db8::5', family: 'IPv6', interface: 'eth0' },
  ]);
});

test('knows its own addresses, loopback and mapped ones included', () => {
  const interfaces = { lo: [entry('127.0.0.1', 'IPv4', true)], eth0: [entry('10.1.2.3', 'IPv4')], gone: undefined };
  for (const own of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.2.3']) expect(isOwnAddress(own, interfaces)).toBe(true);
  for (const other of ['10.1.2.4', '', '::1']) expect(isOwnAddress(other, interfaces)).toBe(false);
  expect(isOwnAddress('127.0.0.1')).toBe(true);
});
