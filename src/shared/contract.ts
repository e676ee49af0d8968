/** Everything that a page can ask of the receiver: commands with their arguments (parsed by schema) and results. */

import * as z from 'zod';
import type { ReceiverEvent } from './events.ts';
import type { Figures } from './figures.ts';
import { guardCommandArguments, type Retention, type RetentionPreview, type VerifyEvery } from './guards.ts';
import type { StoreScpOptions } from './options.ts';
import { ConfigurationError, parseOptions } from './options.ts';
import { type RuleCommandResults, ruleCommandArguments } from './rule-commands.ts';
import type { ReceiverState } from './state.ts';
import { type Webhook, webhookCommandArguments } from './webhook.ts';

/** A failure in words a person can act on. The log carries the same code. */
export interface Problem {
  /** Words separated by hyphens: `port-in-use`. */
  readonly code: string;
  /** What happened, why, and what to do. Never patient data. */
  readonly message: string;
  /** The option or argument that is wrong: `s3Config.bucket`. */
  readonly field?: string;
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Problem; readonly more?: readonly Problem[] };

/** The options of one StoreScp as they are stored: plain JSON, no functions, no secrets. */
export type ProfileOptions = Omit<StoreScpOptions, 'logger'>;

/** Secrets travel beside the options, go in and never come out. */
export const SECRET_NAMES = ['secretKey', 'sessionToken', 'tlsPassphrase'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
/** Those that are part of `s3Config`; the others are options themselves. */
export const S3_SECRET_NAMES = ['secretKey', 'sessionToken'] as const satisfies readonly SecretName[];

/** Where the options have a secret: `s3Config.secretKey`, `tlsPassphrase`. */
export function secretPath(name: SecretName): string {
  return isS3Secret(name) ? `s3Config.${name}` : name;
}

function isS3Secret(name: SecretName): name is (typeof S3_SECRET_NAMES)[number] {
  return (S3_SECRET_NAMES as readonly SecretName[]).includes(name);
}

/** Options with secrets in their place. Those of S3 are left out where there is no `s3Config`. */
export function placeSecrets<Options extends { readonly s3Config?: unknown }>(
  options: Options,
  secrets: { readonly [Name in SecretName]?: unknown },
): Options {
  const given = Object.entries(secrets).filter(([, value]) => value !== undefined) as [SecretName, unknown][];
  const top = given.filter(([name]) => !isS3Secret(name));
  const inS3 = given.filter(([name]) => isS3Secret(name));
  const { s3Config } = options;
  return {
    ...options,
    ...Object.fromEntries(top),
    ...(typeof s3Config === 'object' &&
      s3Config !== null && { s3Config: { ...s3Config, ...Object.fromEntries(inS3) } }),
  };
}

/** A name plus the options of one receiver. */
export interface Profile {
  /** Made by the receiver; stays when the name changes. */
  readonly id: string;
  readonly name: string;
  /** Start it when the application starts. */
  readonly autoStart: boolean;
  readonly options: ProfileOptions;
  /** Which secrets are stored for it. */
  readonly secrets: readonly SecretName[];
  /** The rule set that treats what it receives; without one, objects are stored as they come. */
  readonly ruleSetId?: string;
  /** Who is told of completed studies. */
  readonly webhook?: Webhook;
  /** Old studies go by themselves; left out, they stay. */
  readonly retention?: Retention;
  /** Days between two checks of the stored files; left out: only when asked for. */
  readonly verifyEvery?: VerifyEvery;
}

/** What stands for a stored secret while options are checked. */
const STORED = 'stored elsewhere';

/**
 * The mistakes of a profile's options, as the engine would tell them.
 * @param secrets the names of the secrets that are stored or about to be
 */
export function checkProfileOptions(options: unknown, secrets: readonly string[]): readonly Problem[] {
  const given = (typeof options === 'object' && options !== null ? options : {}) as { readonly s3Config?: object };
  const problems = optionProblems(
    placeSecrets(withSpoolFolder(given), Object.fromEntries(secrets.map((name) => [name, STORED]))),
  );
  if ('logger' in given) problems.push({ code: 'option', field: 'logger', message: 'cannot be part of a profile' });
  for (const name of SECRET_NAMES) {
    const place: object | undefined = isS3Secret(name) ? given.s3Config : given;
    if (typeof place === 'object' && place !== null && name in place) {
      const message = 'is a secret: give it beside the options';
      problems.push({ code: 'option', field: secretPath(name), message });
    }
  }
  return problems;
}

/** A profile needs no folder for its spool: the receiver gives it one. */
function withSpoolFolder<Options extends { readonly s3Config?: object }>(options: Options): Options {
  const s3Config = options.s3Config as { readonly mode?: unknown; readonly spoolDir?: unknown } | null | undefined;
  if (s3Config?.mode !== 'spool' || s3Config.spoolDir !== undefined) return options;
  return { ...options, s3Config: { ...s3Config, spoolDir: STORED } };
}

const text = (most: number) => z.string().max(most);
const id = z.string().regex(/^[\w.:-]{1,120}$/, 'is not an identifier');
const rowId = z.int().min(1);
const paging = { offset: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(100) };
const secretValues = z
  .strictObject({
    secretKey: z.string().min(1).max(4096).nullable().optional(),
    sessionToken: z.string().min(1).max(16384).nullable().optional(),
    tlsPassphrase: z.string().min(1).max(1024).nullable().optional(),
  })
  .default({});
const profileName = z.string().trim().min(1, 'must not be empty').max(60, 'must have at most 60 characters');
/** Parsed as a whole by {@link checkProfileOptions}, which names every mistake. */
const optionsObject = z.record(z.string(), z.unknown());

/** What a study can look like in the list. */
export const STUDY_STATUSES = ['receiving', 'complete', 'interrupted'] as const;
export type StudyStatus = (typeof STUDY_STATUSES)[number];

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_COMPONENTS = ['application', 'server', 'association', 'store', 'storage', 'study'] as const;
export type LogComponent = (typeof LOG_COMPONENTS)[number];

const logFilter = {
  level: z.enum(LOG_LEVELS).default('info'),
  component: z.enum(LOG_COMPONENTS).optional(),
  profileId: id.optional(),
  associationId: id.optional(),
  text: text(200).default(''),
};

/** One-click fixes of a refusal; the value is the title, address or UID to accept. */
export const FIXES = [
  'accept-called-title',
  'accept-calling-title',
  'accept-address',
  'accept-sop-class',
  'accept-transfer-syntax',
  'allow-more-associations',
  'add-commitment-peer',
  'allow-more-per-caller',
  'end-lockout',
] as const;
export type FixKind = (typeof FIXES)[number];

/** What the user chose for the application as a whole. */
export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  density: z.enum(['comfortable', 'compact']).default('comfortable'),
  /** Patient data is blurred on every screen. */
  privacyBlur: z.boolean().default(false),
  notifyStudyComplete: z.boolean().default(true),
  notifyRefusedCaller: z.boolean().default(true),
  notifyDisk: z.boolean().default(true),
  /** Patient names in notifications. */
  notifyWithNames: z.boolean().default(false),
  /** Desktop only. */
  startAtLogin: z.boolean().default(false),
  /** Desktop only: closing the window leaves the receiver running in the tray. */
  closeToTray: z.boolean().default(true),
  /** The user has been told where the window went. */
  closeToTrayExplained: z.boolean().default(false),
  firstRunDone: z.boolean().default(false),
  /** Without a desktop only: monitoring may read the figures at `/metrics`, with a token. */
  metrics: z.boolean().default(false),
  /** Records below this level are not written. Patient data occurs at debug only. */
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
export type Settings = z.output<typeof settingsSchema>;
export const defaultSettings: Settings = settingsSchema.parse({});

type SettingShape = typeof settingsSchema.shape;
/** Some of the settings. What is left out stays as it is: `partial()` would put the defaults in its place. */
const settingsChange = z.strictObject(
  Object.fromEntries(
    Object.entries(settingsSchema.shape).map(([name, setting]) => [name, setting.unwrap().optional()]),
  ) as { [Name in keyof SettingShape]: z.ZodOptional<ReturnType<SettingShape[Name]['unwrap']>> },
);

/** The schema of every command's argument. What is not listed here does not exist. */
export const commandArguments = {
  snapshot: z.undefined(),
  'settings-save': settingsChange,

  'profile-create': z.strictObject({
    name: profileName,
    options: optionsObject,
    secrets: secretValues,
    autoStart: z.boolean().default(true),
  }),
  /** `restart`: what to do when it runs and the options changed. `wait` lets open associations end first (at most a minute). */
  'profile-save': z.strictObject({
    id,
    name: profileName,
    autoStart: z.boolean(),
    options: optionsObject,
    secrets: secretValues,
    restart: z.enum(['now', 'wait', 'later']).default('now'),
  }),
  'profile-duplicate': z.strictObject({ id, name: profileName.optional() }),
  'profile-delete': z.strictObject({ id }),
  'profile-export': z.strictObject({ id }),
  'profile-import': z.strictObject({ text: text(1_000_000) }),
  'profile-code': z.strictObject({ id }),

  'receiver-start': z.strictObject({ id }),
  'receiver-stop': z.strictObject({ id }),
  'association-abort': z.strictObject({ id, associationId: id }),
  'refusal-fix': z.strictObject({ id, kind: z.enum(FIXES), value: text(256) }),
  'refusals-clear': z.strictObject({ id }),
  /** Tries at once what waits for a later upload. */
  'uploads-retry': z.strictObject({ id }),

  'check-folder': z.strictObject({ path: text(4096) }),
  'check-port': z.strictObject({ port: z.int().min(0).max(65535), host: text(255).optional(), id: id.optional() }),
  'folder-list': z.strictObject({ path: text(4096).optional() }),
  'folder-create': z.strictObject({ path: text(4096) }),
  'folder-pick': z.strictObject({ path: text(4096).optional() }),
  's3-test': z.strictObject({ id: id.optional(), s3Config: optionsObject, secrets: secretValues }),
  /** Makes a certificate and a key of its own in the data folder, for a first try. */
  'tls-self-signed': z.undefined(),
  /** Looks at the files of TLS as a start would. */
  'tls-inspect': z.strictObject({ id: id.optional(), options: optionsObject, secrets: secretValues }),
  'user-hash': z.strictObject({
    name: z.string().regex(/^[^:,\p{Cc}]{1,64}$/u, 'must have 1 to 64 characters, none of them : or a comma'),
    passcode: z.string().min(1, 'must not be empty').max(1024, 'must have at most 1024 characters'),
  }),

  'self-test': z.strictObject({ id }),
  'test-images-send': z.strictObject({ id, studies: z.int().min(1).max(20).default(1) }),
  'test-images-remove': z.undefined(),

  'studies-list': z.strictObject({
    ...paging,
    search: text(200).default(''),
    profileId: id.optional(),
    status: z.enum(STUDY_STATUSES).optional(),
    modality: text(16).optional(),
    /** Study dates, `YYYYMMDD`, both ends included. */
    from: text(8).optional(),
    to: text(8).optional(),
    patientName: text(100).optional(),
    patientId: text(100).optional(),
    accessionNumber: text(100).optional(),
    description: text(100).optional(),
    sort: z
      .enum(['lastReceived', 'studyDate', 'patientName', 'patientId', 'bytes', 'instances'])
      .default('lastReceived'),
    descending: z.boolean().default(true),
  }),
  'study-get': z.strictObject({ studyId: rowId }),
  'instances-list': z.strictObject({ ...paging, seriesId: rowId }),
  'study-trash': z.strictObject({ studyId: rowId }),
  'study-reveal': z.strictObject({ studyId: rowId }),
  'instance-reveal': z.strictObject({ instanceId: rowId }),
  'folder-open': z.strictObject({ id }),
  'instance-tags': z.strictObject({ instanceId: rowId }),
  'instance-image': z.strictObject({ instanceId: rowId }),
  'history-rebuild': z.strictObject({ id }),
  'associations-list': z.strictObject({ ...paging, profileId: id.optional() }),

  'log-list': z.strictObject({
    ...logFilter,
    limit: z.int().min(1).max(5000).default(500),
    before: z.int().min(1).optional(),
  }),
  'log-export': z.strictObject({ ...logFilter }),
  'association-timeline': z.strictObject({ associationId: id }),
  diagnostics: z.undefined(),
  figures: z.undefined(),
  /** Makes a token for reading the metrics, instead of the one before. It is shown this once. */
  'metrics-token': z.undefined(),
  /** How many things the window of the desktop has that would be lost with it: it tells whenever that changes. */
  'unsaved-edits': z.strictObject({ count: z.int().min(0).max(1000) }),

  ...ruleCommandArguments,
  ...guardCommandArguments,
  ...webhookCommandArguments,
} as const;

export type CommandName = keyof typeof commandArguments;
export type CommandArgument<Name extends CommandName> = z.input<(typeof commandArguments)[Name]>;
export type ParsedArgument<Name extends CommandName> = z.output<(typeof commandArguments)[Name]>;

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** How many rows match in all. */
  readonly total: number;
}

