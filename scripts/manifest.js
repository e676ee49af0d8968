/** package.json while it is being packed: the full one is kept aside, and comes back whatever happens in between. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MANIFEST = join(ROOT, 'package.json');
const BACKUP = join(ROOT, '.package.json.packing');

/** Replaces package.json as long as the process `pid` lives, or until it is restored. */
export function replaceManifest(pid, change) {
  const manifest = readFileSync(MANIFEST, 'utf8');
  writeFileSync(BACKUP, JSON.stringify({ pid, manifest }));
  writeFileSync(MANIFEST, `${JSON.stringify(change(JSON.parse(manifest)), null, 2)}\n`);
}

/** Puts the full manifest back if a packing was interrupted; one that is still going on is left alone. */
export function restoreManifest({ evenIfPacking = false } = {}) {
  if (!existsSync(BACKUP)) return;
  const { pid, manifest } = JSON.parse(readFileSync(BACKUP, 'utf8'));
  if (!evenIfPacking && isAlive(pid)) return;
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
