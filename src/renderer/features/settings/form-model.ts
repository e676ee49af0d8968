/** The settings form without a page: a draft of a profile, what differs from the saved one, what is wrong with it. */

import {
  type CommandArgument,
  checkProfileOptions,
  type Problem,
  type Profile,
  type ProfileOptions,
  S3_SECRET_NAMES,
  SECRET_NAMES,
  type SecretName,
  secretPath,
} from '#shared/contract.ts';
import { type CustomTag, getCommonTransferSyntaxes, parseCustomTag } from '#shared/dicom/sets.ts';
import { storageSopClasses, transferSyntaxesOfModeAll } from '#shared/dicom/uids.ts';
import {
  type OptionGroup,
  type OptionName,
  type OptionText,
  optionDefaults,
  optionKind,
  optionNames,
  optionTexts,
  type S3OptionName,
  s3Texts,
} from '#shared/options.ts';

/** Options of a draft: what was typed may not be valid yet, and is kept as it was typed. */
export type DraftOptions = { readonly [Name in FormOption]?: unknown };
/** Every option but the one that only a program can give. */
export type FormOption = Exclude<OptionName, 'logger'>;
/** A part of `s3Config` that is no secret. */
export type S3Field = Exclude<S3OptionName, SecretName>;

/** A profile while it is edited. */
export interface Draft {
  readonly name: string;
  readonly autoStart: boolean;
  readonly options: DraftOptions;
  /** New secrets; null: the stored one is to be removed; absent: it stays. */
  readonly secrets: { readonly [Name in SecretName]?: string | null };
}

/** Every option that the form shows, in its order. */
export function formOptions(): FormOption[] {
  return optionNames().filter((name) => name !== 'logger');
}

/** The options of one group, in the order of the form. */
export function optionsOfGroup(group: OptionGroup): FormOption[] {
  return formOptions().filter((name) => optionTexts[name].group === group);
}

/** A profile as it is saved, ready to be edited. */
export function draftOf(profile: Profile): Draft {
  return { name: profile.name, autoStart: profile.autoStart, options: profile.options, secrets: {} };
}

/**
 * The draft with one option changed; undefined leaves it out, so that its default holds. Whoever turns to S3 spools unless
 * he has said otherwise: the default of the library is meant for programs.
 */
export function withOption(draft: Draft, name: FormOption, value: unknown): Draft {
  const { [name]: _, ...others } = draft.options;
  const next = { ...draft, options: value === undefined ? others : { ...others, [name]: value } };
  const isNew = name === 'storageBackend' && value === 'S3' && s3ConfigOf(draft).mode === undefined;
  return isNew ? withS3Field(next, 'mode', 'spool') : next;
}

/** The draft with one part of `s3Config` changed. A configuration without parts is none. */
export function withS3Field(draft: Draft, field: S3Field, value: unknown): Draft {
  const { [field]: _, ...others } = s3ConfigOf(draft);
  const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  const config = isEmpty ? others : { ...others, [field]: value };
  return withOption(draft, 's3Config', Object.keys(config).length === 0 ? undefined : config);
}

/** The S3 configuration of a draft; an empty object where there is none. */
export function s3ConfigOf(draft: Pick<Draft, 'options'>): { readonly [Field in S3Field]?: unknown } {
  const config = draft.options.s3Config;
  return typeof config === 'object' && config !== null ? config : {};
}

export const S3_PRESETS = ['aws', 'minio', 'other'] as const;
export type S3Preset = (typeof S3_PRESETS)[number];

/** The service that a configuration looks like. */
export function s3PresetOf(draft: Draft): S3Preset {
  const { endpoint, forcePathStyle } = s3ConfigOf(draft);
  if (endpoint === undefined || /\.amazonaws\.com(\.cn)?\/?$/.test(String(endpoint))) return 'aws';
  return forcePathStyle === true && /:9000\/?$/.test(String(endpoint)) ? 'minio' : 'other';
}

/** What the service usually wants; bucket, prefix and keys stay. */
export function withS3Preset(draft: Draft, preset: S3Preset): Draft {
  const values: Record<S3Preset, { readonly [Field in S3Field]?: unknown }> = {
    aws: { endpoint: undefined, forcePathStyle: undefined },
    minio: { endpoint: 'http://localhost:9000', region: 'us-east-1', forcePathStyle: true },
    other: { endpoint: 'https://', forcePathStyle: undefined },
  };
  return Object.entries(values[preset]).reduce(
    (result, [field, value]) => withS3Field(result, field as S3Field, value),
    draft,
  );
}

