/** Where the file of a worker thread is: beside its owner in the sources, in `out/main` in the built application. */

import { existsSync } from 'node:fs';

/** The file of a worker of this folder by its name without extension. */
export function workerUrl(name: string): URL {
  const own = import.meta.url;
  if (own.endsWith('.ts')) return new URL(`./${name}.ts`, own);
  // The bundler may have put this code into a folder of shared chunks.
  const beside = new URL(`./${name}.js`, own);
  return existsSync(beside) ? beside : new URL(`../${name}.js`, own);
}
