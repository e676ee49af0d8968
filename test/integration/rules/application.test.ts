/** Rules in the application: real profiles, real senders, and what is left of a patient in files, lists, logs and databases. */
import { link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { StoredFile } from '#main/engine/index.ts';
import { withFile } from '#main/receiver/instance-reader.ts';
import type { Profile } from '#shared/contract.ts';
import { TEST_PATIENT_NAME } from '#shared/dicom/test-images.ts';
import type { RuleSetInput } from '#shared/rules.ts';
import { type Application, openApplication, quietOptions, sendImages } from '../../support/open-receiver.ts';
import { RawSender } from '../../support/raw-sender.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { CONTEXTS, ctObject, filesIn, PATIENT_DATA, STUDY, until } from '../../support/test-receiver.ts';

const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const PATIENT_IDENTITY_REMOVED = 0x00120062;
const ROOT = '1.2.826.0.1.3680043.8.498';
const instance = (number: number) => `${ROOT}.100.${number}`;

let applications: Application[] = [];
let hosts: TestHost[] = [];
let senders: RawSender[] = [];

async function open(host: TestHost): Promise<Application> {
  const application = await openApplication({ host });
  applications.push(application);
  return application;
}

/** A host with one profile that is stored already. */
async function hostWith(profile: Partial<Profile> = {}): Promise<TestHost> {
  const host = await createTestHost();
  hosts.push(host);
  await mkdir(host.dataFolder, { recursive: true });
  const options = { ...quietOptions(join(host.home, 'in')), storeWithFileMeta: true, studyTimeout: 1 };
  const stored = { id: 'p1', name: 'One', autoStart: true, options, secrets: [], ...profile };
  await writeFile(join(host.dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: [stored] }));
  return host;
}

/** Sends, and waits until the application has heard of it. The association stays open. */
async function send(application: Application, ...instances: readonly string[]): Promise<RawSender> {
  const before = application.profile().totals.files;
  const sender = await sendImages(await application.port(), instances, { callingAeTitle: 'CT01' });
  senders.push(sender);
  await until(() => application.profile().totals.files >= before + instances.length, 'the files are reported');
  await application.receiver.history.flush();
  return sender;
}

/** The objects in the archive, oldest first, with their bytes and some of their attributes. */
async function archive(host: TestHost) {
  const folder = join(host.home, 'in');
  const names = filesIn(folder).filter((name) => name.endsWith('.dcm') && !name.startsWith('.'));
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return {
        name,
        path,
        bytes: await readFile(path),
        ...withFile(path, (source) => {
          const file = new StoredFile(source);
          return {
            patientName: file.text(PATIENT_NAME),
            patientId: file.text(PATIENT_ID),
            removed: file.text(PATIENT_IDENTITY_REMOVED),
          };
        }),
      };
    }),
  );
}

const naming = (name: string, value: string): RuleSetInput => ({
  format: 'deid-profile/1',
  name,
  base: { kind: 'ps315', edition: 'PS3.15 2026c' },
  rules: [
    { id: 'n', select: [{ kind: 'attribute', attribute: 'PatientName' }], action: { do: 'set', template: value } },
  ],
});

const only = (name: string, more: Partial<RuleSetInput>): RuleSetInput => ({
  format: 'deid-profile/1',
  name,
  base: { kind: 'none' },
  safety: { residual: 'off', burnedIn: 'off' },
  ...more,
});

/** Every byte of every file below a folder. */
async function everythingIn(folder: string): Promise<Buffer> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const read = files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)));
  return Buffer.concat(await Promise.all(read));
}

afterEach(async () => {
  for (const sender of senders) sender.destroy();
  await Promise.all(applications.map((application) => application.close()));
  await Promise.all(hosts.map((host) => host.remove()));
  applications = [];
  hosts = [];
  senders = [];
});

