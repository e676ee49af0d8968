/** The application without Electron: a receiver with its page in the browser, or `receive` in the terminal without one. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultDataFolder } from '#main/receiver/data-folder.ts';
import { openReceiver } from '#main/receiver/receiver.ts';
import { runApplication } from './application.ts';
import { APPLICATION_HELP, type ApplicationArguments, readApplicationArguments } from './application-arguments.ts';
import { printPasscodeHash } from './hash-passcode.ts';
import { applicationVersion } from './host.ts';
import { readLink } from './page-link.ts';
import { receive } from './receive.ts';
import { stopSignal } from './signals.ts';

const complain = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  // Who read our output went away: no reason to stop receiving.
  process.stdout.on('error', () => {});
  const named = args[0] !== undefined && !args[0].startsWith('-');
  const [command, rest] = named ? [args[0], args.slice(1)] : ['start', args];
  if (command === 'receive') return receive(command, rest);
  if (command === 'hash-passcode') return printPasscodeHash(rest, { stdin: process.stdin, print, complain });
  if (command !== 'start' && command !== 'page-url' && command !== 'help') {
    complain(`"${command}" is not a command: use start, page-url, receive or hash-passcode, or --help`);
    return 2;
  }
  const choices = readApplicationArguments(rest);
  if (choices.help || command === 'help') {
    process.stdout.write(APPLICATION_HELP);
    return 0;
  }
  if (choices.mistakes.length > 0) {
    for (const mistake of choices.mistakes) complain(mistake);
    return 2;
  }
  const dataFolder = choices.data ? resolve(choices.data) : defaultDataFolder(process.platform, process.env, homedir());
  if (command === 'start') return start(choices, dataFolder);
  // The command of a server's package knows where its service keeps its data.
  const service = process.env.STUDYPORT_SERVICE_DATA;
  return printLink(choices.data || !service ? [dataFolder] : [dataFolder, service]);
}

function start(choices: ApplicationArguments, dataFolder: string): Promise<number> {
  const here = import.meta.dirname;
  return runApplication(choices, {
    dataFolder,
    // Run from the sources, it shows the page that was built last.
    pageFolder: join(here, import.meta.filename.endsWith('.ts') ? '../../out/renderer' : '../renderer'),
    version: applicationVersion(here),
    openReceiver,
    stop: stopSignal(1),
    print,
    complain,
  });
}

async function printLink(dataFolders: readonly string[]): Promise<number> {
  for (const folder of dataFolders) {
    try {
      const link = await readLink(folder);
      if (link === undefined) continue;
      print(link);
      return 0;
    } catch (error) {
      complain(`The link in ${folder} cannot be read (${(error as NodeJS.ErrnoException).code}): ask as its owner.`);
      return 1;
    }
  }
  complain(`No Studyport runs with the data folder ${dataFolders.join(' or ')}. Start it first, or give --data.`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  complain(`Studyport cannot go on: ${(error as Error).message}`);
  if (process.env.STUDYPORT_DEBUG) complain(String((error as Error).stack));
  process.exitCode = 1;
}
