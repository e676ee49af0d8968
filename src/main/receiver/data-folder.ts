/** The folder with profiles, history, logs and secrets: where it is, and that only one Studyport uses it at a time. */

import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the data of this user is when nobody says otherwise. The same for both hosts, so that both show the same profiles. */
export function defaultDataFolder(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Studyport');
  if (platform === 'win32') return join(environment.APPDATA || join(home, 'AppData', 'Roaming'), 'Studyport');
  const data = environment.XDG_DATA_HOME;
  // XDG: a path that is not absolute is to be ignored.
  return join(data?.startsWith('/') ? data : join(home, '.local', 'share'), 'studyport');
}

/** The data folder cannot be used; the message says why and what to do. */
export class DataFolderError extends Error {
  readonly code: 'data-folder-in-use' | 'data-folder';

  constructor(code: DataFolderError['code'], message: string) {
    super(message);
    this.name = 'DataFolderError';
    this.code = code;
  }
}

/** A data folder that is ours until it is given back, or until the process ends in whatever way. */
export interface DataFolderLock {
  release(): Promise<void>;
}

/**
 * Creates the folder, for nobody else's eyes, and takes it.
 * @throws DataFolderError
 */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const owner = join(folder, 'lock.pid');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (process.platform !== 'win32') await chmod(folder, 0o700);
  } catch (error) {
    throw unusable(folder, error);
  }
  // A lock of SQLite is one of the operating system: it ends with the process, and no process id can be mistaken.
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, 'lock.db'));
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    await writeFile(owner, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    const busy = (error as { errcode?: number }).errcode === 5;
    throw busy ? inUse(folder, await readFile(owner, 'utf8').catch(() => '')) : unusable(folder, error);
  }
  const held = database;
  return {
    release: async () => {
      await rm(owner, { force: true });
      held.close();
    },
  };
}

function inUse(folder: string, owner: string): DataFolderError {
  const who = /^\d+$/.test(owner.trim()) ? ` (process ${owner.trim()})` : '';
  return new DataFolderError(
    'data-folder-in-use',
    `Studyport already runs with the data folder ${folder}${who}. Use its page, stop it first, or give another folder with --data.`,
  );
}

function unusable(folder: string, error: unknown): DataFolderError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new DataFolderError(
    'data-folder',
    `The data folder ${folder} cannot be used (${code === 'ERR_SQLITE_ERROR' || !code ? message : code}). Give yourself the right to write there, or give another folder with --data.`,
  );
}
