/** Reads stored instances for the page, on a thread of its own: tags, images, frames, values. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type ByteSource, DataSetError, FrameError, pixelLayoutOf, readFrame, StoredFile } from '#main/engine/index.ts';
import type { CommandResults } from '#shared/contract.ts';
import { imageInfoOf } from './image-info.ts';
import { errnoOf, ProblemError, problem } from './problem.ts';
import { elementAt, tagTree } from './tag-tree.ts';

/** A longer value is not handed out: nobody reads it, and it would have to be held in memory. */
const LONGEST_VALUE = 64 * 1024 * 1024;
/** Opened files that are remembered, for whoever scrolls through frames. */
const REMEMBERED = 4;
/** A file whose Data Set had to be inflated to more than this is not. */
const LARGEST_REMEMBERED = 64 * 1024 * 1024;

const BYTES = 'application/octet-stream';

/** Bytes that are read at once: on a share every call counts, and most of what is asked for is at the beginning. */
const HEAD = 65536;

/** A file that is open while `work` runs. */
export function withFile<Value>(path: string, work: (source: ByteSource, modified: number) => Value): Value {
  const fd = openSync(path, 'r');
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const head = readAt(fd, 0, Math.min(HEAD, size));
    const read = (position: number, length: number) =>
      position + length <= head.length
        ? head.subarray(position, position + length)
        : readAt(fd, position, Math.min(length, size - position));
    return work({ size, read }, mtimeMs);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, 0));
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(fd, bytes, filled, bytes.length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** A source that can be closed and opened again: what is remembered of a file outlives its descriptor. */
class ReopenedSource implements ByteSource {
  readonly size: number;
  #source: ByteSource | undefined;

  constructor(source: ByteSource) {
    this.size = source.size;
    this.#source = source;
  }

  read(position: number, length: number): Uint8Array {
    return this.#source!.read(position, length);
  }

  use(source: ByteSource | undefined): void {
    this.#source = source;
  }
}

interface Remembered {
  readonly file: StoredFile;
  readonly source: ReopenedSource;
  readonly size: number;
  readonly modified: number;
}

/** Answers what a page asks about instances by their path. Everything throws ProblemErrors. */
export class InstanceReader {
  readonly #remembered = new Map<string, Remembered>();

  tags(path: string): CommandResults['instance-tags'] {
    return this.#open(path, (file) => ({
      elements: tagTree(file),
      transferSyntaxUid: file.transferSyntaxUid,
      file: path,
    }));
  }

  image(path: string): CommandResults['instance-image'] {
    try {
      return this.#open(path, imageInfoOf);
    } catch (error) {
      if (error instanceof ProblemError) return { image: null, reason: error.message };
      throw error;
    }
  }

  /** `at`: the number of the frame, counted from 0. */
  frame(path: string, at: string): { readonly bytes: Uint8Array; readonly type: string } {
    return this.#open(path, (file) => {
      const layout = pixelLayoutOf(file);
      if (layout === undefined || !/^\d{1,9}$/.test(at)) throw missing('There is no such frame.');
      return { bytes: readFrame(file, layout, Number(at)), type: BYTES };
    });
  }

  /** `at`: the path of an element in the tree of tags. */
  value(path: string, at: string): { readonly bytes: Uint8Array; readonly type: string } {
    return this.#open(path, (file) => {
      const element = elementAt(file, at);
      if (element === undefined) throw missing('There is no such element.');
      if (element.size > LONGEST_VALUE) {
        const message = 'The value is longer than 64 MB: open the file with another program to see it.';
        throw problem('value-too-long', message);
      }
      return { bytes: element.bytes().slice(), type: BYTES };
    });
  }

  #open<Value>(path: string, work: (file: StoredFile) => Value): Value {
    try {
      return withFile(path, (source, modified) => {
        const known = this.#known(path, source, modified);
        known.source.use(source);
        try {
          return work(known.file);
        } finally {
          known.source.use(undefined);
        }
      });
    } catch (error) {
      throw asProblem(error, path);
    }
  }

  #known(path: string, source: ByteSource, modified: number): Remembered {
    const found = this.#remembered.get(path);
    this.#remembered.delete(path);
    const same = found?.size === source.size && found.modified === modified;
    const known = found && same ? found : this.#read(source, modified);
    const inflated = known.file.source === known.source ? 0 : known.file.source.size;
    // The last one used stays longest.
    if (inflated <= LARGEST_REMEMBERED) this.#remembered.set(path, known);
    if (this.#remembered.size > REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
    return known;
  }

  #read(source: ByteSource, modified: number): Remembered {
    const reopened = new ReopenedSource(source);
    return { file: new StoredFile(reopened), source: reopened, size: source.size, modified };
  }
}

function missing(message: string): ProblemError {
  return problem('not-found', message);
}

/** What went wrong with a file, for a person. */
function asProblem(error: unknown, path: string): unknown {
  if (error instanceof FrameError) return problem('no-frame', error.message);
  if (error instanceof DataSetError) {
    const message = `The file cannot be read as a DICOM object: ${error.message}.`;
    return problem('unreadable', message);
  }
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `The file is no longer there: ${path} was moved or deleted by something else.`;
    return problem('file-gone', message);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `The file may not be read: this user has no right to ${path}.`;
    return problem('file-denied', message);
  }
  return error;
}
