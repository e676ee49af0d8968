/** Bytes that grow at their end, and can be cut back or filled in behind the pen. */

/** Below this many bytes a loop is faster than a call into the runtime. */
const SHORT = 48;

export class ByteWriter {
  /** At least `length` bytes; what is behind them says nothing. */
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = unwritten(Math.max(capacity, 64));
  }

  /** Appends the bytes of `source` from `start` to `end`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (count <= 0) return;
    const at = this.skip(count);
    const { bytes } = this;
    if (count < SHORT) for (let index = 0; index < count; index++) bytes[at + index] = source[start + index]!;
    else bytes.set(source.subarray(start, end), at);
  }

  /** Makes room for bytes that are filled in later; gives where they begin. */
  skip(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = unwritten(2 * this.length);
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
    }
    return at;
  }

  /** What has been written, as a view: who keeps it keeps the buffer that small pieces share. The writer is used no more. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Memory with anything in it: clearing it takes longer than filling it. Small pieces share a buffer. */
function unwritten(length: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafe(length);
  return new Uint8Array(buffer, byteOffset, length);
}
