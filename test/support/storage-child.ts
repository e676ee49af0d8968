/**
 * A storage in a process of its own, for tests that kill it, drop its rights or contend for its folder:
 * `node storage-child.ts OUT_DIR ACTION [UID GID]`. Prints one line of JSON per step.
 */

import { FilesystemStorage } from '#main/engine/storage/filesystem.ts';
import { StorageError } from '#main/engine/storage/storage-backend.ts';
import { freshKey, patterned, store } from './sink-suite.ts';

const [outDir = '', action = '', uid, gid] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (gid !== undefined) process.setgid?.(Number(gid));
if (uid !== undefined) process.setuid?.(Number(uid));

const backend = new FilesystemStorage({ outDir, fsync: action !== 'fill' });
try {
  await backend.open();
  say({ open: true });
  if (action === 'hold') {
    // One instance in the middle, until somebody kills this process.
    const sink = backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    await sink.write(patterned(20 * 1024 * 1024));
    say({ writing: true });
    setInterval(() => undefined, 1_000);
  } else if (action === 'flood') {
    // One after the other, each named when it is acknowledged.
    for (let seed = 1; ; seed += 1) {
      const stored = await store(backend, freshKey(), patterned(100_000, seed));
      say({ location: stored.location, seed });
    }
  } else {
    await backend.close();
  }
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  say({ code: error.code, message: error.message });
}
