/** The part of the decoders' interfaces that is used here; the packages bring no types of their own. */

export interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
}

interface FrameDecoder {
  /** Room for the bitstream in the decoder's memory. */
  getEncodedBuffer(length: number): Uint8Array;
  /** Valid until `delete`. */
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): FrameInfo;
  decode(): void;
  delete(): void;
}

export type JpegDecoder = FrameDecoder;

export interface JpegLsDecoder extends FrameDecoder {
  /** 0: one colour after the other; 1: line by line; 2: sample by sample. */
  getInterleaveMode(): number;
}

export interface WaveletDecoder extends FrameDecoder {
  decodeSubResolution(level: number, layer: number): void;
  calculateSizeAtDecompositionLevel(level: number): { readonly width: number; readonly height: number };
}

export interface CodecSettings {
  readonly wasmBinary: ArrayBuffer;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}
