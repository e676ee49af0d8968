/** What can happen to the machine under a receiver, seen from the wire: full and read-only disks, rights, ports, stops. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { StoreScpOptions } from '#main/engine/index.ts';
import { StoreScp } from '#main/engine/index.ts';
import { associateRequest, bytes, fragments, parseCommand, pData, pdv, storeRequest } from '../support/raw-pdu.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import {
  archived,
  associate,
  CONTEXT,
  CONTEXTS,
  ctObject,
  filesIn,
  GOOD_INSTANCE,
  goodStore,
  INSTANCE,
  nextAnswer,
  STUDY,
  startTestReceiver,
  store,
  type TestReceiver,
  type TestReceiverOptions,
  until,
} from '../support/test-receiver.ts';
import { freePort } from '../support/tools.ts';

const MB = 1024 * 1024;
const NOBODY = 65534;
const PATIENT_ID = 0x00100020;
const STUDY_INSTANCE_UID = 0x0020000d;
const CHILD = new URL('../support/receiver-child.ts', import.meta.url).pathname;
const root = process.platform === 'linux' && process.getuid?.() === 0;

let peers: ScriptedPeer[] = [];
let receivers: TestReceiver[] = [];

async function start(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const receiver = await startTestReceiver(options);
  receivers.push(receiver);
  return receiver;
}

async function open(port: number): Promise<ScriptedPeer> {
  const peer = await associate(port);
  peers.push(peer);
  return peer;
}

async function tempFolder(): Promise<string> {
  const folder = await createTempFolder('host');
  onTestFinished(folder.remove);
  return folder.path;
}

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  peers = [];
  receivers = [];
});

/** Stores and says how it was answered, with the comment. */
async function storeAndHear(peer: ScriptedPeer, content: Uint8Array): Promise<{ status: string; comment: string }> {
  await peer.send(content);
  const pdu = await peer.peek(20_000);
  const last = pdu.type === 'P-DATA-TF' ? pdu.pdvs.at(-1) : undefined;
  const comment = last ? (parseCommand(last.value).ErrorComment ?? '') : '';
  return { status: await nextAnswer(peer), comment };
}

const numbered = (number: number, pixels = 1000) => {
  const sopInstanceUid = `1.2.3.${number}`;
  return store(ctObject({ sopInstanceUid, pixels }), { sopInstanceUid, messageId: number });
};