describe('a profile with a rule set', () => {
  test('leaves nothing of the patient in files, names, lists, logs and databases', async () => {
    const host = await hostWith({ ruleSetId: 'basic' });
    const application = await open(host);
    await (await send(application, instance(1), instance(2))).release();
    const files = await archive(host);
    expect(files).toHaveLength(2);
    for (const { removed } of files) expect(removed).toBe('YES');
    const { studyInstanceUid, patientName } = (await application.call('studies-list', {})).rows[0]!;
    expect(studyInstanceUid).toMatch(/^2\.25\.\d+$/);
    expect(patientName).not.toContain('Geheim');
    await application.close();

    const told = Buffer.concat([
      Buffer.from(JSON.stringify([application.receiver.state, application.batches, files.map(({ name }) => name)])),
      ...files.map(({ bytes }) => bytes),
      await everythingIn(host.dataFolder),
    ]);
    for (const secret of [...PATIENT_DATA, STUDY, instance(1)]) {
      expect(told.includes(secret), `${secret} is somewhere`).toBe(false);
    }
  });

  test('makes its key once, says so, and goes on with it after a restart: the same study has the same UIDs', async () => {
    const host = await hostWith({ ruleSetId: 'basic' });
    const first = await open(host);
    await (await send(first, instance(1))).release();
    expect(first.receiver.state.notices).toMatchObject([{ code: 'rule-key-made' }]);
    expect([...host.stored.keys()]).toEqual(['rule-key:default']);
    const [before] = await archive(host);
    await first.close();

    const second = await open(host);
    await (await send(second, instance(1))).release();
    expect(second.receiver.state.notices).toEqual([]);
    expect((await archive(host)).map(({ name }) => name)).toEqual([before!.name]);
    expect((await second.call('rule-keys-list', undefined)).keys).toMatchObject([{ name: 'default', pseudonyms: 0 }]);
  });

  test('is given one while it runs: from then on nothing is stored as it comes', async () => {
    const host = await hostWith();
    const application = await open(host);
    await send(application, instance(1));
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: 'basic' });
    await until(() => application.profile().associations.length === 0, 'the association has ended');
    await (await send(application, instance(2))).release();
    expect((await archive(host)).map(({ removed }) => removed).sort()).toEqual(['', 'YES']);
    expect(application.profile().profile.ruleSetId).toBe('basic');
    await application.call('profile-save', {
      id: 'p1',
      name: 'Renamed',
      autoStart: true,
      options: application.profile().profile.options,
    });
    expect(application.profile().profile).toMatchObject({ name: 'Renamed', ruleSetId: 'basic' });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: null });
    expect(application.profile().profile.ruleSetId).toBeUndefined();
    await (await send(application, instance(3))).release();
    expect((await archive(host)).filter(({ removed }) => removed === '')).toHaveLength(2);
  });

  test('a new version holds for associations that begin afterwards, and the report says which treated what', async () => {
    const host = await hostWith();
    const application = await open(host);
    const { id } = await application.call('rule-set-save', { ruleSet: naming('Trial', 'VERSION^ONE') });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    const old = await send(application, instance(1));
    await application.call('rule-set-save', { id, ruleSet: naming('Trial', 'VERSION^TWO') });
    await (await send(application, instance(2))).release();
    expect((await archive(host)).map(({ patientName }) => patientName).sort()).toEqual(['VERSION^ONE', 'VERSION^TWO']);
    await until(() => application.profile().associations.length === 1, 'only the older association is open');
    await old.release();

    const { changes } = await application.call('rule-set-difference', { id, from: 1, to: 2 });
    expect(changes).toEqual([{ path: 'rules[n].action.template', before: 'VERSION^ONE', after: 'VERSION^TWO' }]);
    const { studyId } = (await application.call('studies-list', {})).rows[0]!;
    const csv = await application.call('rule-report', { studyId, format: 'csv' });
    expect(csv.name).toMatch(/\.csv$/);
    expect(csv.text).toMatch(/^PatientName,"\(0010,0010\)",changed,rule 1,n,Trial,1,1$/m);
    expect(csv.text).toMatch(/^PatientName,"\(0010,0010\)",changed,rule 1,n,Trial,2,1$/m);
    const html = await application.call('rule-report', { studyId, format: 'html' });
    expect(html.text).toContain('<dt>Trial, version 1</dt><dd>1 object</dd>');
    for (const secret of PATIENT_DATA) expect(csv.text + html.text).not.toContain(secret);
  });

  test.each(['nobody-has-this', 'r0123456789ab'])('does not start with the rule set %s', async (ruleSetId) => {
    const application = await open(await hostWith({ ruleSetId }));
    await until(() => application.profile().run.phase === 'failed', 'the start fails');
    expect(application.profile().run.problem).toMatchObject({ code: 'unknown-rule-set', field: 'ruleSetId' });
  });

  test('does not start with a broken rule set, and starts when that is saved again', async () => {
    const host = await hostWith();
    const first = await open(host);
    const { id } = await first.call('rule-set-save', { ruleSet: naming('Trial', 'ONE') });
    await first.call('rule-set-save', { id, ruleSet: naming('Trial', 'TWO') });
    await first.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    await first.port();
    await first.close();
    await writeFile(join(host.dataFolder, 'rules', id, '2.json'), '{"ruleSet": {}}');

    const second = await open(host);
    await until(() => second.profile().run.phase === 'failed', 'the start fails');
    expect(second.profile().run.problem).toMatchObject({
      code: 'rule-set-broken',
      message: expect.stringContaining('Version 2'),
    });
    expect(second.receiver.state.notices).toMatchObject([{ code: 'rule-set-broken' }]);
    const shown = await second.call('rule-set-get', { id });
    expect(shown.row.version).toBe(1);
    await second.call('rule-set-save', { id, ruleSet: shown.ruleSet });
    await (await send(second, instance(1))).release();
    expect(await archive(host)).toMatchObject([{ patientName: 'ONE' }]);
  });

  test('does not start without its key, and starts when that is restored', async () => {
    const host = await hostWith({ ruleSetId: 'basic' });
    const first = await open(host);
    await (await send(first, instance(1))).release();
    const { text } = await first.call('rule-key-recovery', { name: 'default', confirmed: true });
    await first.close();
    host.stored.clear();

    const second = await open(host);
    await until(() => second.profile().run.phase === 'failed', 'the start fails');
    expect(second.profile().run.problem).toMatchObject({ code: 'rule-key-missing' });
    expect(host.stored.size).toBe(0);
    await second.call('rule-key-restore', { name: 'default', text });
    await (await send(second, instance(1))).release();
    expect(await archive(host)).toHaveLength(1);
    const lines = await second.call('log-export', {});
    expect(lines.text).not.toContain(text.split('\n')[3]!.slice(3));
  });

  test('stops when a new version cannot be applied: the older one is not enough any more', async () => {
    const host = await hostWith();
    const application = await open(host);
    const { id } = await application.call('rule-set-save', { ruleSet: naming('Trial', 'ONE') });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    await application.port();
    const { set } = host.secrets;
    host.secrets.set = () => Promise.reject(new Error('the keychain is locked'));
    const ruleSet = { ...naming('Trial', 'TWO'), keyRef: 'other' };
    await application.call('rule-set-save', { id, ruleSet });
    expect(application.profile().run).toMatchObject({
      phase: 'failed',
      problem: { code: 'rule-key-not-kept', message: expect.stringContaining('the keychain is locked') },
    });
    host.secrets.set = set;
    await application.call('rule-set-save', { id, ruleSet });
    await (await send(application, instance(1))).release();
    expect(await archive(host)).toMatchObject([{ patientName: 'TWO' }]);
  });

  test('does not start where the table of its pseudonyms cannot be used', async () => {
    const host = await hostWith({ ruleSetId: 'research' });
    await mkdir(join(host.dataFolder, 'rules'));
    await writeFile(join(host.dataFolder, 'rules', 'pseudonyms.db'), 'This is no database, whatever its name says.');
    const application = await open(host);
    await until(() => application.profile().run.phase === 'failed', 'the start fails');
    expect(application.profile().run.problem).toMatchObject({ code: 'rule-set-wrong', field: 'ruleSetId' });
  });

  test('a rotated key gives other UIDs from then on, and the old one stays', async () => {
    const host = await hostWith({ ruleSetId: 'basic' });
    const application = await open(host);
    await (await send(application, instance(1))).release();
    await application.call('rule-key-rotate', { name: 'default', confirmed: true });
    await (await send(application, instance(1))).release();
    expect(await archive(host)).toHaveLength(2);
    const { keys } = await application.call('rule-keys-list', undefined);
    expect(keys.map(({ name }) => name)).toEqual(['default', expect.stringMatching(/^default-\d{8}$/)]);
  });

  test('duplicates and exports take the rule set along', async () => {
    const application = await open(await hostWith({ ruleSetId: 'basic', autoStart: false }));
    expect(await application.call('profile-duplicate', { id: 'p1' })).toMatchObject({ ruleSetId: 'basic' });
    const { text } = await application.call('profile-export', { id: 'p1' });
    expect(await application.call('profile-import', { text })).toMatchObject({ ruleSetId: 'basic' });
    expect((await application.call('profile-code', { id: 'p1' })).text).toContain('onBeforeStore(rules)');
    expect((await application.call('rule-sets-list', undefined)).ruleSets[0]).toMatchObject({
      id: 'basic',
      usedBy: ['One', 'One 2', 'One 3'],
      conformant: true,
    });
  });
});