export interface StudyRow {
  readonly studyId: number;
  readonly profileId: string;
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly accessionNumber: string;
  /** `YYYYMMDD`, or ''. */
  readonly studyDate: string;
  /** Every modality of its series. */
  readonly modalities: readonly string[];
  readonly description: string;
  readonly series: number;
  readonly instances: number;
  readonly bytes: number;
  /** Milliseconds since 1970, as every time here. */
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly status: StudyStatus;
  /** Sent by ourselves for the self-test or the demonstration. */
  readonly test: boolean;
  /** The folder, or `s3://bucket/prefix`. */
  readonly location: string;
  /** How many of its objects wait for their upload. */
  readonly waiting: number;
  /** How many waited and are not in the spool any more, although nobody saw them arrive. */
  readonly gone: number;
  /** How likely text is burned into the pixels of one of its instances, 0 to 100. */
  readonly burnedIn: number;
}

export interface SeriesRow {
  readonly seriesId: number;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly number: string;
  readonly description: string;
  readonly instances: number;
  readonly bytes: number;
}

export interface InstanceRow {
  readonly instanceId: number;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** The file has no file meta: its transfer syntax was inferred from its bytes. */
  readonly inferred: boolean;
  readonly number: string;
  /** Path or `s3://bucket/key`. */
  readonly file: string;
  /** It waits for its upload. */
  readonly waiting: boolean;
  /** It waited and is not in the spool any more, although nobody saw it arrive. */
  readonly gone: boolean;
  /** Bytes of the data set. */
  readonly size: number;
  readonly received: number;
  /** How many objects of this series have its SOP Instance UID: more than one where another content came under it. */
  readonly versions: number;
}

