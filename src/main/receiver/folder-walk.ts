/** Walks through the folder of a profile and makes a record of every instance that lies in it, step by step. */

import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteSource, DataSetError, memorySource, StoredFile } from '#main/engine/index.ts';
import { BURNED_IN_TAGS } from '#main/rules/burned-in.ts';
import { tagOfKeyword } from '#shared/dicom/dictionary.ts';
import { isTestStudy } from '#shared/dicom/test-images.ts';
import { burnedInScore } from './burned-in-score.ts';
import { type InstanceRecord, RECORDED_TAGS } from './history-records.ts';
import { withFile } from './instance-reader.ts';
import { errnoOf, problem } from './problem.ts';

/** What one step has found. */
export interface WalkStep {
  readonly records: readonly InstanceRecord[];
  /** Files looked at so far. */
  readonly files: number;
  /** Those of them that are no DICOM instances, or could not be read. */
  readonly unreadable: number;
  readonly done: boolean;
}

/** How much one step looks at. */
const RECORDS = 200;
const MILLISECONDS = 200;

const SOP_CLASS_UID = 0x00080016;
const SOP_INSTANCE_UID = 0x00080018;
const STUDY_INSTANCE_UID = 0x0020000d;
const SERIES_INSTANCE_UID = 0x0020000e;
const UID = /^[\d.]{1,64}$/;

const TAGS = [...RECORDED_TAGS, ...BURNED_IN_TAGS].map((keyword) => ({ keyword, tag: tagOfKeyword(keyword)! }));

export class FolderWalk {
  readonly #profileId: string;
  readonly #files: Generator<string | undefined, void, undefined>;
  #looked = 0;
  #unreadable = 0;

  /** @throws ProblemError when the folder cannot be listed */
  constructor(profileId: string, folder: string) {
    this.#profileId = profileId;
    this.#files = filesBelow(folder);
  }

  /** Looks at the next files. */
  next(): WalkStep {
    const records: InstanceRecord[] = [];
    const until = performance.now() + MILLISECONDS;
    let done = false;
    while (records.length < RECORDS && performance.now() < until) {
      const { value: path, done: ended } = this.#files.next();
      if (ended) {
        done = true;
        break;
      }
      const record = path === undefined ? undefined : recordOf(this.#profileId, path);
      if (path !== undefined) this.#looked += 1;
      if (record) records.push(record);
      else this.#unreadable += 1;
    }
    return { records, files: this.#looked, unreadable: this.#unreadable, done };
  }
}

/** Every file below a folder (see {@link filesIn}). @throws ProblemError when the folder cannot be listed */
export function filesBelow(folder: string): Generator<string | undefined, void, undefined> {
  return filesIn(folder, list(folder));
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const message = `The folder ${folder} cannot be read (${errnoOf(error)}). Check that it exists and that this user may read it.`;
    throw problem('folder-unreadable', message);
  }
}

/**
 * Every file below a folder; undefined for a folder that cannot be listed. What begins with a dot is the engine's own
 * (objects on their way, quarantine, the lock) or somebody's who hid it; links are not followed, for they may go round.
 */
function* filesIn(folder: string, entries: readonly Dirent[]): Generator<string | undefined, void, undefined> {
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.endsWith('.part')) continue;
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    if (!entry.isDirectory()) continue;
    let inner: Dirent[];
    try {
      inner = readdirSync(path, { withFileTypes: true });
    } catch {
      yield undefined;
      continue;
    }
    yield* filesIn(path, inner);
  }
}

/** The record of a stored instance; undefined when the file is none. */
export function recordOf(profileId: string, path: string): InstanceRecord | undefined {
  return readable(() => withFile(path, (source, modified) => recordOfSource(profileId, path, source, modified)));
}

/** The record, without a file, of an instance of which the first bytes are in memory; undefined when it is none. */
export function recordOfHead(profileId: string, head: Uint8Array, size: number): InstanceRecord | undefined {
  return readable(() => recordOfSource(profileId, '', { ...memorySource(head), size }, Date.now()));
}

function recordOfSource(
  profileId: string,
  path: string,
  source: ByteSource,
  received: number,
): InstanceRecord | undefined {
  const file = new StoredFile(source, { headerOnly: true });
  const sopInstanceUid = file.text(SOP_INSTANCE_UID) || (file.meta?.sopInstanceUid ?? '');
  const studyInstanceUid = file.text(STUDY_INSTANCE_UID);
  const seriesInstanceUid = file.text(SERIES_INSTANCE_UID);
  if (![sopInstanceUid, studyInstanceUid, seriesInstanceUid].every((uid) => UID.test(uid))) return undefined;
  const sopClassUid = file.text(SOP_CLASS_UID) || (file.meta?.sopClassUid ?? '');
  const tags = Object.fromEntries(TAGS.map(({ keyword, tag }) => [keyword, file.text(tag)]));
  return {
    kind: 'instance',
    profileId,
    file: path,
    sopInstanceUid,
    sopClassUid,
    transferSyntaxUid: file.transferSyntaxUid,
    inferred: file.inferred,
    studyInstanceUid,
    seriesInstanceUid,
    tags,
    burnedIn: burnedInScore(sopClassUid, tags),
    size: file.dataSetSize,
    outcome: 'new',
    received: Math.round(received),
    test: isTestStudy(studyInstanceUid),
  };
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    // No instance, or a file that went away or may not be read: counted by whoever asked.
    if (error instanceof DataSetError || (error instanceof Error && 'syscall' in error)) return undefined;
    throw error;
  }
}
