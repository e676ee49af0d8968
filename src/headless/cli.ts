/** The command of the npm package, `studyport`: a receiver in the terminal. It knows nothing of the application. */

import { helpText } from './help.ts';
import { receive } from './receive.ts';

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  if (command === 'receive' || command === 'start') return receive(command, rest);
  process.stderr.write(`"${command}" is not a command: use receive or start, or --help\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
