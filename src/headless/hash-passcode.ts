/** `hash-passcode NAME`: reads a passcode from standard input and prints the line for the option `users`. */

import { text } from 'node:stream/consumers';
import { hashPasscode } from '#main/engine/index.ts';

const USAGE =
  'usage: studyport hash-passcode NAME, with the passcode on standard input (an argument would stay in the history of the shell)';

export interface PasscodeStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/**
 * @param args what follows the command
 * @returns the exit code
 */
export async function printPasscodeHash(args: readonly string[], streams: PasscodeStreams): Promise<number> {
  const { stdin, print, complain } = streams;
  const [name, ...more] = args;
  if (name === undefined || more.length > 0 || name.startsWith('--')) {
    complain(USAGE);
    return 2;
  }
  if (stdin.isTTY) complain('Type the passcode, Enter, then Ctrl+D.');
  // The end of the line that a terminal or echo adds is no part of it.
  const passcode = (await text(stdin)).replace(/\r?\n$/, '');
  if (passcode === '') {
    complain('There was no passcode on standard input.');
    return 2;
  }
  try {
    print(await hashPasscode(name, passcode));
    return 0;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    complain(`NAME is wrong: ${error.message}.`);
    return 2;
  }
}
