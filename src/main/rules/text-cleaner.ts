/** Takes out of free text what identifies a person, and leaves what describes an examination (PS3.15 E.3.5). */

import { foldWithOrigins } from './fold.ts';
import { type OwnValues, ownTokens } from './own-values.ts';
import { numberSpans } from './text-patterns.ts';
import { titledNameSpans } from './titled-names.ts';
import { findToken, type Span } from './token-search.ts';

/** Stands where something was. */
export const REMOVED = '[removed]';

/** What may stand between two finds that are one: `Doe, John`, `Doe^John`. */
const GAP = /^[ \t,;^=.:_/-]{0,3}$/;

/**
 * A function that takes out of a text the patient's own name, IDs, accession numbers and birth date, and whatever looks
 * like a date, a telephone number, an address of electronic mail or of the web, a UID, a number of five digits or more, or
 * a name with a title. Words that are nobody's stay: it can find a name without a title only when it is the patient's.
 */
export function createTextCleaner(own: OwnValues): (text: string) => string {
  const tokens = ownTokens(own);
  const ownSpans = (text: string): Span[] => {
    const folded = foldWithOrigins(text);
    return tokens.flatMap((token) => {
      const spans: Span[] = [];
      let found = findToken(folded.text, token.text);
      while (found) {
        spans.push({ start: folded.origin(found.start), end: folded.origin(found.end) });
        found = findToken(folded.text, token.text, found.end);
      }
      return spans;
    });
  };
  return (text) => {
    const spans = [...ownSpans(text), ...numberSpans(text), ...titledNameSpans(text)];
    return spans.length === 0 ? text : without(text, spans);
  };
}

/** The text with every span replaced, those that overlap or nearly touch by one mark. */
function without(text: string, spans: readonly Span[]): string {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && (start <= last.end || GAP.test(text.slice(last.end, start)))) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  let result = '';
  let at = 0;
  for (const { start, end } of merged) {
    result += text.slice(at, start) + REMOVED;
    at = end;
  }
  return result + text.slice(at);
}
