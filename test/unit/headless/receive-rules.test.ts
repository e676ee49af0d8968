/** `--rules` and `--rules-key`: what is read, what is made, and what is refused before anything is received. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadRules } from '#headless/receive-rules.ts';
import { ConfigurationError } from '#main/engine/index.ts';
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
let said: string[];

beforeEach(async () => {
  folder = await createTempFolder('cli-rules');
  said = [];
  return folder.remove;
});

const load = (rules: string, keyFile?: string) => loadRules({ rules, keyFile }, (line) => said.push(line));

async function mistakesOf(rules: string, keyFile?: string): Promise<string> {
  try {
    await load(rules, keyFile);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

async function ruleFile(rules: readonly object[], more: object = {}): Promise<string> {
  const file = folder.join('rules.json');
  await writeFile(
    file,
    JSON.stringify({ format: 'deid-profile/1', name: 'Own', base: { kind: 'none' }, rules, ...more }),
  );
  return file;
}

const select = [{ kind: 'attribute', attribute: 'PatientID' }];

describe('the key', () => {
  test('is made at the first start, for its owner only, said so, and used from then on', async () => {
    const file = folder.join('rules.key');
    expect((await load('basic', file)).ruleSet.name).toBe('Basic Profile');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`A new rule key was made: ${file}`);
    const text = await readFile(file, 'utf8');
    expect(said[0]).not.toContain(text.split(' ')[1]!.trim());
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    await load('basic', file);
    expect(said).toHaveLength(1);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('is asked for where a rule needs one', async () => {
    expect(await mistakesOf('basic')).toMatch(/--rules-key is required: the rule set "Basic Profile"/);
    const pseudonym = { do: 'pseudonym', template: 'T-{n:3}', from: 'sequence', of: 'patient' };
    expect(await mistakesOf(await ruleFile([{ id: 'p', select, action: pseudonym }]))).toContain(
      '--rules-key is required',
    );
    const seq = { do: 'set', template: '{seq:patient:4}' };
    expect(await mistakesOf(await ruleFile([{ id: 's', select, action: seq }]))).toContain('--rules-key is required');
    await load(await ruleFile([{ id: 'r', select, action: { do: 'remove' } }]));
    await load('off');
  });

  test('is refused when it is broken, and when others may read it', async () => {
    const file = folder.join('rules.key');
    await writeFile(file, 'nonsense', { mode: 0o600 });
    expect(await mistakesOf('basic', file)).toContain('--rules-key');
    await load('basic', folder.join('good.key'));
    await chmod(folder.join('good.key'), 0o644);
    if (process.platform !== 'win32') expect(await mistakesOf('basic', folder.join('good.key'))).toContain('chmod 600');
    expect(await mistakesOf('basic', folder.join('nowhere', 'rules.key'))).toContain('--rules-key');
  });

  test('has the numbers of patients beside it, where they are counted', async () => {
    const file = folder.join('rules.key');
    await load('basic', file);
    await expect(stat(`${file}.pseudonyms.db`)).rejects.toThrow('ENOENT');
    await load('research', file);
    expect((await stat(`${file}.pseudonyms.db`)).isFile()).toBe(true);
  });
});

describe('the rule set', () => {
  test('that is not there, no JSON, or has mistakes', async () => {
    expect(await mistakesOf('bsic')).toMatch(/neither a built-in rule set \(basic, research, .*\) nor a file.*ENOENT/);
    const file = folder.join('x.json');
    await writeFile(file, '{');
    expect(await mistakesOf(file)).toContain('is not JSON');
    const wrong = await ruleFile([{ id: 'a', select, action: { do: 'set', template: '{x' } }], { stamp: 'yes' });
    expect(await mistakesOf(wrong)).toMatch(/--rules stamp/);
    const unknown = await ruleFile([{ id: 'a', select, action: { do: 'set', template: '{nothing}' } }]);
    expect(await mistakesOf(unknown)).toMatch(/--rules rules\[0\]\.action/);
  });

  test('finds its lookup tables beside it, and nowhere else', async () => {
    const looking = (table: string) =>
      ruleFile([{ id: 'l', select, action: { do: 'lookup', table, column: 'subject', missing: 'quarantine' } }]);
    expect(await mistakesOf(await looking('subjects'))).toMatch(/needs the lookup table .*subjects\.csv.*ENOENT/);
    await writeFile(folder.join('subjects.csv'), 'id,subject\n1\n');
    expect(await mistakesOf(await looking('subjects'))).toMatch(/subjects\.csv, which cannot be read/);
    await writeFile(folder.join('subjects.csv'), 'id,subject\n1,S-1\n');
    expect((await load(await looking('subjects'))).needs.tables).toEqual(['subjects']);
    expect(await mistakesOf(await looking('../subjects'))).toContain('must be letters, digits and hyphens');
  });
});
