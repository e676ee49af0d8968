/** How likely text is burned into the pixels, by the header alone (PS3.15 E.3.1 asks a person to look). */

import { BURNED_IN_RISK } from '#shared/rules.ts';

/** What is looked at, beside the SOP class: whoever asks for the risk has to have these. */
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

type BurnedInKeyword = (typeof BURNED_IN_TAGS)[number] | 'SOPClassUID';

type Finding = readonly [points: number, reason: string];

const SCREEN: Finding = [60, 'Secondary Capture: a picture of a screen, a film or a paper'];
const ULTRASOUND: Finding = [60, 'ultrasound: the name is often part of the picture'];
const PHOTOGRAPH: Finding = [40, 'a photograph or video in visible light'];
const DOCUMENT: Finding = [80, 'an encapsulated document'];

/** What follows 1.2.840.10008.5.1.4.1.1. */
const SOP_CLASSES: readonly (readonly [pattern: RegExp, finding: Finding])[] = [
  [/^7(?:\.[1-4])?$/, SCREEN],
  [/^(?:3|6)(?:\.1)?$/, ULTRASOUND],
  [/^77\.1(?:\.|$)/, PHOTOGRAPH],
  [/^104\.[12]$/, DOCUMENT],
];
const STORAGE_ROOT = '1.2.840.10008.5.1.4.1.1.';

const MODALITIES: Readonly<Record<string, Finding>> = {
  US: ULTRASOUND,
  IVUS: ULTRASOUND,
  XC: PHOTOGRAPH,
  ES: PHOTOGRAPH,
  GM: PHOTOGRAPH,
  SC: SCREEN,
  DOC: DOCUMENT,
};

/** PS3.3 C.8.6.1. */
const CONVERSIONS: Readonly<Record<string, Finding>> = {
  WSD: [40, 'drawn by a workstation (ConversionType WSD)'],
  DI: [30, 'captured from a digital interface (ConversionType DI)'],
  DF: [50, 'a digitised film (ConversionType DF)'],
  DV: [50, 'digitised video (ConversionType DV)'],
  SD: [60, 'a scanned document (ConversionType SD)'],
  SI: [50, 'a scanned image (ConversionType SI)'],
};

const SCREENS: ReadonlySet<string> = new Set(['SCREEN SAVE', 'SCREENSAVE', 'SCREEN SHOT', 'SCREENSHOT', 'SCREEN_SAVE']);
const DOSE_REPORT = /dose[ _]?(?:report|info|summary|record)|patient[ _]?protocol|dosis(?:bericht|protokoll)/i;

/**
 * The risk from 0 to 100 and its reasons, none of which holds a value that people type. BurnedInAnnotation YES is 100;
 * NO keeps the score below {@link BURNED_IN_RISK}, whatever else there is. An object without pixels has no risk.
 * @param get the value of an attribute by its keyword, several values with a backslash between them; undefined: absent
 */
export function burnedInRisk(get: (keyword: BurnedInKeyword) => string | undefined): {
  readonly score: number;
  readonly reasons: readonly string[];
} {
  const ofClass = findingOfClass(get('SOPClassUID')?.trim() ?? '');
  if (ofClass !== DOCUMENT && get('Rows') === undefined) return { score: 0, reasons: [] };

  let score = 0;
  const reasons: string[] = [];
  const add = (found: Finding | undefined) => {
    if (!found) return;
    score += found[0];
    reasons.push(found[1]);
  };

  const annotation = get('BurnedInAnnotation')?.trim().toUpperCase();
  if (annotation === 'YES') add([100, 'BurnedInAnnotation is YES']);
  else if (annotation !== 'NO') add([10, 'BurnedInAnnotation is absent']);

  add(ofClass ?? MODALITIES[get('Modality')?.trim() ?? '']);
  const imageType = (get('ImageType') ?? '').split('\\').map((value) => value.trim().toUpperCase());
  if (imageType.some((value) => SCREENS.has(value))) add([60, 'a saved screen (ImageType)']);
  else if (imageType[1] === 'SECONDARY') add([10, 'made after the examination (ImageType SECONDARY)']);
  add(CONVERSIONS[get('ConversionType')?.trim() ?? '']);
  if (DOSE_REPORT.test(`${get('SeriesDescription') ?? ''}\n${get('ProtocolName') ?? ''}`)) {
    add([60, 'a dose report as a picture (SeriesDescription)']);
  }
  if ((get('Manufacturer')?.trim() ?? '') === '') add([10, 'Manufacturer is absent: no modality says that it made it']);

  const most = annotation === 'NO' ? BURNED_IN_RISK - 1 : 100;
  return { score: Math.min(score, most), reasons };
}

function findingOfClass(sopClass: string): Finding | undefined {
  if (!sopClass.startsWith(STORAGE_ROOT)) return undefined;
  const rest = sopClass.slice(STORAGE_ROOT.length);
  return SOP_CLASSES.find(([pattern]) => pattern.test(rest))?.[1];
}