export interface AssociationRow {
  readonly associationId: string;
  readonly profileId: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  readonly opened: number;
  /** Absent while it is open. */
  readonly ended?: number;
  readonly outcome: 'open' | 'released' | 'aborted' | 'rejected' | 'interrupted';
  readonly reason?: string;
  readonly files: number;
  readonly bytes: number;
}

/** One element for the tag browser; a sequence has items, each a list of elements. */
export interface TagNode {
  /** 8 hexadecimal digits. */
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
  readonly keyword: string;
  /** Bytes of the value; -1: undefined length. */
  readonly length: number;
  /** Text of the value, at most 1,000 characters; absent for binary values and sequences. */
  readonly value?: string;
  /** The value is binary or longer than `value` shows: its bytes are at `/value/{instanceId}/{path}`. */
  readonly more?: boolean;
  readonly privateCreator?: string;
  readonly items?: readonly (readonly TagNode[])[];
}

/** What a page needs to draw the frames that it fetches as bytes from `/frame/{instanceId}/{frame}` (counted from 0). */
export interface ImageInfo {
  readonly transferSyntaxUid: string;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometricInterpretation: string;
  readonly planarConfiguration: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly frames: number;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  readonly windowCenter?: number;
  readonly windowWidth?: number;
  /** Little endian unless this is set (uncompressed frames only). */
  readonly bigEndian: boolean;
  /** Red, green and blue tables of PALETTE COLOR, 0 to 255. */
  readonly palette?: {
    readonly first: number;
    readonly red: readonly number[];
    readonly green: readonly number[];
    readonly blue: readonly number[];
  };
}

