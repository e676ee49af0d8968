/** Identifiers by key: always the same, never guessable, right in form. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdentifiers } from '#main/rules/identifiers.ts';

const key = new Uint8Array(32).map((_, index) => index);
const other = new Uint8Array(32).fill(7);
const identifiers = createIdentifiers(key);

test('known answers: another program, or this one tomorrow, must give the same', () => {
  expect(identifiers.uid('1.2.3')).toBe('2.25.323208961630152450876443539203389659764');
  expect(identifiers.shiftDays('id\x004711\x00', { days: 3650, wholeWeeks: false })).toBe(-1822);
  expect(identifiers.hex('hash', '4711', 16)).toBe('b13237c797c52d87');
  expect(identifiers.number('pseudonym patient', '4711')).toBe(9429494733627568359n);
});

test('a UID is a UUID of version 8 as a decimal number', () => {
  fc.assert(
    fc.property(fc.string(), (original) => {
      const uid = identifiers.uid(original);
      expect(uid).toMatch(/^2\.25\.[1-9]\d*$/);
      expect(uid.length).toBeLessThanOrEqual(64);
      const hex = BigInt(uid.slice('2.25.'.length)).toString(16).padStart(32, '0');
      expect(hex).toHaveLength(32);
      expect(hex[12]).toBe('8');
      expect(hex[16]).toMatch(/[89ab]/);
      expect(createIdentifiers(key).uid(original)).toBe(uid);
      expect(createIdentifiers(other).uid(original)).not.toBe(uid);
    }),
  );
});

test('what the key makes is HMAC-SHA-256, as everybody else computes it', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 4000 }));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, (bytes, value) => {
      const expected = createHmac('sha256', bytes).update(`hex\0label\0${value}`).digest('hex');
      expect(createIdentifiers(bytes).hex('label', value, 64)).toBe(expected);
    }),
  );
  // Around the length from which a text gets memory of its own, with characters of one, two, three and four bytes.
  for (let length = 150; length < 180; length++) {
    for (const character of ['a', 'ä', '漢', '😀', '\ud83d']) {
      const value = character.repeat(length);
      const expected = createHmac('sha256', key).update(`hex\0label\0${value}`).digest('hex');
      expect(identifiers.hex('label', value, 64)).toBe(expected);
    }
  }
});

test('a UID that is not remembered is the same one', () => {
  for (const uid of ['1.2.3', '', '2.25.1']) expect(identifiers.uid(uid, false)).toBe(identifiers.uid(uid));
});

test('UIDs do not change when the cache has forgotten them', () => {
  const first = identifiers.uid('1.2.840.1');
  const all = new Set<string>();
  for (let number = 0; number < 20_000; number++) all.add(identifiers.uid(`1.2.840.2.${number}`));
  expect(all.size).toBe(20_000);
  expect(identifiers.uid('1.2.840.1')).toBe(first);
});

test('a shift is within its range, the same for a patient, and not the same for all', () => {
  const patients = Array.from({ length: 2000 }, (_, number) => `id\0${number}\0`);
  const shifts = patients.map((patient) => identifiers.shiftDays(patient, { days: 30, wholeWeeks: false }));
  expect(new Set(shifts)).toEqual(new Set(Array.from({ length: 30 }, (_, index) => -1 - index)));
  expect(patients.map((patient) => identifiers.shiftDays(patient, { days: 30, wholeWeeks: false }))).toEqual(shifts);
  const weeks = patients.map((patient) => identifiers.shiftDays(patient, { days: 30, wholeWeeks: true }));
  expect(new Set(weeks)).toEqual(new Set([-7, -14, -21, -28]));
  expect(identifiers.shiftDays('x', { days: 1, wholeWeeks: false })).toBe(-1);
  expect(identifiers.shiftDays('x', { days: 3, wholeWeeks: true })).toBe(-7);
});

test('labels keep apart what is made of the same value', () => {
  const made = [
    identifiers.hex('a', 'b', 64),
    identifiers.hex('b', 'b', 64),
    identifiers.hex('a', 'c', 64),
    BigInt(identifiers.uid('b').slice(5)).toString(16),
  ];
  expect(new Set(made).size).toBe(4);
  expect(identifiers.hex('a', 'b', 64)).toMatch(/^[0-9a-f]{64}$/);
  expect(identifiers.hex('a', 'b', 8)).toBe(identifiers.hex('a', 'b', 64).slice(0, 8));
  const number = identifiers.number('a', 'b');
  expect(number >= 0n && number < 2n ** 64n).toBe(true);
  expect(identifiers.hex('a', 'b', 16)).not.toBe(number.toString(16).padStart(16, '0'));
});

test('a key of another length is refused', () => {
  expect(() => createIdentifiers(new Uint8Array(16))).toThrow('A rule key has 32 bytes, not 16');
});
