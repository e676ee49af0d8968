import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CliReceiver, runCli } from '../support/cli.ts';
import { CT_UIDS, syntheticCt, TRANSFER_SYNTAXES } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE } from '../support/raw-pdu.ts';
import { RawSender } from '../support/raw-sender.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const instance = {
  sopClassUid: CT_IMAGE_STORAGE,
  sopInstanceUid: CT_UIDS.sopInstanceUid,
  transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
  dataSet: syntheticCt(),
};

async function send(port: number) {
  const sender = await RawSender.connect({
    port,
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
    contexts: [{ id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [instance.transferSyntaxUid] }],
  });
  const answer = await sender.store(instance);
  await sender.release();
  return answer;
}

async function temp() {
  const folder = await createTempFolder('cli');
  onTestFinished(folder.remove);
  return folder;
}

function receiver(args: readonly string[], environment?: Record<string, string>) {
  const cli = new CliReceiver(args, environment);
  onTestFinished(async () => void (await cli.end('SIGKILL')));
  return cli;
}

describe('studyport receive --json', () => {
  it('says what happens, one event a line, and ends with 0 on SIGTERM', async () => {
    const folder = await temp();
    const flags = [
      '--calling-ae-title',
      'STUDYPORT',
      '--extract-tags',
      'PatientName,StudyDate',
      '--study-timeout',
      '0.2',
    ];
    const cli = receiver(['--port', '0', '--out-dir', folder.join('in'), ...flags, '--no-fsync']);
    expect(await send(await cli.port())).toBe(0);
    const stored = await cli.event('file-stored');
    expect(stored).toMatchObject({
      sopInstanceUid: CT_UIDS.sopInstanceUid,
      studyInstanceUid: CT_UIDS.studyInstanceUid,
      association: { callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT', remoteAddress: '127.0.0.1' },
    });
    expect(Object.keys(stored.tags as object).sort()).toEqual(['PatientName', 'StudyDate']);
    expect(await readFile(stored.file as string)).toEqual(Buffer.from(instance.dataSet));
    expect((await cli.event('study-completed')).study).toMatchObject({ studyInstanceUid: CT_UIDS.studyInstanceUid });
    expect(await cli.end('SIGTERM')).toBe(0);
    expect(cli.events.map(({ type }) => type)).toEqual([
      'server-started',
      'association-accepted',
      'file-stored',
      'association-released',
      'study-completed',
      'server-stopped',
    ]);
    expect(cli.events.at(-1)).toMatchObject({ files: 1, studies: 1, failures: 0 });
  });

  it('reads the options of a file, flags over them, and reports an unfinished study at SIGINT', async () => {
    const folder = await temp();
    const config = { port: 11112, callingAeTitle: 'FROM-FILE', outDir: folder.join('in'), storeWithFileMeta: true };
    await writeFile(folder.join('config.json'), JSON.stringify(config));
    const cli = receiver(['--config', folder.join('config.json'), '--port', '0']);
    const port = await cli.port();
    expect(port).not.toBe(11112);
    expect(await cli.event('server-started')).toMatchObject({ aeTitle: 'FROM-FILE' });
    await send(port);
    const file = await readFile((await cli.event('file-stored')).file as string);
    expect(file.subarray(128, 132).toString()).toBe('DICM');
    expect(await cli.end('SIGINT')).toBe(0);
    expect(await cli.event('study-completed')).toMatchObject({ quiet: false });
  });

  it('takes secrets from the environment and shows them nowhere', async () => {
    const secret = 'do-not-show-me';
    const cli = receiver(
      ['--port', '0', '--storage-backend', 'S3', '--s3-bucket', 'b', '--s3-endpoint', 'http://127.0.0.1:9'],
      { STUDYPORT_S3_ACCESS_KEY: 'key', STUDYPORT_S3_SECRET_KEY: secret },
    );
    await once(cli.process, 'close');
    expect(cli.process.exitCode).toBe(1);
    expect(cli.stderr).toContain('Cannot start');
    expect(cli.stderr + JSON.stringify(cli.events)).not.toContain(secret);
  });
});

describe('studyport receive for people', () => {
  it('prints the address card, a line per association and study, and the totals', async () => {
    const folder = await temp();
    const args = ['dist/cli.js', 'start', '--port', '0', '--out-dir', folder.join('in'), '--study-timeout', '0.1'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
    });
    const seen = async (pattern: RegExp) => {
      for (let tries = 0; tries < 400 && !pattern.test(text); tries++)
        await new Promise((done) => setTimeout(done, 25));
      expect(text).toMatch(pattern);
    };
    await seen(/AE title +STUDYPORT\n +Address +\S+[^\n]*\n +Port +\d+\n +Folder +\S+/);
    await send(Number(/Port +(\d+)/.exec(text)![1]));
    await seen(/#1 CT01 \(127\.0\.0\.1\) called STUDYPORT: 1 kind of object accepted/);
    await seen(/#1 CT01 \(127\.0\.0\.1\) released, 1 file stored/);
    await seen(/Study completed: [\d.]+ \(1 series, 1 instances\)/);
    child.kill('SIGINT');
    expect((await once(child, 'close'))[0]).toBe(0);
    await seen(/Stopped\. 1 file \([\d.]+ KB\) in 1 study received\./);
  });
});

describe('mistakes', () => {
  it('exits with 2 and lists every wrong option', async () => {
    const { code, stderr } = await runCli([
      'receive',
      '--port',
      '70000',
      '--outdir',
      'x',
      '--studytimeout',
      '3',
      '--calling-ae-title',
      'X'.repeat(17),
    ]);
    expect(code).toBe(2);
    for (const name of ['--port', '--outdir', '--studytimeout', '--calling-ae-title', '--out-dir'])
      expect(stderr).toContain(name);
  });

  it('exits with 2 for a file that is not there, not JSON, or not an object', async () => {
    const folder = await temp();
    await writeFile(folder.join('broken.json'), '{"port": 1,');
    await writeFile(folder.join('list.json'), '[]');
    for (const [name, words] of [
      ['none.json', 'cannot be read'],
      ['broken.json', 'is not JSON'],
      ['list.json', 'one object'],
    ] as const) {
      const { code, stderr } = await runCli(['receive', '--config', folder.join(name)]);
      expect(code).toBe(2);
      expect(stderr).toContain(words);
    }
  });

  it('exits with 1 and says what to do when the port is in use', async () => {
    const folder = await temp();
    const server = createServer().listen(0);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { code, stderr } = await runCli(['receive', '--port', String(port), '--out-dir', folder.join('in')]);
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is in use by another program; stop that program`);
  });

  it('knows no other command', async () => {
    expect(await runCli(['send'])).toMatchObject({ code: 2 });
    expect(await runCli(['--help'])).toMatchObject({ code: 0, stderr: '' });
    expect((await runCli(['receive', '--help'])).stdout).toContain('--calling-ae-title');
  });
});
