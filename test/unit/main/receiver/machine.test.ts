import { expect, test } from 'vitest';
import { reachableAddresses } from '../../../../src/main/receiver/machine.ts';

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
