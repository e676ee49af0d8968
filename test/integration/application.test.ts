/** The built application without a desktop, copied to where no node_modules are: start, receive, page, signals, mistakes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Application, type ApplicationOptions, writeProfile } from '../support/application.ts';
import { CT_UIDS, syntheticCt, TRANSFER_SYNTAXES } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE } from '../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../support/raw-sender.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { run } from '../support/tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const instance = {
  sopClassUid: CT_IMAGE_STORAGE,
  sopInstanceUid: CT_UIDS.sopInstanceUid,
  transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
  dataSet: syntheticCt(),
};
const ONLY_PAGE = ['start', '--headless', '--no-open'];

let copy: TempFolder;
let entry: string;

beforeAll(async () => {
  const { code, stderr } = await run(process.execPath, [join(ROOT, 'scripts/build.js'), 'application'], {
    timeout: 120_000,
  });
  if (code !== 0) throw new Error(stderr);
  copy = await createTempFolder('application');
  for (const part of ['out/main', 'out/renderer']) await cp(join(ROOT, part), copy.join(part), { recursive: true });
  await cp(join(ROOT, 'package.json'), copy.join('package.json'));
  entry = copy.join('out/main/headless.js');
}, 150_000);

afterAll(() => copy?.remove());

async function dataFolder() {
  const folder = await createTempFolder('data');
  onTestFinished(folder.remove);
  return folder.join('data');
}

function start(options: Omit<ApplicationOptions, 'entry'>): Application {
  const application = new Application({ entry, ...options });
  onTestFinished(() => application.destroy());
  return application;
}

const connect = (port: number) =>
  RawSender.connect({ port, callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT', contexts: contextsFor([instance]) });

async function send(port: number): Promise<number> {
  const sender = await connect(port);
  const status = await sender.store(instance);
  await sender.release();
  return status;
}

test('a first profile is made and started, and says what a modality needs', async () => {
  const data = await dataFolder();
  const application = start({ data });
  await application.url();
  const [profile] = (await application.state()).profiles;
  expect(profile?.profile).toMatchObject({ autoStart: true, options: { callingAeTitle: 'STUDYPORT', port: 11112 } });
  // Another program of this machine may have that port.
  await application.printed(/is receiving\. Give these values|does not receive: /);
  expect(await application.end()).toBe(0);
});

test('receives, shows it on the page, stops in order, and is the same after a restart', async () => {
  const data = await dataFolder();
  await writeProfile(data);
  const first = start({ data });
  expect(await send(await first.port())).toBe(0);
  await expect.poll(async () => (await first.state()).profiles[0]?.totals.files).toBe(1);
  const link = new URL(await first.url());
  const page = await fetch(link);
  // Without a cookie jar the redirect ends at the door.
  expect(page.status).toBe(401);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  expect((await stat(join(data, 'page.json'))).mode & 0o777).toBe(0o600);
  expect(await first.end('SIGINT')).toBe(0);
  expect(first.stderr).toBe('');

  const second = start({ data, args: [...ONLY_PAGE, '--page-port', link.port] });
  expect(await second.url()).toBe(link.href);
  await expect
    .poll(async () => {
      const studies = await second.call('studies-list', {});
      return (
        studies.ok && studies.value.rows.map(({ studyInstanceUid, instances }) => ({ studyInstanceUid, instances }))
      );
    })
    .toEqual([{ studyInstanceUid: CT_UIDS.studyInstanceUid, instances: 1 }]);
  expect(await second.end()).toBe(0);
});

describe('signals', () => {
  test('an object in transfer is finished and acknowledged before it stops', async () => {
    const data = await dataFolder();
    await writeProfile(data);
    const application = start({ data });
    const sender = await connect(await application.port());
    const ended = once(application.process, 'exit');
    const status = await sender.storeInHalves(instance, async () => {
      application.process.kill('SIGTERM');
      await application.printed(/^Stopping/m);
    });
    expect(status).toBe(0);
    sender.destroy();
    expect(await ended).toEqual([0, null]);
    const files = await readdir(join(data, 'in'), { recursive: true });
    expect(files.filter((file) => file.endsWith('.dcm'))).toHaveLength(1);
  });

  test('a second one does not wait', async () => {
    const data = await dataFolder();
    await writeProfile(data);
    const application = start({ data });
    const sender = await connect(await application.port());
    await expect(
      sender.storeInHalves(instance, async () => {
        application.process.kill('SIGINT');
        await application.printed(/^Stopping/m);
        expect(await application.end('SIGINT')).toBe(1);
      }),
    ).rejects.toThrow();
    // The folder is free again at once.
    const next = start({ data });
    await next.port();
    expect(await next.end()).toBe(0);
  });
});

describe('the data folder', () => {
  test('is used by one at a time; several with their own run side by side, each with a page port of its own', async () => {
    const [one, two] = [await dataFolder(), await dataFolder()];
    await Promise.all([writeProfile(one), writeProfile(two)]);
    const [first, other] = [start({ data: one, args: ONLY_PAGE }), start({ data: two, args: ONLY_PAGE })];
    const [a, b] = [new URL(await first.url()), new URL(await other.url())];
    expect(a.port).not.toBe(b.port);
    expect(a.search).not.toBe(b.search);

    const second = start({ data: one });
    expect(await once(second.process, 'close')).toEqual([1, null]);
    expect(second.stderr).toContain(`already runs with the data folder ${one} (process ${first.process.pid})`);
    expect(second.stdout).toBe('');
    await Promise.all([first.end(), other.end()]);
  });

  test('that cannot be used is said in one line', async () => {
    const folder = await createTempFolder('data');
    onTestFinished(folder.remove);
    await writeFile(folder.join('file'), '');
    const application = start({ data: folder.join('file') });
    expect(await once(application.process, 'close')).toEqual([1, null]);
    expect(application.stderr).toMatch(/^The data folder \S+ cannot be used \(EEXIST\)[^\n]*--data\.\n$/);
  });

  test('its link is printed by page-url while it runs; --hide-token keeps it out of the log', async () => {
    const data = await dataFolder();
    await writeProfile(data);
    const application = start({ data, args: [...ONLY_PAGE, '--page-port', '0', '--hide-token'] });
    const [, port] = await application.printed(/^Page: http:\/\/127\.0\.0\.1:(\d+)\/ \(/m);
    const ask = () => run(process.execPath, [entry, 'page-url', '--data', data]);
    const { code, stdout } = await ask();
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\?token=[\\w-]{43}\n$`));
    expect(application.stdout).not.toContain(new URL(stdout.trim()).searchParams.get('token'));
    expect(await application.end()).toBe(0);
    expect(await ask()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('No Studyport runs') });
  });
});

describe('mistakes', () => {
  test('a page port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const data = await dataFolder();
    await writeProfile(data);
    const application = start({ data, args: [...ONLY_PAGE, '--page-port', String(port)] });
    expect(await once(application.process, 'close')).toEqual([1, null]);
    expect(application.stderr).toContain(`Port ${port} for the page is taken`);
  });

  test.each([
    [['--port', '104'], '--port is not an option of the application'],
    [['--page-port', 'x'], '--page-port must be a number'],
    [['stop'], '"stop" is not a command'],
  ])('%j exits with 2', async (args, message) => {
    const { code, stderr } = await run(process.execPath, [entry, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('help names every command', async () => {
    const { code, stdout } = await run(process.execPath, [entry, '--help']);
    expect(code).toBe(0);
    for (const command of ['start', 'page-url', 'receive'])
      expect(stdout).toContain(`studyport ${command === 'start' ? '[start]' : command}`);
  });
});

test('receive works without a page and without node_modules', async () => {
  const folder = await createTempFolder('receive');
  onTestFinished(folder.remove);
  const child = spawn(
    process.execPath,
    [entry, 'receive', '--json', '--port', '0', '--host', '127.0.0.1', '--out-dir', folder.path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  expect(await send(JSON.parse(String(line)).port)).toBe(0);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('S3, too, is inside', async () => {
  const data = await dataFolder();
  await writeProfile(data);
  const application = start({ data });
  const s3Config = { bucket: 'b', accessKey: 'k', endpoint: 'http://127.0.0.1:9' };
  const answer = await application.call('s3-test', { s3Config, secrets: { secretKey: 's' } });
  const words = JSON.stringify(answer);
  expect(words).not.toMatch(/cannot find|ERR_MODULE_NOT_FOUND/i);
  expect(words).toMatch(/ECONNREFUSED|refused|reach/i);
  await application.end();
});

test('the browser is opened with a file that only this user can read, never with the token as an argument', async () => {
  const data = await dataFolder();
  await writeProfile(data);
  const bin = join(data, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\necho "$@" > "${data}/opened"\n`);
  await chmod(join(bin, 'xdg-open'), 0o755);
  const application = start({
    data,
    args: ['start', '--headless', '--page-port', '0'],
    environment: { DISPLAY: ':99', PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  const link = await application.url();
  await expect.poll(() => readFile(join(data, 'opened'), 'utf8').catch(() => '')).toMatch(/\n$/);
  const opened = (await readFile(join(data, 'opened'), 'utf8')).trim();
  expect(opened).toMatch(/^file:\/\/\/.*\.html$/);
  expect((await stat(fileURLToPath(opened))).mode & 0o777).toBe(0o600);
  expect(await readFile(fileURLToPath(opened), 'utf8')).toContain(link);
  expect(await application.end()).toBe(0);
  await expect(stat(fileURLToPath(opened))).rejects.toThrow('ENOENT');
});

// It builds first where the sources have changed.
describe('npm start', { timeout: 120_000 }, () => {
  const npmStart = (data: string, args: readonly string[], environment = {}) =>
    start({ data, command: [process.execPath, join(ROOT, 'scripts/start.js')], args: ['start', ...args], environment });

  test('says in one line why there is no window, receives, and hands signals on', async () => {
    const data = await dataFolder();
    await writeProfile(data);
    const application = npmStart(data, ['--no-open', '--page-port', '0']);
    expect(await send(await application.port())).toBe(0);
    await application.url();
    // A tree that changes while it is tested is built again.
    const said = application.stderr.split('\n').filter((line) => !/^(Building the|Built in) /.test(line));
    expect(said).toEqual([
      'The page opens in your browser: there is no desktop here (neither DISPLAY nor WAYLAND_DISPLAY is set).',
      '',
    ]);
    expect(await application.end('SIGTERM')).toBe(0);
    expect(application.stdout).toMatch(/^Stopping/m);
  });

  test('with --headless has nothing to explain', async () => {
    const data = await dataFolder();
    await writeProfile(data);
    const application = npmStart(data, ['--headless', '--no-open', '--page-port', '0']);
    await application.url();
    expect(application.stderr).not.toContain('The page opens in your browser');
    expect(await application.end('SIGINT')).toBe(0);
  });
});
