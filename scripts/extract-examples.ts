/**
 * Takes every code block out of the specification (store-scp.md) into test/fixtures/examples/, so that the tests can
 * compile and run them without it. Run by hand after the specification changed:
 *
 *   node scripts/extract-examples.ts [path to store-scp.md]
 *
 * A block with an import is a program and stays as it stands: only the import specifier becomes 'studyport', and a
 * helper it uses without importing it is imported. Everything else is a fragment and gets a harness that declares its
 * free names. table.json accounts for every block.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Block {
  readonly line: number;
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

type Kind =
  | 'program'
  | 'options'
  | 'options-type'
  | 'handler'
  | 'before-store'
  | 'construction'
  | 'lists'
  | 'type'
  | 'structure'
  | 'folder-layout'
  | 'log-output';

const WHAT_WAS_DONE: Record<Kind, string> = {
  program: 'kept as it stands, only the import specifier changed; compiled and run against a sender',
  options: 'each paragraph became object literals of the options type; compiled and given to the constructor',
  'options-type': 'a description of the shape: became a type that has to be assignable to the option; compiled',
  handler: 'put behind a receiver that extracts the tags it names; compiled and run against a sender',
  'before-store': 'put behind a receiver and local stand-ins for the databases and services; compiled and run',
  construction: 'the import added; compiled and run against a sender',
  lists: 'the import added; compiled and run, and the figures in its comments compared with the lists',
  type: 'the import added; compiled, and the type compared with what onBeforeStore takes',
  structure: 'an example of an event: the type of the real event has to be assignable to its shape; compiled',
  'folder-layout': 'not code: kept as text; the test of the programs compares the stored files with it',
  'log-output': 'not code: kept as text; the test of the verbose lines is written after it',
};

const HELPERS = [
  'StoreScp',
  'createCustomTag',
  'combineTags',
  'getAvailableTagNames',
  'getCommonSopClasses',
  'getCommonTagSets',
  'getCommonTransferSyntaxes',
] as const;

const OUTPUT = join(import.meta.dirname, '../test/fixtures/examples');
const HAND_WRITTEN = new Set(['stand-ins.ts', 'tsconfig.json']);

const source = resolve(process.argv[2] ?? join(import.meta.dirname, '../../shared/reference/store-scp.md'));
const { blocks, strayFences } = readBlocks(readFileSync(source, 'utf8'));

mkdirSync(OUTPUT, { recursive: true });
for (const name of readdirSync(OUTPUT)) if (!HAND_WRITTEN.has(name)) rmSync(join(OUTPUT, name), { recursive: true });

const rows = blocks.flatMap((block, index) => {
  const kind = kindOf(block);
  const number = String(index + 1).padStart(2, '0');
  return parts(kind, block).map(({ suffix, text }) => {
    const extension = kind === 'folder-layout' || kind === 'log-output' ? 'txt' : 'ts';
    const file = `${number}${suffix}-${slug(block.heading)}.${extension}`;
    writeFileSync(join(OUTPUT, file), render(kind, block, text));
    return {
      file,
      line: block.line,
      heading: block.heading,
      language: block.language,
      kind,
      done: WHAT_WAS_DONE[kind],
    };
  });
});
const table = { blocks: blocks.length, rows, strayFences };
writeFileSync(join(OUTPUT, 'table.json'), `${JSON.stringify(table, null, 2)}\n`);
console.log(`${blocks.length} blocks, ${rows.length} files, ${strayFences.length} stray fence(s)`);

function readBlocks(markdown: string) {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  const strayFences: { line: number; why: string }[] = [];
  let heading = '';
  let open: { line: number; language: string; indent: number; lines: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = /^(\s*)```(\w*)\s*$/.exec(line);
    if (fence && open) {
      blocks.push({ line: open.line, heading, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else if (fence && fence[2] === '' && /^#/.test(lines.slice(index + 1).find((next) => next.trim() !== '') ?? '')) {
      // The specification repeats the last line of one block and its closing fence: taken literally, everything after
      // it would turn inside out. A fence without a language right before a heading opens nothing.
      strayFences.push({ line: index + 1, why: 'a repeated closing fence before a heading: opens no block' });
    } else if (fence) {
      open = { line: index + 1, language: fence[2] ?? '', indent: fence[1]?.length ?? 0, lines: [] };
    } else if (open) {
      open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    } else {
      const title = /^#+ (.+)$/.exec(line) ?? /^\*\*([^*]+)\*\*:?$/.exec(line) ?? /^\d+\. \*\*([^*]+)\*\*/.exec(line);
      if (title) heading = title[1]!.replace(/:$/, '');
    }
  }
  if (open) throw new Error(`The block of line ${open.line} is never closed.`);
  return { blocks, strayFences };
}

