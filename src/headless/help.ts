/** The text of `--help`, made from the same schema as the options. */

import { flags } from './arguments.ts';

const WIDTH = 100;

/** Usage, every flag with its help and default, and the exit codes. */
export function helpText(): string {
  const lines = [
    'studyport receive [options]   receive DICOM objects into a folder or a bucket',
    'studyport start [options]     the same with defaults for a first try: port 11112, AE title STUDYPORT,',
    '                              folder Studyport in your home, file meta on, PDUs of 128 KB',
    'studyport hash-passcode NAME  read a passcode from standard input, print an entry for --users',
    '',
    'Options:',
    ...option(
      '--config FILE.json',
      'Read options from a file: the object that the constructor StoreScp takes. Flags win.',
    ),
    ...option(
      '--rules NAME|FILE.json',
      'De-identify what is received before it is stored: by a built-in rule set (basic, research, patient-characteristics, keep-uids, minimal) or one in a file, as the application exports it. Lookup tables are read beside the file: NAME.csv.',
    ),
    ...option(
      '--rules-key FILE',
      'The key of the rules, from which new UIDs, dates and numbers come. It is made where there is none, readable by you alone; numbers of patients are kept beside it. Keep a copy: without it the same patients get others.',
    ),
    ...option('--json', 'Print one JSON event per line instead of text.'),
    ...option('--help', 'Show this text.'),
  ];
  let group = '';
  for (const flag of flags()) {
    if (flag.text.group !== group) {
      group = flag.text.group;
      lines.push('', `${group}:`);
    }
    const value =
      flag.kind === 'boolean'
        ? ''
        : flag.choices
          ? ` ${flag.choices.join('|')}`
          : ` ${placeholder(flag.kind, flag.text.unit)}`;
    const name = flag.kind === 'boolean' ? `--[no-]${flag.flag}` : `--${flag.flag}${value}`;
    const notes = [
      ...(flag.text.default === undefined ? [] : [`Default: ${defaultText(flag.text.default)}.`]),
      ...(flag.text.example === undefined ? [] : [`Example: ${flag.text.example}`]),
      ...(flag.text.environment === undefined ? [] : [`Also from ${flag.text.environment}.`]),
    ];
    lines.push(...option(name, [flag.text.help, ...notes].join(' ')));
  }
  lines.push('', 'Exit codes: 0 stopped by a signal, 1 could not start or failed, 2 wrong options.', '');
  return lines.join('\n');
}

function defaultText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

function placeholder(kind: string, unit: string | undefined): string {
  if (kind === 'list') return 'A,B,…';
  if (kind === 'custom-tags') return 'TAG[@CREATOR]=NAME,…';
  if (kind === 'number') return unit === undefined ? 'N' : unit.toUpperCase().replace('/S', '_PER_SECOND');
  return 'TEXT';
}

function option(name: string, text: string): string[] {
  return [`  ${name}`, ...wrap(text, WIDTH - 6).map((line) => `      ${line}`)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