describe('the test of the whole pipeline', () => {
  test.each(['basic', 'research', 'minimal'])(
    'passes with the rule set %s, and its images can be removed',
    async (ruleSetId) => {
      const host = await hostWith({ ruleSetId });
      const application = await open(host);
      await application.port();
      const { steps } = await application.call('self-test', { id: 'p1' });
      expect(steps.filter(({ ok }) => !ok)).toEqual([]);
      expect(steps.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['Store CT', 'Store MR', 'Store US', 'Store SR', 'Finish']),
      );
      expect(steps.find(({ name }) => name === 'Store CT')?.message).toMatch(
        /^Stored as the rules of this profile want it: /,
      );
      expect(await archive(host)).toHaveLength(4);
      await application.receiver.history.flush();
      expect((await application.call('studies-list', {})).rows.map(({ test }) => test)).not.toContain(false);
      await application.call('test-images-remove', undefined);
      expect(await archive(host)).toEqual([]);
    },
  );

  test('says that the rules put an image aside', async () => {
    const host = await hostWith();
    const application = await open(host);
    const gate = {
      id: 'g',
      when: { kind: 'all', of: [] },
      verdict: { do: 'quarantine', reason: 'Look at it' },
    } as const;
    const { id } = await application.call('rule-set-save', { ruleSet: only('Holding', { gates: [gate] }) as never });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    const { steps } = await application.call('self-test', { id: 'p1' });
    expect(steps.find(({ name }) => name === 'Store CT')).toMatchObject({
      ok: true,
      message: expect.stringContaining('put it aside'),
    });
  });
});

