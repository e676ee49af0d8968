import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataSetOffset, HEAD_BYTES } from '#main/engine/storage/data-set-compare.ts';
import { DataSetHash } from '#main/engine/storage/data-set-hash.ts';
import { fileMeta, patterned } from '../../../../support/sink-suite.ts';

describe('where the Data Set begins', () => {
  const meta = fileMeta('STUDYPORT');

  it('is after preamble and group 0002', () => {
    expect(dataSetOffset(Buffer.concat([meta, patterned(100)]))).toBe(meta.length);
  });

  it('is at 0 without file meta', () => {
    expect(dataSetOffset(patterned(1000))).toBe(0);
    expect(dataSetOffset(new Uint8Array())).toBe(0);
  });

  it('is after group 0002 that has no preamble', () => {
    expect(dataSetOffset(Buffer.concat([meta.subarray(132), patterned(100)]))).toBe(meta.length - 132);
  });

  it('follows long elements', () => {
    const version = Buffer.from('020001004f4200000200000000 01'.replace(' ', ''), 'hex');
    const all = Buffer.concat([meta.subarray(0, 132), version, meta.subarray(132), patterned(100)]);
    expect(dataSetOffset(all)).toBe(meta.length + version.length);
  });

  it('is the end of a file of nothing but meta', () => {
    expect(dataSetOffset(meta)).toBe(meta.length);
  });

  it('is unknown when group 0002 does not end within the head', () => {
    const endless = Buffer.from('020000014f420000ffffff7f', 'hex');
    expect(dataSetOffset(Buffer.concat([meta, endless, patterned(HEAD_BYTES)]))).toBeUndefined();
    expect(dataSetOffset(Buffer.concat([meta, Buffer.from('0200', 'hex')]))).toBeUndefined();
  });

  it('is within any bytes, or unknown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, prefixed) => {
        const all = prefixed ? Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), bytes]) : bytes;
        const offset = dataSetOffset(all);
        if (offset !== undefined) expect(offset).toBeLessThanOrEqual(all.length);
      }),
    );
  });
});

describe('the fingerprint of a Data Set', () => {
  function contentOf(bytes: Uint8Array, cuts: readonly number[], offset?: number) {
    const hash = new DataSetHash(offset);
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      hash.update(bytes.subarray(from, cut));
      from = cut;
    }
    return hash.finish();
  }

  it('does not depend on the file meta, nor on how the bytes come', () => {
    const bare = patterned(200_000);
    const meta = fileMeta('STUDYPORT');
    const whole = Buffer.concat([meta, bare]);
    const expected = { dataSetSize: 200_000, digest: contentOf(bare, []).digest };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length })), fc.boolean(), (cuts, known) => {
        const sorted = cuts.sort((a, b) => a - b);
        expect(contentOf(whole, sorted, known ? meta.length : undefined)).toEqual({ ...expected, size: whole.length });
      }),
      { numRuns: 30 },
    );
  });
});
