/** Instances on their way into the history: each study and series is read once and written once per transaction. */

import type { SQLInputValue } from 'node:sqlite';
import type { StudyStatus } from '#shared/contract.ts';
import type { RuleSetVersion } from './applied-rules.ts';
import type { InstanceRecord, UploadRecord, WaitingInstance } from './history-records.ts';
import { fold, numberKey } from './history-schema.ts';

/** What a batch needs of the database. */
export interface BatchStore {
  get(sql: string, ...values: SQLInputValue[]): Record<string, SQLInputValue> | undefined;
  all(sql: string, ...values: SQLInputValue[]): Record<string, SQLInputValue>[];
  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number };
  exists(file: string): boolean;
  /** The number that stands for a SOP class or transfer syntax. */
  uidId(uid: string): number;
  /** The number that stands for a version of a rule set. */
  rulesId(rules: RuleSetVersion): number;
}

interface StudyEntry {
  readonly id: number;
  readonly uid: string;
  patient_name: string;
  patient_id: string;
  accession: string;
  study_date: string;
  description: string;
  modalities: string;
  series: number;
  instances: number;
  bytes: number;
  first_received: number;
  last_received: number;
  status: StudyStatus;
  test: number;
  location: string;
  burned_in: number;
  changed: boolean;
  /** Something that is searched has changed. */
  renamed: boolean;
}

interface SeriesEntry {
  readonly id: number;
  readonly folder: string;
  modality: string;
  number: string;
  description: string;
  instances: number;
  bytes: number;
  changed: boolean;
}

/** Longer texts than their value representations allow are cut: a list has no use for them. */
const LONGEST = 200;

export class StudyBatch {
  readonly #store: BatchStore;
  readonly #studies = new Map<string, StudyEntry>();
  readonly #series = new Map<string, SeriesEntry>();

  constructor(store: BatchStore) {
    this.#store = store;
  }

  /**
   * Adds an instance, or what changed of it; gives back how many are new. `found`: it lies in the folder, but is not being
   * received: nothing but an instance that is missing changes anything.
   */
  add(record: InstanceRecord, how: 'received' | 'found'): number {
    const { folder, name } = splitFile(record);
    const study = this.#study(record, folder, how);
    const series = this.#seriesOf(record, study, folder);
    const stored = series.folder === folder ? name : record.file;
    // What waits may turn out to be another content than what is in the bucket under this name; what is gone has come again.
    const onlyWaiting = record.waits && record.outcome !== 'equal' ? 'AND upload IN (0, 2)' : '';
    const known = this.#store.get(
      `SELECT id, size FROM instances WHERE series_id = ? AND uid = ? AND name IS ? ${onlyWaiting} ORDER BY upload LIMIT 1`,
      series.id,
      record.sopInstanceUid,
      stored,
    );
    if (known && how === 'found') return 0;
    if (!known && how === 'found' && this.#relocate(record, study, series, stored)) return 1;
    if (!known) this.#insert(record, series.id, stored);
    else if (record.outcome !== 'equal') this.#update(record, known.id as number);
    // What is equal has the same digest: that of an instance from a time without checksums becomes known.
    else this.#store.run('UPDATE instances SET sha256 = coalesce(sha256, ?) WHERE id = ?', digestOf(record), known.id!);
    const size =
      known === undefined ? record.size : record.outcome === 'equal' ? 0 : record.size - (known.size as number);
    const count = known === undefined ? 1 : 0;
    series.instances += count;
    series.bytes += size;
    series.changed = true;
    study.instances += count;
    study.bytes += size;
    study.first_received = Math.min(study.first_received, record.received);
    study.last_received = Math.max(study.last_received, record.received);
    if (how === 'received') study.status = 'receiving';
    study.burned_in = Math.max(study.burned_in, record.burnedIn ?? 0);
    study.changed = true;
    fillStudy(study, record);
    fillSeries(series, record);
    return count;
  }

