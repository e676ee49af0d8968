import { describe, expect, it } from 'vitest';
import { BlockPool, Fragments } from '#main/engine/storage/fragments.ts';
import { patterned } from '../../../../support/sink-suite.ts';

const BLOCK = 256 * 1024;

describe('fragments', () => {
  for (const size of [1, 3, 1000, 5000, BLOCK - 1, BLOCK, BLOCK + 1]) {
    it(`of ${size} bytes keep their order in few blocks, whatever becomes of the memory they came in`, () => {
      const bytes = patterned(Math.max(BLOCK * 3 + 5, size * 2));
      const fragments = new Fragments(new BlockPool());
      const memory = Buffer.alloc(size);
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        memory.set(piece);
        fragments.push(memory.subarray(0, piece.length));
        memory.fill(0);
      }
      expect(fragments.bytes).toBe(bytes.length);
      expect(fragments.list.length).toBe(Math.ceil(bytes.length / BLOCK));
      expect(Buffer.compare(Buffer.concat(fragments.list), bytes)).toBe(0);
      const taken: Uint8Array[] = [];
      while (fragments.bytes > 0) taken.push(...fragments.take(777));
      expect(Buffer.compare(Buffer.concat(taken), bytes)).toBe(0);
    });
  }

  it('can be taken while they come, and their blocks used again', () => {
    const bytes = patterned(BLOCK * 8 + 3);
    const pool = new BlockPool();
    const fragments = new Fragments(pool);
    const taken: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 70_001) {
      fragments.push(bytes.subarray(at, at + 70_001));
      if (at % 3 !== 0) continue;
      const views = fragments.take(BLOCK * 2);
      taken.push(...views.map((view) => Uint8Array.from(view)));
      pool.give(views);
    }
    taken.push(...fragments.takeAll());
    expect(fragments.bytes).toBe(0);
    expect(Buffer.compare(Buffer.concat(taken), bytes)).toBe(0);
  });
});
