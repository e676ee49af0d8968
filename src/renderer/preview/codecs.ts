/** The WebAssembly decoders, each loaded when the first frame needs it, and what their frames look like to us. */

import charlsUrl from '@cornerstonejs/codec-charls/decodewasm?url';
import charls from '@cornerstonejs/codec-charls/decodewasmjs';
import libjpegUrl from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url';
import libjpeg from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import openjpegUrl from '@cornerstonejs/codec-openjpeg/decodewasm?url';
import openjpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import openjphUrl from '@cornerstonejs/codec-openjph/wasm?url';
import openjph from '@cornerstonejs/codec-openjph/wasmjs';
import { Decoder as LosslessDecoder } from 'jpeg-lossless-decoder-js';
import type { CodecSettings, FrameInfo, WaveletDecoder } from './codec-types.ts';
import { type J2kHeader, readJ2kHeader } from './j2k-header.ts';
import { checkSize, PreviewError } from './samples.ts';

/** What a decoder made of a bitstream: numbers of as many bits as it says, pixel by pixel. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bits: number;
  readonly values: Uint8Array | Uint16Array;
}

type Factory<Module> = (settings: CodecSettings) => Promise<Module>;

function lazy<Module>(factory: Factory<Module>, url: string): () => Promise<Module> {
  let module: Promise<Module> | undefined;
  const load = async (): Promise<Module> => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`A decoder could not be loaded: ${answer.status}.`);
    // What they print is for their authors.
    return factory({ wasmBinary: await answer.arrayBuffer(), print: () => {}, printErr: () => {} });
  };
  return () => {
    module ??= load().catch((error: unknown) => {
      // The next frame may have better luck.
      module = undefined;
      throw error;
    });
    return module;
  };
}

const loadCharls = lazy(charls, charlsUrl);
const loadLibjpeg = lazy(libjpeg, libjpegUrl);
const loadOpenjpeg = lazy(openjpeg, openjpegUrl);
const loadOpenjph = lazy(openjph, openjphUrl);

/** JPEG baseline, extended (8 bits) and progressive; colours come out as RGB. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Decoded> {
  const { JPEGDecoder } = await loadLibjpeg();
  const decoder = new JPEGDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    return decodedOf(decoder.getFrameInfo(), decoder.getDecodedBuffer());
  } finally {
    decoder.delete();
  }
}

/** JPEG lossless, any predictor. */
export function decodeJpegLossless(bytes: Uint8Array): Decoded {
  const decoder = new LosslessDecoder();
  const copy = bytes.slice();
  const data = decoder.decode(copy.buffer, 0, copy.byteLength);
  const { dimX: width, dimY: height, precision } = decoder.frame;
  const components = decoder.numComp;
  // More than eight bits of three colours come out as one colour only.
  if (components !== 1 && precision > 8) throw new PreviewError('unsupported-colour');
  const values = precision > 8 ? new Uint16Array(data.buffer) : new Uint8Array(data.buffer);
  return { width, height, components, bits: precision, values };
}

/** JPEG-LS, lossless and nearly lossless. */
export async function decodeJpegLs(bytes: Uint8Array): Promise<Decoded & { readonly planar: boolean }> {
  const { JpegLSDecoder } = await loadCharls();
  const decoder = new JpegLSDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const decoded = decodedOf(decoder.getFrameInfo(), decoder.getDecodedBuffer());
    return { ...decoded, planar: decoded.components > 1 && decoder.getInterleaveMode() === 0 };
  } finally {
    decoder.delete();
  }
}

/** @param fit a thumbnail of this size is wanted: a lower resolution of the wavelet will do */
export async function decodeJpeg2000(bytes: Uint8Array, fit?: number): Promise<Decoded> {
  const { J2KDecoder } = await loadOpenjpeg();
  return decodeWavelet(new J2KDecoder(), bytes, fit);
}

/** High-throughput JPEG 2000. */
export async function decodeHtj2k(bytes: Uint8Array, fit?: number): Promise<Decoded> {
  const { HTJ2KDecoder } = await loadOpenjph();
  return decodeWavelet(new HTJ2KDecoder(), bytes, fit);
}

function decodeWavelet(decoder: WaveletDecoder, bytes: Uint8Array, fit: number | undefined): Decoded {
  try {
    const header = readJ2kHeader(bytes);
    checkSize(header.width, header.height);
    const level = fit === undefined ? 0 : skippedLevels(header, fit);
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    if (level === 0) {
      decoder.decode();
      return decodedOf(decoder.getFrameInfo(), decoder.getDecodedBuffer());
    }
    decoder.decodeSubResolution(level, 0);
    const size = decoder.calculateSizeAtDecompositionLevel(level);
    return decodedOf({ ...decoder.getFrameInfo(), ...size }, decoder.getDecodedBuffer());
  } finally {
    decoder.delete();
  }
}

/** How often the picture may be halved and still be at least as large as wanted. */
function skippedLevels({ width, height, levels }: J2kHeader, fit: number): number {
  const halves = Math.floor(Math.log2(Math.max(width, height) / fit));
  return Math.max(0, Math.min(levels, halves));
}

/** Copies out of the decoder's memory, which ends with it. */
function decodedOf(info: FrameInfo, buffer: Uint8Array): Decoded {
  const { width, height, componentCount: components, bitsPerSample: bits } = info;
  const count = width * height * components;
  if (bits > 16) throw new PreviewError('unsupported-depth');
  const copy = buffer.slice(0, bits > 8 ? count * 2 : count);
  if (copy.length < (bits > 8 ? count * 2 : count)) throw new PreviewError('damaged');
  return { width, height, components, bits, values: bits > 8 ? new Uint16Array(copy.buffer) : copy };
}