/** The draft with a new secret, null to remove the stored one, undefined to leave it as it is. */
export function withSecret(draft: Draft, name: SecretName, value: string | null | undefined): Draft {
  const { [name]: _, ...others } = draft.secrets;
  return { ...draft, secrets: value === undefined || value === '' ? others : { ...others, [name]: value } };
}

/** The secrets that there will be after saving. */
export function secretsAfter(draft: Draft, saved: Profile): SecretName[] {
  const stored = saved.secrets.filter((name) => draft.secrets[name] === undefined);
  const added = SECRET_NAMES.filter((name) => typeof draft.secrets[name] === 'string');
  return [...stored, ...added];
}

/** The default that holds when the option is left out; undefined where there is none. */
export function defaultOf(name: FormOption): unknown {
  return name in optionDefaults ? optionDefaults[name as keyof typeof optionDefaults] : undefined;
}

/** What holds: the value given, or else the default. */
export function effective(options: DraftOptions, name: FormOption): unknown {
  return options[name] ?? defaultOf(name);
}

/** The option has a default, and something else holds. */
export function canReset(options: DraftOptions, name: FormOption): boolean {
  const hasDefault = name in optionDefaults || optionTexts[name].default !== undefined;
  return hasDefault && options[name] !== undefined && !equal(options[name], defaultOf(name));
}

/** One change between the saved profile and the draft. */
export interface Difference {
  /** `port`, `s3Config.bucket`, `s3Config.secretKey`, `name`, `autoStart`. */
  readonly path: string;
  readonly group?: OptionGroup;
  readonly before: unknown;
  readonly after: unknown;
  /** It takes effect only when the receiver starts anew. */
  readonly restarts: boolean;
  /** Its values must not be shown. */
  readonly secret: boolean;
}

/** What applying the draft would change, in the order of the form. */
export function differences(saved: Profile, draft: Draft): Difference[] {
  const list: Difference[] = [];
  const add = (path: string, before: unknown, after: unknown, more: Partial<Difference> = {}) => {
    if (!equal(before, after)) list.push({ path, before, after, restarts: true, secret: false, ...more });
  };
  add('name', saved.name, draft.name.trim(), { restarts: false });
  add('autoStart', saved.autoStart, draft.autoStart, { restarts: false });
  const before: DraftOptions = saved.options;
  for (const name of formOptions()) {
    const { group } = optionTexts[name];
    const secretChange = (secret: SecretName) => {
      const value = draft.secrets[secret];
      if (value === undefined || (value === null && !saved.secrets.includes(secret))) return;
      list.push({ path: secretPath(secret), group, before: null, after: value, restarts: true, secret: true });
    };
    if (name === 'tlsPassphrase') {
      secretChange(name);
      continue;
    }
    if (name !== 's3Config') {
      add(name, effective(before, name), effective(draft.options, name), { group });
      continue;
    }
    const [was, is] = [s3ConfigOf({ options: before }), s3ConfigOf(draft)];
    for (const field of s3Fields()) add(`s3Config.${field}`, was[field], is[field], { group });
    for (const secret of S3_SECRET_NAMES) secretChange(secret);
  }
  return list;
}

/** The parts of `s3Config` that are not secret, in the order of the form. */
export function s3Fields(): S3Field[] {
  return (Object.keys(s3Texts) as S3OptionName[]).filter((name) => name !== 'secretKey' && name !== 'sessionToken');
}

/** A draft with one field as another draft has it. */
export function take(from: Draft, into: Draft, path: string): Draft {
  if (path === 'name') return { ...into, name: from.name };
  if (path === 'autoStart') return { ...into, autoStart: from.autoStart };
  const [option, field] = path.split('.') as [FormOption, string | undefined];
  if (option === 'tlsPassphrase') return withSecret(into, option, from.secrets[option]);
  if (field === undefined) return withOption(into, option, from.options[option]);
  if (field === 'secretKey' || field === 'sessionToken') return withSecret(into, field, from.secrets[field]);
  return withS3Field(into, field as S3Field, s3ConfigOf(from)[field as S3Field]);
}

/** The draft with one difference taken back. */
export function undo(saved: Profile, draft: Draft, path: string): Draft {
  return take(draftOf(saved), draft, path);
}

/** A draft on top of a profile that somebody else saved meanwhile: only what was edited here stays. */
export function rebase(base: Profile, draft: Draft, next: Profile): Draft {
  return differences(base, draft).reduce((result, { path }) => take(draft, result, path), draftOf(next));
}

/** The two lists that say what is accepted, with the option that decides whether they count. */
const LISTS = {
  abstractSyntaxes: { mode: 'abstractSyntaxMode', presets: { AllStorage: storageSopClasses } },
  transferSyntaxes: {
    mode: 'transferSyntaxMode',
    presets: {
      All: transferSyntaxesOfModeAll,
      UncompressedOnly: () => getCommonTransferSyntaxes().uncompressed.slice(0, 2),
    },
  },
} as const;

