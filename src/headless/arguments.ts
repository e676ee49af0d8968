/** The command line, read by the schema of the options: argument list in, constructor object or mistakes out. */

import { parseArgs } from 'node:util';
import type { OptionMistake } from '#main/engine/index.ts';
import type { OptionName, OptionText, S3OptionName } from '#shared/options.ts';
import { optionKind, optionNames, optionTexts, s3OptionKind, s3Texts } from '#shared/options.ts';

/** A flag of the command line and where its value goes. */
export interface Flag {
  /** Without the dashes: `out-dir`, `s3-bucket`. */
  readonly flag: string;
  readonly kind: 'boolean' | 'number' | 'text' | 'choice' | 'list' | 'custom-tags';
  readonly choices?: readonly string[];
  readonly text: OptionText;
  readonly target: { readonly option: OptionName } | { readonly s3: S3OptionName };
}

export interface CommandLine {
  /** The options given by flags and the environment, unchecked. */
  readonly options: Record<string, unknown>;
  readonly json: boolean;
  readonly help: boolean;
  readonly configFile: string | undefined;
  /** A built-in rule set or a file, and the file of its key. */
  readonly rules: string | undefined;
  readonly rulesKey: string | undefined;
  /** Flags that do not exist or have a value that cannot be read. */
  readonly mistakes: readonly OptionMistake[];
}

/** Flags that are not options of the receiver. */
const OWN_FLAGS = {
  json: 'boolean',
  help: 'boolean',
  config: 'string',
  rules: 'string',
  'rules-key': 'string',
} as const;

/** Every option as a kebab-case flag, `s3Config` as one flag for each of its parts. */
export function flags(): Flag[] {
  return optionNames().flatMap((option): Flag[] => {
    const { kind, choices } = optionKind(option);
    if (kind === 'function') return [];
    if (kind === 's3') {
      return (Object.keys(s3Texts) as S3OptionName[]).map((s3): Flag => {
        const { kind, choices } = s3OptionKind(s3);
        if (kind === 'function') throw new Error(`${s3} cannot be written on a command line`);
        return { flag: `s3-${kebab(s3)}`, kind, ...(choices && { choices }), text: s3Texts[s3], target: { s3 } };
      });
    }
    // A secret is a text here; better given by its environment variable.
    const flagKind = kind === 'secret' ? 'text' : kind;
    return [
      {
        flag: kebab(option),
        kind: flagKind,
        ...(choices && { choices }),
        text: optionTexts[option],
        target: { option },
      },
    ];
  });
}

/** Reads arguments (without the command) and the variables that carry secrets. Never throws for what the user wrote. */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const all = flags();
  const byName = new Map(all.map((flag) => [flag.flag, flag]));
  const mistakes: OptionMistake[] = [];
  const given = new Map<string, string[]>();
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: parserOptions(all),
  });
  let afterUnknown = false;
  for (const token of tokens) {
    // What follows a flag that does not exist was meant as its value: one mistake, not two.
    if (token.kind === 'positional' && !afterUnknown) {
      mistakes.push({ path: token.value, message: 'is not expected here' });
    }
    afterUnknown = false;
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const negated = name.startsWith('no-') ? byName.get(name.slice(3)) : undefined;
    const flag = byName.get(name);
    const isBoolean = flag?.kind === 'boolean' || negated?.kind === 'boolean';
    if (!(name in OWN_FLAGS) && !flag && !isBoolean) {
      mistakes.push({ path: rawName, message: `is not an option${hint(name, all)}` });
      afterUnknown = true;
    } else if (!isBoolean && value === undefined && name !== 'json' && name !== 'help') {
      mistakes.push({ path: rawName, message: 'needs a value' });
    } else if (negated && !flag) {
      given.set(negated.flag, ['false']);
    } else {
      given.set(name, [...(given.get(name) ?? []), value ?? 'true']);
    }
  }
  const options: Record<string, unknown> = {};
  const s3: Record<string, unknown> = {};
  for (const flag of all) {
    const fromEnvironment = flag.text.environment === undefined ? undefined : environment[flag.text.environment];
    const texts = given.get(flag.flag) ?? (fromEnvironment ? [fromEnvironment] : undefined);
    if (!texts) continue;
    const value = readValue(flag, texts, mistakes);
    if (value === undefined) continue;
    if ('option' in flag.target) options[flag.target.option] = value;
    else s3[flag.target.s3] = value;
  }
  // Keys in the environment alone do not make an S3 receiver.
  const wantsS3 = options.storageBackend === 'S3' || all.some(({ flag, target }) => 's3' in target && given.has(flag));
  if (Object.keys(s3).length > 0 && wantsS3) options.s3Config = s3;
  if (given.has('rules-key') && !given.has('rules')) {
    mistakes.push({ path: '--rules-key', message: 'means nothing without --rules' });
  }
  return {
    options,
    json: given.has('json'),
    help: given.has('help'),
    configFile: given.get('config')?.at(-1),
    rules: given.get('rules')?.at(-1),
    rulesKey: given.get('rules-key')?.at(-1),
    mistakes,
  };
}

function parserOptions(all: readonly Flag[]): Record<string, { type: 'boolean' | 'string' }> {
  const options: Record<string, { type: 'boolean' | 'string' }> = {};
  for (const [name, type] of Object.entries(OWN_FLAGS)) options[name] = { type };
  for (const { flag, kind } of all) {
    options[flag] = { type: kind === 'boolean' ? 'boolean' : 'string' };
    if (kind === 'boolean') options[`no-${flag}`] = { type: 'boolean' };
  }
  return options;
}

function readValue(flag: Flag, texts: readonly string[], mistakes: OptionMistake[]): unknown {
  const last = texts.at(-1)!;
  const path = `--${flag.flag}`;
  switch (flag.kind) {
    case 'boolean':
      if (last === 'true' || last === 'false') return last === 'true';
      mistakes.push({ path, message: `is a switch: write ${path} or --no-${flag.flag}` });
      return undefined;
    case 'number': {
      const number = /^-?\d+(\.\d+)?$/.test(last.trim()) ? Number(last) : Number.NaN;
      if (!Number.isNaN(number)) return number;
      mistakes.push({ path, message: `must be a number, not "${last}"` });
      return undefined;
    }
    case 'list':
      return texts.flatMap(splitList);
    case 'custom-tags':
      return texts.flatMap(splitList).flatMap((text) => readCustomTag(text, path, mistakes));
    default:
      return last;
  }
}

/** Splits at commas, but not inside `(GGGG,EEEE)`. */
function splitList(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readCustomTag(text: string, path: string, mistakes: OptionMistake[]): object[] {
  const match = /^([^@=]+)(?:@([^=]+))?=(.+)$/.exec(text);
  if (!match) {
    mistakes.push({
      path,
      message: `"${text}" must read TAG=NAME or TAG@CREATOR=NAME, as in 0009xx01@GEMS_IDEN_01=Id`,
    });
    return [];
  }
  const [, tag, creator, name] = match;
  return [{ tag, name, ...(creator !== undefined && { creator }) }];
}

function hint(name: string, all: readonly Flag[]): string {
  const near = all.find(({ flag }) => flag.replaceAll('-', '') === name.replaceAll('-', '').toLowerCase());
  return near ? `; did you mean --${near.flag}?` : '';
}

/** `callingAeTitle` → `calling-ae-title`, `s3` parts likewise. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
