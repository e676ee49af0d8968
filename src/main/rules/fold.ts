/** Text without what a search should not depend on: case, accents, width, the kind of apostrophe. */

/** Letters that Unicode does not take apart. */
const APART: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ς: 'σ',
  '’': "'",
  '‘': "'",
  ʼ: "'",
};
const LETTERS_APART = /[æœøłđðþς’‘ʼ]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is from 00 to 7F.
const ASCII = /^[\x00-\x7f]*$/;

const WITH_MARKS = /\P{M}\p{M}*|\p{M}+/gu;

/** Small letters without accents: `MÜLLER` and `muller` are the same, `ß` is `ss`. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKD')
      // The accents of Latin, Greek and Cyrillic; elsewhere a mark may make another letter.
      .replace(/[\u0300-\u036f]/g, '')
      .normalize('NFC')
      // Both ways: ß has no single capital.
      .toUpperCase()
      .toLowerCase()
      .replace(LETTERS_APART, (letter) => APART[letter]!)
  );
}

/** Folded text, and where it comes from. */
export interface FoldedText {
  readonly text: string;
  /** The offset in the original of an offset in the folded text; its length leads to the length of the original. */
  origin(offset: number): number;
}

/** {@link foldText} with the way back. */
export function foldWithOrigins(text: string): FoldedText {
  if (ASCII.test(text)) return { text: text.toLowerCase(), origin: (offset) => offset };
  let folded = '';
  const origins: number[] = [];
  let at = 0;
  for (const [character] of text.matchAll(WITH_MARKS)) {
    const piece = foldText(character);
    for (let unit = 0; unit < piece.length; unit++) origins.push(at);
    folded += piece;
    at += character.length;
  }
  origins.push(text.length);
  return { text: folded, origin: (offset) => origins[offset]! };
}
