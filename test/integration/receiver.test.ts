/** The application without a page: real workers, real sockets, and what happens when things go wrong. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Profile } from '#shared/contract.ts';
import { applyEvents } from '#shared/state.ts';
import { type Application, openApplication, quietOptions, sendImages } from '../support/open-receiver.ts';
import type { RawSender } from '../support/raw-sender.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';
import { filesIn, PATIENT_DATA, until } from '../support/test-receiver.ts';

const STUDY = '1.2.826.0.1.3680043.8.498.2';
let applications: Application[] = [];
let hosts: TestHost[] = [];
let senders: RawSender[] = [];

async function open(host?: TestHost): Promise<Application> {
  const application = await openApplication(host ? { host } : {});
  applications.push(application);
  if (!host) hosts.push(application.host);
  return application;
}

/** A host with a profile that is stored already, so that no first profile is made. */
async function hostWith(...profiles: readonly Partial<Profile>[]): Promise<TestHost> {
  const host = await createTestHost();
  hosts.push(host);
  await mkdir(host.dataFolder, { recursive: true });
  const list = profiles.map((profile, index) => ({
    id: `p${index + 1}`,
    name: `Profile ${index + 1}`,
    autoStart: true,
    options: quietOptions(join(host.home, `p${index + 1}`)),
    secrets: [],
    ...profile,
  }));
  await writeFile(join(host.dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: list }));
  return host;
}

async function send(...given: Parameters<typeof sendImages>): Promise<RawSender> {
  const sender = await sendImages(...given);
  senders.push(sender);
  return sender;
}

const instance = (number: number) => `1.2.826.0.1.3680043.8.498.100.${number}`;

afterEach(async () => {
  for (const sender of senders) sender.destroy();
  await Promise.all(applications.map((application) => application.close()));
  await Promise.all(hosts.map((host) => host.remove()));
  applications = [];
  hosts = [];
  senders = [];
});

describe('the first run', () => {
  test('creates a profile that receives at once, and the second run finds it again', async () => {
    const first = await open();
    const port = await first.port();
    const { profile } = first.profile();
    expect(profile).toMatchObject({
      name: 'Receiver',
      autoStart: true,
      options: {
        callingAeTitle: 'STUDYPORT',
        outDir: join(first.host.home, 'Studyport'),
        storeWithFileMeta: true,
        maxPduLength: 131072,
        port,
      },
    });
    expect(port).toBeGreaterThanOrEqual(11112);
    await (await send(port, [instance(1)])).release();
    await until(() => first.profile().ended.length === 1, 'the release is reported');
    expect(filesIn(join(first.host.home, 'Studyport'))).toHaveLength(1);
    await first.close();

    const second = await open(first.host);
    await second.port();
    expect(second.profile().profile).toEqual(profile);
    const { rows } = await second.call('studies-list', {});
    expect(rows).toMatchObject([{ studyInstanceUid: STUDY, patientName: 'Geheim^Paula', instances: 1 }]);
  });

  test('stores inside the data folder where the home folder cannot be written to', async () => {
    const host = await createTestHost({ homeFolder: '/proc/no-home' });
    hosts.push(host);
    const application = await open(host);
    expect(application.profile().profile.options.outDir).toBe(join(host.dataFolder, 'Studyport'));
  });
});

