/** Every frame of every real image, byte for byte what pydicom reads. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { pixelLayoutOf, readFrame, StoredFile } from '#main/engine/index.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';

/** Prints one JSON line per file: the MD5 of its frames; native words are turned to little endian, as ours are. */
const SCRIPT = `
import hashlib, json, sys, warnings
import pydicom
from pydicom.encaps import generate_pixel_data_frame
warnings.simplefilter('ignore')
for path in sys.argv[1:]:
    try:
        ds = pydicom.dcmread(path, force=True)
        count = int(getattr(ds, 'NumberOfFrames', 1) or 1)
        element = ds['PixelData']
        if element.is_undefined_length:
            frames = list(generate_pixel_data_frame(ds.PixelData, count))
        else:
            bits = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated
            if ds.PhotometricInterpretation == 'YBR_FULL_422':
                bits = bits * 2 // 3
            data = ds.PixelData
            if not ds.is_little_endian:
                unit = ds.BitsAllocated // 8 if ds.BitsAllocated > 8 else 1 if element.VR == 'OB' else 2
                swapped = bytearray(len(data))
                for index in range(unit):
                    swapped[index::unit] = data[unit - 1 - index::unit]
                data = bytes(swapped)
            if bits % 8 != 0 and count > 1:
                raise ValueError('frames that do not end with a byte')
            size = (bits + 7) // 8
            frames = [data[index * size:(index + 1) * size] for index in range(count)]
            if any(len(frame) < size for frame in frames):
                raise ValueError('incomplete')
    except Exception:
        continue
    print(json.dumps({'path': path, 'frames': [hashlib.md5(frame).hexdigest() for frame in frames]}))
`;

interface Theirs {
  readonly path: string;
  readonly frames: readonly string[];
}

test.skipIf(requireRealFiles())('frames are those that pydicom reads', () => {
  const paths = realFiles().map(({ path }) => path);
  // Debian's interpreter has Debian's packages; another one may come first in the path.
  const output = execFileSync('/usr/bin/python3', ['-c', SCRIPT, ...paths], {
    encoding: 'utf8',
    maxBuffer: 10_000_000,
  });
  const theirs = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Theirs);
  const contents = new Map(realFiles().map(({ path, read }) => [path, read]));
  for (const { path, frames } of theirs) {
    const bytes = contents.get(path)!();
    const file = new StoredFile({ size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) });
    const layout = pixelLayoutOf(file)!;
    const ours = frames.map((_, frame) =>
      createHash('md5')
        .update(readFrame(file, layout, frame))
        .digest('hex'),
    );
    expect(ours, path).toEqual(frames);
  }
  expect(theirs.length).toBeGreaterThan(50);
});
