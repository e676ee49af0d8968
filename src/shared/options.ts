/** Every option of a receiver: the one place from which types, validation, command line, form and docs/options.md come. */

import * as z from 'zod';
import { entryOfKeyword } from '#shared/dicom/dictionary.ts';
import type { CustomTag } from '#shared/dicom/sets.ts';
import { parseTag } from '#shared/dicom/tag.ts';
import { uidOfKeyword } from '#shared/dicom/uids.ts';
import { parsePeerAddress } from '#shared/peer-address.ts';

// Without this zod probes `new Function`, which a page with a strict CSP reports as a violation.
z.config({ jitless: true });

/** Where an option belongs in the form and in docs/options.md. */
export type OptionGroup =
  | 'Network'
  | 'Encryption'
  | 'Access'
  | 'Storage'
  | 'Acceptance'
  | 'Tags'
  | 'Studies'
  | 'S3'
  | 'Application';

/** What a person needs to know of one option besides its schema. */
export interface OptionText {
  readonly label: string;
  readonly group: OptionGroup;
  /** One or two sentences for a person who has never seen DICOM. */
  readonly help: string;
  readonly unit?: 'bytes' | 'seconds' | 'bytes/s';
  /** What is in force when the option is left out, in words or as a value; absent: nothing. */
  readonly default?: string | number | boolean;
  readonly example?: string;
  /** The name of the environment variable that may carry a secret instead of the command line. */
  readonly environment?: string;
}

const UID = /^\d+(\.\d+)*$/;

const aeTitle = z
  .string()
  .min(1, 'must not be empty')
  .max(16, 'must have at most 16 characters (PS3.5 6.2, VR AE)')
  .regex(/^[\x20-\x5b\x5d-\x7e]*$/, 'may hold only printable ASCII characters without backslash (PS3.5 6.2, VR AE)')
  .refine((text) => text.trim() !== '', 'must not be blank');

/** A UID, or the keyword of a UID of PS3.6 (`CTImageStorage`). */
const uid = z.string().refine((text) => (UID.test(text) && text.length <= 64) || uidOfKeyword(text) !== undefined, {
  error: (issue) =>
    `"${String(issue.input)}" is neither a UID (digits and dots, at most 64 characters) nor a UID keyword of PS3.6`,
});

const seconds = (least: number, most: number) =>
  z.number().min(least, `must be at least ${least} seconds`).max(most, `must be at most ${most} seconds`);

/** Not `z.int`: a fraction would keep zod from looking for contradictions in the same go. */
const wholeNumber = (message = 'must be a whole number') => z.number().multipleOf(1, message);

const wholeBytes = (least: number, most: number) =>
  wholeNumber('must be a whole number of bytes')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: (issue) => `"${String(issue.input)}" is neither an IP address nor a range such as 10.1.0.0/16`,
});

/** `name`, or `name:hash` as `studyport hash-passcode` prints it. Messages never repeat it: it might hold a passcode. */
const USER = /^[^:,\p{Cc}]{1,64}(?::scrypt\.1[0-7]\.8\.[1-4]\.[\w-]{16,64}\.[\w-]{32,96})?$/u;
const user = z
  .string()
  .regex(USER, 'must be NAME:HASH as "studyport hash-passcode NAME" prints it, never a passcode itself');

const fileName = z.string().min(1, 'must not be empty').max(4096, 'must have at most 4096 characters');

const peer = z.string().refine((text) => parsePeerAddress(text) !== undefined, {
  error: (issue) => `"${String(issue.input)}" does not read AETITLE@host:port, as in CT01@10.1.2.3:104`,
});

const attributeName = z.string().refine((text) => entryOfKeyword(text) !== undefined || parseTag(text) !== undefined, {
  error: (issue) => `"${String(issue.input)}" is not a keyword of PS3.6, not (GGGG,EEEE) and not 8 hexadecimal digits`,
});

/** A private or vendor attribute to extract, under a name of the user's own. */
const customTagSchema = z.strictObject({
  tag: z
    .string()
    .regex(
      /^(?:[0-9a-f]{8}|\([0-9a-f]{4},[0-9a-f]{4}\)|[0-9a-f]{4}xx[0-9a-f]{2})$/i,
      'must be 8 hexadecimal digits (00091001), (0009,1001), or 0009xx01 together with a creator',
    ),
  name: z.string().min(1, 'must not be empty'),
  creator: z.string().min(1, 'must not be empty').max(64, 'must have at most 64 characters').exactOptional(),
});

