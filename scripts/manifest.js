/** package.json while it is being packed: the full one is kept aside, and comes back whatever happens in between. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MANIFEST = join(ROOT, 'package.json');
const BACKUP = join(ROOT, '.package.json.packing');

/** Replaces package.json until it is restored, or until the process `pid` has ended. */
export function replaceManifest(pid, change) {
  const manifest = readFileSync(MANIFEST, 'utf8');
  // 'wx': a second packing must not take the short manifest for the full one.
  writeFileSync(BACKUP, JSON.stringify({ pid, manifest }), { flag: 'wx' });
  writeFileSync(MANIFEST, `${JSON.stringify(change(JSON.parse(manifest)), null, 2)}\n`);
}

/** Puts the full manifest back: at the end of a packing, or when one was interrupted. Throws while one goes on. */
export function restoreManifest({ evenIfPacking = false } = {}) {
  const written = statSync(BACKUP, { throwIfNoEntry: false });
  if (!written) return;
  const { pid, manifest } = JSON.parse(readFileSync(BACKUP, 'utf8'));
  // Process ids are used again: nothing packs for ten minutes.
  const old = Date.now() - written.mtimeMs > 600_000;
  if (!evenIfPacking && !old && isAlive(pid)) {
    throw new Error(`process ${pid} is packing this folder (npm pack); try again when it has finished`);
  }
  writeFileSync(MANIFEST, manifest);
  rmSync(BACKUP, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, but belongs to somebody else.
    return error.code === 'EPERM';
  }
}
