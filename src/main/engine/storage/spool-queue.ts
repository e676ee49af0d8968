/**
 * What is known of each file of a spool: how often its upload was tried, when it is due, whether it is done. The files
 * themselves are the truth: what is missing here is found by looking through the folder, so nothing waits for this database.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { FileFacts } from './file-system.ts';
import { baseOf, type SpoolPath } from './spool-paths.ts';
import { spooledFiles } from './spool-walk.ts';
import { StorageError } from './storage-backend.ts';

export const QUEUE_NAME = '.uploads.db';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS uploads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  base TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  file TEXT NOT NULL,
  place TEXT NOT NULL,
  size INTEGER NOT NULL,
  inode TEXT NOT NULL,
  modified TEXT NOT NULL,
  sha256 TEXT,
  added INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL DEFAULT 0,
  turn INTEGER NOT NULL,
  uploaded INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_due ON uploads (due, turn, id) WHERE uploaded IS NULL;
CREATE INDEX IF NOT EXISTS uploads_base ON uploads (base, id) WHERE uploaded IS NULL;
CREATE INDEX IF NOT EXISTS uploads_turn ON uploads (turn) WHERE uploaded IS NULL;
CREATE INDEX IF NOT EXISTS uploads_added ON uploads (added) WHERE uploaded IS NULL;
CREATE INDEX IF NOT EXISTS uploads_done ON uploads (uploaded) WHERE uploaded IS NOT NULL;
`;

/** Of those that have come or failed until now, the next one is the last. */
const LAST_TURN = '(SELECT coalesce(max(turn), 0) + 1 FROM uploads WHERE uploaded IS NULL)';

/** What tells one file from another that comes to its path. */
type FileStamp = Pick<FileFacts, 'size' | 'inode' | 'modified'>;

interface Upload {
  readonly path: SpoolPath;
  /** Where its sender was told that it is: `s3://bucket/key`. */
  readonly file: string;
  /** Of the Data Set, where it is known. */
  readonly sha256: string | undefined;
  /** Milliseconds since 1970. */
  readonly added: number;
}

/** A file that comes into the queue. */
export interface NewUpload extends Upload {
  readonly facts: FileStamp;
}

export interface QueuedUpload extends Upload {
  readonly id: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Of the file whose `sha256` that is. */
  readonly inode: bigint;
  /** Grows when another content comes to the same path. */
  readonly version: number;
  /** Failed ones. */
  readonly attempts: number;
}

export class SpoolQueue {
  readonly #database: DatabaseSync;
  readonly #place: string;
  readonly #statements = new Map<string, StatementSync>();
  #objects = 0;
  #bytes = 0;

  private constructor(database: DatabaseSync, place: string) {
    this.#database = database;
    this.#place = place;
  }

  /**
   * Opens the queue of a folder. A database that cannot be used is begun anew, in memory where no file can be had.
   * @param place where uploads go (`uploadPlace`)
   * @param anew whatever is there is not used
   * @throws StorageError where Node has no SQLite
   */
  static async open(folder: string, place: string, anew = false): Promise<SpoolQueue> {
    // Loaded here only: Node 20 has none, and needs none but for a spool.
    const sqlite = await import('node:sqlite').catch((error: unknown) => {
      const message = `A spool needs SQLite, which this Node.js (${process.version}) does not have: use version 22.13 or a newer one, or store directly (mode 'direct').`;
      throw new StorageError('failed', message, 'no SQLite', { cause: error });
    });
    const path = join(folder, QUEUE_NAME);
    const fromFile = (remove: boolean) => {
      if (remove) for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      return SpoolQueue.#prepared(new sqlite.DatabaseSync(path, { timeout: 1_000 }), place);
    };
    for (const remove of anew ? [true] : [false, true]) {
      try {
        return fromFile(remove);
      } catch {
        // The next way may do; the last one always does.
      }
    }
    return SpoolQueue.#prepared(new sqlite.DatabaseSync(':memory:'), place);
  }

  static #prepared(database: DatabaseSync, place: string): SpoolQueue {
    try {
      // NORMAL: a killed process loses nothing; a power failure may take the last moments, which the folder gives back.
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
      // Numbers begin at a time, in microseconds: an upload on its way must not end that of another object in a new queue.
      database
        .prepare(
          `INSERT INTO sqlite_sequence (name, seq)
           SELECT 'uploads', ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'uploads')`,
        )
        .run(Date.now() * 1000);
      const queue = new SpoolQueue(database, place);
      queue.#count();
      return queue;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Objects that wait, those on their way included. */
  get waiting(): { readonly objects: number; readonly bytes: number } {
    return { objects: this.#objects, bytes: this.#bytes };
  }

  /** When the one that waits longest came. */
  get oldest(): number | undefined {
    return this.#get('SELECT added FROM uploads WHERE uploaded IS NULL ORDER BY added LIMIT 1')?.added as
      | number
      | undefined;
  }

  /** Takes a file; one that is known by its path has another content now, or should have the same if it is the same file. */
  add({ path, file, facts, sha256, added }: NewUpload): void {
    const before = this.#get('SELECT size FROM uploads WHERE path = ? AND uploaded IS NULL', path);
    this.#run(
      `INSERT INTO uploads (path, base, file, place, size, inode, modified, sha256, added, turn)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${LAST_TURN})
       ON CONFLICT DO UPDATE SET version = version + 1, file = excluded.file, place = excluded.place, size = excluded.size,
         sha256 = coalesce(excluded.sha256, iif(inode = excluded.inode AND uploaded IS NULL, sha256, NULL)),
         inode = excluded.inode, modified = excluded.modified, added = excluded.added, turn = excluded.turn, attempts = 0, due = 0, uploaded = NULL`,
      path,
      baseOf(path),
      file,
      this.#place,
      facts.size,
      String(facts.inode),
      String(facts.modified),
      sha256 ?? null,
      added,
    );
    if (before === undefined) this.#objects += 1;
    this.#bytes += facts.size - ((before?.size as number | undefined) ?? 0);
  }

  /**
   * How far a file is; undefined for one that is not known. `elsewhere`: it was uploaded, but not to where uploads go now.
   * @param facts where they are given, another file at the same path is not known
   */
  stateOf(path: SpoolPath, facts?: FileStamp): 'waiting' | 'uploaded' | 'elsewhere' | undefined {
    const row = this.#get('SELECT uploaded, place, size, inode, modified FROM uploads WHERE path = ?', path);
    if (row === undefined || (facts !== undefined && !isOf(row, facts))) return undefined;
    if (row.uploaded === null) return 'waiting';
    return row.place === this.#place ? 'uploaded' : 'elsewhere';
  }

  /** What is due: what has waited longest since it came or failed first; of one instance only what came first. */
  due(now: number, limit: number): QueuedUpload[] {
    return this.#all(
      `SELECT * FROM uploads u WHERE uploaded IS NULL AND due <= ? AND NOT EXISTS
         (SELECT 1 FROM uploads e WHERE e.base = u.base AND e.uploaded IS NULL AND e.id < u.id)
       ORDER BY due, turn, id LIMIT ?`,
      now,
      limit,
    ).map(queuedUpload);
  }

