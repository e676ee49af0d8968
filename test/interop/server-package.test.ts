/**
 * The Debian package of a server: built, installed, its service's command run as its own user, received into with DCMTK, its
 * page opened, removed, purged. No systemd runs here: that the service starts under its restrictions is for the release workflow.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storescu } from '../support/dcmtk.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { findTool, freePort, requireTool, run } from '../support/tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const HOME = '/var/lib/studyport';
const UNIT = '/usr/lib/systemd/system/studyport.service';

function cannot(): string | undefined {
  if (!existsSync('/etc/debian_version')) return 'it needs Debian';
  if (process.getuid?.() !== 0) return 'it needs root, to install a package';
  return existsSync('/usr/lib/studyport') || existsSync(HOME) ? 'a Studyport is installed here' : undefined;
}

const reason = cannot();
if (reason !== undefined) {
  if (process.env.REQUIRE_INTEROP === '1')
    throw new Error(`REQUIRE_INTEROP=1, but the server package cannot be tested: ${reason}`);
  process.stderr.write(`Skipped: the server package cannot be tested: ${reason}\n`);
}
const skip =
  reason !== undefined || requireTool('dpkg-deb', 'dpkg', 'runuser', 'setpriv', 'storescu') || requireRealFiles();

async function succeed(name: string, args: readonly string[], timeout = 60_000): Promise<string> {
  const { code, stdout, stderr } = await run(name, args, { timeout });
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

describe.skipIf(skip)('the server package', () => {
  let folder: TempFolder;
  let file: string;
  let control: string;

  beforeAll(async () => {
    folder = await createTempFolder('deb');
    const script = join(ROOT, 'scripts/dist-server.js');
    const args = [script, '--compression', 'none', '--out', folder.path];
    file = (await succeed(process.execPath, args, 200_000)).trim();
    control = folder.join('control');
    await succeed('dpkg-deb', ['--control', file, control]);
  }, 220_000);

  afterAll(async () => {
    await run('dpkg', ['--purge', 'studyport']);
    await rm(HOME, { recursive: true, force: true });
    await run('deluser', ['--quiet', '--system', 'studyport']);
    await folder?.remove();
  });

  test('holds what it needs and nothing else, owned by root, writable by nobody else', async () => {
    const listing = (await succeed('dpkg-deb', ['--contents', file])).trim().split('\n');
    const entries = listing.map((line) => {
      const [mode = '', owner = '', , , , ...name] = line.split(/\s+/);
      return { mode, owner, name: name.join(' ') };
    });
    expect(entries.filter(({ owner }) => owner !== 'root/root')).toEqual([]);
    expect(entries.filter(({ mode }) => !/^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x)$/.test(mode))).toEqual([]);
    const files = entries.map(({ name }) => name).filter((name) => !name.endsWith('/'));
    const expected =
      /^\.\/(etc\/default\/studyport|usr\/bin\/studyport|usr\/lib\/systemd\/system\/studyport\.service|usr\/share\/doc\/studyport\/(copyright|changelog\.gz|server\.md)|usr\/share\/man\/man1\/studyport\.1\.gz|usr\/lib\/studyport\/(node|package\.json|out\/main\/[\w./-]+\.js|out\/renderer\/[\w./-]+))$/;
    expect(files.filter((name) => !expected.test(name) || name.endsWith('.map'))).toEqual([]);
    for (const name of [
      'etc/default/studyport',
      'usr/lib/studyport/out/main/headless.js',
      'usr/lib/studyport/out/renderer/index.html',
    ]) {
      expect(files).toContain(`./${name}`);
    }
    const executable = entries
      .filter(({ mode, name }) => mode === '-rwxr-xr-x' && !name.endsWith('/'))
      .map(({ name }) => name);
    expect(executable.toSorted()).toEqual(['./usr/bin/studyport', './usr/lib/studyport/node']);
  });

  test('says what it is, as Debian wants it said, and its scripts can be read by any shell', async () => {
    const fields = await readFile(join(control, 'control'), 'utf8');
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(fields).toMatch(/^Package: studyport$/m);
    expect(fields).toContain(`\nVersion: ${version}\n`);
    expect(fields).toMatch(/^Maintainer: .+ <\S+@\S+>$/m);
    expect(fields).toMatch(/^Description: [^\n.]{10,80}\n( \S[^\n]{0,79}\n)+$/m);
    for (const script of ['postinst', 'prerm', 'postrm']) {
      const text = await readFile(join(control, script), 'utf8');
      expect(text).toMatch(/^#!\/bin\/sh\nset -e\n/);
      await succeed('/bin/sh', ['-n', join(control, script)]);
      expect((await stat(join(control, script))).mode & 0o777).toBe(0o755);
    }
  });

  test('is installed, receives as its own user, shows its page to who has the link, and goes again', async () => {
    await succeed('dpkg', ['--force-unsafe-io', '--install', file], 120_000);
    expect(await succeed('dpkg', ['--verify', 'studyport'])).toBe('');
    expect(await succeed('getent', ['passwd', 'studyport'])).toMatch(/:\/var\/lib\/studyport:\/usr\/sbin\/nologin$/m);
    const uid = Number(await succeed('id', ['-u', 'studyport']));
    expect(await stat(HOME)).toMatchObject({ uid });
    expect((await stat(HOME)).mode & 0o777).toBe(0o750);

    if (findTool('systemd-analyze')) {
      expect(await run('systemd-analyze', ['verify', UNIT])).toMatchObject({ code: 0, stdout: '', stderr: '' });
      const { stdout } = await run('systemd-analyze', ['security', '--offline=true', UNIT]);
      process.stderr.write(`${stdout.trim().split('\n').at(-1)}\n`);
      expect(stdout).toMatch(/Overall exposure level for studyport\.service: \S+ OK/);
    } else process.stderr.write('Not checked: systemd-analyze is not installed (package systemd)\n');
    process.stderr.write(
      'No systemd runs here: ExecStart is run as the user studyport, without the restrictions of the unit. The release workflow starts the service for real.\n',
    );

    // Ports of this test's own, by the file that the administrator would edit, and by the profile.
    const pagePort = await freePort();
    await writeFile('/etc/default/studyport', `PAGE_PORT=${pagePort}\n`);
    const profile = {
      id: 'p1',
      name: 'Server',
      autoStart: true,
      options: {
        port: 0,
        host: '127.0.0.1',
        callingAeTitle: 'STUDYPORT',
        outDir: `${HOME}/Studyport`,
        storeWithFileMeta: true,
      },
      secrets: [],
    };
    const profiles = JSON.stringify({ version: 1, profiles: [profile] });
    const asService = ['-u', 'studyport', '--', '/bin/sh', '-c'];
    await succeed('runuser', [
      ...asService,
      `umask 077; mkdir ${HOME}/data; cat > ${HOME}/data/profiles.json <<'X'\n${profiles}\nX`,
    ]);

    const unit = await readFile(UNIT, 'utf8');
    const execStart = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    const umask = /^UMask=(\d+)$/m.exec(unit)?.[1];
    // As systemd would: a clean environment, the variables of the unit, exec. The shell expands ${PAGE_PORT} as systemd does.
    const command = `umask ${umask}; set -a; PAGE_PORT=11180; . /etc/default/studyport; exec ${execStart}`;
    // Becomes the service, so that it gets our signals; what the unit allows of root's rights is what there is.
    const rights =
      '--reuid studyport --regid studyport --init-groups --no-new-privs --bounding-set -all,+net_bind_service';
    const service = spawn('setpriv', [...rights.split(' '), '/bin/sh', '-c', command], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME, USER: 'studyport', LANG: 'C.UTF-8' },
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [service.stdout, service.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const ended = new Promise((resolve) => service.once('exit', (code, signal) => resolve(code ?? signal)));
    try {
      const printed = async (pattern: RegExp) => {
        await expect.poll(() => output, { timeout: 20_000 }).toMatch(pattern);
        return pattern.exec(output)?.[1] ?? '';
      };
      const port = Number(await printed(/^ +Port +(\d+)$/m));
      await printed(new RegExp(`^Page: http://127\\.0\\.0\\.1:${pagePort}/ \\(`, 'm'));
      expect(output).not.toContain('token=');

      const ct = realFiles().find(
        ({ meta }) =>
          meta.sopClassUid === '1.2.840.10008.5.1.4.1.1.2' && meta.transferSyntaxUid === '1.2.840.10008.1.2.1',
      );
      expect(ct).toBeDefined();
      const sent = await storescu({ port, calledAeTitle: 'STUDYPORT' }, [ct?.path ?? ''], ['-xe']);
      expect(sent.code).toBe(0);
      const stored = (await readdir(`${HOME}/Studyport`, { recursive: true })).filter((name) => name.endsWith('.dcm'));
      expect(stored).toHaveLength(1);
      const received = await stat(join(HOME, 'Studyport', stored[0] ?? ''));
      expect(received.uid).toBe(uid);
      // The group may read, others may not.
      expect(received.mode & 0o777).toBe(0o640);
      expect((await stat(`${HOME}/data`)).mode & 0o777).toBe(0o700);

      const link = (await succeed('studyport', ['page-url'])).trim();
      expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${pagePort}/\\?token=[\\w-]{43}$`));
      const door = await fetch(link, { redirect: 'manual' });
      const cookie = door.headers.get('set-cookie')?.split(';')[0] ?? '';
      const page = await fetch(new URL('/', link), { headers: { cookie } });
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<title>');
      expect((await fetch(new URL('/', link))).status).toBe(401);
      // Another user of the server gets no link.
      const stranger = await run('runuser', ['-u', 'nobody', '--', 'studyport', 'page-url']);
      expect(stranger).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('EACCES') });
    } finally {
      service.kill('SIGTERM');
    }
    expect(await ended, output).toBe(0);
    expect(output).toMatch(/^Stopping/m);

    await succeed('dpkg', ['--remove', 'studyport']);
    expect(existsSync('/usr/lib/studyport')).toBe(false);
    expect(existsSync('/usr/bin/studyport')).toBe(false);
    // Configuration and data stay until it is purged, and what was received stays for good.
    expect(await readFile('/etc/default/studyport', 'utf8')).toContain(String(pagePort));
    expect(existsSync(`${HOME}/data/profiles.json`)).toBe(true);
    const purged = await succeed('dpkg', ['--purge', 'studyport']);
    expect(purged).toContain('what was received stays');
    expect(existsSync('/etc/default/studyport')).toBe(false);
    expect(existsSync(`${HOME}/data`)).toBe(false);
    expect(
      (await readdir(`${HOME}/Studyport`, { recursive: true })).filter((name) => name.endsWith('.dcm')),
    ).toHaveLength(1);

    // Where nothing was received, nothing stays: neither the folder nor the user.
    await rm(`${HOME}/Studyport`, { recursive: true });
    await succeed('/bin/sh', [join(control, 'postrm'), 'purge']);
    expect(existsSync(HOME)).toBe(false);
    expect((await run('getent', ['passwd', 'studyport'])).code).not.toBe(0);
  }, 300_000);
});
