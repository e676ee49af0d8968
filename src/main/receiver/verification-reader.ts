/** Reads stored files to their ends and says whether they are what was received. Synchronous, for a thread; never at full speed. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataSetHash } from '#main/engine/index.ts';
import { errnoOf } from './problem.ts';
import { type Verdict, type VerificationRow, verdictOn } from './verification.ts';

/** Bytes read in one go; more than the longest file meta, so that its end is found in the first block. */
const BLOCK = 1024 * 1024;
/** After each block it rests so many times as long as the block took: who receives has the disk for himself meanwhile. */
const REST = 2;
const LONGEST_REST = 200;

/** The verdicts on files, in their order. */
export function verifyFiles(rows: readonly VerificationRow[]): readonly Verdict[] {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return rows.map((row) => verify(row, block, (ms) => Atomics.wait(bell, 0, 0, Math.min(ms, LONGEST_REST))));
}

function verify(row: VerificationRow, block: Buffer, rest: (milliseconds: number) => void): Verdict {
  if (row.file.startsWith('s3://')) return { kind: 'in-bucket' };
  try {
    const fd = openSync(row.file, 'r');
    try {
      if (!fstatSync(fd).isFile()) return { kind: 'missing', detail: 'there is something else in its place', bytes: 0 };
      const hash = new DataSetHash(undefined);
      for (;;) {
        const begun = performance.now();
        const length = fill(fd, block);
        // A copy where the block might be looked at again: while the end of the file meta is being sought.
        hash.update(length < BLOCK ? Uint8Array.prototype.slice.call(block, 0, length) : block);
        rest((performance.now() - begun) * REST);
        if (length < BLOCK) break;
      }
      const { dataSetSize, digest } = hash.finish();
      return verdictOn(row, { size: dataSetSize, sha256: digest });
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { kind: 'missing', detail: 'it is not there any more', bytes: 0 };
    }
    if (code === '') throw error;
    return { kind: 'unreadable', detail: `it cannot be read (${code})`, bytes: 0 };
  }
}

/** Fills the block from where the last one ended; gives fewer bytes only at the end of the file. */
function fill(fd: number, block: Buffer): number {
  let filled = 0;
  while (filled < block.length) {
    const count = readSync(fd, block, filled, block.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