describe('rule sets', () => {
  test('are saved, duplicated, exported, imported and deleted, but not while they are used', async () => {
    const application = await open(await hostWith({ autoStart: false }));
    const copy = await application.call('rule-set-duplicate', { id: 'research' });
    expect(copy).toMatchObject({ name: 'Research (copy)', builtIn: false, version: 1, conformant: true, usedBy: [] });
    const { text } = await application.call('rule-set-export', { id: copy.id });
    const again = await application.call('rule-set-import', { text });
    expect(again.name).toBe('Research (copy) 2');
    expect((await application.call('rule-set-get', { id: again.id })).ruleSet.rules).toEqual(
      (await application.call('rule-set-get', { id: 'research' })).ruleSet.rules,
    );
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: copy.id });
    expect(await application.fail('rule-set-delete', { id: copy.id })).toMatchObject({
      code: 'rule-set-in-use',
      message: expect.stringContaining('"One"'),
    });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: null });
    await application.call('rule-set-delete', { id: copy.id });
    expect(await application.fail('rule-set-get', { id: copy.id })).toMatchObject({ code: 'unknown-rule-set' });
    const { ruleSets } = await application.call('rule-sets-list', undefined);
    expect(ruleSets.filter(({ builtIn }) => !builtIn).map(({ id }) => id)).toEqual([again.id]);
    expect(ruleSets.find(({ id }) => id === 'minimal')?.conformant).toBe(false);
  });

  test('with mistakes are not saved, and every mistake is named', async () => {
    const application = await open(await hostWith({ autoStart: false }));
    const wrong = naming('Trial', '{nothing:like:this}');
    const { mistakes } = await application.call('rule-set-check', { ruleSet: wrong as never });
    expect(mistakes).toMatchObject([{ path: expect.stringContaining('rules[0].action') }]);
    expect(await application.fail('rule-set-save', { ruleSet: wrong as never })).toMatchObject({
      code: 'rule-set-wrong',
      field: expect.stringContaining('ruleSet.rules[0].action'),
    });
    expect(await application.fail('rule-set-import', { text: '{"format": "other"}' })).toMatchObject({
      code: 'import-broken',
    });
    expect(await application.fail('rule-set-import', { text: 'x' })).toMatchObject({ code: 'import-broken' });
    const right = naming('Basic Profile', 'X');
    expect(await application.fail('rule-set-save', { ruleSet: right as never })).toMatchObject({ code: 'name-taken' });
    expect(await application.fail('rule-set-save', { id: 'basic', ruleSet: right as never })).toMatchObject({
      code: 'built-in-rule-set',
    });
  });
});

