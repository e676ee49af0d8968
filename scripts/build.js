/**
 * Builds the library (dist/index.js), the command (dist/cli.js) and the types (dist/types), when the sources have
 * changed since the last time.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, nodeBinary, say, toolEnvironment } from './install.js';
import { ROOT } from './manifest.js';

const DIST = join(ROOT, 'dist');
/** Beside dist, not in it: what lies in dist is published. */
const STAMP = join(ROOT, 'node_modules', '.cache', 'studyport-sources');
const ENTRIES = { index: 'src/main/engine/index.ts', cli: 'src/headless/cli.ts' };
/** Everything else is bundled; zod above all, which costs 90 ms when it is loaded as it comes. */
const EXTERNAL = [/^node:/, /^@aws-sdk\//, /^iconv-lite$/, /^dicom-character-set$/, /^dicom-parser$/];

/** A hash over everything that decides what comes out. */
function sourcesHash() {
  const files = [
    ...readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
    ...['package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.types.json', 'scripts/build.js'].map(
      (name) => join(ROOT, name),
    ),
  ].sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function isBuilt() {
  return existsSync(join(DIST, 'cli.js')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourcesHash();
}

async function bundle(outDir) {
  // Imported only now: on a fresh machine it has just been installed.
  const vite = await import('vite');
  await vite.build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      minify: false,
      rolldownOptions: {
        input: ENTRIES,
        external: EXTERNAL,
        output: {
          format: 'esm',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          // Names stay, for stack traces; comments and white space only cost time when the engine is loaded.
          minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
        },
      },
    },
  });
  for (const file of readdirSync(outDir, { recursive: true }).map((name) => join(outDir, String(name)))) {
    // One letter outside ASCII makes V8 keep all of the source at two bytes a letter. They occur in literals only.
    if (file.endsWith('.js')) writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escapeUnit));
  }
  const cli = join(outDir, 'cli.js');
  const code = readFileSync(cli, 'utf8');
  if (!code.startsWith('#!')) writeFileSync(cli, `#!/usr/bin/env node\n${code}`);
  chmodSync(cli, 0o755);
}

/** A UTF-16 code unit as JavaScript writes it in any literal. */
function escapeUnit(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function declarations(outDir) {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(ROOT, 'tsconfig.types.json'), '--outDir', join(outDir, 'types')];
  const { status } = spawnSync(nodeBinary(), args, { cwd: ROOT, stdio: ['ignore', 2, 2], env: toolEnvironment() });
  if (status !== 0) throw new Error('the types could not be built');
}

/** Builds into a folder of its own and swaps it in at the end, so that nobody ever runs half a build. */
export async function build() {
  ensureInstalled();
  if (isBuilt()) return;
  const start = performance.now();
  say('Building …');
  const hash = sourcesHash();
  const work = join(ROOT, 'node_modules', '.cache', `studyport-build-${process.pid}`);
  const fresh = join(work, 'new');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    await bundle(fresh);
    declarations(fresh);
    if (existsSync(DIST)) renameSync(DIST, join(work, 'old'));
    renameSync(fresh, DIST);
    writeFileSync(STAMP, hash);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  say(`Built in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
