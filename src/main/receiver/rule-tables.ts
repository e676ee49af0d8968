/** Lookup tables for rules: CSV files in `rules/tables/{name}.csv`. */

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeText } from './json-file.ts';
import { errnoOf, problem } from './problem.ts';

const TABLE_FILE = /^([\w-]{1,60})\.csv$/;

/** Every table by name, in their order. */
export async function tableNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).flatMap((file) => TABLE_FILE.exec(file)?.[1] ?? []).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The text of each table of these names that is there. */
export async function readTables(folder: string, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const there = new Set(await tableNames(folder));
  const wanted = names.filter((name) => there.has(name));
  const texts = await Promise.all(wanted.map((name) => readFile(tableFile(folder, name), 'utf8')));
  return Object.fromEntries(wanted.map((name, index) => [name, texts[index]!]));
}

/** Stores a table, in the place of one that has the name. */
export async function writeTable(folder: string, name: string, text: string): Promise<void> {
  await writeText(tableFile(folder, name), text);
}

/** @throws ProblemError when there is none of the name */
export async function removeTable(folder: string, name: string): Promise<void> {
  if (!(await tableNames(folder)).includes(name)) {
    throw problem('unknown-table', 'This table does not exist any more. Load the page again.', 'name');
  }
  await rm(tableFile(folder, name));
}

/** The name has been parsed: no path can be in it. */
function tableFile(folder: string, name: string): string {
  return join(folder, `${name}.csv`);
}
