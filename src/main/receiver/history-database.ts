/** The history in SQLite: one connection, synchronous, for a worker thread of its own. */

import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type {
  AssociationRow,
  InstanceRow,
  Page,
  ParsedArgument,
  Problem,
  SeriesRow,
  StudyRow,
  StudyStatus,
} from '#shared/contract.ts';
import type { Refusal } from '#shared/events.ts';
import type { CountedAction } from './action-counts.ts';
import type { RuleSetVersion } from './applied-rules.ts';
import type { DatabaseCalls, ErrorRow, HistoryRecord, InstanceRecord, StudyTreatment } from './history-records.ts';
import { APPLICATION_ID, fold, MIGRATIONS, numberKey, SCHEMA, SCHEMA_VERSION } from './history-schema.ts';
import { type ProblemError, problem } from './problem.ts';
import type { RetentionRow } from './retention.ts';
import { fileOf, StudyBatch } from './study-batch.ts';
import type { VerificationRow } from './verification.ts';

export const DATABASE_NAME = 'history.db';

/** Associations, refusals and errors that are kept; studies are kept as long as their files. */
const KEPT_ROWS = 200_000;
/** Studies among which the newest instance of each modality is looked for. */
const NEWEST_STUDIES = 200;
/** Bytes of a history that has no file. */
const MEMORY_LIMIT = 256 * 1024 * 1024;
const PAGE_SIZE = 4096;

/** What became of a batch: `skipped` records were not records. */
export interface Written {
  readonly skipped: number;
}

type Row = Record<string, SQLInputValue>;

