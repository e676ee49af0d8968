/**
 * The import rules of docs/architecture.md ("Who may import whom") are checked by Biome; this checks the checker. For
 * every row it seeds imports that must be caught, in every form an import can take, and some that must not be.
 */
import { copyFile, glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createTempFolder } from '../support/temp-folder.ts';
import { run } from '../support/tools.ts';

const ROOT = join(import.meta.dirname, '../..');

type Row = { readonly file: string; readonly allowed: readonly string[]; readonly forbidden: readonly string[] };

const ROWS: readonly Row[] = [
  {
    file: 'src/shared/dicom/seeded.ts',
    allowed: ['./tag.ts', '#shared/options.ts', '#shared/dicom/tag.ts', 'zod'],
    forbidden: ['node:fs', '#main/engine/index.ts', 'react', '../options.ts'],
  },
  {
    file: 'src/main/engine/upper-layer/seeded.ts',
    allowed: ['./pdu.ts', 'node:events', 'node:stream'],
    forbidden: ['node:net', 'events', '#shared/options.ts', '#main/engine/dataset/elements.ts', '../index.ts'],
  },
  {
    file: 'src/main/engine/dataset/seeded.ts',
    allowed: [
      './elements.ts',
      '#shared/dicom/tag.ts',
      'dicom-parser',
      'iconv-lite',
      'dicom-character-set',
      'node:zlib',
    ],
    forbidden: ['#shared/options.ts', '#main/engine/upper-layer/pdu.ts', 'node:fs', 'zod'],
  },
  {
    file: 'src/main/engine/dimse/seeded.ts',
    allowed: [
      './status.ts',
      '#main/engine/upper-layer/pdu.ts',
      '#main/engine/dataset/elements.ts',
      '#shared/dicom/tag.ts',
    ],
    forbidden: [
      '#main/engine/storage/filesystem.ts',
      '#main/engine/scp/store-scp.ts',
      '#shared/options.ts',
      'node:events',
    ],
  },
  {
    file: 'src/main/engine/storage/seeded.ts',
    allowed: [
      './instance-key.ts',
      '#shared/options.ts',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:crypto',
      '@aws-sdk/client-s3',
    ],
    forbidden: ['#main/engine/dataset/elements.ts', '#main/engine/index.ts', 'node:net', 'node:http', 'electron'],
  },
  {
    file: 'src/main/engine/tls/seeded.ts',
    allowed: ['./profiles.ts', '#shared/options.ts', 'node:crypto', 'node:fs/promises', 'node:stream', 'node:tls'],
    forbidden: ['node:net', 'node:fs', '#main/engine/upper-layer/pdu.ts', '#main/engine/index.ts', 'zod'],
  },
  {
    file: 'src/main/engine/scp/seeded.ts',
    allowed: [
      './tags.ts',
      '#main/engine/dimse/status.ts',
      '#main/engine/storage/filesystem.ts',
      '#shared/options.ts',
      'node:net',
      'node:tls',
      'node:crypto',
    ],
    forbidden: ['node:fs', '@aws-sdk/client-s3', '#headless/index.ts', 'electron', 'zod'],
  },
  {
    file: 'src/main/engine/index.ts',
    allowed: ['./scp/store-scp.ts', '#shared/options.ts'],
    forbidden: ['node:fs', '#headless/index.ts', 'dicom-parser'],
  },
  {
    file: 'src/main/engine/scu/seeded.ts',
    allowed: ['./store.ts', '#main/engine/upper-layer/pdu.ts', '#shared/dicom/tag.ts', 'node:net'],
    forbidden: ['node:fs', '#main/receiver/receiver.ts', 'electron', 'zod'],
  },
  {
    file: 'src/main/rules/seeded.ts',
    allowed: [
      './compile.ts',
      '#main/engine/dataset/elements.ts',
      '#shared/rules.ts',
      're2js',
      'csv-parse/sync',
      'node:crypto',
      'node:sqlite',
      'node:fs',
      'node:net',
      'node:path',
      'node:zlib',
    ],
    forbidden: [
      '#main/engine/index.ts',
      '#main/engine/scp/store-scp.ts',
      '#main/receiver/receiver.ts',
      'node:http',
      'zod',
    ],
  },
  {
    file: 'src/main/receiver/seeded.ts',
    allowed: [
      './host.ts',
      '#main/engine/index.ts',
      '#main/rules/compile.ts',
      '#shared/state.ts',
      're2js',
      'node:sqlite',
      'node:fs/promises',
    ],
    forbidden: [
      '#main/engine/scp/store-scp.ts',
      '#main/electron/security.ts',
      '#headless/host.ts',
      '#renderer/store.ts',
      'electron',
      'zod',
      '@aws-sdk/client-s3',
      '../index.ts',
    ],
  },
  {
    file: 'src/main/electron/seeded.ts',
    allowed: [
      './security.ts',
      '#main/receiver/receiver.ts',
      '#shared/contract.ts',
      'electron',
      'node:fs',
      'node:path',
      'node:url',
    ],
    forbidden: [
      '#main/engine/index.ts',
      '#headless/host.ts',
      '#renderer/store.ts',
      'node:http',
      'node:child_process',
      'react',
    ],
  },
  {
    file: 'src/main/index.ts',
    allowed: ['./electron/window.ts', '#main/receiver/receiver.ts', 'electron'],
    forbidden: ['#main/engine/index.ts', '#headless/host.ts', 'node:http', 'zod'],
  },
  {
    file: 'src/headless/seeded.ts',
    allowed: [
      './output.ts',
      '#main/engine/index.ts',
      '#main/rules/compile.ts',
      '#main/receiver/receiver.ts',
      '#shared/options.ts',
      'node:http',
      'node:fs/promises',
    ],
    forbidden: [
      '#main/engine/scp/store-scp.ts',
      '#main/electron/security.ts',
      '#renderer/store.ts',
      'zod',
      'electron',
      '../shared/options.ts',
    ],
  },
  {
    file: 'src/preload/seeded.ts',
    allowed: ['./bridge.ts', '#shared/contract.ts', 'electron'],
    forbidden: ['#main/receiver/host.ts', '#renderer/store.ts', 'node:fs', 'zod'],
  },
  {
    file: 'src/renderer/seeded.ts',
    allowed: [
      './store.ts',
      './text/en.ts',
      '#renderer/features/log/log.tsx',
      '#shared/state.ts',
      'react',
      'react-dom/client',
      'zustand',
    ],
    forbidden: ['#main/receiver/host.ts', '#headless/access.ts', 'node:fs', 'electron', 'zod', 'react-aria-components'],
  },
  {
    file: 'src/renderer/features/log/seeded.ts',
    allowed: [
      './log.tsx',
      '#renderer/components/table.tsx',
      '#renderer/api/connect.ts',
      '#renderer/store.ts',
      '#renderer/text/en.ts',
      '#renderer/preview/decode.ts',
      '#shared/state.ts',
      'react',
      'zustand',
      'react-aria-components',
    ],
    forbidden: [
      '#renderer/features/studies/list.tsx',
      '../studies/list.tsx',
      '#renderer/app.tsx',
      '#main/receiver/host.ts',
      'react-dom/client',
      'electron',
      'node:fs',
      'zod',
    ],
  },
  {
    file: 'src/renderer/components/seeded.ts',
    allowed: ['./table.tsx', '#shared/dicom/tag.ts', '#renderer/text/en.ts', 'react', 'react-aria-components', 'uplot'],
    forbidden: [
      '#renderer/store.ts',
      '#renderer/api/connect.ts',
      '#renderer/features/log/log.tsx',
      'zustand',
      'node:fs',
    ],
  },
  {
    file: 'src/renderer/preview/seeded.ts',
    allowed: ['./decode.ts', '#shared/contract.ts', '@cornerstonejs/codec-openjpeg', 'jpeg-lossless-decoder-js'],
    forbidden: ['react', 'zustand', '#renderer/store.ts', '#main/receiver/host.ts', 'node:fs'],
  },
  {
    file: 'src/unlisted/seeded.ts',
    allowed: [],
    forbidden: ['./other.ts', '#shared/options.ts', 'node:path', 'zod'],
  },
];

