/** Where tokens stand in folded text: as words of their own, numbers not inside longer numbers. */

/** A stretch of a text: from `start`, up to and without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Scripts that write no gaps between words. */
const WITHOUT_GAPS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER = /[\p{L}\p{Mc}]/u;
const DIGIT = /\p{Nd}/u;

/** Where a token stands from an offset on; undefined: nowhere. */
export function findToken(folded: string, token: string, from = 0): Span | undefined {
  for (let start = folded.indexOf(token, from); start !== -1; start = folded.indexOf(token, start + 1)) {
    const end = start + token.length;
    if (
      isEdge(folded.charAt(start - 1), token.charAt(0)) &&
      isEdge(folded.charAt(end), token.charAt(token.length - 1))
    ) {
      return { start, end };
    }
  }
  return undefined;
}

/** Whether a word or a number may end between a token's outer character and the one beside it. */
function isEdge(beside: string, own: string): boolean {
  if (beside === '') return true;
  if (DIGIT.test(own)) return !DIGIT.test(beside);
  if (!LETTER.test(own) || !LETTER.test(beside)) return true;
  return WITHOUT_GAPS.test(own) || WITHOUT_GAPS.test(beside);
}
