/** The command of the npm package, `studyport`: a receiver in the terminal. It knows nothing of the application. */

import { printPasscodeHash } from './hash-passcode.ts';
import { helpText } from './help.ts';
import { receive } from './receive.ts';

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  if (command === 'receive' || command === 'start') return receive(command, rest);
  if (command === 'hash-passcode') {
    return printPasscodeHash(rest, {
      stdin: process.stdin,
      print: (line) => void process.stdout.write(`${line}\n`),
      complain: (line) => void process.stderr.write(`${line}\n`),
    });
  }
  process.stderr.write(`"${command}" is not a command: use receive, start or hash-passcode, or --help\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
