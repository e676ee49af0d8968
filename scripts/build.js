/**
 * Builds what is older than its sources: the library with its command and types (dist, for npm) and the application
 * (out, for Electron and headless). `node scripts/build.js` builds both, `… library` or `… application` one.
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
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, nodeBinary, say, toolEnvironment } from './install.js';
import { ROOT } from './manifest.js';

const ENTRIES = { index: 'src/main/engine/index.ts', rules: 'src/main/rules/index.ts', cli: 'src/headless/cli.ts' };
/** Everything else is bundled; zod above all, which costs 90 ms when it is loaded as it comes. */
const EXTERNAL = [/^node:/, /^@aws-sdk\//, /^iconv-lite$/, /^dicom-character-set$/, /^dicom-parser$/];

/** What can be built: where it goes, what decides how it looks, and how it is made. */
const TARGETS = {
  library: {
    folder: join(ROOT, 'dist'),
    proof: 'cli.js',
    sources: ['src/shared', 'src/main/engine', 'src/main/rules', 'src/headless', 'tsconfig.types.json'],
    make: async (outDir) => {
      await bundle(outDir);
      declarations(outDir);
    },
  },
  application: {
    folder: join(ROOT, 'out'),
    proof: 'main/headless.js',
    sources: ['src', 'electron.vite.config.ts', 'tsconfig.json', 'tsconfig.web.json'],
    make: application,
  },
};
const SOURCES_OF_ALL = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'scripts/build.js'];

/** Beside the built folder, not in it: what lies in dist is published. */
function stampOf(name) {
  return join(ROOT, 'node_modules', '.cache', `studyport-${name}-sources`);
}

/** A hash over everything that decides what comes out. */
function sourcesHash(names) {
  const hash = createHash('sha256');
  for (const file of names.flatMap((name) => filesOf(join(ROOT, name))).sort()) {
    hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
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

/** By electron-vite, which needs our own Node and loads its configuration from this folder. */
function application(outDir) {
  const tool = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const args = [tool, 'build', '--logLevel', 'error', '--outDir', outDir];
  const { status } = spawnSync(nodeBinary(), args, { cwd: ROOT, stdio: ['ignore', 2, 2], env: toolEnvironment() });
  if (status !== 0) throw new Error('the application could not be built');
}

/** Builds into a folder of its own and swaps it in at the end, so that nobody ever runs half a build. */
export async function build(...names) {
  ensureInstalled();
  for (const name of names) {
    const { folder, proof, sources, make } = TARGETS[name];
    const hash = sourcesHash([...sources, ...SOURCES_OF_ALL]);
    const stamp = stampOf(name);
    if (existsSync(join(folder, proof)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) continue;
    const start = performance.now();
    say(`Building the ${name} …`);
    const work = join(ROOT, 'node_modules', '.cache', `studyport-build-${process.pid}`);
    const fresh = join(work, 'new');
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      await make(fresh);
      if (existsSync(folder)) renameSync(folder, join(work, 'old'));
      renameSync(fresh, folder);
      writeFileSync(stamp, hash);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    say(`Built in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in TARGETS));
  if (unknown !== undefined) throw new Error(`usage: build.js [${Object.keys(TARGETS).join('] [')}]`);
  await build(...(names.length > 0 ? names : Object.keys(TARGETS)));
}