const s3ConfigSchema = z.strictObject({
  bucket: z.string({ error: 'is required: the name of the bucket' }).min(1, 'must not be empty').or(z.undefined()),
  endpoint: z.url({ protocol: /^https?$/, error: 'must be a URL such as https://s3.example.org' }).optional(),
  region: z.string().min(1).optional(),
  accessKey: z.string().min(1, 'must not be empty').optional(),
  secretKey: z.string().min(1, 'must not be empty').optional(),
  sessionToken: z.string().min(1, 'must not be empty').optional(),
  prefix: z
    .string()
    .refine((text) => !text.startsWith('/') && !text.split('/').includes('..'), 'must not start with / nor contain ..')
    .optional(),
  forcePathStyle: z.boolean().optional(),
  serverSideEncryption: z.enum(['AES256', 'aws:kms'], "must be 'AES256' or 'aws:kms'").optional(),
  kmsKeyId: z.string().min(1, 'must not be empty').optional(),
  storageClass: z
    .string()
    .regex(/^[A-Z0-9_-]{1,64}$/, 'must be a name in capitals such as STANDARD_IA')
    .optional(),
  objectTags: z
    .array(
      z.string().regex(/^[\p{L}\p{N}_.:/+@ -]{1,128}=[\p{L}\p{N}_.:/=+@ -]{0,256}$/u, {
        error: (issue) =>
          `"${String(issue.input)}" must read key=value, with letters, digits, blanks and _.:/=+-@ (at most 128 and 256)`,
      }),
    )
    .max(10, 'may have at most 10 entries')
    .optional(),
  mode: z.enum(['direct', 'spool'], "must be 'direct' or 'spool'").optional(),
  spoolDir: z.string().min(1, 'must not be empty').optional(),
  spoolMaxObjects: wholeNumber().min(1, 'must be at least 1').max(100_000_000, 'must be at most 100000000').optional(),
  spoolMaxBytes: wholeBytes(1024, Number.MAX_SAFE_INTEGER).optional(),
  spoolKeepDays: z.number().min(0, 'must be at least 0').max(3650, 'must be at most 3650').optional(),
  parallelUploads: wholeNumber().min(1, 'must be at least 1').max(64, 'must be at most 64').optional(),
});

/** One line of a structured log. Holds no patient data at any level that is on by default. */
export interface LogRecord {
  readonly time: Date;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly component: 'server' | 'association' | 'store' | 'storage' | 'study';
  readonly message: string;
  /** The number of the association, counted from 1 since start. */
  readonly association?: number;
  readonly error?: Error;
}

/** Takes log records; must not throw. */
export type Logger = (record: LogRecord) => void;

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** Schema of each option. Optional everywhere but `port`; cross-field rules are in {@link optionsSchema}. */
const schemas = {
  port: wholeNumber().min(0, 'must be 0 to 65535').max(65535, 'must be 0 to 65535'),
  host: z.string().min(1, 'must not be empty').optional(),
  callingAeTitle: aeTitle.optional(),
  maxPduLength: wholeBytes(4096, 1048576).optional(),
  strict: z.boolean().optional(),
  verbose: z.boolean().optional(),
  logger: z
    .custom<Logger>((value) => typeof value === 'function', 'must be a function that takes log records')
    .optional(),
  maxAssociations: wholeNumber().min(1, 'must be at least 1').max(1000, 'must be at most 1000').optional(),
  artimTimeout: seconds(0.1, 3600).optional(),
  idleTimeout: seconds(0.1, 86400).optional(),
  minimumRate: wholeBytes(0, GiB).optional(),
  beforeStoreTimeout: seconds(0.1, 3600).optional(),
  stopTimeout: seconds(0, 3600).optional(),
  tls: z.enum(['off', 'bcp195', 'bcp195-modified'], "must be 'off', 'bcp195' or 'bcp195-modified'").optional(),
  tlsCertificateFile: fileName.optional(),
  tlsKeyFile: fileName.optional(),
  tlsPkcs12File: fileName.optional(),
  tlsPassphrase: z.string().min(1, 'must not be empty').max(1024, 'must have at most 1024 characters').optional(),
  tlsClientCertificates: z.enum(['off', 'optional', 'required'], "must be 'off', 'optional' or 'required'").optional(),
  tlsCaFile: fileName.optional(),
  maxAssociationsPerCallingAe: wholeNumber().min(1, 'must be at least 1').max(1000, 'must be at most 1000').optional(),
  acceptedCalledAeTitles: z.array(aeTitle).optional(),
  acceptedCallingAeTitles: z.array(aeTitle).optional(),
  acceptedAddresses: z.array(address).optional(),
  userIdentity: z.enum(['off', 'optional', 'required'], "must be 'off', 'optional' or 'required'").optional(),
  users: z.array(user).max(1000, 'must have at most 1000 entries').optional(),
  lockoutAfter: wholeNumber().min(0, 'must be 0 to 1000').max(1000, 'must be 0 to 1000').optional(),
  lockoutTime: seconds(1, 86400).optional(),
  storageBackend: z.enum(['Filesystem', 'S3'], "must be 'Filesystem' or 'S3'").optional(),
  outDir: z.string().min(1, 'must not be empty').optional(),
  storeWithFileMeta: z.boolean().optional(),
  fsync: z.boolean().optional(),
  onDuplicate: z
    .enum(['replace', 'keep-first', 'keep-both'], "must be 'replace', 'keep-first' or 'keep-both'")
    .optional(),
  checksums: z.boolean().optional(),
  minimumFreeSpace: wholeBytes(0, Number.MAX_SAFE_INTEGER).optional(),
  maxHeaderBytes: wholeBytes(64 * 1024, GiB).optional(),
  maxObjectBytes: wholeBytes(1024, Number.MAX_SAFE_INTEGER).optional(),
  incompleteUids: z.enum(['quarantine', 'refuse'], "must be 'quarantine' or 'refuse'").optional(),
  malformedObjects: z.enum(['refuse', 'quarantine'], "must be 'refuse' or 'quarantine'").optional(),
  abstractSyntaxMode: z.enum(['AllStorage', 'All', 'Custom'], "must be 'AllStorage', 'All' or 'Custom'").optional(),
  abstractSyntaxes: z.array(uid).optional(),
  transferSyntaxMode: z
    .enum(['All', 'UncompressedOnly', 'Custom'], "must be 'All', 'UncompressedOnly' or 'Custom'")
    .optional(),
  transferSyntaxes: z.array(uid).optional(),
  transferSyntaxPreference: z.array(uid).optional(),
  storageCommitment: z.boolean().optional(),
  commitmentPeers: z.array(peer).optional(),
  commitmentFolder: z.string().min(1, 'must not be empty').optional(),
  extractTags: z.array(attributeName).optional(),
  extractCustomTags: z.array(customTagSchema).optional(),
  studyTimeout: seconds(0.05, 86400).optional(),
  s3Config: s3ConfigSchema.optional(),
};

