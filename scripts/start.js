/**
 * `npm start` and `npm run -s receive -- …`: installs what is missing, builds what is stale, then runs it. It begins with
 * Node 20 and nothing installed; what it starts runs with the Node that it has installed.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.js';
import { nodeBinary, say } from './install.js';
import { ROOT } from './manifest.js';
import { prepareShell } from './shell.js';

const [command, ...args] = process.argv.slice(2);

try {
  await build(command === 'start' ? 'application' : 'library');
} catch (error) {
  say(`Studyport could not be built: ${error.message}`);
  process.exit(1);
}

if (command === 'start') {
  const { binary, reason } = prepareShell(args);
  if (reason !== undefined) say(reason);
  if (binary !== undefined) handOver(binary, [ROOT, ...args]);
  else handOver(nodeBinary(), [join(ROOT, 'out', 'main', 'headless.js'), command, ...args]);
} else {
  // In this same process, so that Ctrl-C and the exit code are the receiver's own.
  const cli = join(ROOT, 'dist', 'cli.js');
  process.argv = [process.execPath, cli, command, ...args];
  await import(pathToFileURL(cli).href);
}

/** Runs the application in our place: its end is ours, and what we are told it is told. */
function handOver(program, programArgs) {
  const child = spawn(program, programArgs, { stdio: 'inherit' });
  child.once('error', (error) => {
    say(`Studyport could not be started: ${error.message}`);
    process.exit(1);
  });
  // A terminal sends Ctrl+C to both of us; a program that stops us does not know of the other.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