describe('receiving', () => {
  test('two profiles at once, each with its own associations, files and refusals', async () => {
    const host = await hostWith({}, {});
    const application = await open(host);
    const [one, two] = [await application.port('Profile 1'), await application.port('Profile 2')];
    expect(one).not.toBe(two);
    await send(one, [instance(1), instance(2)], { callingAeTitle: 'CT01' });
    await send(two, [instance(3)], { callingAeTitle: 'CT02' });
    await until(
      () => application.profile('Profile 1').totals.files === 2 && application.profile('Profile 2').totals.files === 1,
      'the files are reported',
    );
    const names = (name: string) => application.profile(name).associations.map(({ callingAeTitle }) => callingAeTitle);
    expect(names('Profile 1')).toEqual(['CT01']);
    expect(names('Profile 2')).toEqual(['CT02']);
    expect(application.receiver.openAssociations()).toBe(2);
    expect(application.profile('Profile 1')).toMatchObject({
      files: [{ sopInstanceUid: instance(2), patientName: 'Geheim^Paula', outcome: 'new' }, {}],
      studies: [{ studyInstanceUid: STUDY, instances: 2, status: 'receiving', modality: 'CT', description: 'Chest' }],
      lastContact: { callingAeTitle: 'CT01', remoteAddress: '127.0.0.1' },
    });
    expect(
      application
        .profile('Profile 1')
        .refusals.map(({ code, value }) => [code, value])
        .sort(),
    ).toEqual([
      ['sop-class-refused', '1.2.3.4.5'],
      ['transfer-syntax-refused', '1.2.3.4.6'],
    ]);
  });

  test('an association is told step by step, and can be aborted', async () => {
    const application = await open(await hostWith({}));
    await send(await application.port(), [instance(1), instance(2)], { callingAeTitle: 'CT01' });
    await until(() => application.profile().totals.files === 2, 'the files are reported');
    const { associationId } = application.profile().associations[0]!;
    await application.call('association-abort', { id: 'p1', associationId });
    await until(() => application.profile().ended.length === 1, 'the end is reported');
    expect(application.profile().ended[0]).toMatchObject({ outcome: 'aborted', files: 2, associationId });
    const { association, steps } = await application.call('association-timeline', { associationId });
    expect(association).toMatchObject({ outcome: 'aborted', files: 2, callingAeTitle: 'CT01' });
    const kinds = steps.map(({ kind }) => kind);
    expect([kinds[0], ...kinds.slice(-3)]).toEqual(['request', 'accept', 'message', 'abort']);
    expect(kinds.filter((kind) => kind === 'context')).toHaveLength(8);
    expect(steps.at(-2)?.message).toContain('2 × CT Image Storage');
    expect((await application.fail('association-abort', { id: 'p1', associationId })).code).toBe('association-ended');
  });

  test('batches are numbered without a gap, come at most ten times a second, and lead to the snapshot', async () => {
    const application = await open(await hostWith({}));
    const port = await application.port();
    const start = await application.call('snapshot', undefined);
    const from = application.batches.length;
    const began = performance.now();
    await send(
      port,
      Array.from({ length: 60 }, (_, index) => instance(index)),
    );
    await until(() => application.profile().totals.files === 60, 'the files are reported');
    const seconds = (performance.now() - began) / 1000;
    const end = await application.call('snapshot', undefined);
    const batches = application.batches.slice(from);
    let sequence = start.sequence;
    for (const batch of batches) {
      expect(batch.sequence - batch.events.length).toBe(sequence);
      sequence = batch.sequence;
    }
    expect(sequence).toBe(end.sequence);
    // One more for the beginning and one for the snapshot.
    expect(batches.length).toBeLessThanOrEqual(seconds * 10 + 2);
    const replayed = applyEvents(
      start.state,
      batches.flatMap(({ events }) => events),
    );
    expect(replayed).toEqual(end.state);
  });
});

describe('refused callers', () => {
  test('one click accepts the title they call, and the next call is accepted', async () => {
    const host = await hostWith();
    const application = await open(host);
    const { id } = await application.call('profile-create', {
      name: 'Strict',
      options: { ...quietOptions(join(host.home, 'strict')), acceptedCalledAeTitles: ['STUDYPORT'] },
    });
    const refused = async () =>
      expect(send(await application.port(), [], { callingAeTitle: 'CT02', calledAeTitle: 'STORESCP' })).rejects.toThrow(
        'A-ASSOCIATE-RJ',
      );
    await refused();
    await refused();
    await until(() => application.profile().refusals[0]?.count === 2, 'the refusals are counted');
    expect(application.profile().totals.refused).toBe(2);
    const refusal = application.profile().refusals[0]!;
    expect(refusal).toMatchObject({
      code: 'called-ae-title-not-recognized',
      callingAeTitle: 'CT02',
      value: 'STORESCP',
      fixes: [{ kind: 'accept-called-title', value: 'STORESCP' }],
    });
    const fixed = await application.call('refusal-fix', { id, ...refusal.fixes[0]! });
    expect(fixed.options.acceptedCalledAeTitles).toEqual(['STUDYPORT', 'STORESCP']);
    await send(await application.port(), [instance(1)], { callingAeTitle: 'CT02', calledAeTitle: 'STORESCP' });
    await application.call('refusals-clear', { id });
    expect(application.profile().refusals.filter(({ code }) => code === refusal.code)).toEqual([]);
  });
});

