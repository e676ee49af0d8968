/** Keys: their files, their fingerprints, and the text to keep in a safe place. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRuleKey, fingerprint, loadRuleKey, parseRecovery, recoveryText } from '#main/rules/rule-key.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const key = new Uint8Array(32).map((_, index) => index * 7);

async function path(): Promise<string> {
  const folder = await createTempFolder('rule-key');
  onTestFinished(folder.remove);
  return folder.join('rules.key');
}

describe('files', () => {
  test('a new key is random, kept, and its owner’s alone', async () => {
    const [one, two] = [await path(), await path()];
    const created = createRuleKey(one);
    expect(created).toHaveLength(32);
    expect(loadRuleKey(one)).toEqual(created);
    expect(await readFile(one, 'utf8')).toMatch(/^studyport-rule-key\/1 [A-Za-z0-9+/]{43}=\n$/);
    expect(createRuleKey(two)).not.toEqual(created);
    if (process.platform !== 'win32') expect((await stat(one)).mode & 0o777).toBe(0o600);
  });

  test('a key is never overwritten', async () => {
    const file = await path();
    const created = createRuleKey(file);
    expect(() => createRuleKey(file)).toThrow('EEXIST');
    expect(loadRuleKey(file)).toEqual(created);
  });

  test.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o660])('mode %i is refused', async (mode) => {
    const file = await path();
    createRuleKey(file);
    await chmod(file, mode);
    expect(() => loadRuleKey(file)).toThrow(
      `The rule key ${file} can be read by others (mode ${mode.toString(8)}). Make it yours alone: chmod 600`,
    );
  });

  test.each([
    '',
    'studyport-rule-key/1',
    'studyport-rule-key/1 AAAA\n',
    `studyport-rule-key/2 ${Buffer.from(key).toString('base64')}\n`,
    `studyport-rule-key/1 ${Buffer.from(key).toString('base64').replace('A', '!')}\n`,
    `studyport-rule-key/1 ${Buffer.from(key).toString('base64')} more\n`,
    Buffer.from(key).toString('base64'),
  ])('%j is no key', async (text) => {
    const file = await path();
    await writeFile(file, text, { mode: 0o600 });
    expect(() => loadRuleKey(file)).toThrow(`${file} is no rule key, or is damaged`);
  });

  test('a file that is not there is an error', async () => {
    const file = await path();
    expect(() => loadRuleKey(file)).toThrow('ENOENT');
  });
});

test('a fingerprint tells keys apart and is not part of the key', () => {
  expect(fingerprint(key)).toMatch(/^[0-9a-f]{16}$/);
  expect(fingerprint(key)).toBe(fingerprint(key.slice()));
  expect(fingerprint(key)).not.toBe(fingerprint(key.map((byte, index) => (index === 31 ? byte ^ 1 : byte))));
  expect(Buffer.from(key).toString('hex')).not.toContain(fingerprint(key));
});

describe('recovery', () => {
  test('what is written can be read', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
        (bytes, name) => {
          expect(parseRecovery(recoveryText(name, bytes))).toEqual({ name, key: bytes });
        },
      ),
    );
  });

  test('it can be typed by hand', () => {
    const text = recoveryText('default', key);
    const typed = text.toLowerCase().replaceAll('-', ' ').replaceAll('\n', '\r\n  ');
    expect(parseRecovery(typed)).toEqual({ name: 'default', key });
    const lookalikes = text.replace(
      /^(\d: )(.*)$/gm,
      (_, number, digits) => number + digits.replace(/0/g, 'O').replace(/1/g, 'l'),
    );
    expect(lookalikes).not.toBe(text);
    expect(parseRecovery(lookalikes)).toEqual({ name: 'default', key });
  });

  test('a single mistyped character is noticed, and the line is named', () => {
    const lines = recoveryText('default', key).split('\n');
    for (const [at, line] of lines.entries()) {
      if (!/^\d: /.test(line)) continue;
      for (let column = 3; column < line.length; column++) {
        if (line[column] === '-') continue;
        const wrong = line[column] === 'Z' ? 'Y' : 'Z';
        const mistyped = lines.with(at, line.slice(0, column) + wrong + line.slice(column + 1)).join('\n');
        expect(() => parseRecovery(mistyped)).toThrow(`Line ${line[0]} is not as it was written down`);
      }
    }
  });

  test('lines in another order, a missing line and another name are noticed', () => {
    const text = recoveryText('default', key);
    const swapped = text.replace(/^1: (.*)\n2: (.*)$/m, '1: $2\n2: $1');
    expect(() => parseRecovery(swapped)).toThrow('Line 1 is not as it was written down');
    expect(() => parseRecovery(text.replace(/^3: .*\n/m, ''))).toThrow('Line 3 is not as it was written down');
    expect(() => parseRecovery(text.replace('name: default', 'name: defualt'))).toThrow('The name or the check');
    expect(() => parseRecovery('studyport-rule-key/1 AAAA')).toThrow('This is no recovery text');
    expect(() => parseRecovery('')).toThrow('This is no recovery text');
  });
});
