/** SOP classes by modality, transfer syntaxes by family, sets of tags: what the pickers offer. */

import { getCommonTagSets } from '#shared/dicom/sets.ts';
import {
  isRetiredUid,
  sopClassName,
  storageSopClasses,
  transferSyntaxesOfModeAll,
  transferSyntaxName,
  uidOfKeyword,
} from '#shared/dicom/uids.ts';

/** Something with a UID that can be picked. */
export interface UidChoice {
  readonly uid: string;
  readonly name: string;
  readonly retired: boolean;
}

export interface ChoiceGroup {
  readonly title: string;
  readonly choices: readonly UidChoice[];
}

/** The first pattern that a name matches is its group. */
const SOP_CLASS_GROUPS: readonly (readonly [title: string, pattern: RegExp])[] = [
  ['Security screening and material testing', /DICOS|Eddy Current|Thermography|Ultrasound Waveform/],
  ['Computed tomography (CT)', /\bCT\b.*(Image|Protocol)/],
  ['Magnetic resonance (MR)', /\bMR\b|Tractography/],
  ['Mammography (MG)', /Mammography X-Ray|Breast/],
  ['Ultrasound (US)', /Ultrasound|Enhanced US|Photoacoustic/],
  ['Nuclear medicine and PET (NM, PT)', /Nuclear Medicine|Positron|\bPET\b/],
  ['Radiation therapy (RT)', /\bRT\b|Radiation (Record|Salvage|Storage|Set)|-Arm|Tomotherapeutic/],
  ['Structured reports (SR)', /\bSR\b|Key Object|Procedure Log|Content Assessment/],
  ['Angiography and fluoroscopy (XA, RF)', /Angiograph|\bXA\b.*(Image|Protocol)|XRF Image|Radiofluoroscopic|X-Ray 3D/],
  ['Radiography (CR, DX, IO)', /Computed Radiography|Digital (Intra-Oral )?X-Ray/],
  [
    'Ophthalmology',
    /Ophthalm|Lensometry|refraction|Refraction|Keratometry|Visual|Spectacle|Intraocular|Macular|Corneal|Stereometric|Wide Field/,
  ],
  ['Endoscopy, microscopy, photography', /Endoscopic|Microscop|Photograph|VL |Dermoscopic|Optical Coherence/],
  ['Secondary capture (SC, OT)', /Secondary Capture/],
  ['Documents and models', /Encapsulated/],
  ['Presentation states', /Presentation State/],
  ['Waveforms (ECG, EEG)', /Waveform/],
  [
    'Segmentation, registration, raw data',
    /Segmentation|Registration|Fiducials|Real World|Raw Data|Parametric|Surface Scan/,
  ],
];
const OTHER_GROUP = 'Everything else';

/** Every storage SOP class of the standard by modality, retired ones last in their group. */
export function sopClassGroups(): ChoiceGroup[] {
  const titleOf = ({ name }: UidChoice) =>
    SOP_CLASS_GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? OTHER_GROUP;
  const choices = storageSopClasses().map((uid) => choiceOf(uid, sopClassName));
  return grouped(choices, titleOf, [...SOP_CLASS_GROUPS.map(([title]) => title), OTHER_GROUP]).sort(
    // The modalities of the daily round first: everything after them in the order of the table.
    (a, b) => dailyRank(a.title) - dailyRank(b.title),
  );
}

const DAILY = ['(CR', '(CT)', '(MR)', '(US)', '(MG)', '(NM', '(XA', '(SC', '(SR)', '(RT)'];

function dailyRank(title: string): number {
  const rank = DAILY.findIndex((mark) => title.includes(mark));
  return rank < 0 ? DAILY.length + (title.startsWith('Security') ? 1 : 0) + (title === OTHER_GROUP ? 2 : 0) : rank;
}

const FAMILIES: readonly (readonly [title: string, pattern: RegExp])[] = [
  ['Referenced over the network', /JPIP/],
  ['Uncompressed', /^(Implicit|Explicit|Encapsulated Uncompressed)/],
  ['High-throughput JPEG 2000', /High-Throughput/],
  ['JPEG 2000', /JPEG 2000/],
  ['JPEG-LS', /JPEG-LS/],
  ['JPEG XL', /JPEG XL/],
  ['JPEG, lossless', /^JPEG Lossless/],
  ['JPEG, lossy', /^JPEG/],
  ['RLE and deflate', /RLE|Deflate/],
  ['Video', /MPEG|HEVC|SMPTE/],
];
const FAMILY_ORDER = [
  'Uncompressed',
  'JPEG, lossless',
  'JPEG, lossy',
  'JPEG-LS',
  'JPEG 2000',
  'High-throughput JPEG 2000',
];