describe('what can go wrong', () => {
  test('a port that another program has, and one that another profile has', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const taken = (blocker.address() as { port: number }).port;
    const host = await hostWith({ options: { ...quietOptions('/tmp'), outDir: '' } });
    const options = quietOptions(join(host.home, 'p1'));
    await writeFile(
      join(host.dataFolder, 'profiles.json'),
      JSON.stringify({
        version: 1,
        profiles: [{ id: 'p1', name: 'One', autoStart: true, options: { ...options, port: taken }, secrets: [] }],
      }),
    );
    const application = await open(host);
    await until(() => application.profile().run.phase === 'failed', 'the start fails');
    expect(application.profile().run.problem).toMatchObject({ code: 'port-in-use', field: 'port' });
    expect((await application.call('check-port', { port: taken, host: '127.0.0.1' })).free).toBe(false);
    await new Promise((resolve) => blocker.close(resolve));
    await application.call('receiver-start', { id: 'p1' });
    expect(await application.port()).toBe(taken);

    expect(await application.call('check-port', { port: taken, host: '127.0.0.1', id: 'p1' })).toMatchObject({
      free: true,
    });
    expect((await application.call('check-port', { port: taken })).problem?.message).toContain('"One"');
    await application.call('profile-create', {
      name: 'Two',
      options: { ...quietOptions(join(host.home, 'p2')), port: taken },
    });
    expect(application.profile('Two').run).toMatchObject({ phase: 'failed', problem: { code: 'port-in-use' } });
    expect(application.profile('Two').run.problem?.message).toContain('"One"');
  });

  test('a folder that cannot be written to, and then another one', async () => {
    const application = await open(await hostWith());
    let folder = '/sys/studyport';
    if (process.getuid?.() !== 0) {
      folder = join(application.host.home, 'locked');
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o555);
    }
    const check = await application.call('check-folder', { path: folder });
    expect(check).toMatchObject({ writable: false, problem: { code: 'folder-not-writable' } });
    const profile = await application.call('profile-create', { name: 'Locked', options: quietOptions(folder) });
    expect(application.profile().run).toMatchObject({
      phase: 'failed',
      problem: { code: 'folder-not-writable', field: 'outDir' },
    });
    const { id, name, autoStart, options } = profile;
    await application.call('profile-save', {
      id,
      name,
      autoStart,
      options: { ...options, outDir: '~/open' },
    });
    await application.port();
    expect(application.profile().profile.options.outDir).toBe(join(application.host.home, 'open'));
  });

  test('a worker that ends by itself is started again, and nothing that was acknowledged is lost', async () => {
    const application = await open(await hostWith({}, {}));
    await send(await application.port('Profile 1'), [instance(1)]);
    await application.port('Profile 2');
    await until(() => application.profile('Profile 1').totals.files === 1, 'the file is reported');
    await application.receiver.managed('p1').runner.terminate();
    await until(() => application.profile('Profile 1').run.phase === 'restarting', 'the crash is seen');
    expect(application.profile('Profile 1')).toMatchObject({
      run: { problem: { code: 'receiver-crashed' }, retryAt: expect.any(Number) },
      associations: [],
      ended: [{ outcome: 'aborted', files: 1 }],
      studies: [{ status: 'interrupted' }],
    });
    expect(application.profile('Profile 2').run.phase).toBe('listening');
    await send(await application.port('Profile 1'), [instance(2)]);
    await until(() => application.profile('Profile 1').totals.files === 2, 'it receives again');
    expect(filesIn(join(application.host.home, 'p1'))).toHaveLength(2);
    await application.receiver.history.flush();
    const { rows } = await application.call('associations-list', { profileId: 'p1' });
    expect(rows.map(({ outcome }) => outcome)).toEqual(['open', 'interrupted']);
    const { lines } = await application.call('log-list', { level: 'error', profileId: 'p1' });
    expect(lines).toMatchObject([{ code: 'receiver-crashed' }]);
  });

  test('a profiles file that is no JSON is kept aside and reported', async () => {
    const host = await hostWith();
    await writeFile(join(host.dataFolder, 'profiles.json'), '{ "version": 1, "prof');
    const application = await open(host);
    expect(application.receiver.state.profiles).toEqual([]);
    expect(application.receiver.state.notices).toMatchObject([{ code: 'profiles-broken' }]);
    const aside = (await readdir(host.dataFolder)).find((name) => name.startsWith('profiles.broken-'))!;
    expect(await readFile(join(host.dataFolder, aside), 'utf8')).toBe('{ "version": 1, "prof');
  });

  test('a profile with wrong options is shown with its mistakes, beside those that run', async () => {
    const options = { port: 99999, host: '127.0.0.1', outDir: '/tmp/x', colour: 'red' } as Profile['options'];
    const application = await open(await hostWith({ options }, {}));
    await application.port('Profile 2');
    const { run, profile } = application.profile('Profile 1');
    expect(profile.options).toEqual(options);
    expect(run).toMatchObject({ phase: 'failed', problem: { code: 'option' } });
    expect(run.problem?.message).toContain('colour is not an option');
    expect(run.problem?.message).toContain('port must be 0 to 65535');
  });

  test('commands that do not exist, do not parse or mean nothing are answered in words', async () => {
    const application = await open(await hostWith({}));
    expect(await application.receiver.call('format-disk', {})).toMatchObject({ error: { code: 'unknown-command' } });
    expect(await application.receiver.call('toString', {})).toMatchObject({ error: { code: 'unknown-command' } });
    expect(await application.receiver.call('receiver-start', { id: 7 })).toMatchObject({
      error: { code: 'bad-argument', field: 'id' },
    });
    expect((await application.fail('receiver-start', { id: 'nobody' })).code).toBe('unknown-profile');
    expect(
      await application.receiver.call('profile-create', {
        name: 'Bad',
        options: { port: -1, outDir: '', extractCustomTags: [{ tag: '0009xx01', name: 'a' }] },
      }),
    ).toMatchObject({ ok: false, error: { field: 'port' }, more: [{ field: 'outDir' }] });
    expect(
      await application.fail('profile-create', {
        name: 'Bad',
        options: { port: 0, outDir: '/tmp/x', extractCustomTags: [{ tag: '0009xx01', name: 'a' }] },
      }),
    ).toMatchObject({ code: 'option', field: 'extractCustomTags[0].tag' });
  });
});

