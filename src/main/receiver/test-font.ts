/** A tiny bitmap font, 5 by 7, for the words burned into test images. */

const WIDTH = 5;
const HEIGHT = 7;

/** Every glyph as seven rows of five bits, each row two hexadecimal digits. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: '0e11111f111111',
  C: '0e11101010110e',
  D: '1e11111111111e',
  E: '1f10101e10101f',
  I: '0e04040404040e',
  L: '1010101010101f',
  M: '111b1515111111',
  N: '11191513111111',
  O: '0e11111111110e',
  P: '1e11111e101010',
  R: '1e11111e141211',
  S: '0f10100e01011e',
  T: '1f040404040404',
  U: '1111111111110e',
  Y: '11110a04040404',
  '0': '0e11131519110e',
  '1': '040c040404040e',
  '2': '0e11010204081f',
  '3': '1f02040201110e',
  '4': '02060a121f0202',
  '5': '1f101e0101110e',
  '6': '0608101e11110e',
  '7': '1f010204080808',
  '8': '0e11110e11110e',
  '9': '0e11110f01020c',
  '/': '01010204081010',
  ' ': '00000000000000',
};

/**
 * Calls `dot` for every pixel of a text.
 * @param scale pixels per dot of the font
 */
export function drawText(
  text: string,
  left: number,
  top: number,
  scale: number,
  dot: (x: number, y: number) => void,
): void {
  [...text].forEach((character, index) => {
    const glyph = GLYPHS[character];
    if (glyph === undefined) throw new Error(`the font has no ${character}`);
    for (let y = 0; y < HEIGHT * scale; y++) {
      const row = Number.parseInt(glyph.slice(2 * Math.floor(y / scale), 2 * Math.floor(y / scale) + 2), 16);
      for (let x = 0; x < WIDTH * scale; x++) {
        const isSet = (row >> (WIDTH - 1 - Math.floor(x / scale))) & 1;
        if (isSet) dot(left + index * (WIDTH + 1) * scale + x, top + y);
      }
    }
  });
}
