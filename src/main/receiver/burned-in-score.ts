/** How likely text is burned into the pixels of a stored object, by the attributes that the history asks for anyway. */

import { burnedInRisk } from '#main/rules/burned-in.ts';

/** What is judged, beside the SOP class. */
export const BURNED_IN_TAGS = [
  'Rows',
  'Modality',
  'BurnedInAnnotation',
  'ImageType',
  'ConversionType',
  'SeriesDescription',
  'ProtocolName',
  'Manufacturer',
] as const;

/** 0 to 100. @param tags values by keyword; absent or empty: the object lacks it */
export function burnedInScore(sopClassUid: string, tags: Readonly<Record<string, string>>): number {
  return burnedInRisk((keyword) => (keyword === 'SOPClassUID' ? sopClassUid : tags[keyword] || undefined)).score;
}