/** Every form an import can take; one line each, so that the line of a diagnostic names the form. */
const FORMS: readonly ((specifier: string) => string)[] = [
  (specifier) => `import { seeded } from '${specifier}';`,
  (specifier) => `import '${specifier}';`,
  (specifier) => `import type { Seeded } from '${specifier}';`,
  (specifier) => `export { other } from '${specifier}';`,
  (specifier) => `export type { Other } from '${specifier}';`,
  (specifier) => `export * from '${specifier}';`,
  (specifier) => `export const late = await import('${specifier}');`,
];

type Diagnostic = {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
};

/** In the order of their lines in the seeded file. */
const seeds = ROWS.flatMap(({ file, allowed, forbidden }) =>
  FORMS.flatMap((write) =>
    [
      ...allowed.map((specifier) => ({ specifier, caught: false })),
      ...forbidden.map((specifier) => ({ specifier, caught: true })),
    ].map((seed) => ({ ...seed, file, code: write(seed.specifier) })),
  ),
);
let restricted: readonly Diagnostic[] = [];

beforeAll(async () => {
  // A tree of its own: files seeded into the real one would be seen by whatever else runs at the same time.
  const folder = await createTempFolder('boundaries');
  try {
    await copyFile(join(ROOT, 'biome.json'), folder.join('biome.json'));
    for (const { file } of ROWS) {
      const lines = seeds.filter((seed) => seed.file === file).map(({ code }) => code);
      await mkdir(dirname(folder.join(file)), { recursive: true });
      await writeFile(folder.join(file), `${lines.join('\n')}\n`);
    }
    const { stdout, stderr } = await run(
      process.execPath,
      [
        join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
        'lint',
        '--only=style/noRestrictedImports',
        '--reporter=json',
        '--max-diagnostics=none',
        'src',
      ],
      { cwd: folder.path },
    );
    if (!stdout.startsWith('{')) throw new Error(`Biome said: ${stdout}${stderr}`);
    const report: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
    restricted = report.diagnostics.filter(({ category }) => category === 'lint/style/noRestrictedImports');
  } finally {
    await folder.remove();
  }
});

