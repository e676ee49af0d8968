/**
 * `npm run dist:server`: the headless host as a Debian package for this machine's processor, with the Node that runs it.
 * Needs dpkg-deb. Arguments: `--compression xz|gzip|none`, `--out FOLDER` (default release).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from './build.js';
import { nodeBinary, say } from './install.js';
import { ROOT } from './manifest.js';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

const { values } = parseArgs({
  options: { compression: { type: 'string', default: 'xz' }, out: { type: 'string', default: join(ROOT, 'release') } },
});

const resource = (name) => join(ROOT, 'resources', name);
const manifest = () => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Writes a file of the package. */
function put(tree, path, content, mode = 0o644) {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** The program: what was built for headless use, the Node it runs with, and the command that joins the two. */
function program(tree, { name, version, license, type }) {
  const target = join(tree, 'usr/lib/studyport');
  mkdirSync(join(target, 'out'), { recursive: true });
  // The shell of the desktop stays behind: nothing here could start it.
  for (const part of ['main', 'renderer']) {
    cpSync(join(ROOT, 'out', part), join(target, 'out', part), {
      recursive: true,
      filter: (source) => !source.endsWith('.map') && relative(join(ROOT, 'out/main'), source) !== 'index.js',
    });
  }
  put(tree, 'usr/lib/studyport/package.json', `${JSON.stringify({ name, version, license, type }, null, 2)}\n`);
  cpSync(nodeBinary(), join(target, 'node'));
  put(
    tree,
    'usr/bin/studyport',
    `#!/bin/sh
# Where the service keeps its data: page-url looks there, too.
export STUDYPORT_SERVICE_DATA=/var/lib/studyport/data
exec /usr/lib/studyport/node /usr/lib/studyport/out/main/headless.js "$@"
`,
    0o755,
  );
}

function documents(tree, { name, version, date }) {
  put(tree, 'usr/share/man/man1/studyport.1.gz', gzipSync(readFileSync(resource('debian/studyport.1')), { level: 9 }));
  const doc = `usr/share/doc/${name}`;
  put(tree, `${doc}/server.md`, readFileSync(join(ROOT, 'docs/server.md')));
  const nodeLicense = join(dirname(dirname(nodeBinary())), 'LICENSE');
  put(
    tree,
    `${doc}/copyright`,
    [
      readFileSync(join(ROOT, 'LICENSE'), 'utf8'),
      `The file /usr/lib/studyport/node is Node.js, under these licences:\n\n${readFileSync(nodeLicense, 'utf8')}`,
    ].join(`\n${'-'.repeat(72)}\n\n`),
  );
  const changes = `${name} (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n\n -- ${MAINTAINER}  ${date}\n`;
  put(tree, `${doc}/changelog.gz`, gzipSync(changes, { level: 9 }));
}

const MAINTAINER = 'The Studyport authors <studyport@users.noreply.github.com>';

function control(tree, { name, version, homepage }, architecture) {
  put(tree, 'etc/default/studyport', readFileSync(resource('debian/default')));
  put(tree, 'usr/lib/systemd/system/studyport.service', readFileSync(resource('studyport.service')));
  const size = filesOf(tree).reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  const fields = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: MAINTAINER,
    'Installed-Size': size,
    // What the Node inside is linked with; users and services by Debian's own tools.
    Depends: 'adduser, init-system-helpers (>= 1.54), libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 8)',
    Section: 'net',
    Priority: 'optional',
    ...(homepage && { Homepage: homepage }),
    Description:
      'DICOM receiver with a page in the browser\n A C-STORE SCP that receives studies from modalities, PACS and research tools\n into a folder or a bucket, byte for byte as they were sent. It runs as a\n service of its own user; its page is on 127.0.0.1 and opens with a link that\n "studyport page-url" prints.',
  };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}`);
  put(tree, 'DEBIAN/control', `${lines.join('\n')}\n`);
  put(tree, 'DEBIAN/conffiles', '/etc/default/studyport\n');
  for (const script of ['postinst', 'prerm', 'postrm']) {
    put(tree, `DEBIAN/${script}`, readFileSync(resource(`debian/${script}`)), 0o755);
  }
  const sums = filesOf(tree)
    .map((file) => relative(tree, file))
    .filter((file) => !file.startsWith('DEBIAN/') && !file.startsWith('etc/'))
    .sort();
  const { stdout, status } = spawnSync('md5sum', sums, { cwd: tree, encoding: 'utf8' });
  if (status !== 0) throw new Error('md5sum failed');
  put(tree, 'DEBIAN/md5sums', stdout);
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** The same rights whatever the umask of who builds: folders and programs 755, files 644. */
function settleRights(tree) {
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    chmodSync(path, entry.isDirectory() || statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
  chmodSync(tree, 0o755);
}

await build('application');
const architecture = ARCHITECTURES[process.arch];
if (process.platform !== 'linux' || architecture === undefined) throw new Error('only for Linux on x64 and arm64');
if (basename(dirname(nodeBinary())) !== 'bin' || !nodeBinary().startsWith(ROOT)) {
  throw new Error('the Node to put inside is not installed here (optional dependency node-linux-…): run npm ci');
}
const facts = { ...manifest(), date: new Date().toUTCString().replace('GMT', '+0000') };
const work = mkdtempSync(join(tmpdir(), 'studyport-deb-'));
try {
  const tree = join(work, 'tree');
  program(tree, facts);
  documents(tree, facts);
  control(tree, facts, architecture);
  settleRights(tree);
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, `${facts.name}_${facts.version}_${architecture}.deb`);
  const args = ['--root-owner-group', `-Z${values.compression}`, '--build', tree, file];
  const { status, error } = spawnSync('dpkg-deb', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) throw new Error(`dpkg-deb: ${error.message}`);
  if (status !== 0 || !existsSync(file)) throw new Error(`dpkg-deb ended with ${status}`);
  say(`${file} (${(statSync(file).size / 1e6).toFixed(0)} MB)`);
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