describe('changing a profile that runs', () => {
  const save = (application: Application, change: object, restart: 'now' | 'wait' | 'later') => {
    const { id, name, autoStart, options } = application.profile().profile;
    return application.call('profile-save', { id, name, autoStart, options: { ...options, ...change }, restart });
  };

  test('later: it is marked stale until the next start', async () => {
    const application = await open(await hostWith({}));
    await application.port();
    await save(application, { callingAeTitle: 'OTHER' }, 'later');
    expect(application.profile().run).toMatchObject({
      phase: 'listening',
      stale: true,
      address: { aeTitle: 'STORE-SCP' },
    });
    await application.call('receiver-stop', { id: 'p1' });
    await application.call('receiver-start', { id: 'p1' });
    expect(application.profile().run).toMatchObject({ phase: 'listening', address: { aeTitle: 'OTHER' } });
    expect(application.profile().run.stale).toBeUndefined();
  });

  test('wait: the open association ends first', async () => {
    const application = await open(await hostWith({}));
    const sender = await send(await application.port(), [instance(1)]);
    await until(() => application.profile().associations.length === 1, 'the association is open');
    await save(application, { callingAeTitle: 'OTHER' }, 'wait');
    expect(application.profile().run).toMatchObject({ phase: 'listening', stale: true });
    await sender.release();
    await until(() => application.profile().run.address?.aeTitle === 'OTHER', 'it runs with the new options');
    expect(application.profile().ended).toMatchObject([{ outcome: 'released' }]);
  });

  test('now: the open association is aborted', async () => {
    const application = await open(await hostWith({}));
    await send(await application.port(), [instance(1)]);
    await save(application, { callingAeTitle: 'OTHER' }, 'now');
    expect(application.profile().run).toMatchObject({ phase: 'listening', address: { aeTitle: 'OTHER' } });
    expect(application.profile().ended).toMatchObject([{ outcome: 'aborted', files: 1 }]);
  });

  test('a change of the name alone restarts nothing', async () => {
    const application = await open(await hostWith({}));
    await application.port();
    const { since } = application.profile().run;
    const { id, autoStart, options } = application.profile().profile;
    await application.call('profile-save', { id, name: 'New name', autoStart, options });
    expect(application.profile('New name').run.since).toBe(since);
  });
});

