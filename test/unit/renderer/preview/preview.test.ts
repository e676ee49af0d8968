/** Decoding and drawing without a browser: native frames, run lengths, headers, windows, and the queue in front of the worker. */

import { describe, expect, test, vi } from 'vitest';
import { readJ2kHeader } from '#renderer/preview/j2k-header.ts';
import { readJpegHeader, withColourMark } from '#renderer/preview/jpeg-header.ts';
import type { DrawAnswer, DrawRequest } from '#renderer/preview/messages.ts';
import { decodeNative } from '#renderer/preview/native.ts';
import { createPreview } from '#renderer/preview/preview.ts';
import { render, windowed, windowOf } from '#renderer/preview/render.ts';
import { decodeRle } from '#renderer/preview/rle.ts';
import { checkSize, fitBits, interleave } from '#renderer/preview/samples.ts';
import type { ImageInfo } from '#shared/contract.ts';

const image = (more: Partial<ImageInfo> = {}): ImageInfo => ({
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  rows: 1,
  columns: 2,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  signed: false,
  frames: 1,
  rescaleSlope: 1,
  rescaleIntercept: 0,
  bigEndian: false,
  ...more,
});
const colour = { samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8, highBit: 7 } as const;
const code = (problem: string) => expect.objectContaining({ code: problem });

