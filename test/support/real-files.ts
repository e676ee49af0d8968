/** The DICOM files that Debian's python3-pydicom brings: real objects of many makers, some of them broken on purpose. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

export type RealFileMeta = {
  readonly transferSyntaxUid: string | undefined;
  readonly sopClassUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
};

export type RealFile = {
  readonly path: string;
  /** Path below the folder of the test files, to name it in a list. */
  readonly name: string;
  readonly meta: RealFileMeta;
  /** Where the data set begins in the file. */
  readonly dataSetOffset: number;
  readonly read: () => Buffer;
  readonly dataSet: () => Buffer;
};

const PREAMBLE = 128;

/** Every installed file with a preamble and `DICM`; empty when the package is not installed. */
export function realFiles(): RealFile[] {
  return installedFiles().flatMap((path) => {
    const content = readFileSync(path);
    if (content.toString('latin1', PREAMBLE, PREAMBLE + 4) !== 'DICM') return [];
    const { meta, dataSetOffset } = parseFileMeta(content);
    const at = path.indexOf('/data/');
    return [
      {
        path,
        name: at === -1 ? basename(path) : relative(path.slice(0, at + 5), path),
        meta,
        dataSetOffset,
        read: () => readFileSync(path),
        dataSet: () => readFileSync(path).subarray(dataSetOffset),
      },
    ];
  });
}

function installedFiles(): string[] {
  try {
    return execFileSync('dpkg', ['-L', 'python3-pydicom'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((path) => path.includes('/data/') && isFile(path))
      .sort();
  } catch {
    // No dpkg or no such package: missingRealFiles() tells the reader.
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return readFileSync(path).length > PREAMBLE + 4;
  } catch {
    return false;
  }
}

/** Like requireTool: true means skip, and says why; under REQUIRE_INTEROP=1 missing files are a failure. */
export function requireRealFiles(): boolean {
  if (installedFiles().length > 0) return false;
  const reason = 'the test files are not installed: apt-get install python3-pydicom';
  if (process.env.REQUIRE_INTEROP === '1') throw new Error(`REQUIRE_INTEROP=1, but ${reason}`);
  process.stderr.write(`Skipped: ${reason}\n`);
  return true;
}

const LONG_VRS = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'OV', 'SQ', 'UC', 'UN', 'UR', 'UT', 'SV', 'UV']);

/**
 * Group 0002 of a file with a preamble: always Explicit VR Little Endian (PS3.10 7.1). The group ends where another
 * group begins; File Meta Information Group Length is not trusted, since some of these files lie about it.
 */
export function parseFileMeta(content: Buffer): { meta: RealFileMeta; dataSetOffset: number } {
  let offset = PREAMBLE + 4;
  const uids = new Map<number, string>();
  while (offset + 8 <= content.length && content.readUInt16LE(offset) === 0x0002) {
    const element = content.readUInt16LE(offset + 2);
    const long = LONG_VRS.has(content.toString('latin1', offset + 4, offset + 6));
    const start = offset + (long ? 12 : 8);
    const length = long ? content.readUInt32LE(offset + 8) : content.readUInt16LE(offset + 6);
    uids.set(element, content.toString('latin1', start, start + length).replace(/[\0 ]+$/, ''));
    offset = start + length;
  }
  return {
    meta: {
      sopClassUid: uids.get(0x0002),
      sopInstanceUid: uids.get(0x0003),
      transferSyntaxUid: uids.get(0x0010),
    },
    dataSetOffset: offset,
  };
}
