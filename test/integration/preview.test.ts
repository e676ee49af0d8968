/** Frames in every transfer syntax, decoded in Chromium under the page's policy and compared with what DCMTK and GDCM make of them. */

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpHost, type HttpHost } from '#headless/http-host.ts';
import type { BytesAnswer, ReceiverForHost } from '#main/receiver/host.ts';
import { InstanceReader } from '#main/receiver/instance-reader.ts';
import { decodeNative } from '#renderer/preview/native.ts';
import type { ImageInfo } from '#shared/contract.ts';
import configuration from '../../electron.vite.config.ts';
import { launchChromium } from '../support/chromium.ts';
import { type RealFile, realFiles, requireRealFiles } from '../support/real-files.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { requireTool, run } from '../support/tools.ts';

/** As the page sends it: base64. */
interface Answer extends Omit<Decoded, 'data'> {
  readonly data?: string;
  readonly rgba?: string;
}
interface Decoded {
  readonly code?: string;
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: number;
  readonly colour: string;
  readonly data: number[];
}
interface Drawn {
  readonly code?: string;
  readonly width: number;
  readonly height: number;
  readonly rgba: number[];
}

const SOURCE = resolve(import.meta.dirname, '../support/preview-page');
const skip =
  !existsSync('/usr/bin/chromium') ||
  requireRealFiles() ||
  requireTool('dcmcjpeg', 'dcmdjpeg', 'dcmcjpls', 'dcmdjpls', 'dcmdrle', 'gdcmconv', 'dcm2pnm');

