/** `npm start` and `npm run -s receive -- …`: installs what is missing, builds what is stale, then runs the command. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.js';
import { say } from './install.js';
import { ROOT } from './manifest.js';

try {
  await build();
} catch (error) {
  say(`Studyport could not be built: ${error.message}`);
  process.exit(1);
}

// In this same process, so that Ctrl-C and the exit code are the receiver's own.
const cli = join(ROOT, 'dist', 'cli.js');
process.argv = [process.execPath, cli, ...process.argv.slice(2)];
await import(pathToFileURL(cli).href);