/** Does the list count, given the mode? */
export function listCounts(draft: Draft, list: keyof typeof LISTS): boolean {
  return effective(draft.options, LISTS[list].mode) === 'Custom';
}

/** The draft with UIDs accepted besides what is accepted now. Another mode than Custom becomes a list with the same meaning. */
export function accept(draft: Draft, list: keyof typeof LISTS, uids: readonly string[]): Draft {
  const { mode, presets } = LISTS[list];
  const current = String(effective(draft.options, mode));
  const preset = (presets as Record<string, (() => readonly string[]) | undefined>)[current];
  const base = current === 'Custom' ? listOf(draft.options[list]) : (preset?.() ?? []);
  return withOption(withOption(draft, mode, 'Custom'), list, [...new Set([...base, ...uids])]);
}

/** The mistakes of a draft by the field they belong to: `port`, `s3Config.bucket`, `s3Config`, `name`. */
export type Mistakes = ReadonlyMap<string, readonly FieldMistake[]>;

/** One mistake in one field; of a list also which entry. */
export interface FieldMistake {
  readonly message: string;
  readonly index?: number;
  /** Which part of the entry: `tag`, `name`, `creator`. */
  readonly part?: string;
}

/** Everything that is wrong with a draft, as the receiver would tell it. */
export function mistakesOf(draft: Draft, saved: Profile): Mistakes {
  const problems = [...checkProfileOptions(draft.options, secretsAfter(draft, saved))];
  problems.push(...customTagProblems(draft.options.extractCustomTags, problems));
  const name = draft.name.trim();
  if (name === '') problems.push({ code: 'profile', field: 'name', message: 'must not be empty' });
  if (name.length > 60) problems.push({ code: 'profile', field: 'name', message: 'must have at most 60 characters' });
  return byField(problems);
}

/** What the schema leaves to the engine: whether a tag and its creator go together. */
function customTagProblems(value: unknown, known: readonly Problem[]): Problem[] {
  const entries: readonly CustomTag[] = Array.isArray(value) ? value : [];
  return entries.flatMap((entry, index) => {
    const field = `extractCustomTags[${index}].tag`;
    const reason = parseCustomTag(entry);
    if (typeof reason !== 'string' || known.some((problem) => problem.field === field)) return [];
    return [{ code: 'option', field, message: `"${entry.tag}": ${reason}` }];
  });
}

/** Problems by the field that can show them. What the receiver refuses although the form did not is placed the same way. */
export function byField(problems: readonly Problem[]): Mistakes {
  const fields = new Map<string, FieldMistake[]>();
  for (const { field = '', message } of problems) {
    const place = placeOf(field.replace(/^options\./, ''));
    const mistake: FieldMistake = {
      message,
      ...(place.index === undefined ? {} : { index: place.index }),
      ...(place.part === undefined ? {} : { part: place.part }),
    };
    fields.set(place.field, [...(fields.get(place.field) ?? []), mistake]);
  }
  return fields;
}

/** `extractCustomTags[2].name` is part `name` of entry 2 of the field `extractCustomTags`. */
function placeOf(path: string): { field: string; index?: number; part?: string } {
  const entry = /^([\w.]+)\[(\d+)\](?:\.(\w+))?/.exec(path);
  if (!entry) return { field: path };
  const place = { field: entry[1]!, index: Number(entry[2]) };
  return entry[3] === undefined ? place : { ...place, part: entry[3] };
}

/** The option a field belongs to. */
function optionOfField(field: string): string {
  return field.split('.')[0]!;
}

/** How many mistakes and changes each group has, for its entry in the list of groups. */
export function groupMarks(
  mistakes: Mistakes,
  changes: readonly Difference[],
): Map<OptionGroup, { mistakes: number; changes: number }> {
  const marks = new Map<OptionGroup, { mistakes: number; changes: number }>();
  const mark = (group: OptionGroup | undefined, kind: 'mistakes' | 'changes', count: number) => {
    if (group === undefined) return;
    const old = marks.get(group) ?? { mistakes: 0, changes: 0 };
    marks.set(group, { ...old, [kind]: old[kind] + count });
  };
  for (const [field, list] of mistakes) mark(groupOfField(field), 'mistakes', list.length);
  for (const { group } of changes) mark(group, 'changes', 1);
  return marks;
}

function groupOfField(field: string): OptionGroup | undefined {
  const name = optionOfField(field);
  return Object.hasOwn(optionTexts, name) ? optionTexts[name as OptionName].group : undefined;
}

/** The options without what is merely empty: a text that was cleared, a list without entries that is no choice. */
export function cleanOptions(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== ''));
}

