/** A receiver in the terminal, without a page: `receive`, and `start` of the npm package. */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StoreScpOptions } from '#main/engine/index.ts';
import { ConfigurationError, StoreScp } from '#main/engine/index.ts';
import type { CommandLine } from './arguments.ts';
import { kebab, readArguments } from './arguments.ts';
import { helpText } from './help.ts';
import { showAsJson, showForPeople } from './output.ts';
import { stopSignal } from './signals.ts';

const EXIT = { stopped: 0, failed: 1, wrongOptions: 2 } as const;

/** Options for a first try; see docs/decisions. */
function firstTryOptions(): Record<string, unknown> {
  return {
    port: 11112,
    callingAeTitle: 'STUDYPORT',
    outDir: join(homedir(), 'Studyport'),
    storeWithFileMeta: true,
    maxPduLength: 131072,
  };
}

/**
 * Runs the receiver until a signal.
 * @param args what follows the command
 * @returns the exit code
 */
export async function receive(command: 'receive' | 'start', args: readonly string[]): Promise<number> {
  // A reader of our output that goes away (`| head`) is no reason to stop receiving.
  process.stdout.on('error', () => {});
  const commandLine = readArguments(args, process.env);
  if (commandLine.help) {
    process.stdout.write(helpText());
    return EXIT.stopped;
  }
  let scp: StoreScp;
  try {
    scp = createScp(command === 'start' ? firstTryOptions() : {}, await readConfig(commandLine), commandLine);
    await applyRules(scp, commandLine);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.wrongOptions;
  }
  return run(scp, commandLine.json);
}

/** Every mistake at once: those of the flags and those of the values. */
function createScp(defaults: object, config: object, { options, mistakes }: CommandLine): StoreScp {
  const merged = { ...defaults, ...config, ...options };
  if ('s3Config' in config && 's3Config' in options) {
    Object.assign(merged, { s3Config: { ...(config.s3Config as object), ...(options.s3Config as object) } });
  }
  let found = [...mistakes];
  try {
    const scp = new StoreScp(merged as StoreScpOptions);
    if (found.length === 0) return scp;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const wrong = new Set(found.map(({ path }) => path));
    const named = error.mistakes.map(({ path, message }) => ({ path: flagPath(path, config), message }));
    found = [...found, ...named.filter(({ path, message }) => !(wrong.has(path) && message === 'is required'))];
  }
  throw new ConfigurationError(found);
}

/** Whoever asked for rules gets them, or no receiver. */
async function applyRules(scp: StoreScp, { rules, rulesKey }: CommandLine): Promise<void> {
  if (rules === undefined) return;
  // Loaded only where it is asked for: who receives without rules starts sooner.
  const { loadRules } = await import('./receive-rules.ts');
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  scp.onBeforeStore(await loadRules({ rules, keyFile: rulesKey }, say));
}

/** A mistake is named as the user wrote it: by its flag, or by its name in the file. */
function flagPath(path: string, config: object): string {
  const name = path.replace(/[.[].*$/, '');
  if (name in config) return path;
  return path.startsWith('s3Config.') ? `--s3-${kebab(path.slice('s3Config.'.length))}` : `--${kebab(path)}`;
}

async function readConfig({ configFile }: CommandLine): Promise<Record<string, unknown>> {
  if (configFile === undefined) return {};
  const wrong = (message: string) => new ConfigurationError([{ path: '--config', message }]);
  let text: string;
  try {
    text = await readFile(configFile, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? error} for ${configFile}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`${configFile} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(`${configFile} must hold one object with options`);
  }
  return value as Record<string, unknown>;
}

/** Runs until a signal. */
async function run(scp: StoreScp, json: boolean): Promise<number> {
  const finish = json ? showAsJson(scp, process.stdout) : showForPeople(scp, process.stdout);
  const signalled = stopSignal(EXIT.failed);
  try {
    await scp.start();
  } catch (error) {
    process.stderr.write(`Cannot start: ${(error as Error).message}\n`);
    return EXIT.failed;
  }
  await signalled;
  await scp.stop();
  finish();
  return EXIT.stopped;
}
