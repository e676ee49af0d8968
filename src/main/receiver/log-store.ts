/** The log: a bounded list in memory, and JSON lines in files that rotate. Lines never hold patient data. */

import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine, ParsedArgument } from '#shared/contract.ts';
import { LOG_LEVELS } from '#shared/contract.ts';
import { errnoOf } from './problem.ts';

export interface LogLimits {
  /** Lines in memory. */
  readonly lines: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Older files beside the one that is written. */
  readonly files: number;
}

const LIMITS: LogLimits = { lines: 5000, fileBytes: 4 * 1024 * 1024, files: 4 };
/** Milliseconds in which lines come together before they are written. */
const GATHER = 200;

type Filter = ParsedArgument<'log-export'>;

export class LogStore {
  readonly #folder: string;
  readonly #limits: LogLimits;
  readonly #failed: (error: unknown) => void;
  #lines: LogLine[] = [];
  #sequence = 0;
  #waiting: string[] = [];
  #size: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param failed hears, once per failure, that lines could not be written */
  constructor(folder: string, failed: (error: unknown) => void, limits: Partial<LogLimits> = {}) {
    this.#folder = folder;
    this.#failed = failed;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Numbers and keeps a line. */
  add(line: Omit<LogLine, 'sequence'>): LogLine {
    const numbered = { sequence: ++this.#sequence, ...line };
    this.#lines.push(numbered);
    // Now and then, not for every line.
    if (this.#lines.length > 1.2 * this.#limits.lines) this.#lines = this.#lines.slice(-this.#limits.lines);
    this.#waiting.push(JSON.stringify(numbered));
    this.#timer ??= setTimeout(() => void this.flush(), GATHER);
    return numbered;
  }

  /** The newest lines of this run that match, oldest first. */
  list({ limit, before, ...filter }: ParsedArgument<'log-list'>): readonly LogLine[] {
    const matches = matcher(filter);
    const found: LogLine[] = [];
    for (let index = this.#lines.length - 1; index >= 0 && found.length < limit; index--) {
      const line = this.#lines[index]!;
      if ((before === undefined || line.sequence < before) && matches(line)) found.push(line);
    }
    return found.reverse();
  }

  /** Matching lines of this run and of earlier ones, from the files, as JSON lines. */
  async export(filter: Filter): Promise<string> {
    await this.flush();
    const matches = matcher(filter);
    const kept: string[] = [];
    for (let number = this.#limits.files; number >= 0; number--) {
      const text = await readFile(this.#file(number), 'utf8').catch(() => '');
      for (const row of text.split('\n')) {
        const line = parseLine(row);
        if (line && matches(line)) kept.push(row);
      }
    }
    return kept.map((row) => `${row}\n`).join('');
  }

  /** Resolves when every line so far is written, or could not be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length > 0) {
      this.#writing = this.#writing.then(() => this.#write(rows)).catch((error: unknown) => this.#failed(error));
    }
    await this.#writing;
  }

  async #write(rows: readonly string[]): Promise<void> {
    const text = rows.map((row) => `${row}\n`).join('');
    const bytes = Buffer.byteLength(text);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#size ??= await sizeOf(this.#file(0));
    if (this.#size > 0 && this.#size + bytes > this.#limits.fileBytes) await this.#rotate();
    await appendFile(this.#file(0), text, { mode: 0o600 });
    this.#size += bytes;
  }

  async #rotate(): Promise<void> {
    await rm(this.#file(this.#limits.files), { force: true });
    for (let number = this.#limits.files - 1; number >= 0; number--) {
      await rename(this.#file(number), this.#file(number + 1)).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
      });
    }
    this.#size = 0;
  }

  #file(number: number): string {
    return join(this.#folder, number === 0 ? 'studyport.jsonl' : `studyport.${number}.jsonl`);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

function parseLine(row: string): LogLine | undefined {
  if (row === '') return undefined;
  try {
    return JSON.parse(row) as LogLine;
  } catch {
    // The last line of a run that was killed may be half a line.
    return undefined;
  }
}

/** True for lines at least as important as the level asked for, of the component, profile and association, with the text. */
function matcher(filter: Filter): (line: LogLine) => boolean {
  const most = LOG_LEVELS.indexOf(filter.level);
  const text = filter.text.toLowerCase();
  return (line) =>
    LOG_LEVELS.indexOf(line.level) <= most &&
    (filter.component === undefined || line.component === filter.component) &&
    (filter.profileId === undefined || line.profileId === filter.profileId) &&
    (filter.associationId === undefined || line.associationId === filter.associationId) &&
    (text === '' || `${line.message} ${line.code ?? ''}`.toLowerCase().includes(text));
}
