import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ChunkConsumer, type ChunkSource, readChunks } from '#main/engine/upper-layer/byte-source.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('readChunks', () => {
  it('hands out chunks in order, and none while the consumer is busy', async () => {
    const stream = new PassThrough();
    const seen: string[] = [];
    let done = () => {};
    readChunks(stream, (chunk) => {
      seen.push(String(chunk));
      if (seen.length !== 2) return undefined;
      return new Promise((resolve) => {
        done = resolve;
      });
    });
    for (const text of ['one', 'two', 'three', 'four']) {
      stream.write(text);
      await settled();
    }
    expect(seen).toEqual(['one', 'two']);
    done();
    await settled();
    await settled();
    expect(seen.slice(0, 2)).toEqual(['one', 'two']);
    expect(seen.slice(2).join('')).toBe('threefour');
  });

  it('leaves a source that hands out its chunks itself alone', () => {
    const source = Object.assign(new PassThrough(), { consumer: undefined }) as ChunkSource;
    const consumer: ChunkConsumer = () => undefined;
    readChunks(source, consumer);
    expect(source.consumer).toBe(consumer);
    expect(source.listenerCount('data')).toBe(0);
  });
});
