/** Tables of the history database, and how text becomes what is searched and sorted by. */

/** In `PRAGMA user_version`. A database of a newer version is kept aside, an older one is migrated. */
export const SCHEMA_VERSION = 3;

/** In `PRAGMA application_id`: "STPY". */
export const APPLICATION_ID = 0x53545059;

/** Which versions of rule sets treated instances, and what they did to the elements of each study. No values. */
const RULES = `
CREATE TABLE rule_versions (
  id INTEGER PRIMARY KEY,
  rule_set TEXT NOT NULL,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (rule_set, version)
) STRICT;

CREATE TABLE rule_actions (
  study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  rules INTEGER NOT NULL,
  path TEXT NOT NULL,
  outcome TEXT NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (study_id, rules, path, outcome, rule, reason)
) STRICT, WITHOUT ROWID;
`;

/**
 * Counts of series and studies are kept with them, so that no list counts instances. The `…_key` columns hold folded text
 * (see {@link fold}); `study_search` finds any three characters in a row of them without a scan, and triggers keep it
 * equal to the table. An instance lies in the folder of its series as `{SOP Instance UID}.dcm` unless `name` says otherwise:
 * a million full paths would be a quarter of a gigabyte. `sha256` is of the data set as stored; `upload` is 0 while an
 * instance waits in the spool, 1 when it is in the bucket, 2 when it has gone from the spool and nobody saw it arrive, NULL
 * where nothing is uploaded.
 */
export const SCHEMA = `
CREATE TABLE uids (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE studies (
  id INTEGER PRIMARY KEY,
  profile_id TEXT NOT NULL,
  uid TEXT NOT NULL,
  patient_name TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  accession TEXT NOT NULL,
  study_date TEXT NOT NULL,
  description TEXT NOT NULL,
  modalities TEXT NOT NULL,
  series INTEGER NOT NULL,
  instances INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  first_received INTEGER NOT NULL,
  last_received INTEGER NOT NULL,
  status TEXT NOT NULL,
  test INTEGER NOT NULL,
  location TEXT NOT NULL,
  burned_in INTEGER NOT NULL DEFAULT 0,
  name_key TEXT NOT NULL,
  id_key TEXT NOT NULL,
  accession_key TEXT NOT NULL,
  description_key TEXT NOT NULL,
  other_key TEXT NOT NULL,
  UNIQUE (profile_id, uid)
) STRICT;
CREATE INDEX studies_received ON studies (last_received);
CREATE INDEX studies_profile ON studies (profile_id, last_received);
CREATE INDEX studies_date ON studies (study_date);
CREATE INDEX studies_name ON studies (name_key);
CREATE INDEX studies_patient ON studies (id_key);
CREATE INDEX studies_bytes ON studies (bytes);
CREATE INDEX studies_instances ON studies (instances);
CREATE INDEX studies_receiving ON studies (status) WHERE status = 'receiving';
CREATE INDEX studies_test ON studies (test) WHERE test = 1;

CREATE VIRTUAL TABLE study_search USING fts5 (
  name_key, id_key, accession_key, description_key, other_key,
  content = 'studies', content_rowid = 'id', tokenize = 'trigram'
);
CREATE TRIGGER studies_added AFTER INSERT ON studies BEGIN
  INSERT INTO study_search (rowid, name_key, id_key, accession_key, description_key, other_key)
  VALUES (new.id, new.name_key, new.id_key, new.accession_key, new.description_key, new.other_key);
END;
CREATE TRIGGER studies_removed AFTER DELETE ON studies BEGIN
  INSERT INTO study_search (study_search, rowid, name_key, id_key, accession_key, description_key, other_key)
  VALUES ('delete', old.id, old.name_key, old.id_key, old.accession_key, old.description_key, old.other_key);
END;
CREATE TRIGGER studies_renamed AFTER UPDATE OF name_key, id_key, accession_key, description_key, other_key ON studies BEGIN
  INSERT INTO study_search (study_search, rowid, name_key, id_key, accession_key, description_key, other_key)
  VALUES ('delete', old.id, old.name_key, old.id_key, old.accession_key, old.description_key, old.other_key);
  INSERT INTO study_search (rowid, name_key, id_key, accession_key, description_key, other_key)
  VALUES (new.id, new.name_key, new.id_key, new.accession_key, new.description_key, new.other_key);
END;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  modality TEXT NOT NULL,
  number TEXT NOT NULL,
  description TEXT NOT NULL,
  instances INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  folder TEXT NOT NULL,
  UNIQUE (study_id, uid)
) STRICT;

CREATE TABLE instances (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  sop_class INTEGER NOT NULL,
  transfer_syntax INTEGER NOT NULL,
  inferred INTEGER NOT NULL,
  number TEXT NOT NULL,
  number_key INTEGER NOT NULL,
  name TEXT,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,
  association_id TEXT,
  rules INTEGER,
  sha256 BLOB,
  upload INTEGER
) STRICT;
CREATE INDEX instances_order ON instances (series_id, number_key);
CREATE INDEX instances_uid ON instances (uid, series_id);
CREATE INDEX instances_uploads ON instances (upload) WHERE upload = 0;
CREATE INDEX instances_gone ON instances (upload) WHERE upload = 2;

CREATE TABLE associations (
  id INTEGER PRIMARY KEY,
  association_id TEXT NOT NULL UNIQUE,
  profile_id TEXT NOT NULL,
  calling TEXT NOT NULL,
  called TEXT NOT NULL,
  remote TEXT NOT NULL,
  opened INTEGER NOT NULL,
  ended INTEGER,
  outcome TEXT NOT NULL,
  reason TEXT,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX associations_opened ON associations (opened);
CREATE INDEX associations_profile ON associations (profile_id, opened);
CREATE INDEX associations_open ON associations (outcome) WHERE outcome = 'open';

CREATE TABLE refusals (
  id INTEGER PRIMARY KEY,
  profile_id TEXT NOT NULL,
  refusal_id TEXT NOT NULL,
  time INTEGER NOT NULL,
  details TEXT NOT NULL,
  UNIQUE (profile_id, refusal_id)
) STRICT;
CREATE INDEX refusals_time ON refusals (profile_id, time);

CREATE TABLE errors (
  id INTEGER PRIMARY KEY,
  profile_id TEXT NOT NULL,
  time INTEGER NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX errors_time ON errors (profile_id, time);
${RULES}`;

/** What makes a history of each older version one of the next. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `ALTER TABLE instances ADD COLUMN rules INTEGER; ${RULES}`,
  2: `
ALTER TABLE studies ADD COLUMN burned_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN sha256 BLOB;
ALTER TABLE instances ADD COLUMN upload INTEGER;
DROP INDEX instances_uid;
CREATE INDEX instances_uid ON instances (uid, series_id);
CREATE INDEX instances_uploads ON instances (upload) WHERE upload = 0;
CREATE INDEX instances_gone ON instances (upload) WHERE upload = 2;
`,
};

/**
 * Text as it is searched and sorted: without case, Latin accents and the separators of person names. `MÜLLER^Hans` and
 * `muller hans` are the same.
 */
export function fold(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/[\u0300-\u036f]/g, '')
      // Both ways: ß has no single capital, final sigma no capital of its own.
      .toUpperCase()
      .toLowerCase()
      .replace(/[\^=\s]+/g, ' ')
      .trim()
  );
}

/** Instance and series numbers in order; those without a number come last. */
export function numberKey(text: string): number {
  const number = Number.parseInt(text, 10);
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER;
}