/** Every transfer syntax of the standard by family. */
export function transferSyntaxGroups(): ChoiceGroup[] {
  const titleOf = ({ name }: UidChoice) => FAMILIES.find(([, pattern]) => pattern.test(name))?.[0] ?? OTHER_GROUP;
  const choices = transferSyntaxesOfModeAll().map((uid) => choiceOf(uid, transferSyntaxName));
  const order = [
    ...new Set([...FAMILY_ORDER, 'JPEG XL', 'RLE and deflate', 'Video', 'Referenced over the network', OTHER_GROUP]),
  ];
  return grouped(choices, titleOf, order);
}

function choiceOf(uid: string, nameOf: (uid: string) => string | undefined): UidChoice {
  return { uid, name: nameOf(uid) ?? uid, retired: isRetiredUid(uid) };
}

function grouped(
  choices: readonly UidChoice[],
  titleOf: (choice: UidChoice) => string,
  order: readonly string[],
): ChoiceGroup[] {
  const byTitle = Map.groupBy(choices, titleOf);
  return order
    .map((title) => ({
      title,
      choices: (byTitle.get(title) ?? []).toSorted((a, b) => Number(a.retired) - Number(b.retired)),
    }))
    .filter((group) => group.choices.length > 0);
}

/** The groups with only those choices that match every word; empty groups are left out. */
export function searchGroups(groups: readonly ChoiceGroup[], query: string): ChoiceGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...groups];
  const matches = (title: string, { uid, name }: UidChoice) => {
    const text = `${title} ${name} ${uid}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return groups
    .map(({ title, choices }) => ({ title, choices: choices.filter((choice) => matches(title, choice)) }))
    .filter(({ choices }) => choices.length > 0);
}

const UID = /^\d+(\.\d+)*$/;

/** A UID for what was typed: itself, or the one a keyword or a name of the standard stands for; undefined when it is none. */
export function readUid(text: string): string | undefined {
  const trimmed = text.trim();
  if (UID.test(trimmed)) return trimmed.length <= 64 ? trimmed : undefined;
  return uidOfKeyword(trimmed);
}

/** What became of pasted text: UIDs that can be added, words that are none, and how many were there already. */
export interface Pasted {
  readonly added: readonly string[];
  readonly wrong: readonly string[];
  readonly known: number;
}

/** Reads pasted text entry by entry; UIDs and keywords may be separated by anything. */
export function readPasted(entries: readonly string[], present: readonly string[]): Pasted {
  const added: string[] = [];
  const wrong: string[] = [];
  let known = 0;
  const have = new Set(present.map((entry) => readUid(entry) ?? entry));
  for (const entry of entries) {
    const uid = readUid(entry);
    if (uid === undefined) wrong.push(entry);
    else if (have.has(uid)) known++;
    else {
      have.add(uid);
      added.push(uid);
    }
  }
  return { added, wrong, known };
}

/** The name of a SOP class or transfer syntax for people; a private one has none. */
export function uidName(entry: string): string | undefined {
  const uid = readUid(entry) ?? entry;
  return sopClassName(uid) ?? transferSyntaxName(uid);
}

const TAG_SET_TITLES: Readonly<Record<string, string>> = {
  default: 'Usual',
  patientBasic: 'Patient',
  studyBasic: 'Study',
  seriesBasic: 'Series',
  instanceBasic: 'Instance',
  imagePixelInfo: 'Pixels',
  equipment: 'Equipment',
  ct: 'CT',
  mr: 'MR',
  ultrasound: 'Ultrasound',
  petNm: 'PET and NM',
  xa: 'Angiography',
  rt: 'Radiation therapy',
};

/** The ready-made sets of tags, with a title each. */
export function tagSets(): { readonly title: string; readonly tags: readonly string[] }[] {
  const { default: usual, ...others } = getCommonTagSets();
  return Object.entries({ default: usual, ...others }).map(([name, tags]) => ({
    title: TAG_SET_TITLES[name] ?? name.replace(/([A-Z])/g, ' $1').replace(/^./, (first) => first.toUpperCase()),
    tags,
  }));
}
