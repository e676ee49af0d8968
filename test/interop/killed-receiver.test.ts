/**
 * SIGKILL of the receiver in the middle of its work, again and again: what was acknowledged is there, byte for byte; under
 * a final name there is never half a file; the next start sweeps what was left and receives again.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { syntheticCt, type TestUids } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { contextsFor, type RawInstance, RawSender } from '../support/raw-sender.ts';
import { filesBelow, receivedFiles } from '../support/reception.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const PROJECT = join(import.meta.dirname, '../..');
const ROUNDS = 12;
const SENDERS = 3;
const SIZES = [4_000, 60_000, 600_000, 6_000_000];

type Running = { readonly child: ChildProcess; readonly port: number };

beforeAll(async () => {
  // Does nothing when the sources have not changed.
  await promisify(execFile)(process.execPath, [join(PROJECT, 'scripts/build.js')]);
}, 120_000);

async function startCommand(folder: string, fsync: boolean): Promise<Running> {
  const args = ['receive', '--json', '--port', '0', '--host', '127.0.0.1', '--out-dir', folder];
  const child = spawn(
    process.execPath,
    [
      join(PROJECT, 'dist/cli.js'),
      ...args,
      '--store-with-file-meta',
      '--minimum-free-space',
      '0',
      ...(fsync ? [] : ['--no-fsync']),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  try {
    for await (const line of createInterface(child.stdout)) {
      const event: { type: string; port: number } = JSON.parse(line);
      if (event.type !== 'server-started') continue;
      child.stdout.resume();
      return { child, port: event.port };
    }
    throw new Error(`the receiver did not start: ${stderr}`);
  } finally {
    clearTimeout(timer);
  }
}

function instance(round: number, sender: number, number: number): RawInstance {
  const studyInstanceUid = `1.2.826.0.1.3680043.8.498.${round}.${sender}`;
  const uids: TestUids = {
    sopClassUid: CT_IMAGE_STORAGE,
    studyInstanceUid,
    seriesInstanceUid: `${studyInstanceUid}.1`,
    sopInstanceUid: `${studyInstanceUid}.1.${number}`,
  };
  const bytes = SIZES[(number + sender) % SIZES.length]! + 2 * number;
  return { ...uids, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN, dataSet: syntheticCt({ bytes, uids }) };
}

describe('SIGKILL of the receiver', () => {
  test.for([
    { name: 'with fsync', fsync: true },
    { name: 'without fsync', fsync: false },
  ])('loses nothing that was acknowledged, $name', { timeout: 120_000 }, async ({ fsync }) => {
    const folder = await createTempFolder('sigkill');
    const archive = folder.join('archive');
    const sent = new Map<string, Uint8Array>();
    const acknowledged = new Set<string>();
    let interrupted = 0;
    let halves = 0;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const { child, port } = await startCommand(archive, fsync);
        // Killed a little after some answers, at another point in every round; in the first, before any.
        const wanted = round % 6;
        let answers = 0;
        let dying = false;
        const killSoon = () => {
          if (!dying) setTimeout(() => child.kill('SIGKILL'), (round * 7) % 25);
          dying = true;
        };
        const limit = setTimeout(killSoon, 20_000);
        const senders = Array.from({ length: SENDERS }, async (_, sender) => {
          // Everything is encoded beforehand, so that the receiver has something to do when it dies.
          const objects = SIZES.map((_, number) => instance(round, sender, number));
          const association = await RawSender.connect({ port, contexts: contextsFor(objects) });
          for (let number = 0; ; number++) {
            const object = objects[number] ?? instance(round, sender, number);
            sent.set(object.sopInstanceUid, object.dataSet);
            if (answers >= wanted) killSoon();
            // Whatever happens to the connection from here on: an answer counts, no answer does not.
            const status = await association.store(object).catch(() => undefined);
            if (status === undefined) {
              interrupted++;
              association.destroy();
              return;
            }
            expect(status).toBe(0);
            acknowledged.add(object.sopInstanceUid);
            answers++;
          }
        });
        await Promise.all([once(child, 'exit'), ...senders.map((sender) => sender.catch(() => {}))]);
        clearTimeout(limit);
        expect(child.signalCode).toBe('SIGKILL');
        halves += parts(archive).length;
        expectArchive(archive, sent, acknowledged);
      }
      expect(acknowledged.size).toBeGreaterThan(ROUNDS);
      expect(interrupted).toBeGreaterThanOrEqual(ROUNDS);
      // Otherwise the receiver never died in the middle of a file, and nothing was proved.
      expect(halves).toBeGreaterThan(0);

      const { child, port } = await startCommand(archive, fsync);
      expect(parts(archive)).toEqual([]);
      const last = instance(ROUNDS, 0, 0);
      sent.set(last.sopInstanceUid, last.dataSet);
      const association = await RawSender.connect({ port, contexts: contextsFor([last]) });
      expect(await association.store(last)).toBe(0);
      acknowledged.add(last.sopInstanceUid);
      await association.release();
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
      expectArchive(archive, sent, acknowledged);
      expect(parts(archive)).toEqual([]);
    } finally {
      await folder.remove();
    }
  });
});

function expectArchive(
  archive: string,
  sent: ReadonlyMap<string, Uint8Array>,
  acknowledged: ReadonlySet<string>,
): void {
  const kept = receivedFiles(archive);
  const wrong = kept.filter(
    ({ sopInstanceUid, dataSet }) => !sent.has(sopInstanceUid) || !dataSet.equals(sent.get(sopInstanceUid)!),
  );
  expect(wrong.map(({ file }) => file)).toEqual([]);
  const names = new Set(kept.map(({ sopInstanceUid }) => sopInstanceUid));
  expect([...acknowledged].filter((uid) => !names.has(uid))).toEqual([]);
}

function parts(archive: string): string[] {
  return filesBelow(archive).filter((file) => file.endsWith('.part'));
}