  /**
   * An instance that waited is in the bucket. Where it turns out to be what was there already, one of the two rows goes;
   * one that nobody knows (any more) changes nothing.
   */
  uploaded(record: UploadRecord): void {
    const waiting = this.#waiting(record);
    if (waiting === undefined) return;
    const nameOf = (file: string) => nameIn(waiting.folder, file, record.sopInstanceUid);
    const there = this.#store.get(
      'SELECT id FROM instances WHERE series_id = ? AND uid = ? AND name IS ? AND id <> ?',
      waiting.series,
      record.sopInstanceUid,
      nameOf(record.file),
      waiting.id,
    );
    if (there !== undefined) this.#remove(record.outcome === 'equal' ? waiting.id : (there.id as number));
    if (there !== undefined && record.outcome === 'equal') return;
    this.#store.run('UPDATE instances SET upload = 1, name = ? WHERE id = ?', nameOf(record.file), waiting.id);
  }

  /** An instance that waited has gone from the spool. */
  uploadGone(record: WaitingInstance): void {
    const waiting = this.#waiting(record);
    if (waiting) this.#store.run('UPDATE instances SET upload = 2 WHERE id = ?', waiting.id);
  }

  /** The row of an instance that waits; undefined where nobody knows it (any more). */
  #waiting({ profileId, studyInstanceUid, seriesInstanceUid, sopInstanceUid, storedAs }: WaitingInstance) {
    const rows = this.#store.all(
      `SELECT i.id, i.name, s.id AS series, s.folder FROM instances i JOIN series s
         ON s.id = i.series_id JOIN studies t ON t.id = s.study_id
       WHERE i.uid = ? AND i.upload = 0 AND t.profile_id = ? AND t.uid = ? AND s.uid = ?`,
      sopInstanceUid,
      profileId,
      studyInstanceUid,
      seriesInstanceUid,
    );
    const row = rows.find(({ name, folder }) => name === nameIn(folder as string, storedAs, sopInstanceUid));
    return row && { id: row.id as number, series: row.series as number, folder: row.folder as string };
  }

  /** Forgets one instance of a series. */
  #remove(id: number): void {
    const { size, series_id: seriesId } = this.#store.get('SELECT size, series_id FROM instances WHERE id = ?', id)!;
    const { study_id: studyId } = this.#store.get('SELECT study_id FROM series WHERE id = ?', seriesId!)!;
    this.#store.run('DELETE FROM instances WHERE id = ?', id);
    // Those that are written at the end know nothing of what is written now.
    const entries = [
      ...[...this.#series.values()].filter((entry) => entry.id === seriesId),
      ...[...this.#studies.values()].filter((entry) => entry.id === studyId),
    ];
    for (const entry of entries) {
      entry.instances -= 1;
      entry.bytes -= size as number;
      entry.changed = true;
    }
    const change = 'SET instances = instances - 1, bytes = bytes - ? WHERE id = ?';
    this.#store.run(`UPDATE series ${change}`, size!, seriesId!);
    this.#store.run(`UPDATE studies ${change}`, size!, studyId!);
  }

  setStatus(profileId: string, studyInstanceUid: string, status: StudyStatus): void {
    const entry = this.#studies.get(`${profileId}\n${studyInstanceUid}`);
    if (entry) {
      entry.status = status;
      entry.changed = true;
    } else {
      this.#store.run(
        'UPDATE studies SET status = ? WHERE profile_id = ? AND uid = ?',
        status,
        profileId,
        studyInstanceUid,
      );
    }
  }

  /** The row of a study that has one. */
  idOf(profileId: string, studyInstanceUid: string): number | undefined {
    const known = this.#studies.get(`${profileId}\n${studyInstanceUid}`)?.id;
    if (known !== undefined) return known;
    const row = this.#store.get('SELECT id FROM studies WHERE profile_id = ? AND uid = ?', profileId, studyInstanceUid);
    return row?.id as number | undefined;
  }

  /** Writes what has come together. */
  finish(): void {
    for (const series of this.#series.values()) {
      if (!series.changed) continue;
      this.#store.run(
        'UPDATE series SET modality = ?, number = ?, description = ?, instances = ?, bytes = ? WHERE id = ?',
        series.modality,
        series.number,
        series.description,
        series.instances,
        series.bytes,
        series.id,
      );
    }
    for (const study of this.#studies.values()) {
      if (study.renamed) this.#rename(study);
      if (!study.changed) continue;
      this.#store.run(
        `UPDATE studies SET series = ?, instances = ?, bytes = ?, first_received = ?, last_received = ?, status = ?, test = ?,
           location = ?, burned_in = ? WHERE id = ?`,
        study.series,
        study.instances,
        study.bytes,
        study.first_received,
        study.last_received,
        study.status,
        study.test,
        study.location,
        study.burned_in,
        study.id,
      );
    }
  }

  #study(record: InstanceRecord, folder: string, how: 'received' | 'found'): StudyEntry {
    const key = `${record.profileId}\n${record.studyInstanceUid}`;
    const cached = this.#studies.get(key);
    if (cached) return cached;
    const where = [record.profileId, record.studyInstanceUid] as const;
    let row = this.#store.get('SELECT * FROM studies WHERE profile_id = ? AND uid = ?', ...where);
    if (row === undefined) {
      this.#store.run(
        `INSERT INTO studies (profile_id, uid, patient_name, patient_id, accession, study_date, description, modalities,
           series, instances, bytes, first_received, last_received, status, test, location,
           name_key, id_key, accession_key, description_key, other_key)
         VALUES (?, ?, '', '', '', '', '', '\\', 0, 0, 0, ?, ?, ?, 0, ?, '', '', '', '', '')`,
        ...where,
        record.received,
        record.received,
        how === 'found' ? 'complete' : 'receiving',
        parentOf(folder),
      );
      row = this.#store.get('SELECT * FROM studies WHERE profile_id = ? AND uid = ?', ...where)!;
    }
    const entry = { ...row, changed: false, renamed: false } as unknown as StudyEntry;
    this.#studies.set(key, entry);
    return entry;
  }

  #seriesOf(record: InstanceRecord, study: StudyEntry, folder: string): SeriesEntry {
    const key = `${study.id}\n${record.seriesInstanceUid}`;
    const cached = this.#series.get(key);
    if (cached) return cached;
    let row = this.#store.get(
      'SELECT * FROM series WHERE study_id = ? AND uid = ?',
      study.id,
      record.seriesInstanceUid,
    );
    if (row === undefined) {
      const { id } = this.#store.run(
        `INSERT INTO series (study_id, uid, modality, number, description, instances, bytes, folder)
         VALUES (?, ?, '', '', '', 0, 0, ?)`,
        study.id,
        record.seriesInstanceUid,
        folder,
      );
      study.series += 1;
      study.changed = true;
      row = { id, folder, modality: '', number: '', description: '', instances: 0, bytes: 0 };
    }
    const entry = { ...row, changed: false } as unknown as SeriesEntry;
    this.#series.set(key, entry);
    return entry;
  }

  /** The folder was moved: an instance that is no longer where it was is here. */
  #relocate(record: InstanceRecord, study: StudyEntry, series: SeriesEntry, name: string | null): boolean {
    const others = this.#store.all(
      'SELECT id, uid, name FROM instances WHERE series_id = ? AND uid = ?',
      series.id,
      record.sopInstanceUid,
    );
    const moved = others.find((row) => !this.#store.exists(fileOf({ ...row, folder: series.folder })));
    if (moved === undefined) return false;
    this.#store.run('UPDATE instances SET name = ? WHERE id = ?', name, moved.id!);
    study.location = parentOf(splitFile(record).folder);
    study.changed = true;
    return true;
  }

  #insert(record: InstanceRecord, seriesId: number, name: string | null): void {
    const number = tagOf(record, 'InstanceNumber');
    this.#store.run(
      `INSERT INTO instances
         (series_id, uid, sop_class, transfer_syntax, inferred, number, number_key, name, size, received, association_id,
          rules, sha256, upload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seriesId,
      record.sopInstanceUid,
      this.#store.uidId(record.sopClassUid),
      this.#store.uidId(record.transferSyntaxUid),
      record.inferred ? 1 : 0,
      number,
      numberKey(number),
      name,
      record.size,
      record.received,
      record.associationId ?? null,
      record.rules ? this.#store.rulesId(record.rules) : null,
      digestOf(record),
      record.waits ? 0 : null,
    );
  }

  #update(record: InstanceRecord, id: number): void {
    const number = tagOf(record, 'InstanceNumber');
    this.#store.run(
      `UPDATE instances SET sop_class = ?, transfer_syntax = ?, inferred = ?, number = ?, number_key = ?, size = ?,
         received = ?, association_id = ?, rules = ?, sha256 = ?,
         upload = coalesce(?, upload) WHERE id = ?`,
      this.#store.uidId(record.sopClassUid),
      this.#store.uidId(record.transferSyntaxUid),
      record.inferred ? 1 : 0,
      number,
      numberKey(number),
      record.size,
      record.received,
      record.associationId ?? null,
      record.rules ? this.#store.rulesId(record.rules) : null,
      digestOf(record),
      record.waits ? 0 : null,
      id,
    );
  }

  #rename(study: StudyEntry): void {
    this.#store.run(
      `UPDATE studies SET patient_name = ?, patient_id = ?, accession = ?, study_date = ?, description = ?, modalities = ?,
         name_key = ?, id_key = ?, accession_key = ?, description_key = ?, other_key = ? WHERE id = ?`,
      study.patient_name,
      study.patient_id,
      study.accession,
      study.study_date,
      study.description,
      study.modalities,
      fold(study.patient_name),
      fold(study.patient_id),
      fold(study.accession),
      fold(study.description),
      fold(`${study.uid} ${study.study_date} ${study.modalities.replaceAll('\\', ' ')}`),
      study.id,
    );
  }
}

/** What the first instance of a study does not say, a later one may. */
function fillStudy(study: StudyEntry, record: InstanceRecord): void {
  const fill = (field: 'patient_name' | 'patient_id' | 'accession' | 'study_date' | 'description', keyword: string) => {
    if (study[field] !== '') return;
    study[field] = tagOf(record, keyword);
    study.renamed ||= study[field] !== '';
  };
  fill('patient_name', 'PatientName');
  fill('patient_id', 'PatientID');
  fill('accession', 'AccessionNumber');
  fill('study_date', 'StudyDate');
  fill('description', 'StudyDescription');
  const modality = tagOf(record, 'Modality').toUpperCase().replaceAll('\\', ' ');
  if (modality !== '' && !study.modalities.includes(`\\${modality}\\`)) {
    study.modalities += `${modality}\\`;
    study.renamed = true;
  }
  // A study without any of these is still found by its UID.
  study.renamed ||= study.instances === 1;
  if (record.test) study.test = 1;
}

function fillSeries(series: SeriesEntry, record: InstanceRecord): void {
  series.modality ||= tagOf(record, 'Modality');
  series.number ||= tagOf(record, 'SeriesNumber');
  series.description ||= tagOf(record, 'SeriesDescription');
}

function tagOf({ tags }: InstanceRecord, keyword: string): string {
  return (tags[keyword] ?? '').slice(0, LONGEST);
}

function digestOf({ sha256 }: InstanceRecord): Uint8Array | null {
  return sha256 === undefined ? null : Buffer.from(sha256, 'hex');
}

/** Where an instance lies, by its row and the folder of its series. */
export function fileOf({ uid, name, folder }: Record<string, SQLInputValue>): string {
  if (name === null) return `${folder}${uid}.dcm`;
  return /[/\\]/.test(name as string) ? (name as string) : `${folder}${name}`;
}

/** The folder with its last separator, and the name unless it follows from the UID. */
function splitFile({ file, sopInstanceUid }: Pick<InstanceRecord, 'file' | 'sopInstanceUid'>): {
  folder: string;
  name: string | null;
} {
  const at = separatorIn(file) + 1;
  const name = file.slice(at);
  return { folder: file.slice(0, at), name: name === `${sopInstanceUid}.dcm` ? null : name };
}

/** The name of a file as a series in this folder keeps it. */
function nameIn(folder: string, file: string, sopInstanceUid: string): string | null {
  const split = splitFile({ file, sopInstanceUid });
  return split.folder === folder ? split.name : file;
}

/** `/archive/study/series/` → `/archive/study`. */
function parentOf(folder: string): string {
  const series = folder.slice(0, -1);
  return series.slice(0, Math.max(separatorIn(series), 0)) || folder;
}

function separatorIn(path: string): number {
  return Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
}
