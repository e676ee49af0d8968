/** Rule sets in real folders: versions, files that are none, and what is never applied in the place of something else. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ProblemError } from '#main/receiver/problem.ts';
import { RuleSetStore } from '#main/receiver/rule-set-store.ts';
import { parseRuleSet, type RuleSet } from '#shared/rules.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

function ruleSet(name: string, description = ''): RuleSet {
  const parsed = parseRuleSet({ format: 'deid-profile/1', name, description, base: { kind: 'none' } });
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
  return parsed.ruleSet;
}

async function rulesFolder(): Promise<string> {
  const folder = await createTempFolder('rules');
  onTestFinished(folder.remove);
  return folder.path;
}

async function opened(folder: string): Promise<RuleSetStore> {
  const { store, notices } = await RuleSetStore.open(folder);
  expect(notices).toEqual([]);
  return store;
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as ProblemError).problems[0]?.code ?? '';
  }
  return 'none';
};

test('the built-in ones are there, and can be neither changed nor deleted', async () => {
  const store = await opened(await rulesFolder());
  expect(store.all.map(({ id, builtIn, version, saved }) => ({ id, builtIn, version, saved }))).toEqual(
    ['basic', 'research', 'patient-characteristics', 'keep-uids', 'minimal', 'off'].map((id) => ({
      id,
      builtIn: true,
      version: 1,
      saved: 0,
    })),
  );
  await expect(store.save('basic', ruleSet('Mine'))).rejects.toThrow('Duplicate it');
  await expect(store.remove('basic')).rejects.toThrow('Duplicate it');
  expect(store.versions('basic')).toEqual([{ version: 1, saved: 0 }]);
});

test('every save is a version of its own, and all of them are there after the next open', async () => {
  const folder = await rulesFolder();
  const store = await opened(folder);
  const { id, version } = await store.save(undefined, ruleSet('Trial', 'one'), 1000);
  expect(version).toBe(1);
  await store.save(id, ruleSet('Trial', 'two'), 2000);
  const again = await opened(folder);
  for (const one of [store, again]) {
    expect(one.usable(id)).toMatchObject({ version: 2, saved: 2000, ruleSet: { description: 'two' } });
    expect(one.versions(id)).toEqual([
      { version: 2, saved: 2000 },
      { version: 1, saved: 1000 },
    ]);
    expect(await one.version(id, 1)).toMatchObject({ version: 1, saved: 1000, ruleSet: { description: 'one' } });
    await expect(one.version(id, 3)).rejects.toThrow('Version 3');
  }
  expect((await readdir(join(folder, id))).sort()).toEqual(['1.json', '2.json']);
});

test('a removed one is gone with all its versions', async () => {
  const folder = await rulesFolder();
  const store = await opened(folder);
  const { id } = await store.save(undefined, ruleSet('Trial'));
  await store.remove(id);
  expect(codeOf(() => store.get(id))).toBe('unknown-rule-set');
  expect(await readdir(folder)).toEqual([]);
  await expect(store.remove(id)).rejects.toThrow('does not exist');
});

test.each([
  ['{', 'it is not JSON'],
  ['{"version": 2, "ruleSet": {"format": "deid-profile/2"}}', 'format'],
  ['[]', 'it'],
])('a newest version that is %s is kept aside, and nothing older is applied in its place', async (text, reason) => {
  const folder = await rulesFolder();
  const store = await opened(folder);
  const { id } = await store.save(undefined, ruleSet('Trial', 'one'));
  await store.save(id, ruleSet('Trial', 'two'));
  await writeFile(join(folder, id, '2.json'), text);

  const { store: broken, notices } = await RuleSetStore.open(folder);
  expect(notices).toMatchObject([{ code: 'rule-set-broken', message: expect.stringContaining(reason) }]);
  const aside = (await readdir(join(folder, id))).find((name) => name.startsWith('2.broken-'));
  expect(await readFile(join(folder, id, aside!), 'utf8')).toBe(text);
  expect(broken.get(id)).toMatchObject({ version: 1, ruleSet: { description: 'one' } });
  expect(codeOf(() => broken.usable(id))).toBe('rule-set-broken');

  // So it stays, until somebody has looked it over.
  const after = await opened(folder);
  expect(codeOf(() => after.usable(id))).toBe('rule-set-broken');
  expect(await after.save(id, ruleSet('Trial', 'three'))).toMatchObject({ version: 3 });
  expect(after.usable(id).version).toBe(3);
  expect((await opened(folder)).usable(id).version).toBe(3);
});

test('a broken older version is reported, and the newest is applied', async () => {
  const folder = await rulesFolder();
  const { id } = await (await opened(folder)).save(undefined, ruleSet('Trial', 'one'));
  await (await opened(folder)).save(id, ruleSet('Trial', 'two'));
  await writeFile(join(folder, id, '1.json'), '');
  const { store, notices } = await RuleSetStore.open(folder);
  expect(notices).toHaveLength(1);
  expect(store.usable(id).version).toBe(2);
});

test('what is no rule set is left alone', async () => {
  const folder = await rulesFolder();
  await mkdir(join(folder, 'tables'));
  await mkdir(join(folder, 'r0123456789ab'));
  await writeFile(join(folder, 'r0123456789ab', 'notes.txt'), '');
  await writeFile(join(folder, 'pseudonyms.db'), '');
  const store = await opened(folder);
  expect(store.all.filter(({ builtIn }) => !builtIn)).toEqual([]);
  expect(codeOf(() => store.usable('r0123456789ab'))).toBe('unknown-rule-set');
});

test('a folder that is not there yet, and one that is none', async () => {
  const folder = await rulesFolder();
  const store = await opened(join(folder, 'rules'));
  expect(await store.save(undefined, ruleSet('Trial'))).toMatchObject({ version: 1 });
  await writeFile(join(folder, 'file'), '');
  const { store: builtIn, notices } = await RuleSetStore.open(join(folder, 'file'));
  expect(notices).toMatchObject([{ code: 'rule-set-unreadable', message: expect.stringContaining('ENOTDIR') }]);
  expect(builtIn.usable('basic').ruleSet.name).toBe('Basic Profile');
});

test('ids that are paths are ids that nobody has', async () => {
  const store = await opened(await rulesFolder());
  for (const id of ['../basic', '..', 'r0123456789ab/../..', '']) {
    expect(() => store.get(id)).toThrow(ProblemError);
    await expect(store.save(id, ruleSet('Trial'))).rejects.toThrow('does not exist');
  }
});
