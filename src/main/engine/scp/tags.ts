/** What of a Data Set goes into `tags`: which attributes, under which names, at which level of the study. */
import { type Charset, charsetOf } from '#main/engine/dataset/charset.ts';
import { type ElementRef, valueBytes } from '#main/engine/dataset/elements.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import { decodeValue } from '#main/engine/dataset/values.ts';
import { entryOfTag, tagOfKeyword, vrOfTag } from '#shared/dicom/dictionary.ts';
import { type CustomTag, parseCustomTag } from '#shared/dicom/sets.ts';
import { elementOf, groupOf, parseTag, type Tag, tagOf } from '#shared/dicom/tag.ts';

/** Where `onStudyCompleted` reports an attribute: with the study, the series or the instance. */
export type Level = 'study' | 'series' | 'instance';

/** An attribute by its tag; with a creator, by its number inside that creator's block (PS3.5 7.8.1). */
export interface TagTarget {
  readonly tag: Tag;
  readonly creator?: string;
}

/** One attribute to extract. */
export interface TagPlanEntry {
  /** The key in `tags`. */
  readonly name: string;
  readonly target: TagTarget;
  readonly level: Level;
}

/** A mistake in the options, and where it is: `['extractCustomTags', 0, 'tag']`. */
export interface TagProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** `extractTags` and `extractCustomTags`, understood. */
export interface TagPlan {
  readonly entries: readonly TagPlanEntry[];
  /** The highest tag the plan needs; 0 when it needs none. */
  readonly lastTag: Tag;
  /** The values of a Data Set's elements by name, as `decodeValue` gives them. Absent attributes are left out. */
  extract(elements: readonly ElementRef[], bytes: Uint8Array, encoding: Encoding): Record<string, string>;
  /**
   * The attribute a name means: a name of this plan, a keyword, `(GGGG,EEEE)` or 8 hexadecimal digits. The name of a
   * custom tag is that tag, even if a standard attribute has the same. Undefined when no Data Set has such an attribute.
   */
  resolve(name: string): TagTarget | undefined;
  /** Extracted tags, each at its level. */
  splitByLevel(tags: Readonly<Record<string, string>>): Record<Level, Record<string, string>>;
}

// --- Levels ------------------------------------------------------------------------------------------------------

/** Attributes of the study outside groups 0010 and 0012 (PS3.3 C.7.2, C.3.1 to C.3.4). */
const STUDY_KEYWORDS = new Set(
  `AccessionNumber AdmissionID AdmittingDate AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription AdmittingTime
  ConsultingPhysicianIdentificationSequence ConsultingPhysicianName CurrentPatientLocation
  IssuerOfAccessionNumberSequence IssuerOfAdmissionID IssuerOfAdmissionIDSequence IssuerOfServiceEpisodeIDSequence
  ModalitiesInStudy NameOfPhysiciansReadingStudy NumberOfPatientRelatedInstances NumberOfPatientRelatedSeries
  NumberOfPatientRelatedStudies NumberOfStudyRelatedInstances NumberOfStudyRelatedSeries PatientState
  PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence PhysiciansReadingStudyIdentificationSequence
  ProcedureCodeSequence ReasonForPerformedProcedureCodeSequence ReasonForVisit ReasonForVisitCodeSequence
  ReferencedPatientSequence ReferencedStudySequence ReferringPhysicianAddress ReferringPhysicianIdentificationSequence
  ReferringPhysicianName ReferringPhysicianTelephoneNumbers RequestingPhysician RequestingService
  RequestingServiceCodeSequence SOPClassesInStudy ServiceEpisodeDescription ServiceEpisodeID StudyComments StudyDate
  StudyDescription StudyID StudyInstanceUID StudyTime`.split(/\s+/),
);