describe('trying out', () => {
  const counting = only('Counting', {
    rules: [
      {
        id: 'p',
        select: [{ kind: 'attribute', attribute: 'PatientID' }],
        action: { do: 'pseudonym', template: 'T-{n:3}', from: 'sequence', of: 'patient' },
      },
    ],
  }) as never;

  test('samples are synthetic objects and the newest received; a preview gives nobody a number', async () => {
    const host = await hostWith();
    const application = await open(host);
    await (await send(application, instance(1))).release();
    const { samples } = await application.call('rule-samples', undefined);
    expect(samples.map(({ modality, sample }) => [modality, sample.kind])).toEqual([
      ['CT', 'instance'],
      ['CT', 'synthetic'],
      ['MR', 'synthetic'],
      ['US', 'synthetic'],
      ['SR', 'synthetic'],
    ]);
    expect(samples[0]!.label).toMatch(/^CT, received \d\d:\d\d$/);
    for (const { sample } of samples) {
      const run = await application.call('rule-preview', { ruleSet: counting, sample });
      const patient = sample.kind === 'synthetic' ? expect.any(String) : 'PID-4711';
      expect(run.verdict).toBe('store');
      expect(run.changes).toContainEqual(
        expect.objectContaining({
          keyword: 'PatientID',
          before: patient,
          after: 'T-001',
          outcome: 'changed',
          rule: 'p',
        }),
      );
    }
    expect(host.stored.size).toBe(0);
    expect((await readdir(join(host.dataFolder, 'rules'))).filter((name) => name.startsWith('.'))).toEqual([]);

    const { path } = (await archive(host))[0]!;
    const file = await application.call('rule-preview', { ruleSet: counting, sample: { kind: 'file', path } });
    expect(file.changes.find(({ keyword }) => keyword === 'PatientName')?.before).toBe('Geheim^Paula');
    const missing = { kind: 'file', path: join(host.home, 'Geheim.dcm') } as const;
    const problem = await application.fail('rule-preview', { ruleSet: counting, sample: missing });
    expect(problem.code).toBe('sample-unreadable');
    expect(problem.message).not.toContain('Geheim');
  });

  test('a preview knows who sent the object, and the numbers that have been given', async () => {
    const host = await hostWith();
    const application = await open(host);
    const { id } = await application.call('rule-set-save', { ruleSet: counting });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    await (await send(application, instance(1))).release();
    const text = (await application.call('pseudonyms-export', { keyName: 'default', confirmed: true })).text;
    expect(text).toMatch(/^patient,1,id,PID-4711,?$/m);
    expect((await application.call('rule-keys-list', undefined)).keys).toMatchObject([{ pseudonyms: 1 }]);

    const fromCt = {
      ...(counting as RuleSetInput),
      gates: [
        {
          id: 'g',
          when: { kind: 'association', field: 'calling-ae', in: ['CT01'] },
          verdict: { do: 'quarantine', reason: 'from the CT' },
        },
      ],
    } as never;
    const received = (await application.call('rule-samples', undefined)).samples[0]!.sample;
    expect(await application.call('rule-preview', { ruleSet: fromCt, sample: received })).toMatchObject({
      verdict: 'quarantine',
      reason: 'from the CT',
    });
    const synthetic = { kind: 'synthetic', modality: 'CT' } as const;
    const run = await application.call('rule-preview', { ruleSet: counting, sample: synthetic });
    expect(run.changes.find(({ keyword }) => keyword === 'PatientID')?.after).toBe('T-002');
    expect(run.changes.find(({ keyword }) => keyword === 'PatientName')?.before).toBe(TEST_PATIENT_NAME);
    expect((await application.call('rule-keys-list', undefined)).keys).toMatchObject([{ pseudonyms: 1 }]);
  });

  test('a dry run adds up a study or a folder, and stores nothing', async () => {
    const host = await hostWith();
    const application = await open(host);
    await (await send(application, instance(1), instance(2), instance(3))).release();
    const folder = join(host.home, 'in');
    await writeFile(join(folder, 'notes.txt'), 'no object');
    const before = filesIn(folder);
    const { studyId } = (await application.call('studies-list', {})).rows[0]!;
    const ruleSet = naming('Trial', 'X') as never;
    const study = await application.call('rule-dry-run', { ruleSet, target: { kind: 'study', studyId } });
    expect(study).toMatchObject({ files: 3, stored: 3, quarantined: 0, rejected: 0, unreadable: 0, cut: false });
    expect(study.counts).toMatchObject({ n: 3, base: expect.any(Number) });
    const all = await application.call('rule-dry-run', { ruleSet, target: { kind: 'folder', path: folder } });
    expect(all).toMatchObject({ files: 4, stored: 3, unreadable: 1, cut: false });
    const two = await application.call('rule-dry-run', { ruleSet, target: { kind: 'folder', path: folder }, limit: 2 });
    expect(two).toMatchObject({ files: 2, cut: true });

    const keeping = only('Keeping', { safety: { residual: 'quarantine', burnedIn: 'off' } }) as never;
    const left = await application.call('rule-dry-run', { ruleSet: keeping, target: { kind: 'study', studyId } });
    expect(left).toMatchObject({ stored: 0, quarantined: 3, reasons: [{ files: 3 }] });
    expect(left.residual).toContainEqual(expect.objectContaining({ keyword: 'PatientName', files: 3 }));
    expect(JSON.stringify(left)).not.toContain('Geheim');
    expect(filesIn(folder)).toEqual(before);
    const nowhere = { kind: 'folder', path: join(host.home, 'nowhere') } as const;
    expect(await application.fail('rule-dry-run', { ruleSet, target: nowhere })).toMatchObject({
      code: 'folder-unreadable',
    });
  });
});