test.each(ROWS)('$file', ({ file }) => {
  const own = seeds.filter((seed) => seed.file === file);
  const lines = new Set(
    restricted.filter(({ location }) => location.path === file).map(({ location }) => location.start.line),
  );
  const found = own.filter((_, index) => lines.has(index + 1));
  expect(found.map(({ code }) => code)).toEqual(own.filter(({ caught }) => caught).map(({ code }) => code));
});

test('every row of the table has been tried', async () => {
  const configuration = await readFile(join(ROOT, 'biome.json'), 'utf8');
  const rules = [...configuration.matchAll(/"message": ("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    JSON.parse(text ?? '""'),
  );
  expect(rules.length).toBeGreaterThan(0);
  expect(new Set(restricted.map(({ message }) => message))).toEqual(new Set(rules));
});

test('no type is imported in a way that Biome does not look at', async () => {
  const found: string[] = [];
  for await (const file of glob('src/**/*.{ts,tsx}', { cwd: ROOT })) {
    const code = await readFile(join(ROOT, file), 'utf8');
    // import('…').Name and typeof import('…') in a type; `await import(` is checked by Biome.
    // `./name.ts` is in the same folder, which every row allows.
    if (/(?<!await )(?<![.\w])import\(\s*['"](?!\.\/[^/'"]+['"])/.test(code)) found.push(file);
  }
  expect(found).toEqual([]);
});