describe.skipIf(!root)('a volume of its own (needs root)', () => {
  async function mounted(options: string): Promise<string> {
    const volume = join(await tempFolder(), 'volume');
    await mkdir(volume);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', volume]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', volume]);
    });
    return volume;
  }

  /** A second, read-only view in front of the volume: the volume itself cannot change while files are open on it. */
  function makeReadOnly(volume: string): { readonly undo: () => void } {
    execFileSync('mount', ['--bind', volume, volume]);
    execFileSync('mount', ['-o', 'remount,bind,ro', volume]);
    return {
      undo: () => {
        execFileSync('umount', ['-l', volume]);
      },
    };
  }

  test.each([false, true])(
    'an object too large for the disk: A700 "disk full", the association goes on (fsync %s)',
    async (fsync) => {
      const outDir = await mounted('size=24m');
      const receiver = await start({ outDir, fsync });
      const peer = await open(receiver.port);
      expect(await storeAndHear(peer, numbered(1, 40 * MB))).toEqual({
        status: 'C-STORE A700 #1',
        comment: 'disk full',
      });
      expect(receiver.files()).toEqual([]);
      expect(receiver.errors).toMatchObject([
        { data: { code: 'storage', status: 0xa700, sopInstanceUid: '1.2.3.1' }, error: expect.any(Error) },
      ]);
      expect(receiver.errors[0]?.message).toContain(outDir);
      expect(receiver.stored).toMatchObject([{ error: expect.any(Error), data: { file: '' } }]);
      expect(await storeAndHear(peer, numbered(2, 4 * MB))).toMatchObject({ status: 'C-STORE 0000 #2' });
      await peer.release();
      expect(receiver.files()).toEqual([archived('1.2.3.2')]);
      await echo(receiver.port);
    },
  );

  test.each([false, true])('a disk that is full already, until somebody makes room (fsync %s)', async (fsync) => {
    const outDir = await mounted('size=1m');
    const receiver = await start({ outDir, fsync });
    const filler = join(outDir, 'filler');
    const peer = await open(receiver.port);
    await writeFile(filler, Buffer.alloc(2 * MB)).catch(() => {});
    expect(await storeAndHear(peer, numbered(1))).toEqual({ status: 'C-STORE A700 #1', comment: 'disk full' });
    expect(await storeAndHear(peer, numbered(2))).toEqual({ status: 'C-STORE A700 #2', comment: 'disk full' });
    await rm(filler);
    expect(await storeAndHear(peer, numbered(3))).toMatchObject({ status: 'C-STORE 0000 #3' });
    await peer.release();
    expect(receiver.files()).toEqual([archived('1.2.3.3')]);
  });

  test('a quarantine that finds no room answers A700 as well', async () => {
    const outDir = await mounted('size=8m');
    const receiver = await start({ outDir });
    const peer = await open(receiver.port);
    const incomplete = ctObject({ change: { [STUDY_INSTANCE_UID]: undefined }, pixels: 12 * MB });
    expect(await storeAndHear(peer, store(incomplete))).toEqual({ status: 'C-STORE A700 #7', comment: 'disk full' });
    expect(await storeAndHear(peer, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    expect(receiver.files()).toEqual([archived('1.2.3.1')]);
  });

  test('below the reserve: RJ 2/3/1 for new associations, A700 on open ones, until there is room', async () => {
    const outDir = await mounted('size=24m');
    const receiver = await start({ outDir, minimumFreeSpace: 16 * MB });
    const early = await open(receiver.port);
    expect(await storeAndHear(early, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    const filler = join(outDir, 'filler');
    await writeFile(filler, Buffer.alloc(12 * MB));
    const request = async () => {
      const peer = await ScriptedPeer.connect(receiver.port);
      try {
        await peer.send(associateRequest({ contexts: CONTEXTS }));
        return await nextAnswer(peer);
      } finally {
        await peer.close();
      }
    };
    // A reading of the free space may be a second or two old.
    const becomes = async (answer: string) => {
      const limit = performance.now() + 20_000;
      let last = '';
      while (last !== answer && performance.now() < limit) {
        last = await request();
        await delay(100);
      }
      expect(last).toBe(answer);
    };
    await becomes('A-ASSOCIATE-RJ 2/3/1');
    expect(receiver.connections.at(-1)).toMatchObject({
      data: { state: 'rejected', code: 'temporary-congestion', reason: expect.stringContaining('minimumFreeSpace') },
    });
    const { status, comment } = await storeAndHear(early, numbered(2));
    expect(status).toBe('C-STORE A700 #2');
    expect(comment.toLowerCase()).toContain('disk full');
    await rm(filler);
    await becomes('A-ASSOCIATE-AC');
    expect(await storeAndHear(early, numbered(3))).toMatchObject({ status: 'C-STORE 0000 #3' });
    expect(receiver.files()).toEqual([archived('1.2.3.1'), archived('1.2.3.3')]);
  });

  test('the reserve is watched within an object too', async () => {
    const outDir = await mounted('size=128m');
    const receiver = await start({ outDir, minimumFreeSpace: 90 * MB });
    const peer = await open(receiver.port);
    const block = pData(pdv(CONTEXT.explicit, Buffer.alloc(16_000), { command: false, last: false }));
    await peer.send(
      fragments(
        CONTEXT.explicit,
        true,
        storeRequest({ sopClassUid: CONTEXTS[0]!.abstractSyntax, sopInstanceUid: INSTANCE }),
      )[0]!,
    );
    await peer.send(pData(pdv(1, ctObject({ pixels: 120 * MB }).subarray(0, 3000), { command: false, last: false })));
    const sendMany = async (total: number) => {
      for (let sent = 0; sent < total; sent += block.length) await peer.send(block);
    };
    await sendMany(48 * MB);
    // A reading may be two seconds old, and a new one is in force at the next look.
    await delay(2500);
    await sendMany(40 * MB);
    await peer.send(pData(pdv(1, Buffer.alloc(0), { command: false, last: true })));
    expect(await nextAnswer(peer)).toBe('C-STORE A700 #1');
    expect(receiver.files()).toEqual([]);
    expect(receiver.errors).toMatchObject([{ data: { code: 'storage' } }]);
  });

  test('a disk that becomes read-only: A700, no crash, and back again', async () => {
    const outDir = await mounted('size=8m');
    const receiver = await start({ outDir });
    const peer = await open(receiver.port);
    expect(await storeAndHear(peer, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    const readOnly = makeReadOnly(outDir);
    expect(await storeAndHear(peer, numbered(2))).toEqual({
      status: 'C-STORE A700 #2',
      comment: 'storage is read-only',
    });
    await echo(receiver.port);
    readOnly.undo();
    expect(await storeAndHear(peer, numbered(3))).toMatchObject({ status: 'C-STORE 0000 #3' });
    expect(receiver.files()).toEqual([archived('1.2.3.1'), archived('1.2.3.3')]);
  });

  test('a folder on a read-only disk: start says so', async () => {
    const outDir = await mounted('size=8m');
    onTestFinished(makeReadOnly(outDir).undo);
    await expect(start({ outDir: join(outDir, 'archive') })).rejects.toThrow(/read-only/);
  });
});

describe('the folder', () => {
  test('deleted while the receiver runs: made once more, nothing is lost silently', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    expect(await storeAndHear(peer, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    await rm(receiver.folder, { recursive: true });
    expect(await storeAndHear(peer, numbered(2))).toMatchObject({ status: 'C-STORE 0000 #2' });
    expect(receiver.files()).toEqual([archived('1.2.3.2')]);
    await peer.release();
    await echo(receiver.port);
  });

  test.each([false, true])('deleted in the middle of an object: stored, or A700 (fsync %s)', async (fsync) => {
    const receiver = await start({ fsync });
    const peer = await open(receiver.port);
    const content = numbered(1, 3 * MB);
    await peer.send(content.subarray(0, 2 * MB));
    await until(
      () => filesIn(receiver.folder).some((name) => name.endsWith('.part')),
      'the object is on its way',
    ).catch(() => undefined);
    await rm(receiver.folder, { recursive: true });
    await peer.send(content.subarray(2 * MB));
    const answer = await nextAnswer(peer);
    expect(['C-STORE 0000 #1', 'C-STORE A700 #1']).toContain(answer);
    expect(await storeAndHear(peer, numbered(2))).toMatchObject({ status: 'C-STORE 0000 #2' });
    expect(receiver.files()).toEqual([
      ...(answer === 'C-STORE 0000 #1' ? [archived('1.2.3.1')] : []),
      archived('1.2.3.2'),
    ]);
  });

  test('a file in the way of the folder: start says so', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, 'in the way');
    await expect(start({ outDir: join(file, 'archive') })).rejects.toThrow(/file/i);
  });

  test('two receivers on one folder: the second says so, and may follow the first', async () => {
    const first = await start();
    await expect(start({ outDir: first.folder })).rejects.toThrow(first.folder);
    await first.scp.stop();
    const second = await start({ outDir: first.folder });
    await echo(second.port);
  });

  test('leftovers of a killed receiver are swept at the start', async () => {
    const folder = join(await tempFolder(), 'archive');
    await mkdir(join(folder, '.incoming'), { recursive: true });
    await writeFile(join(folder, '.incoming', 'abc-1.part'), 'half an object');
    const receiver = await start({ outDir: folder });
    expect(receiver.files()).toEqual([]);
  });
});

describe('one SOP Instance UID on two associations at once', () => {
  const [one, two] = [1, 2].map((fill) =>
    ctObject({
      pixels: 3 * MB,
      change: { [PATIENT_ID]: { tag: PATIENT_ID, vr: 'LO', value: `PID-${fill}` } },
    }),
  ) as [Buffer, Buffer];

  async function together(options: Partial<StoreScpOptions>, contents: readonly Buffer[]) {
    const receiver = await start(options);
    const senders = await Promise.all(contents.map(() => open(receiver.port)));
    const messages = contents.map((content) => store(content));
    // Both have begun before either ends.
    await Promise.all(senders.map((peer, index) => peer.send(messages[index]!.subarray(0, MB))));
    await Promise.all(senders.map((peer, index) => peer.send(messages[index]!.subarray(MB))));
    const answers = await Promise.all(senders.map((peer) => nextAnswer(peer)));
    const stored = receiver.files().map((name) => ({ name, content: receiver.read(name) }));
    const outcomes = receiver.stored.map(({ error, data: { outcome } }) => (error ? 'error' : outcome)).sort();
    return { answers: answers.sort(), stored, outcomes, receiver };
  }

  describe.each([false, true])('fsync %s', (fsync) => {
    test.each(['replace', 'keep-first', 'keep-both'] as const)(
      'equal content, %s: success for both, one file',
      async (onDuplicate) => {
        const { answers, stored, outcomes } = await together({ fsync, onDuplicate }, [one, one]);
        expect(answers).toEqual(['C-STORE 0000 #7', 'C-STORE 0000 #7']);
        expect(stored.map(({ name }) => name)).toEqual([archived()]);
        expect(stored[0]?.content.equals(one)).toBe(true);
        expect(outcomes).toEqual(['equal', 'new']);
      },
    );

    test('different content, keep-both: both are kept, whole', async () => {
      const { answers, stored, outcomes } = await together({ fsync, onDuplicate: 'keep-both' }, [one, two]);
      expect(answers).toEqual(['C-STORE 0000 #7', 'C-STORE 0000 #7']);
      expect(stored.map(({ name }) => name)).toEqual([archived(), archived(`${INSTANCE}~2`)]);
      expect(stored.filter(({ content }) => content.equals(one))).toHaveLength(1);
      expect(stored.filter(({ content }) => content.equals(two))).toHaveLength(1);
      expect(outcomes).toEqual(['kept-both', 'new']);
    });

    test('different content, replace: the later one is there, whole', async () => {
      const { answers, stored, outcomes, receiver } = await together({ fsync, onDuplicate: 'replace' }, [one, two]);
      expect(answers).toEqual(['C-STORE 0000 #7', 'C-STORE 0000 #7']);
      expect(stored.map(({ name }) => name)).toEqual([archived()]);
      expect(stored.some(({ content }) => content.equals(one) || content.equals(two))).toBe(true);
      expect(outcomes).toEqual(['new', 'replaced']);
      expect(receiver.stored.map(({ data: { file } }) => file)).toEqual(
        Array(2).fill(join(receiver.folder, archived())),
      );
    });

    test('different content, keep-first: the later one is refused with 0111H', async () => {
      const { answers, stored, outcomes, receiver } = await together({ fsync, onDuplicate: 'keep-first' }, [one, two]);
      expect(answers).toEqual(['C-STORE 0000 #7', 'C-STORE 0111 (0008,0018) #7']);
      expect(stored.map(({ name }) => name)).toEqual([archived()]);
      expect(stored.some(({ content }) => content.equals(one) || content.equals(two))).toBe(true);
      expect(outcomes).toEqual(['error', 'new']);
      expect(receiver.errors).toMatchObject([{ data: { code: 'refused', status: 0x0111 } }]);
    });
  });

  test('one after the other on one association', async () => {
    const answers: Record<string, string[]> = {};
    for (const onDuplicate of ['replace', 'keep-first', 'keep-both'] as const) {
      const receiver = await start({ onDuplicate });
      const peer = await open(receiver.port);
      const heard: string[] = [];
      for (const content of [one, two, one, two])
        heard.push((await storeAndHear(peer, store(content))).status.slice(8, 12));
      await peer.release();
      answers[onDuplicate] = [...heard, ...receiver.files()];
    }
    expect(answers).toEqual({
      replace: ['0000', '0000', '0000', '0000', archived()],
      'keep-first': ['0000', '0111', '0000', '0111', archived()],
      'keep-both': ['0000', '0000', '0000', '0000', archived(), archived(`${INSTANCE}~2`)],
    });
  });

  test('file meta that names another sender does not make another content', async () => {
    const receiver = await start({ storeWithFileMeta: true });
    for (const callingAeTitle of ['CT01', 'GATEWAY']) {
      const { peer } = await ScriptedPeer.associate(receiver.port, { contexts: CONTEXTS, callingAeTitle });
      peers.push(peer);
      expect(await storeAndHear(peer, store(one))).toMatchObject({ status: 'C-STORE 0000 #7' });
    }
    expect(receiver.files()).toEqual([archived()]);
  });
});

describe('the port', () => {
  test('in use: start rejects, handlers hear of it, and the folder is free again', async () => {
    const first = await start();
    const outDir = join(await tempFolder(), 'archive');
    const heard: string[] = [];
    const second = new StoreScp({ port: first.port, host: '127.0.0.1', outDir, logger: () => {}, minimumFreeSpace: 0 });
    second.onServerStarted((error) => heard.push(`started: ${error?.message}`));
    second.onError((error, { data }) => heard.push(`error ${data.code}: ${error?.message}`));
    const message = `port ${first.port} is in use by another program; stop that program (perhaps another DICOM receiver) or choose another port`;
    await expect(second.start()).rejects.toThrow(message);
    expect(heard).toEqual([`started: ${message}`, `error server: ${message}`]);
    await second.stop();
    await echo((await start({ outDir })).port);
    await first.scp.stop();
    // It may be tried again once the reason is gone.
    onTestFinished(() => second.stop());
    await expect(second.start()).rejects.toThrow(outDir);
    expect(heard).toHaveLength(4);
  });

  test('a start that fails may be repeated', async () => {
    const first = await start();
    const outDir = join(await tempFolder(), 'archive');
    const second = new StoreScp({ port: first.port, host: '127.0.0.1', outDir, logger: () => {}, minimumFreeSpace: 0 });
    onTestFinished(() => second.stop());
    await expect(second.start()).rejects.toThrow('in use');
    await first.scp.stop();
    await second.start();
    await echo(first.port);
  });

  test('a failed start that nobody awaits does not end the process', async () => {
    const first = await start();
    const { lines, ended } = child({ port: first.port, outDir: join(await tempFolder(), 'archive') }, []);
    expect(await ended).toBe(0);
    expect(lines).toEqual([]);
    const second = new StoreScp({ port: first.port, host: '127.0.0.1', outDir: first.folder, logger: () => {} });
    void second.start();
    await until(() => true, 'a turn of the loop');
    await second.stop();
  });

  test('an address of another computer', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toThrow('192.0.2.1 is not an address of this computer');
  });

  test('listen is start, and a second start does nothing', async () => {
    const receiver = await start();
    await receiver.scp.listen();
    await receiver.scp.start();
    expect(receiver.started).toHaveLength(1);
    await echo(receiver.port);
  });
});

describe.skipIf(!root)('an unprivileged user (needs root)', () => {
  async function unprivileged(options: Partial<StoreScpOptions>): Promise<Record<string, unknown>[]> {
    const { lines, ended } = child(options, ['start', 'stop'], NOBODY);
    expect(await ended).toBe(0);
    return lines;
  }

  test('a privileged port', async (context) => {
    const lowest = Number(await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (lowest <= 104) context.skip(`this system lets anybody have ports from ${lowest} on`);
    const folder = await tempFolder();
    await chmod(folder, 0o777);
    const lines = await unprivileged({ port: 104, host: '127.0.0.1', outDir: join(folder, 'archive') });
    expect(lines[0]).toEqual({
      failed:
        'port 104 needs administrator rights, as all ports below 1024 do on most systems; choose a port such as 11112',
    });
    expect(lines).toContainEqual({ rejected: lines[0]?.failed });
  });

  test('a folder that belongs to somebody else', async () => {
    const folder = await tempFolder();
    await chmod(folder, 0o755);
    const lines = await unprivileged({ port: 0, host: '127.0.0.1', outDir: join(folder, 'archive') });
    expect(lines[0]?.failed).toMatch(/not permitted.*(give|choose)/);
    expect(lines[0]?.failed).toContain(folder);
  });

  test('a folder whose rights are taken away while the receiver runs: A700, no crash', async () => {
    const folder = await tempFolder();
    await chmod(folder, 0o777);
    const outDir = join(folder, 'archive');
    const { firstLine, tell, ended } = child(
      { port: 0, host: '127.0.0.1', outDir, minimumFreeSpace: 0, fsync: false },
      ['start', 'wait', 'stop'],
      NOBODY,
    );
    const port = (await firstLine).port as number;
    const peer = await open(port);
    expect(await storeAndHear(peer, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    execFileSync('chown', ['-R', '0:0', outDir]);
    expect(await storeAndHear(peer, numbered(2))).toEqual({
      status: 'C-STORE A700 #2',
      comment: 'storage: permission denied',
    });
    await echo(port);
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, outDir]);
    expect(await storeAndHear(peer, numbered(3))).toMatchObject({ status: 'C-STORE 0000 #3' });
    await peer.release();
    tell();
    expect(await ended).toBe(0);
    expect(filesIn(outDir)).toEqual([archived('1.2.3.1'), archived('1.2.3.3')]);
  });
});

type Line = Record<string, unknown>;

/** A receiver in a process of its own. */
function child(options: Partial<StoreScpOptions>, steps: readonly string[], uid?: number) {
  const process_ = spawn(process.execPath, ['--no-warnings', CHILD, JSON.stringify(options), ...steps], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const lines: Line[] = [];
  const { promise: firstLine, resolve } = Promise.withResolvers<Line>();
  createInterface({ input: process_.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    resolve(line);
  });
  const ended = once(process_, 'close').then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    process_.kill('SIGKILL');
    await ended;
  });
  return { lines, firstLine, ended, tell: () => process_.stdin.write('\n') };
}

describe('stop', () => {
  const half = bytes(
    fragments(
      1,
      true,
      storeRequest({ sopClassUid: CONTEXTS[0]!.abstractSyntax, sopInstanceUid: INSTANCE, messageId: 7 }),
    )[0]!,
    pData(pdv(1, ctObject().subarray(0, -60), { command: false, last: false })),
  );
  const rest = pData(pdv(1, ctObject().subarray(-60), { command: false, last: true }));
  const refused = (port: number) =>
    new Promise<string | undefined>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on('connect', () => {
        socket.destroy();
        resolve(undefined);
      });
    });

  test('an object in transfer finishes and is answered, then A-ABORT; nobody new is let in', async () => {
    const receiver = await start({ stopTimeout: 20 });
    const peer = await open(receiver.port);
    await peer.send(half);
    await until(() => receiver.log.some(({ message }) => message.startsWith('Receiving file')), 'the object has begun');
    let stopped = false;
    const stopping = receiver.scp.stop().then(() => {
      stopped = true;
    });
    await until(() => receiver.connections.length > 0, 'a turn of the loop');
    expect(await refused(receiver.port)).toBe('ECONNREFUSED');
    expect(stopped).toBe(false);
    await peer.send(rest);
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    expect(await nextAnswer(peer)).toBe('A-ABORT 0/0');
    expect(await peer.expectClose()).toBe('closed');
    await stopping;
    expect(receiver.files()).toEqual([archived()]);
    expect(receiver.studies).toMatchObject([{ data: { quiet: false, study: { studyInstanceUid: STUDY } } }]);
    expect(receiver.connections.at(-1)).toMatchObject({ data: { state: 'aborted', stored: 1 } });
  });

  test('idle associations and bare connections end at once', async () => {
    const receiver = await start({ stopTimeout: 20 });
    const bare = await ScriptedPeer.connect(receiver.port);
    const begun = await ScriptedPeer.connect(receiver.port);
    peers.push(bare, begun);
    await begun.send(Buffer.of(1, 0, 0));
    const idle = await open(receiver.port);
    const used = await open(receiver.port);
    await used.send(goodStore());
    expect(await nextAnswer(used)).toBe('C-STORE 0000 #99');
    await receiver.scp.stop();
    for (const peer of [idle, used]) expect(await nextAnswer(peer)).toBe('A-ABORT 0/0');
    for (const peer of [idle, used, bare, begun]) expect(await peer.expectClose()).toMatch(/closed|reset/);
    expect(receiver.files()).toEqual([archived(GOOD_INSTANCE)]);
  });

  test('after the grace period an object is cut off: A-ABORT, nothing kept, shown as failed', async () => {
    const receiver = await start({ stopTimeout: 0.2 });
    const peer = await open(receiver.port);
    await peer.send(half);
    await until(() => receiver.log.some(({ message }) => message.startsWith('Receiving file')), 'the object has begun');
    await receiver.scp.stop();
    expect(await nextAnswer(peer)).toBe('A-ABORT 0/0');
    expect(receiver.files()).toEqual([]);
    expect(receiver.errors).toMatchObject([{ data: { code: 'incomplete', sopInstanceUid: INSTANCE } }]);
    expect(receiver.studies).toEqual([]);
  });

  test('a peer that does not close, and one that does not read, do not hold it up', async () => {
    const receiver = await start({ stopTimeout: 1 });
    const peer = await open(receiver.port);
    await receiver.scp.stop();
    expect(await nextAnswer(peer)).toBe('A-ABORT 0/0');
  });

  test('again, before start, during start, and twice at once', async () => {
    const outDir = join(await tempFolder(), 'archive');
    const scp = new StoreScp({ port: 0, host: '127.0.0.1', outDir, minimumFreeSpace: 0, logger: () => {} });
    await scp.stop();
    const starting = scp.start();
    await scp.stop();
    await starting;
    await Promise.all([scp.stop(), scp.stop()]);
    await scp.start();
    await Promise.all([scp.stop(), scp.stop()]);
    await scp.stop();
  });

  test('the same receiver starts again, on the same port, with the same handlers', async () => {
    const port = await freePort();
    const receiver = await start({ port });
    for (let round = 1; round <= 3; round++) {
      const peer = await open(port);
      expect(await storeAndHear(peer, numbered(round))).toMatchObject({ status: `C-STORE 0000 #${round}` });
      await receiver.scp.stop();
      expect(await refused(port)).toBe('ECONNREFUSED');
      await receiver.scp.start();
    }
    expect(receiver.started).toHaveLength(4);
    expect(receiver.stored).toHaveLength(3);
    expect(receiver.studies).toHaveLength(3);
    expect(receiver.stored.map(({ data: { association } }) => association.id)).toEqual([1, 1, 1]);
  });

  test('the process ends by itself, with associations open and studies unfinished', async () => {
    const options = {
      port: 0,
      host: '127.0.0.1',
      outDir: join(await tempFolder(), 'archive'),
      minimumFreeSpace: 0,
      studyTimeout: 3600,
      idleTimeout: 3600,
      artimTimeout: 3600,
    };
    const { firstLine, tell, ended, lines } = child(options, ['start', 'wait', 'stop']);
    const port = (await firstLine).port as number;
    const bare = await ScriptedPeer.connect(port);
    peers.push(bare);
    const peer = await open(port);
    expect(await storeAndHear(peer, numbered(1))).toMatchObject({ status: 'C-STORE 0000 #1' });
    tell();
    expect(await ended).toBe(0);
    expect(lines).toEqual([
      { port },
      { done: 'start' },
      { done: 'wait' },
      { study: STUDY, quiet: false },
      { done: 'stop' },
    ]);
  });
});

