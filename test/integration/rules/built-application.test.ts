/** Rules in the built application: its threads find their files, and keys lie where only their owner can read them. */
import { readFile, stat } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Application, writeProfile } from '../../support/application.ts';
import { sendImages } from '../../support/open-receiver.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { filesIn, INSTANCE, PATIENT_DATA, STUDY } from '../../support/test-receiver.ts';

test('a profile is given rules over HTTP, applies them, and they can be tried out', async () => {
  const folder = await createTempFolder('built-rules');
  onTestFinished(folder.remove);
  const data = folder.join('data');
  await writeProfile(data, { fsync: false, storeWithFileMeta: true });
  const application = new Application({ data });
  onTestFinished(() => application.destroy());
  await application.port();
  const used = await application.call('rule-set-use', { profileId: 'p1', ruleSetId: 'research' });
  expect(used).toEqual({ ok: true, value: null });
  const { profiles, notices } = await application.state();
  expect(notices).toMatchObject([{ code: 'rule-key-made' }]);
  await (await sendImages(profiles[0]!.run.address!.port, [INSTANCE])).release();

  const [name, ...others] = filesIn(folder.join('data', 'in'));
  expect(others).toEqual([]);
  const bytes = await readFile(folder.join('data', 'in', name!));
  for (const secret of [...PATIENT_DATA, STUDY, INSTANCE]) {
    expect(bytes.includes(secret), secret).toBe(false);
    expect(name).not.toContain(secret);
  }
  expect(bytes.includes('SUBJ-00001')).toBe(true);
  expect((await stat(folder.join('data', 'secrets.json'))).mode & 0o777).toBe(0o600);

  const exported = await application.call('rule-set-get', { id: 'research' });
  if (!exported.ok) throw new Error(exported.error.message);
  const { ruleSet } = exported.value;
  const preview = await application.call('rule-preview', {
    ruleSet: { ...ruleSet },
    sample: { kind: 'synthetic', modality: 'SR' },
  });
  expect(preview).toMatchObject({ ok: true, value: { verdict: expect.any(String) } });
  const target = { kind: 'folder', path: folder.join('data', 'in') } as const;
  const tried = await application.call('rule-dry-run', { ruleSet: { ...ruleSet }, target });
  expect(tried).toMatchObject({ ok: true, value: { files: 1, unreadable: 0 } });
  expect(await application.end()).toBe(0);
});