describe.skipIf(skip)('frames in Chromium', () => {
  let folder: TempFolder;
  let host: HttpHost;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const reader = new InstanceReader();
  let files: readonly RealFile[] = [];
  /** What `/frame/{number}/{frame}` gives: a file, or bytes. */
  const served: (string | Uint8Array)[] = [];

  beforeAll(async () => {
    folder = await createTempFolder('preview');
    files = realFiles();
    const { renderer } = configuration as { renderer: { build: object; worker?: object } };
    const { build: options, ...rest } = renderer;
    await build({
      ...rest,
      configFile: false,
      root: SOURCE,
      base: './',
      logLevel: 'warn',
      build: {
        ...options,
        minify: false,
        rolldownOptions: { input: join(SOURCE, 'index.html') },
        outDir: folder.join('page'),
        emptyOutDir: true,
        reportCompressedSize: false,
      },
    });
    const receiver: ReceiverForHost = {
      call: async () => ({ ok: false, error: { code: 'none', message: 'none' } }),
      subscribe: () => () => {},
      bytes: async (pathname): Promise<BytesAnswer> => {
        const [, , number, frame = '0'] = pathname.split('/');
        const what = served[Number(number) - 1]!;
        if (typeof what !== 'string') return { ok: true, bytes: what, type: 'application/octet-stream' };
        return { ok: true, ...reader.frame(what, frame) };
      },
      close: async () => {},
    };
    host = await createHttpHost({ receiver, pageFolder: folder.join('page'), port: 0 });
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(host.url);
    await page.locator('main').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await folder?.remove();
  });

  const real = (name: string): string => {
    const file = files.find((one) => one.name.endsWith(`/${name}`));
    if (!file) throw new Error(`${name} is not among the installed files`);
    return file.path;
  };
  /** The file as a tool writes it. */
  async function made(tool: string, ...args: readonly string[]): Promise<string> {
    const target = folder.join(`${served.length}-${Math.random().toString(36).slice(2)}.dcm`);
    const { code, stderr } = await run(tool, [...args, target]);
    if (code !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr}`);
    return target;
  }
  const address = (what: string | Uint8Array, frame = 0) => `/frame/${served.push(what)}/${frame}`;
  const imageOf = (path: string): ImageInfo => {
    const { image, reason } = reader.image(path);
    if (!image) throw new Error(reason);
    return image;
  };
  async function ask(what: string | Uint8Array, frame: number, image: ImageInfo, fit?: number): Promise<Decoded> {
    const answer = await page.evaluate(
      ([at, info, size]) =>
        (globalThis as unknown as { samples: (...args: unknown[]) => Promise<Answer> }).samples(at, info, size),
      [address(what, frame), image, fit] as const,
    );
    if (answer.data === undefined) return answer as unknown as Decoded;
    const bytes = Uint8Array.from(Buffer.from(answer.data, 'base64'));
    return { ...answer, data: [...new Int32Array(bytes.buffer)] };
  }
  const decode = (path: string, frame = 0, more: Partial<ImageInfo> = {}, fit?: number): Promise<Decoded> =>
    ask(path, frame, { ...imageOf(path), ...more }, fit);
  async function draw(path: string, frame = 0, fit?: number): Promise<Drawn> {
    const answer = await page.evaluate(
      ([at, image, size]) =>
        (globalThis as unknown as { draw: (...args: unknown[]) => Promise<Answer> }).draw(at, image, size),
      [address(path, frame), imageOf(path), fit] as const,
    );
    expect(answer.code).toBeUndefined();
    return { ...answer, rgba: [...Buffer.from(answer.rgba ?? '', 'base64')] };
  }
  /** The stored values of a file that is not compressed. */
  const native = (path: string, frame = 0) => {
    const { width, height, data } = decodeNative(reader.frame(path, String(frame)).bytes, imageOf(path));
    return { width, height, data: [...data] };
  };
  async function expectEqual(compressed: string, plain: string, frame = 0): Promise<void> {
    const decoded = await decode(compressed, frame);
    expect(decoded.code).toBeUndefined();
    const expected = native(plain, frame);
    expect([decoded.width, decoded.height]).toEqual([expected.width, expected.height]);
    expect(new Set(expected.data).size).toBeGreaterThan(1);
    expectSame(decoded.data, expected.data);
  }
  /** Where they differ first, if they do: a list of half a million differences helps nobody. */
  function expectSame(one: readonly number[], other: readonly number[]): void {
    expect(one.length).toBe(other.length);
    const at = one.findIndex((value, index) => value !== other[index]! >> 0);
    expect(at === -1 ? 'equal' : [at, one.slice(at, at + 6), other.slice(at, at + 6)]).toBe('equal');
  }

  describe('lossless syntaxes give the very values', () => {
    test.each([
      'MR_small_RLE.dcm',
      'SC_rgb_rle.dcm',
      'SC_rgb_rle_16bit.dcm',
      'SC_rgb_rle_32bit.dcm',
      'rtdose_rle_1frame.dcm',
    ])('RLE: %s', async (name) => expectEqual(real(name), await made('dcmdrle', real(name))));

    test('RLE: every frame of several', async () => {
      const plain = await made('dcmdrle', real('rtdose_rle.dcm'));
      for (const frame of [0, 7, 14]) await expectEqual(real('rtdose_rle.dcm'), plain, frame);
    });

    test.each([1, 2, 3, 4, 5, 6, 7])('JPEG lossless, predictor %i, signed 16 bits', async (predictor) => {
      const source = real('CT_small.dcm');
      await expectEqual(await made('dcmcjpeg', '+el', '+sv', String(predictor), source), source);
    });

    test('JPEG lossless: first-order prediction, 8 bits, colour', async () => {
      const source = real('SC_rgb_small_odd.dcm');
      await expectEqual(await made('dcmcjpeg', '+e1', source), source);
      await expectEqual(real('SC_rgb_jpeg_gdcm.dcm'), await made('gdcmconv', '--raw', real('SC_rgb_jpeg_gdcm.dcm')));
    });

    test.each(['CT_small.dcm', 'MR_small.dcm', 'SC_rgb_small_odd.dcm'])('JPEG-LS: %s', async (name) => {
      await expectEqual(await made('dcmcjpls', real(name)), real(name));
    });

    test('JPEG-LS in every interleave mode', async () => {
      const source = real('SC_rgb_small_odd.dcm');
      for (const mode of ['+il', '+is', '+in']) await expectEqual(await made('dcmcjpls', mode, source), source);
      const other = real('MR_small_jpeg_ls_lossless.dcm');
      await expectEqual(other, await made('dcmdjpls', other));
    });

    test.each(['CT_small.dcm', 'MR_small.dcm', 'SC_rgb_jpeg_dcmd.dcm'])('JPEG 2000: %s', async (name) => {
      await expectEqual(await made('gdcmconv', '--j2k', real(name)), real(name));
    });

    test.each(['MR_small_jp2klossless.dcm', 'GDCMJ2K_TextGBR.dcm'])('JPEG 2000 of others: %s', async (name) => {
      await expectEqual(real(name), await made('gdcmconv', '--raw', real(name)));
    });

    test('JPEG 2000 whose sign is not that of the data set: the data set is right', async () => {
      const { data } = await decode(real('J2K_pixelrep_mismatch.dcm'));
      // Of the file's own documentation: a CT whose background is -2000.
      expect(data[0]).toBe(-2000);
      expect(data.some((value) => value > 4095)).toBe(false);
    });

    test.each(['CT_small.dcm', 'SC_rgb_small_odd.dcm'])('HTJ2K: %s', async (name) => {
      const source = real(name);
      const image = { ...imageOf(source), transferSyntaxUid: '1.2.840.10008.1.2.4.201' };
      expectSame((await ask(await encodeHtj2k(source), 0, image)).data, native(source).data);
    });

    async function encodeHtj2k(path: string): Promise<Uint8Array> {
      const require = createRequire(import.meta.url);
      const { HTJ2KEncoder } = await require('@cornerstonejs/codec-openjph/wasmjs')({
        wasmBinary: await readFile(require.resolve('@cornerstonejs/codec-openjph/wasm')),
      });
      const image = imageOf(path);
      const encoder = new HTJ2KEncoder();
      const { bytes } = reader.frame(path, '0');
      const buffer = encoder.getDecodedBuffer({
        width: image.columns,
        height: image.rows,
        bitsPerSample: image.bitsAllocated,
        componentCount: image.samplesPerPixel,
        isSigned: image.signed,
        isUsingColorTransform: image.samplesPerPixel === 3,
      });
      buffer.set(bytes.subarray(0, buffer.length));
      encoder.setQuality(true, 0);
      encoder.encode();
      return encoder.getEncodedBuffer().slice();
    }
  });

  describe('lossy syntaxes come as close as another decoder', () => {
    /** The farthest that two pictures are apart. */
    const distance = (one: readonly number[], other: readonly number[]) => {
      expect(one.length).toBe(other.length);
      return one.reduce((most, value, index) => Math.max(most, Math.abs(value - other[index]!)), 0);
    };

    test.each([
      'SC_rgb_dcmtk_+eb+cr.dcm',
      'SC_rgb_dcmtk_+eb+cy+n1.dcm',
      'SC_rgb_dcmtk_+eb+cy+np.dcm',
      'SC_rgb_jpeg_dcmtk.dcm',
      'SC_rgb_jpeg_app14_dcmd.dcm',
      'SC_jpeg_no_color_transform.dcm',
      'SC_jpeg_no_color_transform_2.dcm',
      'SC_rgb_small_odd_jpeg.dcm',
    ])('JPEG baseline: %s', async (name) => {
      const { rgba } = await draw(real(name));
      const plain = await draw(await made('dcmdjpeg', real(name)));
      expect(distance(rgba, plain.rgba)).toBeLessThanOrEqual(3);
    });

    test('JPEG 2000', async () => {
      const name = real('693_J2KI.dcm');
      const plain = native(await made('gdcmconv', '--raw', name));
      expect(distance((await decode(name)).data, plain.data)).toBeLessThanOrEqual(1);
    });

    test('JPEG-LS, nearly lossless', async () => {
      const source = real('SC_rgb_small_odd.dcm');
      const compressed = await made('dcmcjpls', '+en', '+md', '3', source);
      expect(distance((await decode(compressed)).data, native(source).data)).toBeLessThanOrEqual(3);
    });
  });

  describe('pictures', () => {
    async function pnm(...args: readonly string[]): Promise<{ width: number; height: number; values: number[] }> {
      const bytes = await readFile(await made('dcm2pnm', ...args));
      const [head = '', width = '', height = ''] =
        /^P[56]\n(?:#.*\n)*(\d+) (\d+)\n255\n/.exec(bytes.toString('latin1')) ?? [];
      return { width: Number(width), height: Number(height), values: [...bytes.subarray(head.length)] };
    }
    const grey = ({ rgba }: Drawn) => rgba.filter((_, index) => index % 4 === 0);
    const rgb = ({ rgba }: Drawn) => rgba.filter((_, index) => index % 4 !== 3);
    const expectNear = (one: readonly number[], other: readonly number[], most: number) => {
      expect(one.length).toBe(other.length);
      expect(one.filter((value, index) => Math.abs(value - other[index]!) > most)).toEqual([]);
    };

    test.each(['MR_small.dcm', 'MR_small_bigendian.dcm', 'MR_small_implicit.dcm'])(
      'window of the file: %s',
      async (name) => {
        expectNear(grey(await draw(real(name))), (await pnm('+Wi', '1', real(name))).values, 1);
      },
    );

    test('without a window from the least to the greatest value, rescaled', async () => {
      expectNear(grey(await draw(real('CT_small.dcm'))), (await pnm('+Wm', real('CT_small.dcm'))).values, 1);
    });

    test('MONOCHROME1 is the other way round', async () => {
      const inverted = folder.join('inverted.dcm');
      await writeFile(inverted, await readFile(real('MR_small.dcm')));
      await run('dcmodify', ['-nb', '-m', '0028,0004=MONOCHROME1', inverted]);
      const plain = grey(await draw(real('MR_small.dcm')));
      expectNear(
        grey(await draw(inverted)),
        plain.map((value) => 255 - value),
        1,
      );
    });

    test.each(['SC_ybr_full_422_uncompressed.dcm', 'SC_rgb_small_odd.dcm', 'SC_rgb_rle.dcm'])(
      'colours: %s',
      async (name) => {
        const plain = name.includes('rle') ? await made('dcmdrle', real(name)) : real(name);
        expectNear(rgb(await draw(real(name))), (await pnm(plain)).values, 2);
      },
    );

    test('one bit: black and white', async () => {
      const { rgba } = await draw(real('liver_1frame.dcm'));
      expect([...new Set(rgba)].sort()).toEqual([0, 255]);
    });

    test('a thumbnail is as large as asked, wavelets from their lower resolution, and shows the same', async () => {
      for (const path of [real('CT_small.dcm'), await made('gdcmconv', '--j2k', real('CT_small.dcm'))]) {
        const { width, height, rgba } = await draw(path, 0, 32);
        expect([width, height]).toEqual([32, 32]);
        const whole = grey(await draw(path));
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(Math.abs(mean(rgba.filter((_, index) => index % 4 === 0)) - mean(whole))).toBeLessThan(12);
      }
      const low = await decode(await made('gdcmconv', '--j2k', real('CT_small.dcm')), 0, {}, 32);
      expect([low.width, low.height, low.data.length]).toEqual([32, 32, 1024]);
    });
  });

  describe('what cannot be drawn is said, and the next frame is drawn', () => {
    test('JPEG of 12 bits', async () => {
      expect(await decode(real('JPGExtended.dcm'))).toEqual({ code: 'jpeg-12-bit' });
    });

    test('syntaxes without a decoder', async () => {
      const path = real('MR_small_RLE.dcm');
      expect(await decode(path, 0, { transferSyntaxUid: '1.2.840.10008.1.2.4.102' })).toEqual({ code: 'video' });
      expect(await decode(path, 0, { transferSyntaxUid: '1.2.840.10008.1.2.4.110' })).toEqual({
        code: 'unsupported-syntax',
      });
    });

    test.each([
      'MR_small_RLE.dcm',
      'SC_rgb_jpeg_dcmtk.dcm',
      'SC_rgb_jpeg_gdcm.dcm',
      'MR_small_jpeg_ls_lossless.dcm',
      'MR_small_jp2klossless.dcm',
    ])('damaged: %s', async (name) => {
      const image = imageOf(real(name));
      const { bytes } = reader.frame(real(name), '0');
      const rubbish = Uint8Array.from({ length: 500 }, (_, index) => (index * 73) & 0xff);
      for (const broken of [bytes.subarray(0, 40), rubbish, new Uint8Array()]) {
        const answer = await ask(broken, 0, image);
        expect(['damaged', 'too-short']).toContain(answer.code);
      }
      expect((await decode(real(name))).code).toBeUndefined();
    });

    test('a picture that would take all memory', async () => {
      expect(await decode(real('CT_small.dcm'), 0, { rows: 60_000, columns: 60_000 })).toEqual({ code: 'too-large' });
    });
  });

  test('nothing was against the policy, and no decoder talks', () => {
    expect(complaints).toEqual([]);
  });
});
