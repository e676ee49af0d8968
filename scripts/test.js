/**
 * `npm test`: installs what is missing, then runs every check and every test. The last line says how it went.
 * Arguments go to Vitest: `npm test -- test/unit`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureInstalled, nodeBinary, say, toolEnvironment } from './install.js';
import { ROOT } from './manifest.js';

/** Programs that nobody here wrote: the other ends of the interop tests, the browser, tools. */
const PACKAGES = [
  ...['dcmtk', 'libgdcm-tools', 'orthanc', 'python3-pydicom', 'radosgw', 'ceph-mon', 'ceph-osd', 'curl'],
  // The page is tested in a real browser; electron-builder packs with 7-Zip.
  ...['chromium', '7zip'],
];
/** Chromium without windows: page tests take a third less with it. Older systems do not have it. */
const FAST_BROWSER = 'chromium-headless-shell';
/** What would take a full run past 20 minutes without it. */
const SLOW_WITHOUT = ['test/integration/page/**', 'test/integration/studies-page.test.ts'];
const REQUIRED = process.env.REQUIRE_INTEROP === '1';
const REPORT = join(ROOT, 'node_modules', '.cache', 'studyport-tests.json');

const counts = { passed: 0, failed: 0, skipped: 0 };

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: toolEnvironment(),
    ...options,
  });
  if (error) say(`${command}: ${error.message}`);
  else if (signal) say(`${command} was ended by ${signal}`);
  return status === 0;
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
  return stdout?.includes('Status: install ok installed') ?? false;
}

function missingPackages() {
  return PACKAGES.filter((name) => !isInstalled(name));
}

/** True when every program is there. */
function ensurePackages() {
  if (!existsSync('/etc/debian_version')) {
    say(`Tests use ${PACKAGES.join(' ')} (names of Debian packages); what is missing is skipped.`);
    return !REQUIRED;
  }
  const missing = missingPackages();
  if (missing.length === 0 && isInstalled(FAST_BROWSER)) return true;
  if (process.getuid?.() !== 0) {
    say(`Some tests will be skipped. To run them: sudo apt-get install ${[...missing, FAST_BROWSER].join(' ')}`);
    return !REQUIRED || missing.length === 0;
  }
  say(`Installing ${[...missing, FAST_BROWSER].join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const stdio = ['ignore', 'ignore', 'inherit'];
  run('apt-get', ['update', '-q'], { env, stdio });
  const install = ['install', '-y', '-q', '--no-install-recommends'];
  if (missing.length > 0) run('apt-get', [...install, ...missing], { env, stdio });
  run('apt-get', [...install, FAST_BROWSER], { env, stdio });
  const left = missingPackages();
  if (left.length > 0) say(`Could not install ${left.join(' ')}.`);
  return left.length === 0 || !REQUIRED;
}

function check(name, ok) {
  say(`${ok ? '✓' : '✗'} ${name}`);
  counts[ok ? 'passed' : 'failed'] += 1;
}

/** Runs a tool of node_modules with this project's Node. */
function tool(path, ...args) {
  return run(nodeBinary(), [join(ROOT, 'node_modules', path), ...args]);
}

function vitest(args) {
  mkdirSync(dirname(REPORT), { recursive: true });
  rmSync(REPORT, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const ok = tool('vitest/vitest.mjs', 'run', ...reporters, ...args);
  const failedBefore = counts.failed;
  if (existsSync(REPORT)) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(REPORT, 'utf8'),
    );
    // A file that could not even be loaded has no failed tests, and has failed all the same.
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
    );
    counts.passed += numPassedTests;
    counts.failed += numFailedTests + broken.length;
    counts.skipped += numPendingTests + numTodoTests;
  }
  if (!ok && counts.failed === failedBefore) counts.failed += 1;
}

ensureInstalled();
check('programs that the tests use', ensurePackages());
check('build', run(nodeBinary(), [join(ROOT, 'scripts', 'build.js')]));
check('format, lint, import rules (biome)', tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'));
check('types (tsc)', tool('typescript/bin/tsc', '-p', 'tsconfig.json'));
check('types of shared, without Node or DOM (tsc)', tool('typescript/bin/tsc', '-p', 'tsconfig.shared.json'));
check('types of the page, without Node (tsc)', tool('typescript/bin/tsc', '-p', 'tsconfig.web.json'));
check('nothing unused (knip)', tool('knip/bin/knip.js'));
const given = process.argv.slice(2);
if (given.length > 0 || isInstalled(FAST_BROWSER)) vitest(given);
else {
  vitest(SLOW_WITHOUT.flatMap((pattern) => ['--exclude', pattern]));
  say(`Not run, for want of ${FAST_BROWSER} (npm test -- test/integration runs them): ${SLOW_WITHOUT.join(' ')}`);
}

process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
