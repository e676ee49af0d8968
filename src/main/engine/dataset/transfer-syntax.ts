/** What a transfer syntax UID says about the bytes of a Data Set (PS3.5 10, annex A). */

/** How the bytes of a Data Set are to be read. */
export interface Encoding {
  /** The VR is written in every element (PS3.5 7.1.2), not taken from the dictionary (7.1.3). */
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
  /** The whole Data Set is one raw deflate stream (PS3.5 A.5). */
  readonly deflated: boolean;
  /** Pixel Data, where there is any, comes in fragments of undefined total length (PS3.5 A.4). */
  readonly encapsulated: boolean;
}

/** PS3.5 A.1; also what a UN element of undefined length contains, whatever is around it (6.2.2). */
export const IMPLICIT_LITTLE: Encoding = Object.freeze({
  explicitVr: false,
  littleEndian: true,
  deflated: false,
  encapsulated: false,
});

/** PS3.5 A.2; also the encoding of the File Meta Information (PS3.10 7.1). */
export const EXPLICIT_LITTLE: Encoding = Object.freeze({ ...IMPLICIT_LITTLE, explicitVr: true });

/** PS3.5 A.3, retired. */
export const EXPLICIT_BIG: Encoding = Object.freeze({ ...EXPLICIT_LITTLE, littleEndian: false });

const DEFLATED: Encoding = Object.freeze({ ...EXPLICIT_LITTLE, deflated: true });
const ENCAPSULATED: Encoding = Object.freeze({ ...EXPLICIT_LITTLE, encapsulated: true });

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['1.2.840.10008.1.2', IMPLICIT_LITTLE],
  ['1.2.840.10008.1.2.1', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.1.99', DEFLATED],
  ['1.2.840.10008.1.2.2', EXPLICIT_BIG],
  // JPIP names the pixels by a URL: there is nothing to encapsulate (PS3.5 A.6, A.7).
  ['1.2.840.10008.1.2.4.94', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.4.95', DEFLATED],
  ['1.2.840.10008.1.2.4.204', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.4.205', DEFLATED],
  // SMPTE ST 2110 carries the pixels in another stream (PS3.22).
  ['1.2.840.10008.1.2.7.1', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.7.2', EXPLICIT_LITTLE],
  ['1.2.840.10008.1.2.7.3', EXPLICIT_LITTLE],
  // Papyrus 3, retired.
  ['1.2.840.10008.1.20', IMPLICIT_LITTLE],
  // GE private: only the words of the pixels are big endian, the elements are not.
  ['1.2.840.113619.5.2', IMPLICIT_LITTLE],
]);

/**
 * The encoding of a transfer syntax. Every other one, unknown and private ones included, is Explicit VR Little Endian
 * with encapsulated pixels, as PS3.5 10.1 and A.4 ask of all that were added since.
 */
export function encodingOf(transferSyntaxUid: string): Encoding {
  return ENCODINGS.get(transferSyntaxUid) ?? ENCAPSULATED;
}