/** Attributes of the series (PS3.3 C.7.3, C.7.4.1, C.4.13 to C.4.15), whatever their group. */
const SERIES_KEYWORDS = new Set(
  `AnatomicalOrientationType BodyPartExamined ClinicalTrialCoordinatingCenterName ClinicalTrialSeriesDescription
  ClinicalTrialSeriesID CommentsOnThePerformedProcedureStep FrameOfReferenceUID IssuerOfClinicalTrialSeriesID
  LargestPixelValueInSeries Laterality Modality NumberOfSeriesRelatedInstances OperatorIdentificationSequence
  OperatorsName PatientPosition PerformedProcedureStepDescription PerformedProcedureStepEndDate
  PerformedProcedureStepEndTime PerformedProcedureStepID PerformedProcedureStepStartDate
  PerformedProcedureStepStartTime PerformedProtocolCodeSequence PerformingPhysicianIdentificationSequence
  PerformingPhysicianName PositionReferenceIndicator PresentationIntentType ProtocolName
  ReasonForTheRequestedProcedure ReasonForRequestedProcedureCodeSequence ReferencedPerformedProcedureStepSequence
  RelatedSeriesSequence RequestAttributesSequence RequestedProcedureDescription RequestedProcedureID
  ScheduledProcedureStepDescription ScheduledProcedureStepID SeriesDate SeriesDescription
  SeriesDescriptionCodeSequence SeriesInstanceUID SeriesNumber SeriesTime SeriesType SmallestPixelValueInSeries
  TreatmentSessionUID`.split(/\s+/),
);

/** Patient attributes belong to the study, those of the equipment to the instance. */
function levelOf(tag: Tag): Level {
  const keyword = entryOfTag(tag)?.keyword ?? '';
  if (SERIES_KEYWORDS.has(keyword)) return 'series';
  // PS3.6: groups 0010 and 0012 describe the patient and his part in a clinical trial.
  if (STUDY_KEYWORDS.has(keyword) || groupOf(tag) === 0x0010 || groupOf(tag) === 0x0012) return 'study';
  return 'instance';
}

// --- Private blocks ----------------------------------------------------------------------------------------------

function isPrivateCreator(tag: Tag, group: number): boolean {
  return groupOf(tag) === group && elementOf(tag) >= 0x10 && elementOf(tag) <= 0xff;
}

const DEFAULT_REPERTOIRE = charsetOf([]);

/** The tag a target has in one Data Set; undefined when its private creator is not there (PS3.5 7.8.1). */
export function tagIn(
  { tag, creator }: TagTarget,
  elements: readonly ElementRef[],
  bytes: Uint8Array,
): Tag | undefined {
  if (creator === undefined) return tag;
  const group = groupOf(tag);
  const block = elements.find((element) => {
    if (!isPrivateCreator(element.tag, group)) return false;
    const encoding = { littleEndian: true, charset: DEFAULT_REPERTOIRE };
    return decodeValue('LO', valueBytes(bytes, element), encoding) === creator.trim();
  });
  return block && tagOf(group, elementOf(block.tag) * 0x100 + (tag & 0xff));
}

// --- Understanding the options -----------------------------------------------------------------------------------

/** Data Sets hold no command elements (PS3.7 6.3), no file meta information (PS3.10 7.1) and no bare items. */
function isDataElement(tag: Tag): boolean {
  return groupOf(tag) > 0x0003 && groupOf(tag) < 0xfffe;
}

/** The keyword of a tag, where it means that tag alone and not a repeating group. */
function keywordOf(tag: Tag): string | undefined {
  const keyword = entryOfTag(tag)?.keyword;
  return keyword && tagOfKeyword(keyword) === tag ? keyword : undefined;
}

function standardEntry(text: string): TagPlanEntry | undefined {
  const tag = tagOfKeyword(text) ?? parseTag(text);
  // File meta attributes are among the names of the specification; they are never found, but no mistake either.
  if (tag === undefined || (!isDataElement(tag) && groupOf(tag) !== 0x0002)) return undefined;
  return { name: keywordOf(tag) ?? text, target: { tag }, level: levelOf(tag) };
}

/**
 * Reads `extractTags` (keywords, `(GGGG,EEEE)`, 8 hexadecimal digits) and `extractCustomTags`.
 *
 * An attribute named twice in `extractTags` is extracted once; a name that would stand for two attributes is a mistake.
 */