export class HistoryDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #uidIds = new Map<string, number>();
  readonly #uids = new Map<number, string>();
  #batches = 0;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Opens the history of a folder. What cannot be read as one is kept aside under another name, and a new one is begun;
   * where no file can be had it lives in memory. Either way the notice says so.
   */
  static open(folder: string, now = Date.now()): { database: HistoryDatabase; notice?: Problem } {
    const path = join(folder, DATABASE_NAME);
    try {
      mkdirSync(folder, { recursive: true });
      const refusal = existsSync(path) ? reasonAgainst(path) : undefined;
      if (refusal === undefined) return { database: HistoryDatabase.#prepared(path) };
      const aside = keepAside(path, now);
      return { database: HistoryDatabase.#prepared(path), notice: keptAside(refusal, aside) };
    } catch (error) {
      return { database: HistoryDatabase.#prepared(':memory:'), notice: noFile(folder, error) };
    }
  }

  /** Closes, puts the file aside and begins a new one: for a database that turns out broken while it is used. */
  static replace(broken: HistoryDatabase, folder: string, now = Date.now()) {
    broken.close();
    const path = join(folder, DATABASE_NAME);
    try {
      const aside = keepAside(path, now);
      return { database: HistoryDatabase.#prepared(path), notice: keptAside('it is damaged', aside) };
    } catch (error) {
      return { database: HistoryDatabase.#prepared(':memory:'), notice: noFile(folder, error) };
    }
  }

  static #prepared(path: string): HistoryDatabase {
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 1_000 });
    try {
      // NORMAL: a crash of the process loses nothing, a power failure at most the last moments, which a rebuild brings
      // back from the files. FULL would wait for the disk at every batch.
      database.exec(`
        PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
        PRAGMA journal_size_limit = 67108864;`);
      if (path === ':memory:') database.exec(`PRAGMA max_page_count = ${MEMORY_LIMIT / PAGE_SIZE}`);
      const version = pragma(database, 'user_version');
      if (version === 0) {
        database.exec(`BEGIN IMMEDIATE; ${SCHEMA}
          PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
      } else {
        migrate(database, version);
        // Nobody who could still end them is left.
        database.exec(`BEGIN IMMEDIATE;
          UPDATE associations SET outcome = 'interrupted',
            reason = 'The application ended while this association was open.' WHERE outcome = 'open';
          UPDATE studies SET status = 'interrupted' WHERE status = 'receiving';
          COMMIT`);
      }
      return new HistoryDatabase(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  close(): void {
    try {
      this.#database.close();
    } catch {
      // It is damaged, or closed already: nothing is lost that was not lost before.
    }
  }

  // --- Writing -----------------------------------------------------------------------------------------------------

  /**
   * Takes a batch of records, all in one transaction. Records that cannot be stored for what they are are passed over and
   * counted; where the database is in the way it throws, and nothing of the batch is stored.
   */
  write(records: readonly HistoryRecord[]): Written {
    let skipped = 0;
    this.#transaction(() => {
      const studies = this.#studyBatch();
      for (const record of records) {
        try {
          this.#writeRecord(record, studies);
        } catch (error) {
          if (isDatabaseTrouble(error)) throw error;
          skipped += 1;
        }
      }
      studies.finish();
    });
    this.#batches += 1;
    if (this.#batches % 1000 === 0) this.prune();
    return { skipped };
  }

  /** Adds the instances whose files are not known, as found in a folder. Gives back how many those were. */
  addMissing(records: readonly InstanceRecord[]): number {
    let added = 0;
    this.#transaction(() => {
      const studies = this.#studyBatch();
      for (const record of records) added += studies.add(record, 'found');
      studies.finish();
    });
    return added;
  }

  /** Forgets the oldest associations, refusals and errors beyond what is kept. */
  prune(): void {
    for (const table of ['associations', 'refusals', 'errors']) {
      this.#run(`DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ?`, KEPT_ROWS);
    }
  }

  #studyBatch(): StudyBatch {
    return new StudyBatch({
      get: (sql, ...values) => this.#get(sql, ...values),
      all: (sql, ...values) => this.#all(sql, ...values),
      exists: existsSync,
      run: (sql, ...values) => this.#run(sql, ...values),
      uidId: (uid) => this.#uidId(uid),
      rulesId: (rules) => this.#rulesId(rules),
    });
  }

  #writeRecord(record: HistoryRecord, studies: StudyBatch): void {
    switch (record.kind) {
      case 'association-opened':
      case 'association-ended':
        this.#writeAssociation(record.row);
        return;
      case 'instance':
        if (record.outcome !== 'quarantined') studies.add(record, 'received');
        return;
      case 'study-status':
        studies.setStatus(record.profileId, record.studyInstanceUid, record.status);
        return;
      case 'rule-actions':
        this.#writeActions(record, studies);
        return;
      case 'uploaded':
        studies.uploaded(record);
        return;
      case 'upload-gone':
        studies.uploadGone(record);
        return;
      case 'all-uploaded':
        this.#run(
          `UPDATE instances SET upload = 1 WHERE upload = 0 AND ? =
             (SELECT t.profile_id FROM series s JOIN studies t ON t.id = s.study_id WHERE s.id = series_id)`,
          record.profileId,
        );
        return;
      case 'refusal': {
        const { kind: _, profileId, ...refusal } = record;
        this.#run(
          `INSERT INTO refusals (profile_id, refusal_id, time, details) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET time = excluded.time, details = excluded.details`,
          profileId,
          refusal.refusalId,
          refusal.time,
          JSON.stringify(refusal),
        );
        return;
      }
      case 'error':
        this.#run(
          'INSERT INTO errors (profile_id, time, code, message) VALUES (?, ?, ?, ?)',
          record.profileId,
          record.time,
          record.code,
          record.message,
        );
    }
  }

  #writeActions(record: Extract<HistoryRecord, { kind: 'rule-actions' }>, studies: StudyBatch): void {
    const studyId = studies.idOf(record.profileId, record.studyInstanceUid);
    // Somebody has deleted the study in the meantime.
    if (studyId === undefined) return;
    const rules = this.#rulesId(record.rules);
    for (const { path, outcome, rule, reason, count } of record.actions) {
      this.#run(
        `INSERT INTO rule_actions (study_id, rules, path, outcome, rule, reason, count) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count`,
        studyId,
        rules,
        path,
        outcome,
        rule ?? '',
        reason,
        count,
      );
    }
  }

  #writeAssociation(row: AssociationRow): void {
    this.#run(
      `INSERT INTO associations
         (association_id, profile_id, calling, called, remote, opened, ended, outcome, reason, files, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, reason = excluded.reason,
         files = excluded.files, bytes = excluded.bytes`,
      row.associationId,
      row.profileId,
      row.callingAeTitle,
      row.calledAeTitle,
      row.remoteAddress,
      row.opened,
      row.ended ?? null,
      row.outcome,
      row.reason ?? null,
      row.files,
      row.bytes,
    );
  }

  /** SOP classes and transfer syntaxes are few: instances hold a number for each. */
  #uidId(uid: string): number {
    const known = this.#uidIds.get(uid);
    if (known !== undefined) return known;
    const row = this.#get('SELECT id FROM uids WHERE uid = ?', uid);
    const id = row ? (row.id as number) : this.#run('INSERT INTO uids (uid) VALUES (?)', uid).id;
    this.#uidIds.set(uid, id);
    return id;
  }

  #rulesId({ id, version, name }: RuleSetVersion): number {
    const row = this.#get('SELECT id FROM rule_versions WHERE rule_set = ? AND version = ?', id, version);
    if (row) return row.id as number;
    return this.#run('INSERT INTO rule_versions (rule_set, version, name) VALUES (?, ?, ?)', id, version, name).id;
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      // Some failures have rolled back already; then there is nothing to do.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#uidIds.clear();
      throw error;
    }
  }

  // --- Asking ------------------------------------------------------------------------------------------------------

  /** Answers one call; throws a ProblemError when what is asked for does not exist. */
  call<Name extends keyof DatabaseCalls>(name: Name, argument: DatabaseCalls[Name][0]): DatabaseCalls[Name][1] {
    return (this.#calls[name] as (argument: unknown) => DatabaseCalls[Name][1])(argument);
  }

  readonly #calls: {
    readonly [Name in keyof DatabaseCalls]: (argument: DatabaseCalls[Name][0]) => DatabaseCalls[Name][1];
  } = {
    'studies-list': (argument) => this.#listStudies(argument),
    'study-get': ({ studyId }) => ({
      study: studyRow(this.#study(studyId), this.#uploads()),
      series: this.#series(studyId),
    }),
    'instances-list': (argument) => this.#listInstances(argument),
    'associations-list': (argument) => this.#listAssociations(argument),
    'association-get': ({ associationId }) => {
      const row = this.#get('SELECT * FROM associations WHERE association_id = ?', associationId);
      if (!row) throw gone('association');
      return associationRow(row);
    },
    'refusals-list': ({ profileId, limit }) =>
      this.#all('SELECT details FROM refusals WHERE profile_id = ? ORDER BY time DESC LIMIT ?', profileId, limit).map(
        (row) => JSON.parse(row.details as string) as Refusal,
      ),
    'errors-list': ({ profileId, limit }) =>
      this.#all('SELECT * FROM errors WHERE profile_id = ? ORDER BY time DESC LIMIT ?', profileId, limit).map(errorRow),
    'study-files': ({ studyId }) => ({ files: this.#files(this.#study(studyId).id as number) }),
    'study-trash': ({ studyId, lastReceived }) => {
      const study = this.#study(studyId);
      const files = this.#files(study.id as number);
      if (lastReceived !== undefined && study.last_received !== lastReceived) return { files, removed: false };
      this.#run('DELETE FROM studies WHERE id = ?', studyId);
      return { files, removed: true };
    },
    'test-images-remove': () => {
      const studies = this.#all('SELECT id FROM studies WHERE test = 1').map((row) => row.id as number);
      const files = studies.flatMap((id) => this.#files(id));
      this.#run('DELETE FROM studies WHERE test = 1');
      return { studies: studies.length, files };
    },
    'study-location': ({ studyId }) => ({ path: this.#study(studyId).location as string }),
    'instance-location': ({ instanceId }) => {
      const row = this.#get(
        `SELECT i.uid, i.name, i.upload, s.folder, t.profile_id FROM instances i JOIN series s ON s.id = i.series_id
           JOIN studies t ON t.id = s.study_id WHERE i.id = ?`,
        instanceId,
      );
      if (!row) throw gone('instance');
      return { path: fileOf(row), profileId: row.profile_id as string, waits: row.upload === 0 };
    },
    'study-by-uid': ({ profileId, studyInstanceUid }) => {
      const row = this.#get('SELECT * FROM studies WHERE profile_id = ? AND uid = ?', profileId, studyInstanceUid);
      return row && studyRow(row, this.#uploads());
    },
    'instances-by-uid': ({ profileId, sopInstanceUids }) =>
      sopInstanceUids.flatMap((uid) =>
        this.#all(
          `SELECT i.uid, i.name, i.sop_class, s.folder FROM instances i JOIN series s ON s.id = i.series_id
             JOIN studies t ON t.id = s.study_id WHERE i.uid = ? AND t.profile_id = ?`,
          uid,
          profileId,
        ).map((row) => ({ sopInstanceUid: uid, file: fileOf(row), sopClassUid: this.#uid(row.sop_class as number) })),
      ),
    'instance-origin': ({ instanceId }) => {
      const row = this.#get(
        `SELECT a.calling, a.called, a.remote FROM instances i LEFT JOIN associations a
           ON a.association_id = i.association_id WHERE i.id = ?`,
        instanceId,
      );
      if (!row) throw gone('instance');
      const text = (value: SQLInputValue | undefined) => (typeof value === 'string' ? value : '');
      return { callingAeTitle: text(row.calling), calledAeTitle: text(row.called), remoteAddress: text(row.remote) };
    },
    'newest-instances': () => this.#newestInstances(),
    'study-treatment': ({ studyId }) => this.#treatment(this.#study(studyId).id as number),
    'retention-rows': ({ profileId, studyId }) => ({ rows: this.#retentionRows(profileId, studyId) }),
    'verification-count': ({ profileId, studyId }) => ({
      files: this.#get(
        `SELECT coalesce(sum(instances), 0) AS files FROM studies WHERE profile_id = ? ${studyId === undefined ? '' : 'AND id = ?'}`,
        ...[profileId, ...(studyId === undefined ? [] : [studyId])],
      )!.files as number,
    }),
    'verification-rows': ({ profileId, studyId, after, limit }) => ({
      rows: this.#all(
        // A plus keeps SQLite from walking all instances for the few of one study.
        `${VERIFICATION_ROWS} WHERE ${studyId === undefined ? '' : '+'}i.id > ? AND t.profile_id = ?
           ${studyId === undefined ? '' : 'AND t.id = ?'} ORDER BY i.id LIMIT ?`,
        ...[after, profileId, ...(studyId === undefined ? [] : [studyId]), limit],
      ).map(verificationRow),
    }),
    'verification-again': ({ instanceIds }) => ({
      rows: instanceIds.flatMap((id) => this.#all(`${VERIFICATION_ROWS} WHERE i.id = ?`, id)).map(verificationRow),
    }),
    'checksums-fill': ({ checksums }) => {
      let filled = 0;
      this.#transaction(() => {
        for (const { instanceId, sha256 } of checksums) {
          const sql = 'UPDATE instances SET sha256 = ? WHERE id = ? AND sha256 IS NULL';
          filled += this.#run(sql, Buffer.from(sha256, 'hex'), instanceId).changes;
        }
      });
      return { filled };
    },
  };

  #uploads(): Uploads {
    return { waiting: this.#countUploads(0), gone: this.#countUploads(2) };
  }

  /** How many instances of each study wait for their upload (0), or are gone (2): few, and they have indices of their own. */
  #countUploads(upload: 0 | 2): ReadonlyMap<number, number> {
    const rows = this.#all(
      `SELECT s.study_id, count(*) AS count FROM instances i JOIN series s ON s.id = i.series_id
         WHERE i.upload = ${upload} GROUP BY s.study_id`,
    );
    return new Map(rows.map((row) => [row.study_id as number, row.count as number]));
  }

  #retentionRows(profileId: string, studyId: number | undefined): RetentionRow[] {
    const waiting = this.#countUploads(0);
    const one = studyId === undefined ? '' : 'AND id = ?';
    return this.#all(
      `SELECT id, instances, bytes, last_received, status, location FROM studies WHERE profile_id = ? ${one}`,
      ...[profileId, ...(studyId === undefined ? [] : [studyId])],
    ).map((row) => ({
      studyId: row.id as number,
      instances: row.instances as number,
      bytes: row.bytes as number,
      lastReceived: row.last_received as number,
      status: row.status as string,
      location: row.location as string,
      waiting: waiting.get(row.id as number) ?? 0,
    }));
  }

  #newestInstances(): DatabaseCalls['newest-instances'][1] {
    const found = new Map<string, DatabaseCalls['newest-instances'][1][number]>();
    const series = this.#all(
      `SELECT s.id, s.modality FROM series s JOIN
         (SELECT id, last_received FROM studies WHERE location NOT LIKE 's3://%' ORDER BY last_received DESC LIMIT ?) t
         ON s.study_id = t.id ORDER BY t.last_received DESC, s.id DESC`,
      NEWEST_STUDIES,
    );
    for (const { id, modality } of series) {
      if (found.has(modality as string)) continue;
      const row = this.#get('SELECT max(id) AS id, received FROM instances WHERE series_id = ?', id as number);
      if (typeof row?.id !== 'number') continue;
      found.set(modality as string, {
        instanceId: row.id,
        modality: modality as string,
        received: row.received as number,
      });
    }
    return [...found.values()].sort((a, b) => b.received - a.received);
  }

  #treatment(studyId: number): StudyTreatment {
    const versions = this.#all(
      `SELECT v.rule_set, v.version, v.name, count(*) AS files FROM series s JOIN instances i ON i.series_id = s.id
         LEFT JOIN rule_versions v ON v.id = i.rules WHERE s.study_id = ? GROUP BY i.rules ORDER BY i.rules`,
      studyId,
    );
    const actions = this.#all(
      `SELECT a.*, v.rule_set, v.version, v.name FROM rule_actions a JOIN rule_versions v ON v.id = a.rules
         WHERE a.study_id = ? ORDER BY a.rules, a.path, a.outcome, a.rule, a.reason`,
      studyId,
    );
    return {
      versions: versions.map((row) => ({
        rules: row.rule_set === null ? undefined : versionOf(row),
        files: row.files as number,
      })),
      actions: actions.map((row) => ({
        rules: versionOf(row),
        path: row.path as string,
        outcome: row.outcome as CountedAction['outcome'],
        reason: row.reason as string,
        ...(row.rule !== '' && { rule: row.rule as string }),
        count: row.count as number,
      })),
    };
  }

  #study(studyId: number): Row {
    const row = this.#get('SELECT * FROM studies WHERE id = ?', studyId);
    if (!row) throw gone('study');
    return row;
  }

  #series(studyId: number): SeriesRow[] {
    return this.#all('SELECT * FROM series WHERE study_id = ?', studyId)
      .map(seriesRow)
      .sort((a, b) => numberKey(a.number) - numberKey(b.number) || a.seriesId - b.seriesId);
  }

  #files(studyId: number): string[] {
    return this.#all(
      'SELECT i.uid, i.name, s.folder FROM series s JOIN instances i ON i.series_id = s.id WHERE s.study_id = ?',
      studyId,
    ).map(fileOf);
  }

  #listStudies(argument: ParsedArgument<'studies-list'>): Page<StudyRow> {
    const filter = studyFilter(argument);
    const found =
      filter.match === undefined
        ? undefined
        : (this.#get('SELECT count(*) AS total FROM study_search WHERE study_search MATCH ?', filter.match)!
            .total as number);
    const conditions = [...filter.conditions];
    const values = [...filter.values];
    if (filter.match !== undefined) {
      // Few are sorted, many are met on the way along the index that is in order; a plus keeps SQLite to that.
      const id = found! > FEW ? '+id' : 'id';
      conditions.push(`${id} IN (SELECT rowid FROM study_search WHERE study_search MATCH ?)`);
      values.push(filter.match);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const counted = where.replaceAll('+', '');
    const total =
      found !== undefined && filter.conditions.length === 0
        ? found
        : (this.#get(`SELECT count(*) AS total FROM studies ${counted}`, ...values)!.total as number);
    const direction = argument.descending ? 'DESC' : 'ASC';
    // Ids first: a far page then skips through an index, not through rows.
    const ids = this.#all(
      `SELECT id FROM studies ${where} ORDER BY ${SORT_COLUMNS[argument.sort]} ${direction}, id ${direction} LIMIT ? OFFSET ?`,
      ...values,
      argument.limit,
      argument.offset,
    );
    const uploads = this.#uploads();
    const rows = ids.map(({ id }) => studyRow(this.#get('SELECT * FROM studies WHERE id = ?', id as number)!, uploads));
    return { rows, total };
  }

  #listInstances({ seriesId, offset, limit }: ParsedArgument<'instances-list'>): Page<InstanceRow> {
    const series = this.#get('SELECT folder, instances FROM series WHERE id = ?', seriesId);
    if (!series) throw gone('series');
    const ids = this.#all(
      'SELECT id FROM instances WHERE series_id = ? ORDER BY number_key, id LIMIT ? OFFSET ?',
      seriesId,
      limit,
      offset,
    );
    const rows = ids.map(({ id }): InstanceRow => {
      const row = this.#get('SELECT * FROM instances WHERE id = ?', id as number)!;
      return {
        instanceId: row.id as number,
        sopInstanceUid: row.uid as string,
        sopClassUid: this.#uid(row.sop_class as number),
        transferSyntaxUid: this.#uid(row.transfer_syntax as number),
        inferred: row.inferred === 1,
        number: row.number as string,
        file: fileOf({ ...row, folder: series.folder! }),
        size: row.size as number,
        received: row.received as number,
        waiting: row.upload === 0,
        gone: row.upload === 2,
        versions: this.#get(
          'SELECT count(*) AS count FROM instances WHERE uid = ? AND series_id = ?',
          row.uid!,
          seriesId,
        )!.count as number,
      };
    });
    return { rows, total: series.instances as number };
  }

  #listAssociations({ profileId, offset, limit }: ParsedArgument<'associations-list'>): Page<AssociationRow> {
    const where = profileId === undefined ? '' : 'WHERE profile_id = ?';
    const values = profileId === undefined ? [] : [profileId];
    const ids = this.#all(
      `SELECT id FROM associations ${where} ORDER BY opened DESC, id DESC LIMIT ? OFFSET ?`,
      ...values,
      limit,
      offset,
    );
    const rows = ids.map(({ id }) =>
      associationRow(this.#get('SELECT * FROM associations WHERE id = ?', id as number)!),
    );
    const total = this.#get(`SELECT count(*) AS total FROM associations ${where}`, ...values)!.total as number;
    return { rows, total };
  }

  #uid(id: number): string {
    let uid = this.#uids.get(id);
    if (uid === undefined) {
      uid = this.#get('SELECT uid FROM uids WHERE id = ?', id)!.uid as string;
      this.#uids.set(id, uid);
    }
    return uid;
  }

  // --- Statements --------------------------------------------------------------------------------------------------

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }
}

// --- Opening ---------------------------------------------------------------------------------------------------------

/** Bytes that are checked at every start; more only after a crash. Damage that shows later is dealt with then. */
const SMALL = 32 * 1024 * 1024;

/** Why the file cannot be used as a history; undefined when it can. Throws when it cannot be opened at all. */
function reasonAgainst(path: string): string | undefined {
  // Whoever closes a database takes its log away.
  const unclean = existsSync(`${path}-wal`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 1_000 });
    const version = pragma(database, 'user_version');
    const owner = pragma(database, 'application_id');
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!.count;
    if (version === 0 && owner === 0 && tables === 0) return undefined;
    if (owner !== APPLICATION_ID) return 'it is not a history of this application';
    if (version > SCHEMA_VERSION) return `it was written by a newer version of this application (format ${version})`;
    if (version < 1) return 'its format is unknown';
    if (!unclean && statSync(path).size > SMALL) return undefined;
    const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    return verdict === 'ok' ? undefined : 'it is damaged';
  } catch (error) {
    if (isDamage(error)) return 'it is damaged';
    throw error;
  } finally {
    try {
      database?.close();
    } catch {
      // Only damage makes closing fail, and that is told above.
    }
  }
}

/** Makes it a history of this version, all at once or not at all. */
function migrate(database: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  const steps = Array.from({ length: SCHEMA_VERSION - version }, (_, step) => MIGRATIONS[version + step]);
  database.exec(`BEGIN IMMEDIATE; ${steps.join(';')} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return database.prepare(`PRAGMA ${name}`).get()![name] as number;
}

/** Gives the database and what belongs to it another name, which it returns. */
function keepAside(path: string, now: number): string {
  const time = new Date(now).toISOString().replace(/[:.]/g, '-');
  const aside = path.replace(/\.db$/, `.broken-${time}.db`);
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    if (!existsSync(path + suffix)) continue;
    rmSync(aside + suffix, { force: true });
    renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function keptAside(reason: string, aside: string): Problem {
  return {
    code: 'history-kept-aside',
    message: `The history could not be used: ${reason}. It was kept as ${aside}, and a new one was begun. "Rebuild from folder" brings the studies back from the stored files.`,
  };
}

function noFile(folder: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
  return {
    code: 'history-unavailable',
    message: `The history cannot be written to ${folder}${code}. Files are received and stored all the same, but the lists are lost when the application ends. Make the folder writable and restart; "Rebuild from folder" then brings the studies back.`,
  };
}

// --- Errors of SQLite ------------------------------------------------------------------------------------------------

const CORRUPT = 11;
const NOT_A_DATABASE = 26;
/** The world around the database, not the record: out of memory, locked, read-only, interrupted, I/O, full, cannot open. */
const TROUBLE = new Set([5, 6, 7, 8, 9, 10, CORRUPT, 13, 14, NOT_A_DATABASE]);

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  // The lower byte of an extended code says what it is about.
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** The file is no sound database. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

function isDatabaseTrouble(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && TROUBLE.has(code);
}

/** Why a batch could not be written, in words. */
export function writeProblem(error: unknown, folder: string): Problem {
  const full = sqliteCode(error) === 13;
  const why = full ? 'the disk is full' : error instanceof Error ? error.message : String(error);
  return {
    code: full ? 'history-full' : 'history-write-failed',
    message: `The history in ${folder} cannot be written: ${why}. Files are received and stored all the same; it is tried again every few seconds.`,
  };
}

// --- Rows ------------------------------------------------------------------------------------------------------------

const SORT_COLUMNS: Readonly<Record<ParsedArgument<'studies-list'>['sort'], string>> = {
  lastReceived: 'last_received',
  studyDate: 'study_date',
  patientName: 'name_key',
  patientId: 'id_key',
  bytes: 'bytes',
  instances: 'instances',
};

const FIELD_COLUMNS = {
  patientName: 'name_key',
  patientId: 'id_key',
  accessionNumber: 'accession_key',
  description: 'description_key',
} as const;
const KEY_COLUMNS = ['name_key', 'id_key', 'accession_key', 'description_key', 'other_key'];

interface StudyFilter {
  readonly conditions: readonly string[];
  readonly values: readonly SQLInputValue[];
  /** What the search index is asked. */
  readonly match: string | undefined;
}

/** Studies found by the search index that are sorted rather than met in order. */
const FEW = 1000;

/**
 * The conditions of a list of studies. Words are found anywhere; several must all be there. A plus in front of a column
 * keeps SQLite from choosing an index that would make it sort everything.
 */
function studyFilter(argument: ParsedArgument<'studies-list'>): StudyFilter {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...given: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (argument.profileId !== undefined) {
    add(`${argument.sort === 'lastReceived' ? '' : '+'}profile_id = ?`, argument.profileId);
  }
  if (argument.status !== undefined) add('+status = ?', argument.status);
  if (argument.modality !== undefined) add('instr(modalities, ?) > 0', `\\${argument.modality.toUpperCase()}\\`);
  if (argument.from) add('+study_date >= ?', argument.from);
  if (argument.to) add("+study_date <= ? AND study_date <> ''", argument.to);

  const phrases: string[] = [];
  const addWords = (text: string, columns: readonly string[]) => {
    for (const word of fold(text).split(' ')) {
      if (word === '') continue;
      if ([...word].length >= 3) phrases.push(`{${columns.join(' ')}} : "${word.replaceAll('"', '""')}"`);
      // The index knows three characters and more.
      else add(`(${columns.map((column) => `instr(${column}, ?) > 0`).join(' OR ')})`, ...columns.map(() => word));
    }
  };
  addWords(argument.search, KEY_COLUMNS);
  for (const [field, column] of Object.entries(FIELD_COLUMNS)) {
    addWords(argument[field as keyof typeof FIELD_COLUMNS] ?? '', [column]);
  }
  return { conditions, values, match: phrases.length === 0 ? undefined : phrases.join(' AND ') };
}

/** How many instances of each study, by its id. */
interface Uploads {
  readonly waiting: ReadonlyMap<number, number>;
  readonly gone: ReadonlyMap<number, number>;
}

function studyRow(row: Row, { waiting, gone }: Uploads): StudyRow {
  return {
    studyId: row.id as number,
    profileId: row.profile_id as string,
    studyInstanceUid: row.uid as string,
    patientName: row.patient_name as string,
    patientId: row.patient_id as string,
    accessionNumber: row.accession as string,
    studyDate: row.study_date as string,
    modalities: (row.modalities as string).split('\\').filter((modality) => modality !== ''),
    description: row.description as string,
    series: row.series as number,
    instances: row.instances as number,
    bytes: row.bytes as number,
    firstReceived: row.first_received as number,
    lastReceived: row.last_received as number,
    status: row.status as StudyStatus,
    test: row.test === 1,
    location: row.location as string,
    burnedIn: row.burned_in as number,
    waiting: waiting.get(row.id as number) ?? 0,
    gone: gone.get(row.id as number) ?? 0,
  };
}

function versionOf(row: Row): RuleSetVersion {
  return { id: row.rule_set as string, version: row.version as number, name: row.name as string };
}

function seriesRow(row: Row): SeriesRow {
  return {
    seriesId: row.id as number,
    seriesInstanceUid: row.uid as string,
    modality: row.modality as string,
    number: row.number as string,
    description: row.description as string,
    instances: row.instances as number,
    bytes: row.bytes as number,
  };
}

const VERIFICATION_ROWS = `SELECT i.id, i.uid, i.name, i.size, i.sha256, s.folder, s.study_id
  FROM instances i JOIN series s ON s.id = i.series_id JOIN studies t ON t.id = s.study_id`;

function verificationRow(row: Row): VerificationRow {
  return {
    instanceId: row.id as number,
    studyId: row.study_id as number,
    sopInstanceUid: row.uid as string,
    file: fileOf(row),
    size: row.size as number,
    ...(row.sha256 !== null && { sha256: Buffer.from(row.sha256 as Uint8Array).toString('hex') }),
  };
}

function associationRow(row: Row): AssociationRow {
  return {
    associationId: row.association_id as string,
    profileId: row.profile_id as string,
    callingAeTitle: row.calling as string,
    calledAeTitle: row.called as string,
    remoteAddress: row.remote as string,
    opened: row.opened as number,
    ...(row.ended === null ? {} : { ended: row.ended as number }),
    outcome: row.outcome as AssociationRow['outcome'],
    ...(row.reason === null ? {} : { reason: row.reason as string }),
    files: row.files as number,
    bytes: row.bytes as number,
  };
}

function errorRow(row: Row): ErrorRow {
  return {
    profileId: row.profile_id as string,
    time: row.time as number,
    code: row.code as string,
    message: row.message as string,
  };
}

function gone(what: string): ProblemError {
  return problem('not-found', `This ${what} is no longer in the history. Load the list again.`);
}