  /** When the next one is due; undefined when nothing waits. */
  get nextDue(): number | undefined {
    return this.#get('SELECT due FROM uploads WHERE uploaded IS NULL ORDER BY due, turn, id LIMIT 1')?.due as
      | number
      | undefined;
  }

  /** An attempt has failed: it is behind everything else that is due. False: another content has come to its path meanwhile. */
  postpone({ id, version }: QueuedUpload, due: number): boolean {
    const changes = this.#run(
      `UPDATE uploads SET attempts = attempts + 1, due = ?, turn = ${LAST_TURN} WHERE id = ? AND version = ?`,
      due,
      id,
      version,
    );
    return changes > 0;
  }

  /** Everything that is due after that time is due at once. */
  hurry(after = 0): void {
    this.#run('UPDATE uploads SET due = 0 WHERE uploaded IS NULL AND due > ?', after);
  }

  /**
   * It is in the bucket. False: another content has come to its path meanwhile, and waits.
   * @param facts of the file that was uploaded
   */
  finish({ id, version, size }: QueuedUpload, facts: FileStamp, uploaded: number): boolean {
    // This alone must outlive a power failure before anything else happens: otherwise a copy that was removed would be missed.
    this.#database.exec('PRAGMA synchronous = FULL');
    const changes = this.#run(
      `UPDATE uploads SET uploaded = ?, place = ?, size = ?, inode = ?, modified = ?
       WHERE id = ? AND version = ? AND uploaded IS NULL`,
      uploaded,
      this.#place,
      facts.size,
      String(facts.inode),
      String(facts.modified),
      id,
      version,
    );
    this.#database.exec('PRAGMA synchronous = NORMAL');
    if (changes === 0) return false;
    this.#objects -= 1;
    this.#bytes -= size;
    return true;
  }

  /** Files whose copy is no longer needed: uploaded before that time, the oldest first. */
  uploadedBefore(time: number, limit: number): QueuedUpload[] {
    return this.#all(
      'SELECT * FROM uploads WHERE uploaded IS NOT NULL AND uploaded <= ? ORDER BY uploaded LIMIT ?',
      time,
      limit,
    ).map(queuedUpload);
  }

  /** Forgets a file. */
  forget({ id, version }: QueuedUpload): void {
    const where = 'WHERE id = ? AND version = ?';
    const row = this.#get(`SELECT size, uploaded FROM uploads ${where}`, id, version);
    if (row === undefined) return;
    this.#run(`DELETE FROM uploads ${where}`, id, version);
    if (row.uploaded !== null) return;
    this.#objects -= 1;
    this.#bytes -= row.size as number;
  }

  close(): void {
    try {
      this.#database.close();
    } catch {
      // It is damaged, or closed already: the files are the truth.
    }
  }

  #count(): void {
    const row = this.#get(
      'SELECT count(*) AS objects, coalesce(sum(size), 0) AS bytes FROM uploads WHERE uploaded IS NULL',
    );
    this.#objects = row!.objects as number;
    this.#bytes = row!.bytes as number;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#prepare(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#prepare(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }
}

function isOf(row: Record<string, unknown>, { size, inode, modified }: FileStamp): boolean {
  return row.size === size && row.inode === String(inode) && row.modified === String(modified);
}

function queuedUpload(row: Record<string, unknown>): QueuedUpload {
  return {
    id: row.id as number,
    version: row.version as number,
    path: row.path as string,
    file: row.file as string,
    size: row.size as number,
    inode: BigInt(row.inode as string),
    sha256: (row.sha256 as string | null) ?? undefined,
    added: row.added as number,
    attempts: row.attempts as number,
  };
}

/**
 * Objects of a spool that are not uploaded, whether somebody has it open or not; 0 where there is no spool. Without a queue
 * that says more, every object that lies there counts.
 */
export async function waitingUploads(folder: string): Promise<number> {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(folder, QUEUE_NAME), { readOnly: true, timeout: 1_000 });
    try {
      return database.prepare('SELECT count(*) AS count FROM uploads WHERE uploaded IS NULL').get()!.count as number;
    } finally {
      database.close();
    }
  } catch {
    let files = 0;
    for await (const _ of spooledFiles(folder, new AbortController().signal)) files += 1;
    return files;
  }
}