export type OptionName = keyof typeof schemas;

/** The constructor's object, validated as a whole: unknown names and contradictions are mistakes too. */
export const optionsSchema = z.strictObject(schemas).superRefine(
  (options, context) => {
    const mistake = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: undefined });

    if (options.storageBackend === 'S3') {
      const config = options.s3Config;
      if (config === undefined) mistake(['s3Config'], "is required when storageBackend is 'S3'");
      else if (isObject(config)) {
        // Where the key is missing as well, the schema of s3Config has said so.
        if ('bucket' in config && config.bucket === undefined) {
          mistake(['s3Config', 'bucket'], 'is required: the name of the bucket');
        }
        if ((config.accessKey === undefined) !== (config.secretKey === undefined)) {
          mistake(
            ['s3Config'],
            'needs accessKey and secretKey together, or neither (then the default credentials are used)',
          );
        }
        if (config.mode === 'spool' && config.spoolDir === undefined) {
          mistake(['s3Config', 'spoolDir'], "is required when mode is 'spool': the folder of the queue");
        }
        if (config.kmsKeyId !== undefined && config.serverSideEncryption !== 'aws:kms') {
          mistake(['s3Config', 'kmsKeyId'], "means nothing unless serverSideEncryption is 'aws:kms'");
        }
      }
    } else if (
      options.outDir === undefined &&
      (options.storageBackend === undefined || options.storageBackend === 'Filesystem')
    ) {
      mistake(['outDir'], 'is required: the folder in which received files are stored');
    }
    if (options.tls === 'bcp195' || options.tls === 'bcp195-modified') {
      for (const [name, message] of tlsMistakes(options)) mistake([name], message);
    }
    const users = listOf(options.users).map((entry) => String(entry).split(':')[0]);
    if ((options.userIdentity === 'optional' || options.userIdentity === 'required') && users.length === 0) {
      mistake(['users'], `is required when userIdentity is '${options.userIdentity}': list at least one user`);
    }
    for (const [index, name] of users.entries()) {
      if (users.indexOf(name) < index) mistake(['users', index], 'is a user who is listed already');
    }
    const titles = new Set<string>();
    for (const [index, text] of listOf(options.commitmentPeers).entries()) {
      const title = parsePeerAddress(String(text))?.aeTitle;
      if (title === undefined) continue;
      if (titles.has(title))
        mistake(['commitmentPeers', index], `must name "${title}" only once: a title has one address`);
      titles.add(title);
    }
    const names = new Set(listOf(options.extractTags));
    for (const [index, custom] of listOf(options.extractCustomTags).entries()) {
      if (!isObject(custom)) continue;
      const { name } = custom;
      if (names.has(name)) {
        mistake(['extractCustomTags', index, 'name'], `"${name}" is the name of another tag already`);
      }
      names.add(name);
    }
    for (const [mode, list] of [
      ['abstractSyntaxMode', 'abstractSyntaxes'],
      ['transferSyntaxMode', 'transferSyntaxes'],
    ] as const) {
      const given = options[list];
      if (options[mode] === 'Custom' && (given === undefined || (Array.isArray(given) && given.length === 0))) {
        mistake([list], `is required when ${mode} is 'Custom': list at least one UID`);
      }
    }
  },
  // Beside options of the wrong type as well: all mistakes are told at once. What is looked at may have any type then.
  { when: ({ value }) => isObject(value) },
);

type TlsOptions = { readonly [Name in keyof typeof schemas as Name extends `tls${string}` ? Name : never]?: unknown };

