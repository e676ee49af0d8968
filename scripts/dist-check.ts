/**
 * `npm run dist:check`: packs the application for Linux, Windows and macOS around a stand-in runtime and checks what is
 * inside. The installers themselves are built, and the real runtime started, by the release workflow.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractAll, getRawHeader, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { build } from './build.js';
import { ROOT } from './manifest.js';
import { createRuntimes } from './stand-in-runtime.ts';

/** Everything that may be in the asar. */
const ALLOWED = [
  /^package\.json$/,
  /^LICENSE$/,
  /^out\/main\/(index|headless|profile-worker|history-worker|rule-worker)\.js$/,
  /^out\/main\/chunks\/[\w.-]+\.js$/,
  /^out\/preload\/index\.cjs$/,
  /^out\/renderer\/(index\.html|favicon\.svg)$/,
  /^out\/renderer\/assets\/[\w.-]+\.(js|css|wasm)$/,
  /^resources\/icon\.png$/,
  /^resources\/tray\/(stopped|listening|receiving|degraded|error)(Template)?(@2x)?\.png$/,
];
const NEEDED = [
  'package.json',
  'out/main/index.js',
  'out/main/headless.js',
  'out/main/profile-worker.js',
  'out/main/rule-worker.js',
  'out/main/history-worker.js',
  'out/preload/index.cjs',
  'out/renderer/index.html',
  'resources/tray/listening.png',
];

const FUSES = [
  [FuseV1Options.RunAsNode, false],
  [FuseV1Options.EnableCookieEncryption, true],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, false],
  [FuseV1Options.EnableNodeCliInspectArguments, false],
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, true],
  [FuseV1Options.OnlyLoadAppFromAsar, true],
  [FuseV1Options.GrantFileProtocolExtraPrivileges, false],
] as const;

/** Where a packed application has its parts. */
export interface Packed {
  readonly executable: string;
  readonly resources: string;
  /** Holds the hash of the asar's header; Linux has no such place. */
  readonly integrity?: string;
}

export const PACKED: Readonly<Record<'linux' | 'win' | 'mac', (folder: string) => Packed>> = {
  linux: (folder) => ({
    executable: join(folder, 'linux-unpacked/studyport-desktop'),
    resources: join(folder, 'linux-unpacked/resources'),
  }),
  win: (folder) => ({
    executable: join(folder, 'win-unpacked/Studyport.exe'),
    resources: join(folder, 'win-unpacked/resources'),
    integrity: join(folder, 'win-unpacked/Studyport.exe'),
  }),
  mac: (folder) => ({
    executable: join(folder, 'mac/Studyport.app'),
    resources: join(folder, 'mac/Studyport.app/Contents/Resources'),
    integrity: join(folder, 'mac/Studyport.app/Contents/Info.plist'),
  }),
};

