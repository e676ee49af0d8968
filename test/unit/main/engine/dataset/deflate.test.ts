import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { Deflater, Inflater } from '#main/engine/dataset/deflate.ts';
import { cutAt, piecesOf, syntheticCt } from '../../../../support/data-sets.ts';

async function run(machine: Inflater | Deflater, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) for await (const piece of machine.push(chunk)) pieces.push(piece);
  for await (const piece of machine.end()) pieces.push(piece);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(65536);
  return Buffer.concat(pieces);
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof DataSetError) return error.code;
    throw error;
  }
}

describe('Inflater', () => {
  const dataSet = syntheticCt({ bytes: 400 });
  const deflated = deflateRawSync(dataSet);

  it('gives the Data Set at every split point, and byte by byte', async () => {
    for (let at = 0; at <= deflated.length; at += 3) {
      expect((await run(new Inflater(), cutAt(deflated, at))).equals(dataSet)).toBe(true);
    }
    expect((await run(new Inflater(), piecesOf(deflated, 1))).equals(dataSet)).toBe(true);
  });

  it('tolerates a NUL behind the stream, in the same chunk or alone', async () => {
    const pad = Uint8Array.of(0);
    expect((await run(new Inflater(), [Buffer.concat([deflated, pad])])).equals(dataSet)).toBe(true);
    expect((await run(new Inflater(), [deflated, pad])).equals(dataSet)).toBe(true);
    expect((await run(new Inflater(), [deflated, pad, pad, pad])).equals(dataSet)).toBe(true);
  });

  it('says so when it is cut off or no deflate at all', async () => {
    for (const length of [0, 1, 10, deflated.length - 1]) {
      expect(await codeOf(run(new Inflater(), [deflated.subarray(0, length)]))).toBe('bad-deflate');
    }
    expect(await codeOf(run(new Inflater(), [new Uint8Array(100).fill(0xff)]))).toBe('bad-deflate');
    const broken = Uint8Array.from(deflated);
    broken.fill(0xff, 40, 60);
    expect(await codeOf(run(new Inflater(), piecesOf(broken, 16)))).toBe('bad-deflate');
  });

  it('never gives anything but bytes or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect([undefined, 'bad-deflate']).toContain(await codeOf(run(new Inflater(), piecesOf(bytes, 50))));
      }),
    );
  });

  it('goes through a bomb in flat memory, and stops where the consumer stops', async () => {
    const bomb = deflateRawSync(new Uint8Array(64 << 20));
    expect(bomb.length).toBeLessThan(80_000);
    const before = process.memoryUsage();
    let most = 0;
    let length = 0;
    const inflater = new Inflater();
    for (const chunk of [bomb]) {
      for await (const piece of inflater.push(chunk)) {
        length += piece.length;
        if (length % (4 << 20) < piece.length) most = Math.max(most, process.memoryUsage().arrayBuffers);
      }
    }
    for await (const piece of inflater.end()) length += piece.length;
    expect(length).toBe(64 << 20);
    expect(most - before.arrayBuffers).toBeLessThan(40 << 20);

    const stopped = new Inflater();
    let seen = 0;
    for await (const piece of stopped.push(bomb)) {
      seen += piece.length;
      if (seen >= 1 << 20) break;
    }
    stopped.close();
    expect(seen).toBeLessThan((1 << 20) + 65537);
  });

  it('can be closed at any time', async () => {
    const inflater = new Inflater();
    inflater.close();
    const open = new Inflater();
    await open.push(deflated.subarray(0, 50)).next();
    open.close();
    open.close();
    for await (const _ of open.push(deflated.subarray(50))) expect.fail('a closed Inflater gives nothing');
  });
});

describe('Deflater', () => {
  it('gives an even number of bytes that inflate to the same', async () => {
    for (let length = 0; length < 60; length++) {
      const bytes = syntheticCt().subarray(0, length * 7);
      const deflated = await run(new Deflater(), piecesOf(bytes, 33));
      expect(deflated.length % 2).toBe(0);
      expect(inflateRawSync(deflated).equals(bytes)).toBe(true);
      expect((await run(new Inflater(), [deflated])).equals(bytes)).toBe(true);
    }
  });
});
