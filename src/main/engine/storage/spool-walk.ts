/** Looks through a spool for files that its queue does not know. */

import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { QUARANTINE } from './filesystem.ts';
import { type SpoolPath, spooledName } from './spool-paths.ts';

/** Every instance of a spool, in no particular order. A folder that goes away meanwhile is passed over. */
export async function* spooledFiles(root: string, signal: AbortSignal): AsyncGenerator<SpoolPath> {
  for await (const study of entriesOf(root, signal)) {
    if (study.startsWith('.') && study !== QUARANTINE) continue;
    for await (const series of entriesOf(join(root, study), signal)) {
      if (spooledName(`${study}/${series}`) !== undefined) yield `${study}/${series}`;
      if (study === QUARANTINE) continue;
      for await (const name of entriesOf(join(root, study, series), signal)) {
        const path = `${study}/${series}/${name}`;
        if (spooledName(path) !== undefined) yield path;
      }
    }
  }
}

async function* entriesOf(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  if (signal.aborted) return;
  try {
    for await (const { name } of await opendir(folder)) {
      if (signal.aborted) return;
      yield name;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}
