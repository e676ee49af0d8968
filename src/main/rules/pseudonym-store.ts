/** The numbers of patients, studies and values in their sequences, in SQLite: who got which one, for good. */

import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BoundedCache } from '#main/engine/dataset/bounded-cache.ts';
import type { SequenceScope } from './template.ts';

/** Who has a number. */
export interface PseudonymRow {
  readonly scope: SequenceScope;
  /** What makes somebody the same: holds what identifies the patient. */
  readonly identity: string;
  readonly number: number;
}

/** "SPps": the file is one of these. */
const APPLICATION_ID = 0x53507073;
const VERSION = 1;
/** How long another process or thread may hold the file, in milliseconds. */
const PATIENCE = 10_000;
const CACHED = 10_000;
const SQLITE_BUSY = 5;

// Identities are bytes: they hold NULs, at which node:sqlite ends a text that it reads.
const SCHEMA = `
  CREATE TABLE pseudonyms (
    key TEXT NOT NULL,
    scope TEXT NOT NULL,
    identity BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (key, scope, identity),
    UNIQUE (key, scope, number)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};`;

/**
 * A file that threads and processes share. It holds what identifies patients, so only its owner may read it. Everything
 * waits for the disk: a number that was given is there after a power failure too.
 */
export class PseudonymStore {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #cache = new BoundedCache<number>(CACHED);

  /** Makes the file where there is none; `:memory:` is none, and forgets everything at the end. Throws, with what to do, when it is none of these or cannot be used. */
  constructor(path: string) {
    try {
      this.#database = openDatabase(path);
    } catch (error) {
      throw new Error(`The table of pseudonyms ${path} cannot be used: ${messageOf(error)}`, { cause: error });
    }
    this.#find = this.#database.prepare('SELECT number FROM pseudonyms WHERE key = ? AND scope = ? AND identity = ?');
    this.#add = this.#database.prepare(`
      INSERT INTO pseudonyms (key, scope, identity, number)
      SELECT ?1, ?2, ?3, coalesce(max(number), 0) + 1 FROM pseudonyms WHERE key = ?1 AND scope = ?2
      RETURNING number`);
  }

  /**
   * The number of somebody in a sequence, which counts from 1. Whoever has none gets the next one, and has it on the
   * disk before this returns.
   */
  number(keyFingerprint: string, scope: SequenceScope, identity: string): number {
    const cacheKey = `${keyFingerprint}\0${scope}\0${identity}`;
    let number = this.#cache.get(cacheKey);
    if (number === undefined) {
      const bytes = Buffer.from(identity);
      number = this.#known(keyFingerprint, scope, bytes) ?? this.#mint(keyFingerprint, scope, bytes);
      this.#cache.set(cacheKey, number);
    }
    return number;
  }

  /** Who is who under a key. */
  export(keyFingerprint: string): PseudonymRow[] {
    return this.#database
      .prepare('SELECT scope, identity, number FROM pseudonyms WHERE key = ? ORDER BY scope, number')
      .all(keyFingerprint)
      .map(({ scope, identity, number }) => ({
        scope: scope as SequenceScope,
        identity: Buffer.from(identity as Uint8Array).toString(),
        number: number as number,
      }));
  }

  /** How many patients (studies, values) have a number under a key. */
  count(keyFingerprint: string, scope: SequenceScope = 'patient'): number {
    const row = this.#database
      .prepare('SELECT count(*) AS count FROM pseudonyms WHERE key = ? AND scope = ?')
      .get(keyFingerprint, scope);
    return row?.count as number;
  }

  close(): void {
    this.#database.close();
  }

  #known(key: string, scope: SequenceScope, identity: Uint8Array): number | undefined {
    return this.#find.get(key, scope, identity)?.number as number | undefined;
  }

  #mint(key: string, scope: SequenceScope, identity: Uint8Array): number {
    // Nobody else writes from here on, so whoever is not there yet is not coming.
    untilFree(() => this.#database.exec('BEGIN IMMEDIATE'));
    try {
      const number = this.#known(key, scope, identity) ?? (this.#add.get(key, scope, identity)?.number as number);
      this.#database.exec('COMMIT');
      return number;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite');
  if (!sqlite) throw new Error(`pseudonyms by sequence need Node 22.13 or newer, and this is ${process.version}`);
  // Made by us, and so readable by the owner alone; SQLite gives the files beside it the same rights.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
  const database = new sqlite.DatabaseSync(path, { timeout: PATIENCE });
  try {
    untilFree(() => prepare(database));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync): void {
  refuseOthers(database);
  // FULL: the number has left in the answer to the sender; a power failure must not give it to somebody else.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
  try {
    if (isEmpty(database)) database.exec(SCHEMA);
    refuseOthers(database);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Before anything is written: the file of another program stays as it is. */
function refuseOthers(database: DatabaseSync): void {
  if (isEmpty(database)) return;
  if (pragma(database, 'application_id') !== APPLICATION_ID)
    throw new Error('it is another kind of file; move it away');
  if (pragma(database, 'user_version') !== VERSION) {
    throw new Error('it was written by a newer version of this program; update this one');
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0;
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return database.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}

/** Tries again while the file is busy: SQLite does not wait by itself where it fears a deadlock. */
function untilFree(action: () => void): void {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      action();
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 20);
    }
  }
}

function isBusy(error: unknown): boolean {
  // The upper bits say why it is busy.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