test('a dry run says how far it is, and ends with what it has read when it is told to', async () => {
  const host = await hostWith();
  const application = await open(host);
  await (await send(application, instance(1))).release();
  const many = join(host.home, 'many');
  await mkdir(many);
  const [file] = filesIn(join(host.home, 'in')).filter((path) => path.endsWith('.dcm'));
  await Promise.all(
    Array.from({ length: 9000 }, (_, index) => link(join(host.home, 'in', file!), join(many, `${index}`))),
  );
  const target = { kind: 'folder', path: many } as const;
  const ruleSet = naming('Trial', 'X') as never;
  const result = application.call('rule-dry-run', { ruleSet, target, limit: 10_000, runId: 'mine' });
  await until(() => (application.receiver.state.dryRun?.files ?? 0) > 0, 'progress');
  expect(application.receiver.state.dryRun?.runId).toBe('mine');
  await application.call('rule-dry-run-cancel', { runId: 'another' });
  await application.call('rule-dry-run-cancel', { runId: 'mine' });
  const { cut, files, stored } = await result;
  expect({ cut, stored }).toEqual({ cut: true, stored: files });
  expect(files).toBeLessThan(9000);
  expect(files).toBeGreaterThan(0);
});

test('every page hears that rule sets, keys and tables have changed', async () => {
  const application = await open(await hostWith());
  const version = () => application.receiver.state.rulesVersion;
  const first = version();
  await application.call('rule-sets-list', undefined);
  await application.call('rule-set-check', { ruleSet: naming('Trial', 'X') as never });
  expect(version()).toBe(first);
  const { id } = await application.call('rule-set-save', { ruleSet: naming('Trial', 'X') as never });
  await application.call('rule-key-create', { name: 'another' });
  await application.call('rule-set-delete', { id });
  expect(version()).toBe(first + 3);
});

