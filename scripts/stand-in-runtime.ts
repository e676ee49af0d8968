/**
 * Just enough of an Electron distribution for electron-builder: executables that hold the fuses and do nothing. What is
 * packed around them can be checked where the real one cannot be had.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as ResEdit from 'resedit';

const { NtExecutable, NtExecutableResource, Resource } = createRequire(import.meta.resolve('app-builder-lib'))(
  'resedit',
) as typeof ResEdit;

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** As Electron ships them: version 1, nine fuses, on or off by default. */
const FUSES = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, 9]), Buffer.from('101000111')]);

const put = (path: string, content: string | Uint8Array, mode = 0o644): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content, { mode });
};

function linux(folder: string): void {
  put(join(folder, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\nexit 1\n'), FUSES]), 0o755);
  put(join(folder, 'locales/en-US.pak'), '');
  put(join(folder, 'resources/.keep'), '');
  put(join(folder, 'LICENSE'), 'A stand-in for the licence of Electron.\n');
}

function windows(folder: string): void {
  const executable = NtExecutable.createEmpty(false, false);
  const resources = NtExecutableResource.from(executable);
  const info = Resource.VersionInfo.createEmpty();
  info.setFileVersion(1, 0, 0, 0, 1033);
  info.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: 'Electron', FileDescription: 'Electron' });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(executable);
  put(join(folder, 'electron.exe'), Buffer.concat([Buffer.from(executable.generate()), FUSES]), 0o755);
  put(join(folder, 'locales/en-US.pak'), '');
  put(join(folder, 'resources/.keep'), '');
}

const plist = (name: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>${name}</string>
<key>CFBundleIdentifier</key><string>com.github.Electron</string>
<key>CFBundleName</key><string>${name}</string>
<key>CFBundlePackageType</key><string>APPL</string>
</dict></plist>
`;

function mac(folder: string): void {
  const app = (path: string, name: string) => {
    put(join(path, 'Contents/Info.plist'), plist(name));
    put(join(path, 'Contents/MacOS', name), '#!/bin/sh\nexit 1\n', 0o755);
  };
  const root = join(folder, 'Electron.app');
  app(root, 'Electron');
  put(join(root, 'Contents/Resources/en.lproj/locale.pak'), '');
  const frameworks = join(root, 'Contents/Frameworks');
  for (const suffix of ['', ' (Renderer)', ' (Plugin)', ' (GPU)']) {
    app(join(frameworks, `Electron Helper${suffix}.app`), `Electron Helper${suffix}`);
  }
  const framework = join(frameworks, 'Electron Framework.framework');
  put(join(framework, 'Electron Framework'), FUSES, 0o755);
  put(join(framework, 'Versions/A/Resources/en.lproj/locale.pak'), '');
}

/** The folders to give as `electronDist`. */
export function createRuntimes(folder: string): Record<'linux' | 'win' | 'mac', string> {
  const runtimes = { linux: join(folder, 'linux'), win: join(folder, 'win'), mac: join(folder, 'mac') };
  linux(runtimes.linux);
  windows(runtimes.win);
  mac(runtimes.mac);
  return runtimes;
}