function kindOf({ text, language, line }: Block): Kind {
  const code = text.replace(/^(\s*\/\/.*|\s*)\n/gm, '').trim();
  if (language === '') {
    if (/^\[StoreScp\] /m.test(text)) return 'log-output';
    if (/\.dcm/.test(text)) return 'folder-layout';
  }
  if (/^import /m.test(text)) return 'program';
  if (/^type \w+ =/.test(code)) return 'type';
  if (code.startsWith('{')) return 'structure';
  if (/^receiver\.onBeforeStore\(/m.test(code)) return 'before-store';
  if (/^receiver\.on\w+\(/.test(code)) return 'handler';
  if (/new StoreScp\(/.test(code)) return 'construction';
  if (/^const \w+ = getCommon\w+\(\)/.test(code)) return 'lists';
  if (/^s3Config: \{\s+bucket: string,/.test(code)) return 'options-type';
  if (/^\w+: /.test(code)) return 'options';
  throw new Error(`The block of line ${line} is of no known kind.`);
}

/** One block may show two ways of the same thing; each becomes a file. */
function parts(kind: Kind, { text }: Block): { suffix: string; text: string }[] {
  const starts = [...text.matchAll(/^(?:\/\/.*\n)*receiver\.onBeforeStore\(/gm)].map((match) => match.index);
  if (kind !== 'before-store' || starts.length < 2) return [{ suffix: '', text }];
  return starts.map((start, index) => ({
    suffix: String.fromCharCode(97 + index),
    text: text.slice(index === 0 ? 0 : start, starts[index + 1]).trimEnd(),
  }));
}

function render(kind: Kind, block: Block, text: string): string {
  const origin = `// store-scp.md, line ${block.line}: ${block.heading}\n`;
  switch (kind) {
    case 'folder-layout':
    case 'log-output':
      return `${text}\n`;
    case 'program': {
      const kept = text.replaceAll("'@nuxthealth/node-dicom'", "'studyport'");
      const imported = [...kept.matchAll(/^import \{([^}]*)\}/gm)].flatMap((match) => match[1]!.split(/[\s,]+/));
      const missing = HELPERS.filter((name) => new RegExp(`\\b${name}\\b`).test(kept) && !imported.includes(name));
      return `${origin + (missing.length > 0 ? importLine(missing) : '')}${kept}\n`;
    }
    case 'lists':
    case 'construction':
      return `${origin + importLine(used(text))}\n${text}\n`;
    case 'options':
      return origin + renderOptions(text);
    case 'options-type':
      return (
        origin +
        importLine(['StoreScp']) +
        `\ninterface Described {\n${text}\n}\n\n` +
        'type Options = ConstructorParameters<typeof StoreScp>[0];\n' +
        "export const assignable = (described: Described): NonNullable<Options['s3Config']> => described.s3Config;\n"
      );
    case 'type': {
      const name = /type (\w+)/.exec(text)![1]!;
      return (
        origin +
        importLine(['StoreScp']) +
        `\n${text}\n\n` +
        `export const assignable = (callback: ${name}): Parameters<StoreScp['onBeforeStore']>[0] => callback;\n`
      );
    }
    case 'structure': {
      const study = /^\s*series: \[/m.test(text);
      const handler = study ? 'onStudyCompleted' : 'onFileStored';
      return (
        origin +
        importLine(['StoreScp']) +
        `\nconst documented = ${text};\n\n` +
        'type Shape<T> = T extends readonly (infer Item)[]\n  ? readonly Shape<Item>[]\n  : T extends object\n' +
        "    ? { readonly [K in keyof T as K extends 'tags' ? never : K]: Shape<T[K]> } & Tags\n    : T;\n" +
        '/** The examples read tags as something that may be missing. */\n' +
        'type Tags = { readonly tags?: Readonly<Record<string, string>> | undefined };\n' +
        `type Data = Parameters<Parameters<StoreScp['${handler}']>[0]>[1]['data'];\n` +
        `export const assignable = (data: Data): Shape<typeof documented> => data${study ? '.study' : ''};\n`
      );
    }
    case 'handler':
    case 'before-store': {
      const services = ['api', 'authService', 'database', 'db', 'fetch'].filter((name) =>
        new RegExp(`(?<![.\\w])${name}[.(]`).test(text),
      );
      return (
        origin +
        importLine(['StoreScp']) +
        (services.length > 0 ? `import { ${services.join(', ')} } from './stand-ins.ts';\n` : '') +
        "\nconst receiver = new StoreScp({\n  port: 4446,\n  outDir: './dicom-storage',\n  storeWithFileMeta: true,\n" +
        `  extractTags: [${tagsNamed(text)
          .map((tag) => `'${tag}'`)
          .join(', ')}],\n` +
        customTags(text) +
        `});\n\n${text}\n`
      );
    }
  }
}

function renderOptions(text: string): string {
  const literals: string[] = [];
  // A paragraph is one set of options; a key that comes again starts the next set.
  for (const paragraph of topLevelParagraphs(text)) {
    let keys = new Set<string>();
    let properties: string[] = [];
    const finish = () => {
      if (keys.size > 0) literals.push(`  {\n${properties.join('\n,')}\n  }`);
      keys = new Set();
      properties = [];
    };
    for (const property of topLevelProperties(paragraph)) {
      const key = /^(\w+):/m.exec(property)![1]!;
      if (keys.has(key)) finish();
      keys.add(key);
      properties.push(property);
    }
    finish();
  }
  const helpers = used(text);
  const locals = [
    /\bsopClasses\./.test(text) ? 'const sopClasses = getCommonSopClasses();\n' : '',
    /\btransferSyntaxes\./.test(text) ? 'const transferSyntaxes = getCommonTransferSyntaxes();\n' : '',
  ].join('');
  if (locals.includes('getCommonSopClasses')) helpers.push('getCommonSopClasses');
  if (locals.includes('getCommonTransferSyntaxes')) helpers.push('getCommonTransferSyntaxes');
  return (
    importLine(['type StoreScp', ...new Set(helpers)]) +
    `\n${locals}${locals && '\n'}` +
    'type Options = Partial<ConstructorParameters<typeof StoreScp>[0]>;\n\n' +
    `export const fragments: Options[] = [\n${literals.join(',\n')},\n];\n`
  );
}

function topLevelParagraphs(text: string): string[] {
  const paragraphs: string[] = [];
  let current: string[] = [];
  let depth = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '' && depth === 0) {
      paragraphs.push(current.join('\n'));
      current = [];
      continue;
    }
    depth += depthOf(line);
    current.push(line);
  }
  return [...paragraphs, current.join('\n')].filter((paragraph) => /^\w+:/m.test(paragraph));
}

function topLevelProperties(paragraph: string): string[] {
  const properties: string[] = [];
  let pending: string[] = [];
  let depth = 0;
  for (const line of paragraph.split('\n')) {
    if (depth === 0 && /^\w+:/.test(line)) {
      properties.push([...pending, line].join('\n'));
      pending = [];
    } else if (depth === 0) {
      pending.push(line); // a comment that belongs to the next property
    } else {
      properties.push(`${properties.pop()}\n${line}`);
    }
    depth += depthOf(line);
  }
  return properties;
}

function depthOf(line: string): number {
  const code = line.replace(/\/\/ .*$/, '').replace(/'[^']*'/g, '');
  return (code.match(/[[{(]/g)?.length ?? 0) - (code.match(/[\]})]/g)?.length ?? 0);
}

function used(text: string): string[] {
  return HELPERS.filter((name) => new RegExp(`\\b${name}\\(`).test(text));
}

function importLine(names: readonly string[]): string {
  return `import { ${names.join(', ')} } from 'studyport';\n`;
}

/** The standard attributes a handler reads or writes, so that the receiver in front of it extracts them. */
function tagsNamed(text: string): string[] {
  const named = [...text.matchAll(/tags\??\.([A-Z]\w+)|^\s+([A-Z]\w+): /gm)].map((match) => (match[1] ?? match[2])!);
  return [...new Set(named)].filter((name) => !isCustom(name)).sort();
}

function customTags(text: string): string {
  const named = [...new Set([...text.matchAll(/tags\??\.(\w+)/g)].map((match) => match[1]!))].filter(isCustom);
  if (named.length === 0) return '';
  const list = named.map((name, index) => `{ tag: '0009100${index + 1}', name: '${name}' }`);
  return `  extractCustomTags: [${list.join(', ')}],\n`;
}

function isCustom(name: string): boolean {
  return name.startsWith('GE_') || name.startsWith('Vendor');
}

function slug(heading: string): string {
  return heading
    .replace(/\(.*?\)/g, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()
    .slice(0, 48)
    .replace(/-$/, '');
}