export interface LogLine {
  /** Counted from 1 since the application started. */
  readonly sequence: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly component: LogComponent;
  readonly message: string;
  readonly code?: string;
  readonly profileId?: string;
  readonly associationId?: string;
}

/** One step of an association's life, for a timeline that explains in words. */
export interface TimelineStep {
  readonly time: number;
  readonly kind: 'request' | 'context' | 'accept' | 'reject' | 'message' | 'release' | 'abort' | 'problem';
  readonly message: string;
}

export interface FolderCheck {
  /** Absolute, `~` expanded. */
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  readonly freeBytes?: number;
  readonly network: boolean;
  readonly problem?: Problem;
}

export interface FolderListing {
  readonly path: string;
  readonly parent?: string;
  readonly folders: readonly string[];
  readonly writable: boolean;
  readonly freeBytes?: number;
}

export interface PortCheck {
  readonly free: boolean;
  /** Needs administrator rights on this system. */
  readonly privileged: boolean;
  readonly problem?: Problem;
}

/** One reported step of the self-test or of the S3 test. */
export interface TestStep {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly milliseconds: number;
}

/** What the files of TLS hold. */
export interface TlsInspection {
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Host names and addresses for which it holds. */
  readonly names: readonly string[];
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** Subjects of the authorities trusted for client certificates. */
  readonly authorities: readonly string[];
  /** What a person should know of it: it expires soon, say. */
  readonly warnings: readonly Problem[];
}