describe('profiles', () => {
  test('are duplicated, exported, imported, turned into a program and deleted', async () => {
    const application = await open(await hostWith({}));
    await application.port();
    const copy = await application.call('profile-duplicate', { id: 'p1' });
    expect(copy).toMatchObject({ name: 'Profile 2', autoStart: false });
    const { text } = await application.call('profile-export', { id: 'p1' });
    const imported = await application.call('profile-import', { text });
    expect(imported.options).toEqual(application.profile().profile.options);
    expect(new Set([copy.name, imported.name, 'Profile 1']).size).toBe(3);
    expect((await application.call('profile-code', { id: 'p1' })).text).toContain('new StoreScp({');
    expect((await application.fail('profile-import', { text: '{}' })).code).toBe('import-broken');
    await application.call('profile-delete', { id: 'p1' });
    expect(application.receiver.state.profiles.map(({ profile }) => profile.id)).toEqual([copy.id, imported.id]);
    const stored = JSON.parse(await readFile(join(application.host.dataFolder, 'profiles.json'), 'utf8'));
    expect(stored.profiles).toEqual([copy, imported]);
  });
});

describe('the test of the whole pipeline', () => {
  test('reports each step, its images are known as such, and one click removes them', async () => {
    const application = await open(await hostWith({}));
    await send(await application.port(), [instance(1)]);
    const { steps } = await application.call('self-test', { id: 'p1' });
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.length).toBeGreaterThanOrEqual(6);
    await until(() => application.profile().test?.done === true, 'the last step is reported');
    expect(application.profile().test?.steps).toEqual(steps);
    await application.receiver.history.flush();
    const studies = async () => (await application.call('studies-list', {})).rows.map(({ test: own }) => own).sort();
    expect(await studies()).toEqual([false, true]);
    const { removed } = await application.call('test-images-remove', undefined);
    expect(removed).toBe(1);
    expect(await studies()).toEqual([false]);
    expect(filesIn(join(application.host.home, 'p1'))).toHaveLength(1);
  });

  test('needs a profile that runs', async () => {
    const application = await open(await hostWith({ autoStart: false }));
    expect((await application.fail('self-test', { id: 'p1' })).code).toBe('not-listening');
  });
});

describe('studies', () => {
  test('are shown in the file manager, moved to the trash, and found again by a rebuild', async () => {
    const application = await open(await hostWith({}));
    await (await send(await application.port(), [instance(1), instance(2)])).release();
    await until(() => application.profile().totals.files === 2, 'the files are reported');
    await application.receiver.history.flush();
    const [study] = (await application.call('studies-list', {})).rows;
    await application.call('study-reveal', { studyId: study!.studyId });
    expect(application.host.revealed).toEqual([join(application.host.home, 'p1', STUDY)]);
    const { historyVersion } = application.receiver.state;
    expect(await application.call('study-trash', { studyId: study!.studyId })).toEqual({ files: 2 });
    expect(application.host.trashed).toHaveLength(2);
    expect(application.receiver.state.historyVersion).toBe(historyVersion + 1);
    expect((await application.call('studies-list', {})).total).toBe(0);

    await (await send(await application.port(), [instance(3)])).release();
    await until(() => application.profile().totals.files === 3, 'the file is reported');
    await application.receiver.history.flush();
    const found = await application.call('history-rebuild', { id: 'p1' });
    expect(found).toEqual({ found: 1, added: 0, unreadable: 0 });
    expect(application.profile().rebuild).toEqual({ files: 1, done: true });
  });
});

