/** `studyport receive --rules`: the built command line with a rule set, its key, and nothing left of the patient. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CliReceiver, runCli } from '../../support/cli.ts';
import { sendImages } from '../../support/open-receiver.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { filesIn, INSTANCE, PATIENT_DATA, STUDY } from '../../support/test-receiver.ts';

async function temp() {
  const folder = await createTempFolder('cli-rules');
  onTestFinished(folder.remove);
  return folder;
}

async function receiveOne(outDir: string, ...args: readonly string[]) {
  const cli = new CliReceiver(['--port', '0', '--out-dir', outDir, '--store-with-file-meta', '--no-fsync', ...args]);
  onTestFinished(async () => void (await cli.end('SIGKILL')));
  await (await sendImages(await cli.port(), [INSTANCE])).release();
  const stored = await cli.event('file-stored');
  expect(await cli.end()).toBe(0);
  return { stored, events: cli.events, stderr: cli.stderr };
}

test('a built-in rule set and a new key: de-identified, and the same UIDs at the next start', async () => {
  const folder = await temp();
  const [outDir, key] = [folder.join('in'), folder.join('rules.key')];
  const first = await receiveOne(outDir, '--rules', 'research', '--rules-key', key, '--extract-tags', 'PatientID');
  expect(first.stderr).toContain(`A new rule key was made: ${key}`);
  expect(first.stored).toMatchObject({ outcome: 'new', tags: { PatientID: 'SUBJ-00001' } });
  const file = first.stored.file as string;
  const told = Buffer.concat([await readFile(file), Buffer.from(JSON.stringify(first.events) + file)]);
  for (const secret of [...PATIENT_DATA, STUDY, INSTANCE]) expect(told.includes(secret), secret).toBe(false);

  const second = await receiveOne(outDir, '--rules', 'research', '--rules-key', key);
  expect(second.stderr).not.toContain('A new rule key');
  expect(second.stored).toMatchObject({ outcome: 'equal', file });
  expect(filesIn(outDir)).toHaveLength(1);
});

test('a rule set in a file', async () => {
  const folder = await temp();
  const rules = [
    {
      id: 'n',
      select: [{ kind: 'attribute', attribute: 'PatientName' }],
      action: { do: 'set', template: 'NOBODY' },
    },
  ];
  const safety = { residual: 'off', burnedIn: 'off' };
  const ruleSet = { format: 'deid-profile/1', name: 'Own', base: { kind: 'none' }, rules, safety };
  await writeFile(folder.join('own.json'), JSON.stringify(ruleSet));
  const flags = ['--rules', folder.join('own.json'), '--extract-tags', 'PatientName'];
  const { stored } = await receiveOne(folder.join('in'), ...flags);
  expect(stored).toMatchObject({ tags: { PatientName: 'NOBODY' } });
});

test.each([
  [['--rules', 'basic'], '--rules-key is required'],
  [['--rules', 'no-such-set'], 'neither a built-in rule set'],
  [['--rules-key', 'key'], 'means nothing without --rules'],
])('%j is refused, and nothing is received', async (args, words) => {
  const folder = await temp();
  const out = folder.join('in');
  const { code, stderr } = await runCli(['receive', '--port', '0', '--out-dir', out, ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(existsSync(out)).toBe(false);
});
