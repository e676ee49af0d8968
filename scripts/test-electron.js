/**
 * `npm run test:electron`: the end-to-end suite in Electron itself, where its binary is. Says so aloud where it is not; under
 * REQUIRE_ELECTRON=1 (set by the release workflow) that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.js';
import { nodeBinary, say, toolEnvironment } from './install.js';
import { ROOT } from './manifest.js';

/** Without asking for it: the package would download it. */
function binary() {
  if (process.env.ELECTRON_EXEC_PATH) return process.env.ELECTRON_EXEC_PATH;
  const folder = join(ROOT, 'node_modules', 'electron');
  const name = join(folder, 'path.txt');
  if (!existsSync(name)) return undefined;
  const path = join(folder, 'dist', readFileSync(name, 'utf8').trim());
  return existsSync(path) ? path : undefined;
}

const found = binary();
if (found === undefined) {
  say(
    'NOT TESTED IN ELECTRON: its binary is not on this machine (node node_modules/electron/install.js downloads it).',
  );
  say('What was tested instead: the built shell over the stand-in (test/integration/desktop*.test.ts).');
  process.exitCode = process.env.REQUIRE_ELECTRON === '1' ? 1 : 0;
} else {
  await build('application');
  const { status } = spawnSync(
    nodeBinary(),
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--maxWorkers=1', 'test/e2e', ...process.argv.slice(2)],
    { cwd: ROOT, stdio: 'inherit', env: { ...toolEnvironment(), STUDYPORT_ELECTRON: '1', ELECTRON_EXEC_PATH: found } },
  );
  process.exitCode = status ?? 1;
}