/** What is missing, or said twice, where TLS is on. */
function* tlsMistakes(options: TlsOptions): Generator<readonly [name: keyof TlsOptions, message: string]> {
  const { tlsCertificateFile: certificate, tlsKeyFile: key, tlsPkcs12File: pkcs12, tlsClientCertificates } = options;
  if (pkcs12 !== undefined) {
    if (certificate !== undefined || key !== undefined) {
      yield ['tlsPkcs12File', 'stands in place of tlsCertificateFile and tlsKeyFile: give the one or the others'];
    }
  } else {
    if (certificate === undefined) {
      yield ['tlsCertificateFile', 'is required with TLS (or tlsPkcs12File, which holds certificate and key)'];
    }
    if (key === undefined && certificate !== undefined) yield ['tlsKeyFile', 'is required: the key of the certificate'];
  }
  const asks = tlsClientCertificates === 'optional' || tlsClientCertificates === 'required';
  if (asks && options.tlsCaFile === undefined) {
    yield ['tlsCaFile', `is required when tlsClientCertificates is '${tlsClientCertificates}': whom to trust`];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The list, or nothing where something else was given. */
function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

/** What `new StoreScp(…)` takes. */
export type StoreScpOptions = z.input<typeof optionsSchema>;
export type S3Config = z.infer<typeof s3ConfigSchema>;

/** The value that holds when an option is left out. Options without an entry have none. */
export const optionDefaults = {
  callingAeTitle: 'STORE-SCP',
  maxPduLength: 16384,
  strict: false,
  verbose: false,
  maxAssociations: 25,
  artimTimeout: 30,
  idleTimeout: 60,
  minimumRate: 1024,
  beforeStoreTimeout: 30,
  stopTimeout: 10,
  tls: 'off',
  tlsClientCertificates: 'off',
  acceptedCalledAeTitles: [] as string[],
  acceptedCallingAeTitles: [] as string[],
  acceptedAddresses: [] as string[],
  userIdentity: 'off',
  users: [] as string[],
  lockoutAfter: 10,
  lockoutTime: 60,
  storageBackend: 'Filesystem',
  storeWithFileMeta: false,
  fsync: true,
  onDuplicate: 'keep-both',
  checksums: false,
  minimumFreeSpace: GiB,
  maxHeaderBytes: 16 * MiB,
  incompleteUids: 'quarantine',
  malformedObjects: 'refuse',
  abstractSyntaxMode: 'AllStorage',
  abstractSyntaxes: [] as string[],
  transferSyntaxMode: 'All',
  transferSyntaxes: [] as string[],
  transferSyntaxPreference: [] as string[],
  storageCommitment: false,
  commitmentPeers: [] as string[],
  extractTags: [] as string[],
  extractCustomTags: [] as CustomTag[],
  studyTimeout: 30,
} as const satisfies Partial<Record<OptionName, unknown>>;

/** The same for the parts of `s3Config`. */
export const s3Defaults = {
  mode: 'direct',
  objectTags: [] as string[],
  spoolMaxObjects: 1_000_000,
  spoolMaxBytes: 1024 * GiB,
  spoolKeepDays: 0,
  parallelUploads: 4,
} as const satisfies { readonly [Name in S3OptionName]?: unknown };

type Defaults = typeof optionDefaults;

/** Options after validation: every default filled in. */
export type ResolvedOptions = {
  [Name in keyof Defaults]: NonNullable<z.output<typeof optionsSchema>[Name]>;
} & Pick<z.output<typeof optionsSchema>, Exclude<OptionName, keyof Defaults>>;

/** One wrong option. */
export interface OptionMistake {
  /** Where: `s3Config.bucket`, `extractTags[3]`. */
  readonly path: string;
  /** What is wrong and what to do, as the rest of a sentence that starts with the path. */
  readonly message: string;
}

/** Thrown for a configuration with mistakes; its message lists every one of them. */
export class ConfigurationError extends Error {
  readonly mistakes: readonly OptionMistake[];

  constructor(mistakes: readonly OptionMistake[]) {
    const list = mistakes.map(({ path, message }) => `  ${path} ${message}`).join('\n');
    super(`${mistakes.length === 1 ? 'One option is' : `${mistakes.length} options are`} wrong:\n${list}`);
    this.name = 'ConfigurationError';
    this.mistakes = mistakes;
  }
}

/**
 * Parses unknown input into options with every default filled in.
 * @throws ConfigurationError naming every wrong option at once
 */
export function parseOptions(input: unknown): ResolvedOptions {
  const result = optionsSchema.safeParse(input, { reportInput: true });
  if (!result.success) throw new ConfigurationError(result.error.issues.flatMap(mistakesOf));
  const given = Object.fromEntries(Object.entries(result.data).filter(([, value]) => value !== undefined));
  return { ...optionDefaults, ...given } as ResolvedOptions;
}

function mistakesOf(issue: z.core.$ZodIssue): OptionMistake[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'is not an option' }));
  }
  if (issue.code === 'invalid_type' && issue.path.length > 0) {
    const missing = issue.input === undefined;
    return [{ path, message: missing ? 'is required' : `must be ${withArticle(issue.expected)}` }];
  }
  return [{ path: path || 'the configuration', message: path ? issue.message : 'must be an object with options' }];
}

