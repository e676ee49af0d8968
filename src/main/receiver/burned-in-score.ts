/** How likely text is burned into the pixels of a stored object, by the attributes that the history asks for anyway. */

import { burnedInRisk } from '#main/rules/burned-in.ts';

/** 0 to 100. @param tags values by keyword; absent or empty: the object lacks it */
export function burnedInScore(sopClassUid: string, tags: Readonly<Record<string, string>>): number {
  return burnedInRisk((keyword) => (keyword === 'SOPClassUID' ? sopClassUid : tags[keyword] || undefined)).score;
}