/** What is in an asar and may not be, or should be and is not. */
export function contentMistakes(files: readonly string[]): string[] {
  return [
    ...files
      .filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} must not be inside`),
    ...NEEDED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ];
}

/** Everything that is wrong with a packed application. */
export async function packageMistakes({ executable, resources, integrity }: Packed): Promise<string[]> {
  const asar = join(resources, 'app.asar');
  if (!existsSync(asar)) return [`${asar} is not there`];
  const listed = listPackage(asar, { isPack: false }).map((name) => name.replaceAll('\\', '/').slice(1));
  const folders = new Set(
    listed.flatMap((name) => name.split('/').map((_part, index, all) => all.slice(0, index).join('/'))),
  );
  const mistakes = contentMistakes(listed.filter((name) => !folders.has(name)));
  const unpacked = readdirSync(resources).filter((name) => name === 'app' || name === 'app.asar.unpacked');
  mistakes.push(...unpacked.map((name) => `${name} lies beside the asar`));

  const wire = await getCurrentFuseWire(executable);
  for (const [fuse, wanted] of FUSES) {
    if (wire[fuse] !== (wanted ? FuseState.ENABLE : FuseState.DISABLE))
      mistakes.push(`fuse ${FuseV1Options[fuse]} is wrong`);
  }
  if (integrity) {
    const hash = createHash('sha256').update(getRawHeader(asar).headerString).digest('hex');
    const held = readFileSync(integrity);
    // In a Windows resource it may be written in two bytes a letter.
    if (!held.includes(hash) && !held.includes(Buffer.from(hash, 'utf16le')))
      mistakes.push('the hash of the asar is not embedded');
  }
  return mistakes;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`electron-builder:\n${output.slice(-4000)}`)),
    );
  });
}

/** Packs for all three systems. */
export async function pack(folder: string): Promise<string> {
  const runtimes = createRuntimes(join(folder, 'runtimes'));
  const release = join(folder, 'release');
  const sevenZip = ['/usr/bin/7zz', '/usr/bin/7za', '/usr/bin/7z'].find((path) => existsSync(path));
  const env = {
    ...process.env,
    CSC_IDENTITY_AUTO_DISCOVERY: 'false',
    ...(sevenZip && { ELECTRON_BUILDER_7ZIP_PATH: sevenZip }),
  };
  const builder = join(ROOT, 'node_modules/electron-builder/cli.js');
  for (const [system, targets] of [
    ['linux', sevenZip ? ['dir', 'tar.gz'] : ['dir']],
    ['win', ['dir']],
    ['mac', ['dir']],
  ] as const) {
    // Signing again needs macOS.
    const options = [
      `-c.electronDist=${runtimes[system]}`,
      '-c.electronFuses.resetAdHocDarwinSignature=false',
      `-c.directories.output=${release}`,
      '--publish',
      'never',
    ];
    await run(process.execPath, [builder, `--${system}`, ...targets, '--x64', ...options], env);
  }
  return release;
}

/** Takes the asar apart, where no node_modules are, and starts its headless host. @returns the line with its page */
export async function startFromAsar(asar: string, folder: string): Promise<string> {
  const application = join(folder, 'application');
  extractAll(asar, application);
  const data = join(folder, 'data');
  // A profile of its own: the first one would take the usual port and the user's folder.
  const { mkdirSync } = await import('node:fs');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'profiles.json'), JSON.stringify({ version: 1, profiles: [] }));
  const child = spawn(
    process.execPath,
    [join(application, 'out/main/headless.js'), 'start', '--headless', '--no-open', '--page-port', '0', '--data', data],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk;
        const found = /Page: (http\S+)/.exec(output)?.[1];
        if (found) resolve(found);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`the headless host ended with ${code}:\n${output}`)));
      setTimeout(() => reject(new Error(`the headless host said nothing of a page:\n${output}`)), 60_000).unref();
    });
    const first = await fetch(url, { redirect: 'manual' });
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await fetch(new URL('/', url), { headers: { cookie } });
    if (page.status !== 200) throw new Error(`the page answers ${page.status}`);
    const html = await page.text();
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const { status } = await fetch(new URL(file!, url), { headers: { cookie } });
      if (status !== 200) throw new Error(`${file} of the page answers ${status}`);
    }
    return url.replace(/token=.*/, 'token=…');
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await ended;
    }
  }
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), 'studyport-dist-'));
  try {
    await build('application');
    const release = await pack(folder);
    let failed = false;
    for (const [system, where] of Object.entries(PACKED)) {
      const mistakes = await packageMistakes(where(release));
      failed ||= mistakes.length > 0;
      process.stdout.write(
        `${system}: ${mistakes.length === 0 ? 'as it should be' : mistakes.join('; ')} (around a stand-in runtime)\n`,
      );
    }
    const asar = join(PACKED.linux(release).resources, 'app.asar');
    process.stdout.write(`Started from the asar alone: ${await startFromAsar(asar, folder)}\n`);
    process.exitCode = failed ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