function withArticle(type: string): string {
  const word = type === 'array' ? 'list' : type;
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** A path into the options as people write it: `extractTags[3]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}

/** What a command line or a form has to draw for an option. */
export type OptionKind =
  | 'boolean'
  | 'number'
  | 'text'
  | 'secret'
  | 'choice'
  | 'list'
  | 'custom-tags'
  | 's3'
  | 'function';

/** The kind of an option, and the values of a choice. */
export function optionKind(name: OptionName): { readonly kind: OptionKind; readonly choices?: readonly string[] } {
  if (name === 'extractCustomTags') return { kind: 'custom-tags' };
  if (name === 's3Config') return { kind: 's3' };
  if (name === 'tlsPassphrase') return { kind: 'secret' };
  return kindOf(schemas[name]);
}

/** The kind of a part of `s3Config`. */
export function s3OptionKind(name: S3OptionName): ReturnType<typeof kindOf> {
  if (name === 'bucket') return { kind: 'text' };
  return kindOf(s3ConfigSchema.shape[name]);
}

function kindOf(outer: z.core.$ZodType): {
  readonly kind: 'boolean' | 'number' | 'text' | 'choice' | 'list' | 'function';
  readonly choices?: readonly string[];
} {
  const schema = outer instanceof z.ZodOptional ? outer.unwrap() : outer;
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean' };
  if (schema instanceof z.ZodNumber) return { kind: 'number' };
  if (schema instanceof z.ZodArray) return { kind: 'list' };
  if (schema instanceof z.ZodEnum) return { kind: 'choice', choices: schema.options.map(String) };
  return { kind: schema instanceof z.ZodCustom ? 'function' : 'text' };
}

/** Every option, in the order of the form. */
export function optionNames(): OptionName[] {
  return Object.keys(optionTexts) as OptionName[];
}

export type S3OptionName = keyof typeof s3ConfigSchema.shape;

/** The parts of `s3Config`, which the command line spells `--s3-bucket` and so on. */
export const s3Texts: Readonly<Record<S3OptionName, OptionText>> = {
  bucket: { label: 'Bucket', group: 'S3', help: 'Name of the bucket; it must exist.', example: 'dicom' },
  endpoint: {
    label: 'Endpoint',
    group: 'S3',
    help: 'URL of the S3 service; leave it out for AWS.',
    example: 'http://localhost:9000',
  },
  region: {
    label: 'Region',
    group: 'S3',
    help: 'Region of the bucket; most servers other than AWS take any value.',
    default: 'us-east-1',
  },
  accessKey: {
    label: 'Access key',
    group: 'S3',
    help: 'Access key ID. Without keys the default credentials of the AWS SDK are used (environment, profile, IAM role).',
    environment: 'STUDYPORT_S3_ACCESS_KEY',
  },
  secretKey: {
    label: 'Secret key',
    group: 'S3',
    help: 'Secret of the access key; better given by the environment than on a command line.',
    environment: 'STUDYPORT_S3_SECRET_KEY',
  },
  sessionToken: {
    label: 'Session token',
    group: 'S3',
    help: 'Token of temporary credentials.',
    environment: 'STUDYPORT_S3_SESSION_TOKEN',
  },
  prefix: { label: 'Prefix', group: 'S3', help: 'Put before every key.', example: 'incoming/' },
  forcePathStyle: {
    label: 'Path style',
    group: 'S3',
    help: 'Put the bucket in the path instead of the host name, as MinIO and Ceph want.',
    default: 'on with an endpoint other than AWS',
  },
  serverSideEncryption: {
    label: 'Encryption in S3',
    group: 'S3',
    help: 'AES256: S3 encrypts with keys of its own. aws:kms: with a key of the key management service.',
    default: 'as the bucket says',
  },
  kmsKeyId: {
    label: 'Key of the KMS',
    group: 'S3',
    help: 'With aws:kms: the identifier of the key; left out, that of the account.',
    example: 'alias/dicom',
  },
  storageClass: {
    label: 'Storage class',
    group: 'S3',
    help: 'The class in which objects are stored, by its name at the service.',
    default: 'as the bucket says',
    example: 'STANDARD_IA',
  },
  objectTags: {
    label: 'Object tags',
    group: 'S3',
    help: 'Tags of every object, as key=value, at most 10; for life-cycle rules and billing. Never put patient data here.',
    default: 'none',
    example: 'source=modality',
  },
  mode: {
    label: 'Way to the bucket',
    group: 'S3',
    help: 'direct: success is answered when S3 has the object, so nothing is received while S3 is away. spool: objects are stored in a folder first, flushed to the disk, answered, and uploaded from there; S3 may be away for days.',
    default: s3Defaults.mode,
  },
  spoolDir: {
    label: 'Spool folder',
    group: 'S3',
    help: 'The folder in which objects wait for their upload; a local disk, for this receiver alone. Required in spool mode; the application chooses one.',
    example: './dicom-spool',
  },
  spoolMaxObjects: {
    label: 'Most objects in the spool',
    group: 'S3',
    help: 'When so many wait, objects are answered with A700 and associations refused (A-ASSOCIATE-RJ 2/3/1) until some are uploaded.',
    default: s3Defaults.spoolMaxObjects,
  },
  spoolMaxBytes: {
    label: 'Most bytes in the spool',
    group: 'S3',
    help: 'The same by their size. The reserve of free space (minimumFreeSpace) holds for the disk of the spool as well.',
    unit: 'bytes',
    default: s3Defaults.spoolMaxBytes,
  },
  spoolKeepDays: {
    label: 'Days to keep local copies',
    group: 'S3',
    help: 'How long the copy in the spool stays after its upload, for viewing; less when the disk becomes full. 0: it is removed at once.',
    default: s3Defaults.spoolKeepDays,
  },
  parallelUploads: {
    label: 'Uploads at once',
    group: 'S3',
    help: 'How many objects of the spool are uploaded at the same time; each may need 30 MB of memory.',
    default: s3Defaults.parallelUploads,
  },
};

/** Label, group, help, unit and default of every option, in the order of the form. */
export const optionTexts: Readonly<Record<OptionName, OptionText>> = {
  port: {
    label: 'Port',
    group: 'Network',
    help: 'TCP port on which modalities reach this receiver. 104 is the standard one but needs administrator rights; 11112 is the usual choice. 0 picks a free port.',
    example: '11112',
  },
  host: {
    label: 'Bind address',
    group: 'Network',
    help: 'Address of this computer to listen on; left out, all of them (IPv4 and IPv6).',
    default: 'all addresses',
    example: '127.0.0.1',
  },
  callingAeTitle: {
    label: 'AE title',
    group: 'Network',
    help: 'The name of this receiver in DICOM: modalities call it by this title. (The option is called callingAeTitle for historical reasons; it is our own title.)',
    default: optionDefaults.callingAeTitle,
    example: 'STUDYPORT',
  },
  maxPduLength: {
    label: 'Maximum PDU length',
    group: 'Network',
    help: 'Largest protocol data unit that senders may use, 4096 to 1048576. Larger is faster; 131072 suits local networks.',
    unit: 'bytes',
    default: optionDefaults.maxPduLength,
  },
  strict: {
    label: 'Strict',
    group: 'Network',
    help: 'End an association whose peer sends PDUs longer than negotiated, or AE titles that the standard forbids. Off: PDUs of up to twice the length are tolerated.',
    default: false,
  },
  artimTimeout: {
    label: 'Association request time-out',
    group: 'Network',
    help: 'How long a peer may take, in all, to request its association, and to close the connection at the end (ARTIM, PS3.8 9.1.5).',
    unit: 'seconds',
    default: optionDefaults.artimTimeout,
  },
  idleTimeout: {
    label: 'Idle time-out',
    group: 'Network',
    help: 'How long an open association may be silent before it is aborted.',
    unit: 'seconds',
    default: optionDefaults.idleTimeout,
  },
  minimumRate: {
    label: 'Minimum rate',
    group: 'Network',
    help: 'A peer that sends an object more slowly than this, measured over 60 seconds, is aborted. 0 turns the check off.',
    unit: 'bytes/s',
    default: optionDefaults.minimumRate,
  },
  stopTimeout: {
    label: 'Grace period at stop',
    group: 'Network',
    help: 'How long objects in transfer may take to finish when the receiver stops.',
    unit: 'seconds',
    default: optionDefaults.stopTimeout,
  },
  tls: {
    label: 'TLS',
    group: 'Encryption',
    help: 'Encrypt every connection to this port (PS3.15 B.12, BCP 195: TLS 1.2 and 1.3). bcp195-modified (B.13) is the same with a fixed list of cipher suites. Senders that do not speak TLS are refused then; a second profile on another port can serve them.',
    default: optionDefaults.tls,
  },
  tlsCertificateFile: {
    label: 'Certificate file',
    group: 'Encryption',
    help: 'PEM file with the certificate of this receiver, followed by those of its issuers. A changed file is taken up without a restart.',
    example: '/etc/studyport/tls/receiver.pem',
  },
  tlsKeyFile: {
    label: 'Key file',
    group: 'Encryption',
    help: 'PEM file with the private key of the certificate, readable for this program alone.',
    example: '/etc/studyport/tls/receiver.key',
  },
  tlsPkcs12File: {
    label: 'PKCS#12 file',
    group: 'Encryption',
    help: 'One file (.p12 or .pfx) with certificate and key, in place of the two above.',
    example: '/etc/studyport/tls/receiver.p12',
  },
  tlsPassphrase: {
    label: 'Passphrase',
    group: 'Encryption',
    help: 'What the key or the PKCS#12 file is encrypted with, where it is.',
    environment: 'STUDYPORT_TLS_PASSPHRASE',
  },
  tlsClientCertificates: {
    label: 'Client certificates',
    group: 'Encryption',
    help: 'required: only senders with a certificate of a trusted authority may connect. optional: who presents one must present a trusted one. off: none is asked for.',
    default: optionDefaults.tlsClientCertificates,
  },
  tlsCaFile: {
    label: 'Trusted authorities',
    group: 'Encryption',
    help: 'PEM file with the certificates of the authorities that sign the certificates of senders.',
    example: '/etc/studyport/tls/senders-ca.pem',
  },
  maxAssociations: {
    label: 'Associations at once',
    group: 'Access',
    help: 'Further requests are refused with "local limit exceeded" (A-ASSOCIATE-RJ 2/3/2).',
    default: optionDefaults.maxAssociations,
  },
  maxAssociationsPerCallingAe: {
    label: 'Associations at once per caller',
    group: 'Access',
    help: 'How many of them one calling AE title may have; further ones are refused with A-ASSOCIATE-RJ 2/3/2. Left out: no limit of its own.',
    default: 'none',
  },
  acceptedCalledAeTitles: {
    label: 'Accepted called AE titles',
    group: 'Access',
    help: 'Titles under which this receiver may be called. Empty: any.',
    default: 'any',
    example: 'STUDYPORT',
  },
  acceptedCallingAeTitles: {
    label: 'Accepted calling AE titles',
    group: 'Access',
    help: 'Titles of the senders that may call. Empty: any.',
    default: 'any',
    example: 'CT01, MR02',
  },
  acceptedAddresses: {
    label: 'Accepted addresses',
    group: 'Access',
    help: 'IP addresses and ranges from which senders may call. Empty: any.',
    default: 'any',
    example: '10.1.0.0/16',
  },
  userIdentity: {
    label: 'User identity',
    group: 'Access',
    help: 'required: senders must give a user name and passcode of the list (PS3.7 D.3.3.7). optional: who gives a name must give a right one. off: not looked at. Without TLS the passcode crosses the network readable.',
    default: optionDefaults.userIdentity,
  },
  users: {
    label: 'Users',
    group: 'Access',
    help: 'Names with the hash of their passcode, as "studyport hash-passcode NAME" prints it. A name without a hash may come without a passcode.',
    example: 'ct-01:scrypt.15.8.1.…',
  },
  lockoutAfter: {
    label: 'Lockout after',
    group: 'Access',
    help: 'After so many connections in a row, within a minute, that brought only garbage, failed handshakes or wrong passcodes, the address they came from is locked out. One good association clears the count. Connections that say nothing do not count, nor does anything from this computer itself. Raise it, or turn it off with 0, where a proxy or NAT makes all senders come from one address.',
    default: optionDefaults.lockoutAfter,
  },
  lockoutTime: {
    label: 'Lockout time',
    group: 'Access',
    help: 'How long connections of an address that is locked out are closed at once.',
    unit: 'seconds',
    default: optionDefaults.lockoutTime,
  },
  storageBackend: {
    label: 'Storage',
    group: 'Storage',
    help: 'Filesystem: a folder on this computer. S3: a bucket of an S3-compatible service.',
    default: optionDefaults.storageBackend,
  },
  outDir: {
    label: 'Folder',
    group: 'Storage',
    help: 'Where received files go, as {Study}/{Series}/{SOPInstance}.dcm. Created when missing. Required for Filesystem, ignored for S3.',
    example: './dicom-storage',
  },
  storeWithFileMeta: {
    label: 'Store with file meta',
    group: 'Storage',
    help: 'Put the DICOM file header (PS3.10) before each data set, which viewers need to open it. Off: the bytes of the data set alone.',
    default: false,
  },
  fsync: {
    label: 'Flush to disk',
    group: 'Storage',
    help: 'Answer success only after the disk has confirmed the file, so that a power failure loses nothing acknowledged. Off is faster and weaker.',
    default: true,
  },
  onDuplicate: {
    label: 'Duplicates',
    group: 'Storage',
    help: 'When another content arrives under a SOP Instance UID that is stored already: keep-both stores it as {SOPInstance}~2.dcm, replace replaces the older, keep-first refuses the newer (status 0111H). Equal content is never a duplicate.',
    default: optionDefaults.onDuplicate,
  },
  checksums: {
    label: 'Checksums',
    group: 'Storage',
    help: 'Compute the SHA-256 of each data set while it is received, so that damage to a stored file can be found later. Costs about 0.6 ms of processor time per megabyte.',
    default: optionDefaults.checksums,
  },
  minimumFreeSpace: {
    label: 'Reserve of free space',
    group: 'Storage',
    help: 'Below this, new associations are refused (A-ASSOCIATE-RJ 2/3/1) and objects are answered with A700.',
    unit: 'bytes',
    default: optionDefaults.minimumFreeSpace,
  },
  maxHeaderBytes: {
    label: 'Largest header',
    group: 'Storage',
    help: 'How much of an object before its pixel data is held in memory at most; a longer header is refused.',
    unit: 'bytes',
    default: optionDefaults.maxHeaderBytes,
  },
  maxObjectBytes: {
    label: 'Largest object',
    group: 'Storage',
    help: 'Objects with a longer data set are refused with A700. Left out: no limit but the free space.',
    unit: 'bytes',
    default: 'none',
  },
  incompleteUids: {
    label: 'Objects without Study or Series UID',
    group: 'Storage',
    help: 'quarantine keeps them in the folder .quarantine and answers with the warning B007; refuse answers A900 and keeps nothing.',
    default: optionDefaults.incompleteUids,
  },
  malformedObjects: {
    label: 'Malformed objects',
    group: 'Storage',
    help: 'Objects that are cut off, never closed, nested too deeply, or carry over-long UIDs: refuse, or quarantine them as received with the warning B007.',
    default: optionDefaults.malformedObjects,
  },
  abstractSyntaxMode: {
    label: 'Accepted SOP classes',
    group: 'Acceptance',
    help: 'AllStorage: every storage SOP class of PS3.6, active and retired. All: anything, private classes included. Custom: those of the list. Verification (C-ECHO) is always accepted.',
    default: optionDefaults.abstractSyntaxMode,
  },
  abstractSyntaxes: {
    label: 'SOP classes',
    group: 'Acceptance',
    help: 'UIDs, or keywords such as CTImageStorage, accepted in Custom mode.',
    example: 'CTImageStorage, MRImageStorage',
  },
  transferSyntaxMode: {
    label: 'Accepted transfer syntaxes',
    group: 'Acceptance',
    help: 'All: every one of PS3.6. UncompressedOnly: Implicit and Explicit VR Little Endian. Custom: those of the list. Nothing is ever transcoded.',
    default: optionDefaults.transferSyntaxMode,
  },
  transferSyntaxes: {
    label: 'Transfer syntaxes',
    group: 'Acceptance',
    help: 'UIDs, or keywords such as JPEG2000Lossless, accepted in Custom mode.',
    example: 'ExplicitVRLittleEndian',
  },
  transferSyntaxPreference: {
    label: 'Preferred transfer syntaxes',
    group: 'Acceptance',
    help: 'When a sender offers several acceptable ones for an object, the first of this list wins; otherwise the order of the sender decides.',
    default: "the sender's order",
  },
  storageCommitment: {
    label: 'Storage commitment',
    group: 'Acceptance',
    help: 'Let senders ask whether what they sent is safely stored (N-ACTION, PS3.4 J), and report it to them, so that they may delete their own copy. Objects that rules have given other UIDs are reported as not stored.',
    default: false,
  },
  commitmentPeers: {
    label: 'Where to report commitment',
    group: 'Acceptance',
    help: 'Addresses of senders that end their association before the report is ready: it goes to them on an association of our own, and to nobody who is not listed here.',
    default: 'only on the association of the request',
    example: 'CT01@10.1.2.3:104',
  },
  commitmentFolder: {
    label: 'Folder of pending commitments',
    group: 'Acceptance',
    help: 'Where requests wait until they are reported, so that a restart does not lose them.',
    default: '.commitment in the folder of the archive; with S3, the data folder of the application, else memory only',
    example: './commitment',
  },
  extractTags: {
    label: 'Tags to extract',
    group: 'Tags',
    help: 'Attributes reported with each file and study: keywords of PS3.6, (GGGG,EEEE) or 8 hexadecimal digits.',
    example: 'PatientName, StudyDate',
  },
  extractCustomTags: {
    label: 'Custom tags to extract',
    group: 'Tags',
    help: 'Private attributes, each with a name of your own and, if you like, its private creator: 0009xx01=Name or 0009xx01@GEMS_IDEN_01=Name.',
    example: '0009xx01@GEMS_IDEN_01=FullFidelity',
  },
  studyTimeout: {
    label: 'Study time-out',
    group: 'Studies',
    help: 'A study counts as complete when nothing more of it has come for this long.',
    unit: 'seconds',
    default: optionDefaults.studyTimeout,
  },
  beforeStoreTimeout: {
    label: 'onBeforeStore time-out',
    group: 'Application',
    help: 'How long the onBeforeStore callback may take for one object before the object is refused (C001).',
    unit: 'seconds',
    default: optionDefaults.beforeStoreTimeout,
  },
  s3Config: { label: 'S3', group: 'S3', help: "Where to store objects. Required when storageBackend is 'S3'." },
  verbose: {
    label: 'Verbose',
    group: 'Application',
    help: 'Log what happens on the wire: negotiation, files, studies, errors. No patient data.',
    default: false,
  },
  logger: {
    label: 'Logger',
    group: 'Application',
    help: 'A function that takes structured log records (library only). Without one, log lines go to stderr.',
  },
};
