/** Keys in a store of secrets: made once, never replaced by chance, and had back from their recovery text. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { SecretStore } from '#main/receiver/host.ts';
import { freeKeyName, type KnownKey, RuleKeys } from '#main/receiver/rule-keys.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

let secrets: Map<string, string>;
let made: string[];
let folder: string;

beforeEach(async () => {
  secrets = new Map();
  made = [];
  const temporary = await createTempFolder('keys');
  folder = temporary.path;
  return temporary.remove;
});

const store: SecretStore = {
  get: async (key) => secrets.get(key),
  set: async (key, value) => void (value === undefined ? secrets.delete(key) : secrets.set(key, value)),
};

async function opened(given: SecretStore = store): Promise<RuleKeys> {
  const { keys, notice } = await RuleKeys.open(folder, given, ({ name }: KnownKey) => made.push(name));
  expect(notice).toBeUndefined();
  return keys;
}

test('a key is made when it is first used, said so once, and the same ever after', async () => {
  const keys = await opened();
  expect(await keys.find('default')).toBeUndefined();
  const [one, two] = await Promise.all([keys.use('default'), keys.use('default')]);
  expect(one).toHaveLength(32);
  expect(two).toEqual(one);
  expect(made).toEqual(['default']);
  expect(await (await opened()).use('default')).toEqual(one);
  expect(made).toEqual(['default']);
  expect([...secrets.keys()]).toEqual(['rule-key:default']);
  expect((await opened()).all).toMatchObject([
    { name: 'default', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) },
  ]);
});

test('the list holds no key', async () => {
  await (await opened()).use('default');
  const listed = await readFile(join(folder, 'keys.json'), 'utf8');
  expect(listed).toContain('default');
  expect(listed).not.toContain(secrets.get('rule-key:default')!.slice(0, 12));
});

test('a key that is gone, or is another one, is not replaced', async () => {
  const keys = await opened();
  await keys.use('default');
  const text = await keys.recovery('default');
  const old = secrets.get('rule-key:default');
  secrets.delete('rule-key:default');
  await expect(keys.use('default')).rejects.toThrow('Restore it from its recovery file');
  secrets.set('rule-key:default', Buffer.alloc(32, 7).toString('base64'));
  await expect(keys.use('default')).rejects.toThrow('Restore it from its recovery file');
  secrets.set('rule-key:default', 'not a key');
  await expect(keys.use('default')).rejects.toThrow('Restore it from its recovery file');
  await keys.restore('default', text);
  expect(secrets.get('rule-key:default')).toBe(old);
  expect(made).toEqual(['default']);
});

test('a recovery text with a mistake, of another key, or under a new name', async () => {
  const keys = await opened();
  const one = await keys.create('one');
  await expect(keys.create('one')).rejects.toThrow('There is a key "one" already');
  await keys.create('two');
  const text = await keys.recovery('one');
  await expect(keys.restore('three', 'nonsense')).rejects.toThrow('no recovery text');
  await expect(keys.restore('two', text)).rejects.toThrow('Another key has the name "two"');
  expect(await keys.restore('three', text)).toMatchObject({ name: 'three', fingerprint: one.fingerprint });
  expect(await keys.use('three')).toEqual(await keys.use('one'));
});

test('rotating keeps the old key under the day', async () => {
  const keys = await opened();
  const before = await keys.use('default');
  const rotated = await keys.rotate('default');
  await keys.rotate('default');
  const names = keys.all.map(({ name }) => name);
  expect(names).toHaveLength(3);
  expect(names[1]).toMatch(/^default-\d{8}$/);
  expect(names[2]).toBe(`${names[1]}-2`);
  expect(await keys.use(names[1]!)).toEqual(before);
  expect(await keys.use('default')).not.toEqual(before);
  expect(keys.all.find(({ name }) => name === names[2])?.fingerprint).toBe(rotated.fingerprint);
  await expect(keys.rotate('nobody')).rejects.toThrow('There is no key');
});

test('names of old keys are free and never too long', () => {
  const now = new Date(Date.UTC(2026, 0, 2));
  const long = 'a'.repeat(40);
  expect(freeKeyName('default', [], now)).toBe('default-20260102');
  expect(freeKeyName('default', [{ name: 'default-20260102' }], now)).toBe('default-20260102-2');
  expect(freeKeyName(long, [], now)).toHaveLength(40);
});

test('a place for secrets that fails is said in its words, and no key is used that was not kept', async () => {
  const failing = await opened({
    get: async () => undefined,
    set: async () => Promise.reject(new Error('there is no keychain')),
  });
  await expect(failing.use('default')).rejects.toThrow('could not be kept: there is no keychain');
  const locked = await opened({ ...store, get: async () => Promise.reject(new Error('the keychain is locked')) });
  await expect(locked.use('default')).rejects.toThrow('the keychain is locked');
  expect(made).toEqual([]);
});

test('a list that cannot be read is kept aside, and the keys are found again', async () => {
  const key = await (await opened()).use('default');
  await writeFile(join(folder, 'keys.json'), '{"keys": 7}');
  const { keys, notice } = await RuleKeys.open(folder, store, ({ name }) => made.push(name));
  expect(notice?.code).toBe('rule-keys-broken');
  expect((await readdir(folder)).filter((name) => name.startsWith('keys.broken-'))).toHaveLength(1);
  expect(await keys.use('default')).toEqual(key);
  expect(keys.all.map(({ name }) => name)).toEqual(['default']);
  expect(made).toEqual(['default']);
});
