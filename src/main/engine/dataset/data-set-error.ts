/** The one error of everything that reads Data Sets. */

/**
 * - `not-a-data-set`: nothing here can be read as elements (empty, random, zeros, an impossible length)
 * - `truncated`: the bytes end inside an element
 * - `unclosed`: the bytes end inside a sequence or item of undefined length
 * - `malformed`: an element that cannot be where it is, or is longer than what contains it
 * - `too-deep`: more nested sequences than MAX_DEPTH
 * - `header-too-long`: more bytes before the Pixel Data than the receiver is willing to hold
 * - `bad-deflate`: not a deflate stream
 */
export type DataSetErrorCode =
  | 'not-a-data-set'
  | 'truncated'
  | 'unclosed'
  | 'malformed'
  | 'too-deep'
  | 'header-too-long'
  | 'bad-deflate';

/** A Data Set that cannot be read. The message names tags and positions, never a value. */
export class DataSetError extends Error {
  readonly code: DataSetErrorCode;

  constructor(code: DataSetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataSetError';
    this.code = code;
  }
}
