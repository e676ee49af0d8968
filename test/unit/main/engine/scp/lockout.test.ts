import { expect, test } from 'vitest';
import { isLoopback, Lockout } from '#main/engine/scp/lockout.ts';

function lockout(lockoutAfter = 3, lockoutTime = 60) {
  const clock = { now: 0 };
  const told: (readonly [string, number])[] = [];
  const one = new Lockout(
    { lockoutAfter, lockoutTime },
    (address, times) => told.push([address, times]),
    () => clock.now,
  );
  return { one, clock, told };
}

test('so many failures in a row lock out, and the time ends it', () => {
  const { one, clock, told } = lockout();
  expect([one.failed('10.0.0.1'), one.failed('10.0.0.1'), one.refuses('10.0.0.1')]).toEqual([false, false, false]);
  expect(one.failed('10.0.0.1')).toBe(true);
  expect([one.refuses('10.0.0.1'), one.refuses('10.0.0.2')]).toEqual([true, false]);
  // A connection that was open before fails too: it makes no second lockout.
  expect(one.failed('10.0.0.1')).toBe(false);
  clock.now = 59_999;
  expect(one.refuses('10.0.0.1')).toBe(true);
  clock.now = 60_000;
  expect([one.refuses('10.0.0.1'), one.failed('10.0.0.1')]).toEqual([false, false]);
  expect(told).toEqual([
    ['10.0.0.1', 1],
    ['10.0.0.1', 1],
  ]);
});

test('closed connections are told with their number, seldom', () => {
  const { one, clock, told } = lockout(1);
  one.failed('10.0.0.1');
  for (let count = 0; count < 1000; count++) one.refuses('10.0.0.1');
  clock.now = 5000;
  one.refuses('10.0.0.1');
  one.refuses('10.0.0.1');
  clock.now = 60_000;
  one.refuses('10.0.0.1');
  expect(told.map(([, times]) => times)).toEqual([1, 1000, 1]);
});

test('a good association, a word of a person, and a minute without failures begin a new row', () => {
  const { one, clock } = lockout(2);
  one.failed('10.0.0.1');
  one.clear('10.0.0.1');
  expect(one.failed('10.0.0.1')).toBe(false);
  clock.now = 60_000;
  expect(one.failed('10.0.0.1')).toBe(false);
  expect(one.failed('10.0.0.1')).toBe(true);
  one.clear('10.0.0.1');
  expect(one.refuses('10.0.0.1')).toBe(false);
});

test('this computer is never locked out, and 0 turns it off', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    expect(isLoopback(address)).toBe(true);
    expect(lockout(1).one.failed(address)).toBe(false);
  }
  expect(lockout(0).one.failed('10.0.0.1')).toBe(false);
});

test('it remembers no more than ten thousand addresses: the oldest goes', () => {
  const { one } = lockout(2);
  one.failed('10.0.0.1');
  for (let address = 0; address < 10_000; address++) one.failed(`2001:db8::${address.toString(16)}`);
  expect(one.failed('10.0.0.1')).toBe(false);
  expect(one.failed('2001:db8::270f')).toBe(true);
});
