/** Bytes as lines of hexadecimal digits and characters. Pure. */

const WIDTH = 16;
/** More than this is not shown. */
export const MOST_HEX_BYTES = 65_536;

export interface HexLine {
  readonly offset: string;
  readonly hex: string;
  readonly characters: string;
}

export function hexLines(bytes: Uint8Array): readonly HexLine[] {
  const shown = bytes.subarray(0, MOST_HEX_BYTES);
  return Array.from({ length: Math.ceil(shown.length / WIDTH) }, (_, line) => {
    const part = [...shown.subarray(line * WIDTH, (line + 1) * WIDTH)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0'));
    return {
      offset: (line * WIDTH).toString(16).padStart(6, '0'),
      hex: `${digits.slice(0, 8).join(' ')}  ${digits.slice(8).join(' ')}`.padEnd(WIDTH * 3),
      characters: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    };
  });
}
