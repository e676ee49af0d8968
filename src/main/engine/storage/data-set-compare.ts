/** Whether two stored objects hold the same Data Set, whatever preamble and file meta they carry. */

import type { FileSystem } from './file-system.ts';

const PREAMBLE = 128;
const BLOCK = 1024 * 1024;
/** Group 0002 of real files is below 1 KB; one that does not end within this is taken for a different object. */
export const HEAD_BYTES = 64 * 1024;

// PS3.5 7.1.2: these have two reserved bytes and a length of four.
const LONG_FORM = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/**
 * The number of bytes before the Data Set: preamble, 'DICM' and group 0002 (always Explicit VR Little Endian, PS3.10
 * 7.1), or 0 when there is no file meta. Undefined when group 0002 does not end within `head`, the first bytes of the
 * object (all of it, or at least HEAD_BYTES).
 */
export function dataSetOffset(head: Uint8Array): number | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...head.subarray(at, at + length));
  let at = text(PREAMBLE, 4) === 'DICM' ? PREAMBLE + 4 : 0;
  while (at + 12 <= head.length && view.getUint16(at, true) === 0x0002) {
    at += LONG_FORM.has(text(at + 4, 2)) ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true);
  }
  return at + 2 <= head.length && view.getUint16(at, true) === 0x0002 ? undefined : at <= head.length ? at : undefined;
}

/** A file and where its Data Set begins; without `metaLength` that is found in the file itself. */
export interface StoredFile {
  readonly path: string;
  readonly metaLength?: number | undefined;
}

/** Compares in blocks of 1 MB, so the memory is constant. Rejects with the error of the system call that failed. */
export async function sameDataSet(fileSystem: FileSystem, one: StoredFile, other: StoredFile): Promise<boolean> {
  const opened: number[] = [];
  const open = async (file: StoredFile) => {
    const fd = await fileSystem.open(file.path, 'r');
    opened.push(fd);
    const size = (await fileSystem.stat(file.path))?.size ?? 0;
    const offset = file.metaLength ?? dataSetOffset(await readBlock(fileSystem, fd, 0, HEAD_BYTES));
    return { fd, size, offset };
  };
  try {
    const a = await open(one);
    const b = await open(other);
    if (a.offset === undefined || b.offset === undefined) return false;
    const length = a.size - a.offset;
    if (length !== b.size - b.offset) return false;
    for (let at = 0; at < length; at += BLOCK) {
      const [left, right] = await Promise.all([
        readBlock(fileSystem, a.fd, a.offset + at, Math.min(BLOCK, length - at)),
        readBlock(fileSystem, b.fd, b.offset + at, Math.min(BLOCK, length - at)),
      ]);
      if (Buffer.compare(left, right) !== 0) return false;
    }
    return true;
  } finally {
    for (const fd of opened) await fileSystem.close(fd);
  }
}

async function readBlock(fileSystem: FileSystem, fd: number, position: number, length: number): Promise<Uint8Array> {
  const block = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = await fileSystem.read(fd, block.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return block.subarray(0, filled);
}
