/** Bytes that arrived in pieces and are joined at most once. */

// Below this size a view costs more than its bytes: a peer that sends single bytes must not fill the memory with views.
const SMALL = 4096;
const BLOCK = 65536;
/** Every object has lists that stay empty. */
const NOTHING = new Uint8Array(0);

/** A growing list of bytes. Large pieces are kept as views until `own` is called; small ones are copied. */
export class ByteList {
  #pieces: Uint8Array[] = [];
  /** Where small pieces are copied to. */
  #block: Uint8Array = NOTHING;
  #blockUsed = 0;
  #pieceStart = 0;
  /** The last piece is the end of the block and can grow. */
  #growing = false;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    this.#length += bytes.length;
    // The first piece is kept as it is: a header that arrives in one piece is never copied.
    if (bytes.length >= SMALL || this.#pieces.length === 0) {
      this.#pieces.push(bytes);
      this.#pieceStart = this.#blockUsed;
      this.#growing = false;
      return;
    }
    if (this.#blockUsed + bytes.length > this.#block.length) {
      this.#block = new Uint8Array(BLOCK);
      this.#blockUsed = 0;
      this.#pieceStart = 0;
      this.#growing = false;
    }
    this.#block.set(bytes, this.#blockUsed);
    this.#blockUsed += bytes.length;
    if (this.#growing) this.#pieces.pop();
    this.#pieces.push(this.#block.subarray(this.#pieceStart, this.#blockUsed));
    this.#growing = true;
  }

  /** Copies the last piece if it is still somebody else's memory, which may be used again from now on. */
  own(): void {
    const last = this.#pieces.at(-1);
    if (!last || last.buffer === this.#block.buffer) return;
    this.#pieces[this.#pieces.length - 1] = new Uint8Array(last);
  }

  /** The bytes from `start` to `end` in their pieces. */
  slice(start: number, end = this.#length): Uint8Array[] {
    const views: Uint8Array[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.length);
      if (from < to) views.push(piece.subarray(from, to));
      at += piece.length;
    }
    return views;
  }

  clear(): void {
    this.#pieces = [];
    this.#block = NOTHING;
    this.#blockUsed = 0;
    this.#growing = false;
    this.#length = 0;
  }
}

/** One array with all the bytes; a single piece is returned as it is. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