/** The argument of `profile-save` for a draft. */
export function saveArgument(
  profile: Profile,
  draft: Draft,
  restart: 'now' | 'wait' | 'later',
): CommandArgument<'profile-save'> {
  return {
    id: profile.id,
    name: draft.name.trim(),
    autoStart: draft.autoStart,
    options: cleanOptions(draft.options),
    secrets: { ...draft.secrets },
    restart,
  };
}

/** Which control an option gets. Options that come later get one by their kind. */
export type ControlKind =
  | 'switch'
  | 'choice'
  | 'number'
  | 'text'
  | 'secret'
  | 'users'
  | 'port'
  | 'folder'
  | 'chips'
  | 'sop-classes'
  | 'transfer-syntaxes'
  | 'preference'
  | 'tags'
  | 'custom-tags'
  | 's3';

const SPECIAL: { readonly [Name in FormOption]?: ControlKind } = {
  port: 'port',
  outDir: 'folder',
  users: 'users',
  abstractSyntaxes: 'sop-classes',
  transferSyntaxes: 'transfer-syntaxes',
  transferSyntaxPreference: 'preference',
  extractTags: 'tags',
};

/** The control of an option. */
export function controlOf(name: FormOption): ControlKind {
  const special = SPECIAL[name];
  if (special) return special;
  const { kind } = optionKind(name);
  switch (kind) {
    case 'boolean':
      return 'switch';
    case 'list':
      return 'chips';
    case 'function':
      throw new Error(`${name} cannot be edited in a form`);
    default:
      return kind;
  }
}

/** Does an option, or another text of the form, match the words of a search? Every word must occur somewhere. */
export function matchesSearch(query: string, texts: readonly (string | undefined)[]): boolean {
  const haystack = texts.join(' ').toLowerCase();
  return words(query).every((word) => haystack.includes(word));
}

/** Everything of an option that a search looks at. */
export function searchTexts(name: FormOption): string[] {
  const own = textWords(name, optionTexts[name]);
  return name === 's3Config'
    ? [...own, ...Object.entries(s3Texts).flatMap(([part, text]) => textWords(part, text))]
    : own;
}

function textWords(name: string, { label, group, help, example = '' }: OptionText): string[] {
  return [name, label, group, help, example];
}

function words(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/** The values of a list option of a draft; what is no text is left to the schema. */
export function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What was added to and taken from a list, and whether its order alone changed. */
export function listChange(
  before: unknown,
  after: unknown,
): { added: string[]; removed: string[]; reordered: boolean } {
  const [was, is] = [entryTexts(before), entryTexts(after)];
  const added = is.filter((entry) => !was.includes(entry));
  const removed = was.filter((entry) => !is.includes(entry));
  return { added, removed, reordered: added.length === 0 && removed.length === 0 && !equal(was, is) };
}

function entryTexts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => (typeof entry === 'string' ? entry : customTagText(entry)));
}

/** The list with one entry moved up (-1) or down (1). */
export function moved(list: readonly string[], entry: string, by: number): readonly string[] {
  const from = list.indexOf(entry);
  const to = from + by;
  if (from < 0 || to < 0 || to >= list.length) return list;
  return list.toSpliced(from, 1).toSpliced(to, 0, entry);
}

/** The list with entries put before or behind another one. */
export function placed(list: readonly string[], entries: readonly string[], target: string, behind: boolean): string[] {
  const others = list.filter((entry) => !entries.includes(entry));
  const at = others.indexOf(target) + Number(behind);
  return others.toSpliced(at, 0, ...entries);
}

/** A custom tag as the command line spells it: `0009xx01@GEMS_IDEN_01=Name`. */
export function customTagText(entry: unknown): string {
  const { tag = '', creator, name = '' } = (entry ?? {}) as { tag?: string; creator?: string; name?: string };
  return `${tag}${creator === undefined ? '' : `@${creator}`}=${name}`;
}

/** A mistake as a sentence: `Port must be a whole number.` What quotes the value is a sentence already. */
export function mistakeSentence(label: string, message: string): string {
  return `${message.startsWith('"') ? message : `${label} ${message}`}.`;
}

/** Equal as JSON would write them, whatever the order of the keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => equal(left[key], right[key]));
}

/** The options of a profile that does not exist yet: the first free port after the usual one, file meta on. */
export function newProfileOptions(others: readonly Profile[], folder: string): ProfileOptions {
  const taken = new Set(others.map(({ options }) => options.port));
  let port = 11112;
  while (taken.has(port)) port++;
  return {
    port,
    callingAeTitle: 'STUDYPORT',
    outDir: folder,
    storeWithFileMeta: true,
    checksums: true,
    maxPduLength: 131072,
  };
}