export function buildTagPlan(
  extractTags: readonly string[],
  extractCustomTags: readonly CustomTag[],
): { readonly plan: TagPlan } | { readonly problems: readonly TagProblem[] } {
  const entries = new Map<string, TagPlanEntry>();
  const customNames = new Set<string>();
  const problems: TagProblem[] = [];

  for (const [index, text] of extractTags.entries()) {
    const entry = standardEntry(text);
    if (entry) entries.set(entry.name, entry);
    else {
      const message = `${JSON.stringify(text)} is no attribute of PS3.6, and neither (GGGG,EEEE) nor 8 hexadecimal digits`;
      problems.push({ path: ['extractTags', index], message });
    }
  }
  for (const [index, custom] of extractCustomTags.entries()) {
    const report = (field: string, message: string) =>
      problems.push({ path: ['extractCustomTags', index, field], message });
    const tag = parseCustomTag(custom);
    if (typeof tag === 'string') report('tag', tag);
    if (custom.name.trim() === '') report('name', 'the name is empty');
    // Setting this key of an object would not make a key.
    else if (custom.name === '__proto__') report('name', 'the name cannot be used');
    else if (entries.has(custom.name))
      report('name', `${JSON.stringify(custom.name)} is the name of another tag already`);
    else if (typeof tag === 'number') {
      const target = custom.creator === undefined ? { tag } : { tag, creator: custom.creator };
      entries.set(custom.name, { name: custom.name, target, level: 'instance' });
      customNames.add(custom.name);
    }
  }
  return problems.length > 0 ? { problems } : { plan: planOf(entries, customNames) };
}

// --- Following the plan ------------------------------------------------------------------------------------------

const SPECIFIC_CHARACTER_SET = 0x00080005;

function planOf(entries: ReadonlyMap<string, TagPlanEntry>, customNames: ReadonlySet<string>): TagPlan {
  const list = [...entries.values()];
  const inOpenBlocks = list.filter(({ target }) => target.creator !== undefined);
  // Two names may mean one attribute: a standard one and a custom one.
  const namesByTag = new Map<Tag, string[]>();
  for (const { name, target } of list) {
    if (target.creator === undefined) addName(namesByTag, target.tag, name);
  }

  return {
    entries: list,
    lastTag: list.reduce((last, { target }) => Math.max(last, highestTag(target)), 0),
    extract(elements, bytes, encoding) {
      const tags: Record<string, string> = {};
      let names = namesByTag;
      if (inOpenBlocks.length > 0) {
        names = new Map([...namesByTag].map(([tag, list]) => [tag, [...list]]));
        for (const { name, target } of inOpenBlocks) {
          const tag = tagIn(target, elements, bytes);
          if (tag !== undefined) addName(names, tag, name);
        }
      }
      if (names.size === 0) return tags;
      let charset = DEFAULT_REPERTOIRE;
      for (const element of elements) {
        if (element.tag === SPECIFIC_CHARACTER_SET) charset = readCharset(bytes, element);
        const wanted = names.get(element.tag);
        // The first of several elements with one tag is the one: later ones are not legal (PS3.5 7.1).
        if (wanted === undefined || Object.hasOwn(tags, wanted[0]!)) continue;
        const text = textOf(element, bytes, encoding, charset);
        for (const name of wanted) tags[name] = text;
      }
      return tags;
    },
    resolve(name) {
      if (customNames.has(name)) return entries.get(name)!.target;
      const tag = tagOfKeyword(name) ?? parseTag(name);
      return tag === undefined || !isDataElement(tag) ? undefined : { tag };
    },
    splitByLevel(tags) {
      const levels: Record<Level, Record<string, string>> = { study: {}, series: {}, instance: {} };
      for (const [name, text] of Object.entries(tags)) levels[entries.get(name)?.level ?? 'instance'][name] = text;
      return levels;
    },
  };
}

function addName(names: Map<Tag, string[]>, tag: Tag, name: string): void {
  const others = names.get(tag);
  if (others) others.push(name);
  else names.set(tag, [name]);
}

/** In an open block, the tag it has if the block is the last there can be. */
function highestTag({ tag, creator }: TagTarget): Tag {
  return creator === undefined ? tag : tagOf(groupOf(tag), 0xff00 + (tag & 0xff));
}

function readCharset(bytes: Uint8Array, element: ElementRef): Charset {
  const encoding = { littleEndian: true, charset: DEFAULT_REPERTOIRE };
  return charsetOf(decodeValue('CS', valueBytes(bytes, element), encoding).split('\\'));
}

function textOf(element: ElementRef, bytes: Uint8Array, { littleEndian }: Encoding, charset: Charset): string {
  // Sequences and encapsulated pixels.
  if (element.undefinedLength) return '';
  const value = valueBytes(bytes, element);
  if (element.vr !== 'UN') return decodeValue(element.vr, value, { littleEndian, charset });
  // PS3.5 6.2.2: a known attribute in UN is Implicit VR Little Endian, whatever is around it.
  return decodeValue(vrOfTag(element.tag), value, { littleEndian: true, charset });
}
