/** Modules of the decoders, which bring no types. */

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const factory: (
    settings: import('./codec-types.ts').CodecSettings,
  ) => Promise<{ JpegLSDecoder: new () => import('./codec-types.ts').JpegLsDecoder }>;
  export default factory;
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const factory: (
    settings: import('./codec-types.ts').CodecSettings,
  ) => Promise<{ JPEGDecoder: new () => import('./codec-types.ts').JpegDecoder }>;
  export default factory;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const factory: (
    settings: import('./codec-types.ts').CodecSettings,
  ) => Promise<{ J2KDecoder: new () => import('./codec-types.ts').WaveletDecoder }>;
  export default factory;
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const factory: (
    settings: import('./codec-types.ts').CodecSettings,
  ) => Promise<{ HTJ2KDecoder: new () => import('./codec-types.ts').WaveletDecoder }>;
  export default factory;
}
declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    readonly frame: { readonly dimX: number; readonly dimY: number; readonly precision: number };
    readonly numComp: number;
    decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  }
}
