/** Whether instances are durably stored: what is known of them, confirmed by the storage; else a search for them. */

import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { memorySource, StoredFile } from '#main/engine/dataset/stored-file.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import { SOP_CLASS_UID } from './identity.ts';
import type { CommitmentResult, FailureReason, Reference } from './storage-commitment-data.ts';
import { FAILURE } from './storage-commitment-data.ts';

/** Where an instance is said to be. */
export interface KnownInstance {
  readonly sopInstanceUid: string;
  /** The path of the file, or `s3://bucket/key`, as `FileStoredData.file`. */
  readonly file: string;
  readonly sopClassUid: string;
}

/** Says of many SOP Instance UIDs at once where they are; may leave out what it does not know. */
export type InstanceIndex = (sopInstanceUids: readonly string[]) => Promise<readonly KnownInstance[]>;

type Archive = Pick<StorageBackend, 'holds' | 'search' | 'head'>;

/** Enough of a file to find its SOP Class UID, which comes early (PS3.3 C.12.1). */
const HEAD = 64 * 1024;
/** Questions to the storage at once. */
const AT_ONCE = 8;
/** UIDs in one question to the index. */
const PAGE = 2000;
const REMEMBERED = 100_000;

/** What has been stored lately, so that the usual question – right after the sending – needs no search. Bounded. */
export class RecentInstances {
  readonly #known = new Map<string, KnownInstance>();

  /** Of what is given no more than this is kept: neither tags nor patients. */
  add({ sopInstanceUid, file, sopClassUid }: KnownInstance): void {
    this.#known.delete(sopInstanceUid);
    this.#known.set(sopInstanceUid, { sopInstanceUid, file, sopClassUid });
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  readonly index: InstanceIndex = async (uids) => uids.flatMap((uid) => this.#known.get(uid) ?? []);
}

type Verdict = 'committed' | FailureReason;

/**
 * Judges every reference. Never rejects: what nobody can tell is a processing failure, never a commitment.
 * @param indexes asked one after the other, each for what the ones before did not know; none of them is believed
 */
export async function checkReferences(
  references: readonly Reference[],
  archive: Archive,
  indexes: readonly InstanceIndex[],
  signal: AbortSignal,
): Promise<Pick<CommitmentResult, 'committed' | 'failed'>> {
  const verdicts = new Map<Reference, Verdict>();
  await judge(references, archive, indexes, verdicts, signal);
  const committed = references.filter((reference) => verdicts.get(reference) === 'committed');
  const failed = references.flatMap((reference) => {
    const reason = verdicts.get(reference) ?? FAILURE.ProcessingFailure;
    return reason === 'committed' ? [] : [{ ...reference, reason }];
  });
  return { committed, failed };
}

async function judge(
  references: readonly Reference[],
  archive: Archive,
  indexes: readonly InstanceIndex[],
  verdicts: Map<Reference, Verdict>,
  signal: AbortSignal,
): Promise<void> {
  let open = references;
  for (const index of indexes) {
    const known = await ask(index, open);
    await confirm(archive, open, known, verdicts, signal);
    // What an index has wrong may be right in the next one.
    open = open.filter((reference) => verdicts.get(reference) !== 'committed');
    if (open.length === 0) return;
  }
  try {
    const found = await archive.search(new Set(open.map(({ sopInstanceUid }) => sopInstanceUid)), signal);
    const files = [...found].flatMap(([sopInstanceUid, places]) => places.map((file) => ({ sopInstanceUid, file })));
    const known = await inTurns(files, async (one) => ({ ...one, sopClassUid: await classOf(archive, one.file) }));
    for (const reference of open) {
      if (verdicts.get(reference) === FAILURE.ClassInstanceConflict) continue;
      verdicts.set(reference, FAILURE.NoSuchObjectInstance);
    }
    await confirm(archive, open, known, verdicts, signal);
  } catch {
    for (const reference of open) verdicts.set(reference, FAILURE.ProcessingFailure);
  }
}

async function ask(index: InstanceIndex, references: readonly Reference[]): Promise<readonly KnownInstance[]> {
  const uids = [...new Set(references.map(({ sopInstanceUid }) => sopInstanceUid))];
  const known: KnownInstance[] = [];
  try {
    for (let at = 0; at < uids.length; at += PAGE) known.push(...(await index(uids.slice(at, at + PAGE))));
  } catch {
    // An index is a shortcut: without it, the search takes longer.
  }
  return known;
}

/** Notes a verdict for every reference of which the storage confirms one of the places. */
async function confirm(
  archive: Archive,
  references: readonly Reference[],
  known: readonly KnownInstance[],
  verdicts: Map<Reference, Verdict>,
  signal: AbortSignal,
): Promise<void> {
  const places = new Map<string, KnownInstance[]>();
  for (const one of known) places.set(one.sopInstanceUid, [...(places.get(one.sopInstanceUid) ?? []), one]);
  await inTurns(references, async (reference) => {
    for (const { file, sopClassUid } of places.get(reference.sopInstanceUid) ?? []) {
      if (signal.aborted) return;
      try {
        if (!(await archive.holds(file))) continue;
        if (sopClassUid === reference.sopClassUid) {
          verdicts.set(reference, 'committed');
          return;
        }
        verdicts.set(reference, FAILURE.ClassInstanceConflict);
      } catch {
        verdicts.set(reference, FAILURE.ProcessingFailure);
      }
    }
  });
}

/** The SOP class in a stored instance; '' where it has none, or cannot be read as one. */
async function classOf(archive: Archive, file: string): Promise<string> {
  const head = await archive.head(file, HEAD);
  try {
    const stored = new StoredFile(memorySource(head), { headerOnly: true });
    return stored.text(SOP_CLASS_UID) || (stored.meta?.sopClassUid ?? '');
  } catch (error) {
    if (error instanceof DataSetError) return '';
    throw error;
  }
}

/** A few at a time, results in order. */
async function inTurns<One, Result>(
  list: readonly One[],
  action: (one: One) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const entries = list.entries();
  const work = async () => {
    for (const [index, one] of entries) results[index] = await action(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
