/** Chunks come out in order and unjoined, and the socket is held back when nobody takes them. */
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ByteSource } from '#main/engine/upper-layer/byte-source.ts';

async function drain(source: ByteSource): Promise<number[]> {
  const lengths: number[] = [];
  while (await source.wait()) {
    for (let chunk = source.take(); chunk; chunk = source.take()) lengths.push(chunk.length);
  }
  return lengths;
}

describe('ByteSource', () => {
  test('gives every chunk as it came, then says that it ended', async () => {
    const [ours, theirs] = duplexPair();
    const source = new ByteSource(ours);
    expect(source.take()).toBeUndefined();
    const got = drain(source);
    for (const length of [3, 1, 2]) {
      theirs.write(Buffer.alloc(length));
      await turn();
    }
    theirs.end();
    expect(await got).toEqual([3, 1, 2]);
    expect(await source.wait()).toBe(false);
  });

  test('what arrived before the end is still given', async () => {
    const [ours, theirs] = duplexPair();
    const source = new ByteSource(ours);
    theirs.end(Buffer.alloc(5));
    await turn();
    expect(await drain(source)).toEqual([5]);
  });

  test('a destroyed socket ends a wait', async () => {
    const [ours] = duplexPair();
    const source = new ByteSource(ours);
    const waiting = source.wait();
    ours.destroy();
    expect(await waiting).toBe(false);
  });

  test('pauses the socket above half a megabyte and resumes it below a quarter', async () => {
    const [ours, theirs] = duplexPair();
    const source = new ByteSource(ours);
    let sent = 0;
    const pump = async () => {
      while (sent < 4 * 1024 * 1024) {
        sent += 65536;
        if (!theirs.write(Buffer.alloc(65536))) await new Promise((resolve) => theirs.once('drain', resolve));
      }
      theirs.end();
    };
    const pumped = pump();
    for (let round = 0; round < 20; round++) await turn();
    expect(ours.isPaused()).toBe(true);
    expect(sent).toBeLessThan(1024 * 1024);
    while (ours.isPaused() && source.take());
    expect(ours.isPaused()).toBe(false);
    const rest = await drain(source);
    await pumped;
    expect(rest.length).toBeGreaterThan(0);
    expect(sent).toBe(4 * 1024 * 1024);
  });
});