describe('lookup tables', () => {
  const looking = only('Looking', {
    rules: [
      {
        id: 'l',
        select: [{ kind: 'attribute', attribute: 'PatientID' }],
        action: { do: 'lookup', table: 'subjects', column: 'subject', missing: 'quarantine' },
      },
    ],
  }) as never;

  test('are imported, applied, replaced while a receiver runs, and not taken away from it', async () => {
    const host = await hostWith();
    const application = await open(host);
    expect(await application.fail('rule-set-save', { ruleSet: looking })).toMatchObject({ code: 'rule-set-wrong' });
    const wrong = { name: 'subjects', text: 'id,subject\r\n1\r\n' };
    expect(await application.fail('rule-table-import', wrong)).toMatchObject({ code: 'table-wrong', field: 'text' });
    const text = 'id;subject\r\nPID-4711;S-1\r\n';
    expect(await application.call('rule-table-import', { name: 'subjects', text })).toEqual({
      name: 'subjects',
      columns: ['id', 'subject'],
      rows: 1,
    });
    const { id } = await application.call('rule-set-save', { ruleSet: looking });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    await (await send(application, instance(1))).release();
    await application.call('rule-table-import', { name: 'subjects', text: text.replace('S-1', 'S-2') });
    await (await send(application, instance(2))).release();
    expect((await archive(host)).map(({ patientId }) => patientId).sort()).toEqual(['S-1', 'S-2']);

    const without = { name: 'subjects', text: 'id,other\r\nPID-4711,S-3\r\n' };
    expect(await application.fail('rule-table-import', without)).toMatchObject({ code: 'table-in-use', field: 'text' });
    expect(await application.fail('rule-table-delete', { name: 'subjects' })).toMatchObject({ code: 'table-in-use' });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: null });
    await application.call('rule-table-delete', { name: 'subjects' });
    expect((await application.call('rule-tables-list', undefined)).tables).toEqual([]);
    expect(await application.fail('rule-table-delete', { name: 'subjects' })).toMatchObject({ code: 'unknown-table' });
  });
});

describe('the quarantine', () => {
  const holding = only('Holding', {
    gates: [{ id: 'g', when: { kind: 'all', of: [] }, verdict: { do: 'quarantine', reason: 'Somebody has to look' } }],
  }) as never;

  test('is listed with reasons; one object is released as it is, another discarded', async () => {
    const host = await hostWith();
    const application = await open(host);
    const { id } = await application.call('rule-set-save', { ruleSet: holding });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    for (const number of [1, 2]) expect(await sendOne(await application.port(), instance(number))).toBe(0xb007);
    expect(await archive(host)).toEqual([]);
    const { rows } = await application.call('quarantine-list', { profileId: 'p1' });
    expect(rows).toHaveLength(2);
    for (const { reason, name } of rows) {
      expect(reason).toContain('Somebody has to look');
      expect(name).not.toContain(ROOT);
    }
    const [one, two] = rows.map(({ name }) => name) as [string, string];
    const { file } = await application.call('quarantine-release', { profileId: 'p1', name: one, confirmed: true });
    expect((await archive(host)).map(({ path }) => path)).toEqual([file]);
    const study = (await application.call('studies-list', {})).rows[0];
    expect(study).toMatchObject({ studyInstanceUid: STUDY, instances: 1, status: 'complete' });
    await application.call('quarantine-discard', { profileId: 'p1', name: two, confirmed: true });
    expect(host.trashed.filter((path) => path.endsWith('.dcm'))).toHaveLength(1);
    expect((await application.call('quarantine-list', { profileId: 'p1' })).rows).toEqual([]);
    expect(filesIn(join(host.home, 'in'))).toEqual([expect.stringContaining(STUDY)]);
    const gone = { profileId: 'p1', name: two, confirmed: true } as const;
    expect(await application.fail('quarantine-release', gone)).toMatchObject({ code: 'quarantine-gone' });
    const log = (await application.call('log-export', {})).text;
    expect(log).toContain('released from quarantine');
    for (const secret of [...PATIENT_DATA, STUDY]) expect(log).not.toContain(secret);
  });
});

/** Sends one object whatever the answer is. */
async function sendOne(port: number, sopInstanceUid: string): Promise<number> {
  const sender = await RawSender.connect({ port, contexts: CONTEXTS });
  senders.push(sender);
  return sender.store({
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    sopInstanceUid,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    dataSet: ctObject({ sopInstanceUid }),
  });
}