describe('native frames', () => {
  const values = (bytes: readonly number[], more: Partial<ImageInfo> = {}) => [
    ...decodeNative(Uint8Array.from(bytes), image(more)).data,
  ];

  test('16 bits: byte order, sign, bits above and below the stored ones', () => {
    expect(values([0x34, 0xf2, 0xff, 0x0f])).toEqual([0x234, 0xfff]);
    expect(values([0xf2, 0x34, 0x0f, 0xff], { bigEndian: true })).toEqual([0x234, 0xfff]);
    expect(values([0xff, 0x0f, 0x00, 0x08], { signed: true })).toEqual([-1, -2048]);
    expect(values([0x40, 0x23, 0xf0, 0xff], { highBit: 15 })).toEqual([0x234, 0xfff]);
  });

  test('8 bits, 32 bits and 1 bit', () => {
    expect(values([1, 255], { bitsAllocated: 8, bitsStored: 8, highBit: 7 })).toEqual([1, 255]);
    expect(values([1, 255], { bitsAllocated: 8, bitsStored: 8, highBit: 7, signed: true })).toEqual([1, -1]);
    const wide = { bitsAllocated: 32, bitsStored: 32, highBit: 31 };
    expect(values([0, 0, 0, 0x80, 1, 0, 0, 0], wide)).toEqual([2 ** 31, 1]);
    const bits = { bitsAllocated: 1, bitsStored: 1, highBit: 0, rows: 2, columns: 5 };
    expect(values([0b10110001, 0b10], bits)).toEqual([1, 0, 0, 0, 1, 1, 0, 1, 0, 1]);
  });

  test('colours by pixel, by plane, and shared by two pixels', () => {
    expect(values([1, 2, 3, 4, 5, 6], { ...colour, photometricInterpretation: 'RGB' })).toEqual([1, 2, 3, 4, 5, 6]);
    const planar = { ...colour, photometricInterpretation: 'RGB', planarConfiguration: 1 };
    expect(values([1, 4, 2, 5, 3, 6], planar)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(values([10, 11, 100, 200], { ...colour, photometricInterpretation: 'YBR_FULL_422' })).toEqual([
      10, 100, 200, 11, 100, 200,
    ]);
  });

  test('too few bytes, unknown depths and colours', () => {
    expect(() => values([1, 2, 3])).toThrow(code('too-short'));
    expect(() => values([1, 2, 3, 4], { bitsAllocated: 12 })).toThrow(code('unsupported-depth'));
    expect(() => values([1, 2, 3, 4, 5, 6], { ...colour, photometricInterpretation: 'HSV' })).toThrow(
      code('unsupported-colour'),
    );
    expect(() => checkSize(100_000, 100_000)).toThrow(code('too-large'));
    expect(() => checkSize(0, 5)).toThrow(code('damaged'));
  });

  test('signs and planes', () => {
    expect([...fitBits([0xfff, 0x7ff, 0xf001], 12, true)]).toEqual([-1, 2047, 1]);
    expect([...interleave(Uint8Array.from([1, 3, 2, 4]), 2)]).toEqual([1, 2, 3, 4]);
  });
});

describe('run lengths', () => {
  const frame = (...segments: readonly (readonly number[])[]) => {
    const header = new Uint32Array(16);
    header[0] = segments.length;
    let at = 64;
    segments.forEach((segment, index) => {
      header[index + 1] = at;
      at += segment.length;
    });
    return Uint8Array.from([...new Uint8Array(header.buffer), ...segments.flat()]);
  };

  test('high bytes come first; runs, literals and the byte that means nothing', () => {
    const decoded = decodeRle(frame([255, 0x0a], [128, 1, 0x34, 0x35]), image());
    expect([...decoded.data]).toEqual([0xa34, 0xa35]);
  });

  test('what is missing or too much', () => {
    expect(() => decodeRle(frame([255, 1]), image())).toThrow(code('damaged'));
    expect(() => decodeRle(frame([255, 1], [0]), image())).toThrow(code('too-short'));
    expect(() => decodeRle(new Uint8Array(10), image())).toThrow(code('too-short'));
    // A run beyond the end of the segment's pixels is cut, as other decoders do.
    expect([...decodeRle(frame([200, 0], [200, 7]), image()).data]).toEqual([7, 7]);
  });
});

describe('headers', () => {
  const frameHeader = (marker: number, precision: number) => [
    0xff,
    marker,
    0,
    11,
    precision,
    0,
    2,
    0,
    3,
    1,
    1,
    0x11,
    0,
  ];
  const jfif = [0xff, 0xe0, 0, 16, ...[...'JFIF\0'].map((letter) => letter.charCodeAt(0)), ...Array(9).fill(0)];

  test('JPEG: process, precision, size, and whether it says its colours', () => {
    const plain = Uint8Array.from([0xff, 0xd8, ...frameHeader(0xc3, 16)]);
    expect(readJpegHeader(plain)).toEqual({
      process: 'lossless',
      precision: 16,
      width: 3,
      height: 2,
      components: 1,
      saysColour: false,
    });
    const marked = Uint8Array.from([0xff, 0xd8, ...jfif, ...frameHeader(0xc1, 12)]);
    expect(readJpegHeader(marked)).toMatchObject({ process: 'sequential', precision: 12, saysColour: true });
    expect(readJpegHeader(withColourMark(plain, 'rgb')).saysColour).toBe(true);
    expect(() => readJpegHeader(Uint8Array.from([1, 2, 3]))).toThrow(code('damaged'));
  });

  test('JPEG 2000: size and levels, also behind the boxes of a JP2 file', () => {
    const stream = new Uint8Array(80);
    const view = new DataView(stream.buffer);
    stream.set([0xff, 0x4f, 0xff, 0x51, 0, 41]);
    view.setUint32(8, 600);
    view.setUint32(12, 400);
    view.setUint32(16, 100);
    stream.set([0xff, 0x52, 0, 12, 0, 0, 0, 1, 1, 5], 45);
    expect(readJ2kHeader(stream)).toEqual({ width: 500, height: 400, levels: 5 });
    expect(readJ2kHeader(Uint8Array.from([...new Uint8Array(100), ...stream])).levels).toBe(5);
    expect(() => readJ2kHeader(new Uint8Array(100))).toThrow(code('damaged'));
  });
});

describe('drawing', () => {
  const greys = (data: readonly number[], more: Partial<ImageInfo> = {}) => {
    const info = image({ columns: data.length, ...more });
    const samples = { width: data.length, height: 1, samplesPerPixel: 1, bits: 12, colour: 'grey' } as const;
    return [...render({ ...samples, data: Int16Array.from(data) }, info).rgba].filter((_, index) => index % 4 === 0);
  };

  test('the window of PS3.3 C.11.2.1.2.1', () => {
    // The example of the standard: c=2048, w=4096 maps 0 to 4095 onto 0 to 255.
    expect([0, 4095, -5, 5000].map((value) => windowed(value, { center: 2048, width: 4096 }))).toEqual([
      0, 255, 0, 255,
    ]);
    expect(windowed(2047.5, { center: 2048, width: 4096 })).toBeCloseTo(127.5);
    expect([99, 100].map((value) => windowed(value, { center: 100, width: 1 }))).toEqual([0, 255]);
  });

  test('from the least to the greatest value where the file has no window, also when rescaled downwards', () => {
    expect(greys([-100, 0, 100])).toEqual([0, 128, 255]);
    expect(greys([-100, 0, 100], { rescaleSlope: -2, rescaleIntercept: 7 })).toEqual([255, 128, 0]);
    expect(greys([-100, 0, 100], { photometricInterpretation: 'MONOCHROME1' })).toEqual([255, 128, 0]);
    expect(greys([5, 5])).toEqual([128, 128]);
    expect(windowOf(Int16Array.from([1]), image({ windowCenter: 40, windowWidth: 400 }))).toEqual({
      center: 40,
      width: 400,
    });
    expect(windowOf(Int16Array.from([0, 9]), image({ windowCenter: 40, windowWidth: 0 }))).toEqual({
      center: 5,
      width: 10,
    });
  });

  test('palette, YBR and wide RGB', () => {
    const palette = { first: 10, red: [1, 2], green: [3, 4], blue: [5, 6] };
    const base = { width: 3, height: 1, samplesPerPixel: 1, bits: 8 } as const;
    const painted = render({ ...base, colour: 'palette', data: Uint8Array.from([0, 11, 99]) }, image({ palette }));
    expect([...painted.rgba]).toEqual([1, 3, 5, 255, 2, 4, 6, 255, 2, 4, 6, 255]);
    const one = { width: 1, height: 1, samplesPerPixel: 3 } as const;
    const ybr = render({ ...one, bits: 8, colour: 'ybr', data: Uint8Array.from([76, 85, 255]) }, image());
    expect([...ybr.rgba]).toEqual([254, 0, 0, 255]);
    const wide = render({ ...one, bits: 16, colour: 'rgb', data: Uint16Array.from([65535, 0, 32768]) }, image());
    expect([...wide.rgba]).toEqual([255, 0, 128, 255]);
  });
});

describe('the queue', () => {
  class FakeWorker {
    onmessage: ((event: { data: DrawAnswer }) => void) | null = null;
    onerror: (() => void) | null = null;
    readonly asked: DrawRequest[] = [];
    isEnded = false;
    postMessage(request: DrawRequest): void {
      this.asked.push(request);
    }
    terminate(): void {
      this.isEnded = true;
    }
    answer(bitmap: { close: () => void } = { close: () => {} }): void {
      const { number } = this.asked.at(-1)!;
      this.onmessage?.({ data: { number, ok: true, bitmap: bitmap as ImageBitmap } });
    }
  }
  const setUp = (settings: { timeLimit?: number; idleLimit?: number } = {}) => {
    const workers: FakeWorker[] = [];
    const preview = createPreview({
      createWorker: () => {
        const worker = new FakeWorker();
        workers.push(worker);
        return worker as unknown as Worker;
      },
      ...settings,
    });
    const fetched: number[] = [];
    const draw = (name: number, signal = new AbortController().signal) =>
      preview.draw({
        image: image(),
        signal,
        fetchFrame: async () => {
          fetched.push(name);
          return new ArrayBuffer(4);
        },
      });
    return { workers, preview, fetched, draw };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test('one frame at a time; what is cancelled while it waits is never fetched', async () => {
    const { workers, fetched, draw, preview } = setUp();
    const cancel = new AbortController();
    const first = draw(1);
    const second = draw(2, cancel.signal);
    const third = draw(3);
    await settle();
    expect([workers.length, fetched]).toEqual([1, [1]]);
    cancel.abort();
    await expect(second).rejects.toThrow();
    workers[0]!.answer();
    await first;
    await settle();
    workers[0]!.answer();
    await third;
    expect(fetched).toEqual([1, 3]);
    preview.close();
    expect(workers[0]!.isEnded).toBe(true);
  });

  test('a picture that comes after it was cancelled is closed, and the next one is drawn', async () => {
    const { workers, draw, preview } = setUp();
    const cancel = new AbortController();
    const late = draw(1, cancel.signal);
    await settle();
    cancel.abort();
    const close = vi.fn();
    workers[0]!.answer({ close });
    await expect(late).rejects.toThrow();
    expect(close).toHaveBeenCalledOnce();
    const next = draw(2);
    await settle();
    workers[0]!.answer();
    await next;
    preview.close();
  });

  test('a worker that hangs or crashes is replaced, and says so', async () => {
    const { workers, draw, preview } = setUp({ timeLimit: 20 });
    await expect(draw(1)).rejects.toEqual(code('timeout'));
    expect(workers[0]!.isEnded).toBe(true);
    const crashing = draw(2);
    await settle();
    workers[1]!.onerror?.();
    await expect(crashing).rejects.toEqual(code('crashed'));
    const good = draw(3);
    await settle();
    workers[2]!.answer();
    await good;
    preview.close();
  });

  test('an idle worker gives its memory back', async () => {
    const { workers, draw, preview } = setUp({ idleLimit: 10 });
    const first = draw(1);
    await settle();
    workers[0]!.answer();
    await first;
    await vi.waitFor(() => expect(workers[0]!.isEnded).toBe(true));
    preview.close();
  });
});
