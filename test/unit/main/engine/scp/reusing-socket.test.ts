import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reusingSocket } from '#main/engine/scp/reusing-socket.ts';
import { type ChunkConsumer, readChunks } from '#main/engine/upper-layer/byte-source.ts';

/** A connection over loopback whose accepted end reads into the same memory. */
async function connection(consumer: ChunkConsumer): Promise<{ sender: Socket; accepted: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sender = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [raw] = (await once(server, 'connection')) as [Socket];
  const accepted = reusingSocket(raw);
  expect(accepted).not.toBe(raw);
  readChunks(accepted, consumer);
  onTestFinished(() => {
    sender.destroy();
    accepted.destroy();
    server.close();
  });
  return { sender, accepted };
}

const settlements: readonly (readonly [string, () => Promise<void> | undefined])[] = [
  ['at once', () => undefined],
  ['after some microtasks', async () => void (await Promise.all([null, Promise.resolve().then(() => null)]))],
  ['after a tick', () => new Promise<void>((resolve) => void process.nextTick(resolve))],
  ['after a turn of the event loop', () => new Promise<void>((resolve) => void setImmediate(resolve))],
  ['a little later', () => sleep(2)],
];

describe('reusingSocket', () => {
  it.each(settlements)('leaves a chunk alone until the consumer is done with it: %s', async (_, settle) => {
    const bytes = Uint8Array.from({ length: 1_500_000 }, (_, index) => (index * 2654435761) >>> 24);
    const received: Buffer[] = [];
    let busy = 0;
    const { sender } = await connection((chunk) => {
      busy++;
      expect(busy).toBe(1);
      const pending = settle();
      if (!pending) {
        received.push(Buffer.from(chunk));
        busy--;
        return undefined;
      }
      return pending.then(() => {
        received.push(Buffer.from(chunk));
        busy--;
      });
    });
    // In pieces of every size: chunks that fill the memory, and chunks that do not.
    for (let at = 0, size = 1; at < bytes.length; at += size, size = Math.min(size * 3, 400_000)) {
      sender.write(bytes.subarray(at, at + size));
      if (size < 1000) await sleep(1);
    }
    await expect.poll(() => Buffer.concat(received).length, { timeout: 20_000 }).toBe(bytes.length);
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
  });

  it('neither ends nor reads while the consumer is busy', async () => {
    const done = Promise.withResolvers<void>();
    let chunks = 0;
    let ended = false;
    const { sender, accepted } = await connection(() => {
      chunks++;
      return done.promise;
    });
    accepted.on('end', () => {
      ended = true;
    });
    sender.write('one');
    await expect.poll(() => chunks).toBe(1);
    sender.end('two');
    await sleep(50);
    expect([chunks, ended]).toEqual([1, false]);
    done.resolve();
    await expect.poll(() => [chunks, ended]).toEqual([2, true]);
  });

  it('lets others have their turn while a fast sender keeps a slow disk busy', async () => {
    const turns: string[] = [];
    const { sender } = await connection((chunk) => {
      // As a disk that takes two milliseconds for a chunk.
      for (const begun = performance.now(); performance.now() - begun < 2; );
      if (turns.at(-1) !== 'others') setImmediate(() => turns.push('others'));
      turns.push(`${chunk.length}`);
      return undefined;
    });
    const bytes = new Uint8Array(8_000_000);
    sender.write(bytes);
    const received = () => turns.reduce((sum, turn) => sum + (turn === 'others' ? 0 : Number(turn)), 0);
    await expect.poll(received, { timeout: 20_000 }).toBe(bytes.length);
    const inARow = turns
      .join(' ')
      .split('others')
      .map((run) => run.trim().split(' ').length);
    expect(Math.max(...inARow)).toBeLessThanOrEqual(4);
    expect(turns.filter((turn) => turn === '131072').length).toBeGreaterThan(20);
  });

  it('does not stop the reading for what is done in the same turn', async () => {
    let chunks = 0;
    const { sender, accepted } = await connection(async () => {
      await null;
      chunks++;
    });
    let stops = 0;
    const { pause } = accepted;
    accepted.pause = () => {
      stops++;
      return pause.call(accepted);
    };
    const handle = (accepted as unknown as { _handle: { readStop(): number } })._handle;
    const { readStop } = handle;
    handle.readStop = () => {
      stops++;
      return readStop.call(handle);
    };
    for (let index = 1; index <= 5; index++) {
      sender.write('some bytes');
      await expect.poll(() => chunks).toBe(index);
    }
    expect(stops).toBe(0);
  });
});
