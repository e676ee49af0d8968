/** Writes docs/options.md from the schema of the options: `node scripts/generate-docs.ts`. A test compares the two. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flags } from '#headless/arguments.ts';

/** The text of docs/options.md. */
export function optionsDocument(): string {
  const lines = [
    '# Options',
    '',
    'Generated from `src/shared/options.ts` by `node scripts/generate-docs.ts`; do not edit by hand.',
    '',
    'Each option is a property of the object that `new StoreScp(…)` and `--config FILE.json` take, and a flag of',
    '`studyport receive`. Only `port`, and `outDir` or `s3Config`, are required. Library only: `logger`, a function that takes',
    'structured log records.',
  ];
  let group = '';
  for (const { flag, kind, choices, text, target } of flags()) {
    if (text.group !== group) {
      group = text.group;
      lines.push(
        '',
        `## ${group}`,
        '',
        '| Option | Flag | Type | Default | Meaning |',
        '| --- | --- | --- | --- | --- |',
      );
    }
    const option = 'option' in target ? target.option : `s3Config.${target.s3}`;
    const type = choices ? choices.map((choice) => `\`${choice}\``).join(', ') : (TYPES[kind] ?? kind);
    const notes = [
      text.example && `Example: \`${text.example}\`.`,
      text.environment && `Environment: \`${text.environment}\`.`,
    ];
    const cells = [
      `\`${option}\``,
      kind === 'boolean' ? `\`--${flag}\`, \`--no-${flag}\`` : `\`--${flag}\``,
      type + (text.unit ? ` (${text.unit})` : ''),
      text.default === undefined ? '–' : String(text.default),
      [`${text.label}. ${text.help}`, ...notes.filter(Boolean)].join(' '),
    ];
    lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

const TYPES: Record<string, string> = {
  boolean: 'on/off',
  number: 'number',
  text: 'text',
  list: 'list',
  'custom-tags': 'list of `{ tag, name, creator? }`',
};

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/options.md'), optionsDocument());
