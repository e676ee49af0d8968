/** Looks through a treated header for what is the patient's own: every text, at every depth. */

import { type Charset, charsetOf } from '#main/engine/dataset/charset.ts';
import { contentsOf } from '#main/engine/dataset/element-walker.ts';
import { type ElementList, encodingInside, itemsOf, parseElements, valueBytes } from '#main/engine/dataset/elements.ts';
import { outermostLevel } from '#main/engine/dataset/rewrite.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import { formatTag } from '#shared/dicom/tag.ts';
import type { ResidualHit } from '#shared/rules.ts';
import { type KeptText, SCANNED_VRS } from './kept-text.ts';
import { Place } from './place.ts';
import { findResidual, type ResidualText, type ResidualTokens } from './residual.ts';
import { findToken } from './token-search.ts';
import { nameOf } from './treatment.ts';

/** What is left of the patient's own values, by the tokens `wanted`. `kept` is the text that stays: a quick look at it is nearly always enough. */
export function leftovers(
  wanted: ResidualTokens,
  header: ElementList,
  encoding: Encoding,
  kept: KeptText,
): readonly ResidualHit[] {
  if (!mayOccur(wanted, kept.toString())) return [];
  return findResidual(textsOf(new Place(outermostLevel(header, encoding), charsetOf([])), ''), wanted);
}

/** True where only the long way can tell. */
function mayOccur({ tokens, probes, plain }: ResidualTokens, text: string): boolean {
  if (tokens.length === 0) return false;
  // Accents, other alphabets and escape sequences need their character set; so do they where they are looked for.
  if (!plain || text.includes('\u001b') || /[\u0080-\u00ff]/.test(text)) return true;
  const folded = text.toLowerCase();
  if (!probes.some((probe) => folded.includes(probe))) return false;
  return tokens.some((token) => findToken(folded, token.text) !== undefined);
}

function* textsOf(place: Place, prefix: string): Generator<ResidualText> {
  const { bytes, encoding, elements, depth } = place.level;
  for (const element of elements) {
    const vr = place.vrOf(element);
    const path = `${prefix}${formatTag(element.tag)}`;
    if (contentsOf(element.tag, vr, element.undefinedLength) === 'sequence') {
      const inner = encodingInside(element, encoding);
      for (const [index, item] of itemsOf(bytes, element, encoding).entries()) {
        const { valueStart: start, valueEnd: end } = item;
        const inside = { bytes, elements: parseElements(bytes, inner, start, end), encoding: inner, start, end };
        const within = new Place({ ...inside, depth: depth + 1 }, place.charset, place, element.tag, index);
        yield* textsOf(within, `${path}[${index}].`);
      }
      continue;
    }
    if (element.undefinedLength || !SCANNED_VRS.has(vr)) continue;
    // UN may hold anything: whatever can be read in it as text counts.
    const text = vr === 'UN' ? rawText(valueBytes(bytes, element), place.charset) : place.textOf(element, vr);
    if (text !== '') yield { path, keyword: nameOf(element.tag), vr, text };
  }
}

function rawText(bytes: Uint8Array, charset: Charset): string {
  const { terms } = charset;
  return (terms.length > 0 ? charset : charsetOf(['ISO_IR 100'])).decode(bytes, 'UN');
}