export interface DiagnosticsFile {
  readonly name: string;
  readonly text: string;
}

/** What each command gives back. */
export interface CommandResults extends RuleCommandResults {
  snapshot: { readonly sequence: number; readonly state: ReceiverState };
  'settings-save': Settings;
  'profile-create': Profile;
  'profile-save': Profile;
  'profile-duplicate': Profile;
  'profile-delete': null;
  /** JSON of the profile without secrets. */
  'profile-export': { readonly text: string };
  'profile-import': Profile;
  /** A program with `new StoreScp({…})`. */
  'profile-code': { readonly text: string };
  'receiver-start': null;
  'receiver-stop': null;
  'association-abort': null;
  'refusal-fix': Profile;
  'refusals-clear': null;
  'uploads-retry': null;
  'check-folder': FolderCheck;
  'check-port': PortCheck;
  'folder-list': FolderListing;
  'folder-create': FolderListing;
  /** null: the user chose none. */
  'folder-pick': { readonly path: string } | null;
  's3-test': { readonly steps: readonly TestStep[] };
  'tls-self-signed': { readonly certificateFile: string; readonly keyFile: string };
  'tls-inspect': TlsInspection;
  /** What goes into the option `users`. */
  'user-hash': { readonly entry: string };
  'self-test': { readonly steps: readonly TestStep[] };
  'test-images-send': { readonly sent: number };
  'test-images-remove': { readonly removed: number };
  'studies-list': Page<StudyRow>;
  'study-get': { readonly study: StudyRow; readonly series: readonly SeriesRow[] };
  'instances-list': Page<InstanceRow>;
  'study-trash': { readonly files: number };
  'study-reveal': null;
  'instance-reveal': null;
  'folder-open': null;
  'instance-tags': { readonly elements: readonly TagNode[]; readonly transferSyntaxUid: string; readonly file: string };
  /** null: the instance has no pixels that can be drawn; the reason in words. */
  'instance-image': { readonly image: ImageInfo | null; readonly reason?: string };
  'history-rebuild': { readonly found: number; readonly added: number; readonly unreadable: number };
  'associations-list': Page<AssociationRow>;
  'log-list': { readonly lines: readonly LogLine[] };
  /** JSON lines. */
  'log-export': { readonly text: string };
  'association-timeline': { readonly association: AssociationRow; readonly steps: readonly TimelineStep[] };
  'unsaved-edits': null;
  diagnostics: { readonly files: readonly DiagnosticsFile[] };
  figures: Figures;
  'metrics-token': { readonly token: string };
  'webhook-save': Profile;
  'webhook-test': null;
  'guards-save': Profile;
  'retention-preview': RetentionPreview;
  /** It goes on by itself; how far it is and how it went are events. */
  'verification-start': null;
  'verification-cancel': null;
}

/** Numbered events; a gap in the numbers means: fetch the snapshot. */
export interface EventBatch {
  /** The number of the last event of this batch. */
  readonly sequence: number;
  readonly events: readonly ReceiverEvent[];
}

/** What a page holds: over IPC in Electron, over HTTP in a browser. */
export interface ReceiverApi {
  call<Name extends CommandName>(name: Name, argument: CommandArgument<Name>): Promise<Result<CommandResults[Name]>>;
  /** Every batch from now on, at most ten a second. */
  subscribe(listener: (batch: EventBatch) => void): () => void;
}

/** The argument of a command, or what is wrong with it. */
export function parseCommand(name: string, argument: unknown): Result<{ name: CommandName; argument: unknown }> {
  if (!Object.hasOwn(commandArguments, name)) {
    return { ok: false, error: { code: 'unknown-command', message: `There is no command "${name.slice(0, 40)}".` } };
  }
  const command = name as CommandName;
  const parsed = commandArguments[command].safeParse(argument);
  if (parsed.success) return { ok: true, value: { name: command, argument: parsed.data } };
  const problems = parsed.error.issues.map((issue) => ({
    code: 'bad-argument',
    message: issue.message,
    field: issue.path.map(String).join('.'),
  }));
  return { ok: false, error: problems[0]!, more: problems.slice(1) };
}

function optionProblems(options: unknown): Problem[] {
  try {
    parseOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes.map(({ path, message }) => ({ code: 'option', field: path, message }));
  }
}