test('two receivers in one process share nothing', async () => {
  const [first, second] = [await start({ callingAeTitle: 'FIRST' }), await start({ callingAeTitle: 'SECOND' })];
  const senders = [await open(first.port), await open(second.port)];
  for (let round = 1; round <= 5; round++) {
    for (const peer of senders) await peer.send(numbered(round));
    for (const peer of senders) expect(await nextAnswer(peer)).toBe(`C-STORE 0000 #${round}`);
  }
  await senders[0]?.send(numbered(6));
  expect(await nextAnswer(senders[0]!)).toBe('C-STORE 0000 #6');
  const uids = (receiver: TestReceiver) => receiver.stored.map(({ data: { sopInstanceUid } }) => sopInstanceUid);
  expect(uids(first)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `1.2.3.${number}`));
  expect(uids(second)).toEqual([1, 2, 3, 4, 5].map((number) => `1.2.3.${number}`));
  await first.scp.stop();
  expect(first.studies[0]?.data.study.series[0]?.instances).toHaveLength(6);
  expect(second.studies).toEqual([]);
  await echo(second.port);
  await second.scp.stop();
  expect(second.studies[0]?.data.study.series[0]?.instances).toHaveLength(5);
  expect(first.files()).toHaveLength(6);
  expect(second.files()).toHaveLength(5);
  for (const { files, stored, folder } of [first, second]) {
    expect(stored.map(({ data: { file } }) => file).sort()).toEqual(files().map((name) => join(folder, name)));
  }
});
