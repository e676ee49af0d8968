/** The page, built once for each state of its sources, for tests that look at it in a browser. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import configuration from '../../electron.vite.config.ts';

const ROOT = resolve(import.meta.dirname, '../..');
// Not under out, which builds empty.
const OUT = join(ROOT, '.cache/test-pages');

let built: Promise<string> | undefined;

/** The folder with index.html of the page, as its sources are when a process first asks for it. */
export function builtPage(): Promise<string> {
  built ??= buildPage();
  return built;
}

async function buildPage(): Promise<string> {
  const folder = join(OUT, await fingerprint());
  if (existsSync(folder)) return folder;
  await mkdir(OUT, { recursive: true });
  const { renderer } = configuration as { renderer: object & { build: object } };
  const temporary = `${folder}.${process.pid}`;
  await build({
    ...renderer,
    root: join(ROOT, 'src/renderer'),
    configFile: false,
    logLevel: 'error',
    base: './',
    build: {
      ...renderer.build,
      rolldownOptions: { input: join(ROOT, 'src/renderer/index.html') },
      outDir: temporary,
      emptyOutDir: true,
      reportCompressedSize: false,
      // It comes from this machine, never over a network.
      chunkSizeWarningLimit: 4000,
    },
  });
  // Another test may have been quicker.
  await rename(temporary, folder).catch(() => rm(temporary, { recursive: true, force: true }));
  await forgetOldOnes(folder);
  return folder;
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of ['src/renderer', 'src/shared']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }));
      hash.update(`${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function forgetOldOnes(kept: string): Promise<void> {
  for (const name of await readdir(OUT)) {
    const folder = join(OUT, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (folder !== kept && Date.now() - mtimeMs > 3_600_000) await rm(folder, { recursive: true, force: true });
  }
}
