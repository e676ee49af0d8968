/**
 * The manifest that users of the library get: only what the built files need at run time. npm packs the package.json
 * that lies in the folder, so `prepack` writes the short one there and `postpack` puts the long one back.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.js';
import { ROOT, replaceManifest, restoreManifest } from './manifest.js';

/** Only these fields are published; everything else is for people who work on Studyport. */
const PUBLISHED = [
  'name',
  'version',
  'description',
  'license',
  'author',
  'homepage',
  'repository',
  'bugs',
  'keywords',
  'type',
  'engines',
  'exports',
  'bin',
  'files',
];

/** The packages that some built file, or its types, imports; what was bundled is not among them. */
function importedPackages() {
  const dist = join(ROOT, 'dist');
  const names = new Set();
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|ts)$/.test(file)) continue;
    const code = readFileSync(join(dist, file), 'utf8');
    for (const [, specifier] of code.matchAll(/\b(?:from|import)\s*\(?\s*["']((?:@[^/"']+\/)?[^/"']+)[^"']*["']/g)) {
      names.add(specifier);
    }
  }
  return names;
}

function stripped(manifest) {
  const kept = Object.fromEntries(PUBLISHED.filter((name) => name in manifest).map((name) => [name, manifest[name]]));
  const imported = importedPackages();
  return {
    ...kept,
    // The types keep their `#…` specifiers; the JavaScript has none left.
    imports: { '#*.ts': { types: './dist/types/*.d.ts' } },
    dependencies: Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => imported.has(name))),
  };
}

const command = process.argv[2];
if (command === 'strip') {
  await build('library');
  // The parent is npm, which lives as long as the packing does.
  replaceManifest(process.ppid, stripped);
} else if (command === 'restore') {
  restoreManifest({ evenIfPacking: true });
} else {
  throw new Error('usage: pack-manifest.js strip|restore');
}
