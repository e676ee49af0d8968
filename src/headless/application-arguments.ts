/** The command line of the application without a desktop: argument list in, choices or mistakes out. */

import { parseArgs } from 'node:util';

export interface ApplicationArguments {
  /** undefined: a port that is the same every time, or the next free one. */
  readonly pagePort: number | undefined;
  /** undefined: the folder of this user. */
  readonly data: string | undefined;
  /** Open the page in the user's browser, where there is one. */
  readonly open: boolean;
  /** Where others read what we print (a system log): the link without its token. */
  readonly hideToken: boolean;
  /** Turn the metrics on, and say how they are read. */
  readonly metrics: boolean;
  readonly help: boolean;
  readonly mistakes: readonly string[];
}

/** Never throws for what the user wrote. */
export function readApplicationArguments(args: readonly string[]): ApplicationArguments {
  const mistakes: string[] = [];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: { 'page-port': { type: 'string' }, data: { type: 'string' } },
  });
  const given = new Map<string, string | undefined>();
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`"${token.value}" is not expected here`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!['page-port', 'data', 'open', 'no-open', 'hide-token', 'metrics', 'headless', 'help'].includes(name)) {
      mistakes.push(`${rawName} is not an option of the application (receive has the options of a receiver)`);
    } else if ((name === 'page-port' || name === 'data') && (value === undefined || value === '')) {
      mistakes.push(`${rawName} needs a value`);
    } else given.set(name, value);
  }
  const port = given.get('page-port');
  const validPort = port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65535);
  if (!validPort) mistakes.push(`--page-port must be a number from 0 (any free port) to 65535, not "${port}"`);
  return {
    pagePort: port === undefined || !validPort ? undefined : Number(port),
    data: given.get('data'),
    open: !given.has('no-open'),
    hideToken: given.has('hide-token'),
    metrics: given.has('metrics'),
    help: given.has('help'),
    mistakes,
  };
}

export const APPLICATION_HELP = `studyport [start] [options]   receive, with a page in your browser
studyport page-url [--data DIR]   print the link of the page of a Studyport that runs
studyport receive [options]   receive in the terminal, without a page (receive --help)

Options:
  --headless        Do not open a window of its own, even where there is a desktop.
  --page-port N     Port of the page on this computer. Default: 11180, or the next free one.
  --data DIR        Folder for profiles, history, logs and secrets, so that several can run apart.
  --no-open         Do not open the page in the browser; its link is printed in any case.
  --hide-token      Print the link without its token, where others read what is printed.
  --metrics         Let monitoring read figures at /metrics on the port of the page; a token for it is printed once.
  --help            Show this text.

Exit codes: 0 stopped by a signal, 1 could not start or failed, 2 wrong options.
`;