describe('what never leaves', () => {
  test('secrets are in no file, event, export or bundle', async () => {
    const application = await open(await hostWith());
    const SECRETS = ['very-secret-key', 'very-secret-token'];
    const profile = await application.call('profile-create', {
      name: 'Bucket',
      autoStart: false,
      options: { port: 0, storageBackend: 'S3', s3Config: { bucket: 'b', accessKey: 'AKIA' } },
      secrets: { secretKey: SECRETS[0]!, sessionToken: SECRETS[1]! },
    });
    expect(profile.secrets).toEqual(['secretKey', 'sessionToken']);
    expect([...application.host.stored.values()].sort()).toEqual(SECRETS);
    const { id } = profile;
    const said = [
      await readFile(join(application.host.dataFolder, 'profiles.json'), 'utf8'),
      ...(await Promise.all(
        [
          application.call('snapshot', undefined),
          application.call('profile-export', { id }),
          application.call('profile-code', { id }),
          application.call('diagnostics', undefined),
          application.call('log-export', { level: 'debug' }),
        ].map(async (answer) => JSON.stringify(await answer)),
      )),
      JSON.stringify(application.batches),
    ].join('\n');
    for (const secret of SECRETS) expect(said).not.toContain(secret);
    expect(said).toContain('process.env.STUDYPORT_S3_SECRET_KEY');
    expect((await application.call('diagnostics', undefined)).files.map(({ text }) => text).join()).not.toContain(
      'AKIA',
    );
    const after = await application.call('profile-save', {
      id,
      name: 'Bucket',
      autoStart: false,
      options: profile.options,
      secrets: { sessionToken: null },
    });
    expect(after.secrets).toEqual(['secretKey']);
    expect([...application.host.stored.values()]).toEqual([SECRETS[0]]);
    await application.call('profile-delete', { id });
    expect(application.host.stored.size).toBe(0);
  });

  test('a secret that somebody wrote into the profiles file moves to where secrets are kept', async () => {
    const options = {
      port: 0,
      storageBackend: 'S3',
      s3Config: { bucket: 'b', accessKey: 'A', secretKey: 'plain-text' },
    };
    const host = await hostWith({ autoStart: false, options: options as Profile['options'] });
    const application = await open(host);
    expect(application.profile().profile).toMatchObject({
      secrets: ['secretKey'],
      options: { s3Config: { bucket: 'b' } },
    });
    expect([...host.stored.values()]).toEqual(['plain-text']);
    expect(await readFile(join(host.dataFolder, 'profiles.json'), 'utf8')).not.toContain('plain-text');
  });

  test('patient data is in no log line and in no bundle, refused and malformed objects included', async () => {
    const application = await open(await hostWith({}));
    await application.call('settings-save', { logLevel: 'debug' });
    const sender = await send(await application.port(), [instance(1)]);
    const bad = await sender.store({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: '1.2.3',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      // Another instance than the command says, and cut off in the patient's name.
      dataSet: Buffer.from('080018005549040031\u00002e32', 'latin1'),
    });
    expect(bad).not.toBe(0);
    await until(
      () => application.profile().refusals.some(({ code }) => code === 'object-refused'),
      'the refusal is told',
    );
    await application.call('settings-save', { logLevel: 'info' });
    const text = [
      (await application.call('log-export', { level: 'debug' })).text,
      JSON.stringify(await application.call('diagnostics', undefined)),
      JSON.stringify(application.receiver.state.notices),
    ].join('\n');
    expect(text).toContain('Receiving file');
    for (const word of PATIENT_DATA) expect(text).not.toContain(word);
  });
});
