/** The profiles in `profiles.json`: versioned, migrated, checked; a wrong profile is kept, a broken file is kept aside. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ConfigurationError, StoreScp } from '#main/engine/index.ts';
import type { Problem, Profile, ProfileOptions, SecretName } from '#shared/contract.ts';
import { checkProfileOptions, placeSecrets, S3_SECRET_NAMES, SECRET_NAMES } from '#shared/contract.ts';
import { retentionSchema, verifyEverySchema } from '#shared/guards.ts';
import { storedWebhookSchema } from '#shared/webhook.ts';
import { keepAside, keepCopy, readJson, writeJson } from './json-file.ts';

/** The version of the file that this program writes. */
export const PROFILES_VERSION = 1;

type Json = Readonly<Record<string, unknown>>;

/** From each older version to the next one. */
export type Migrations = Readonly<Record<number, (file: Json) => Json>>;
const MIGRATIONS: Migrations = {};

/** The profiles of a file, or why there are none. */
export type ParsedProfiles =
  | { readonly profiles: readonly Profile[]; readonly repaired: number }
  | { readonly broken: string };

export class ProfileStore {
  readonly #path: string;
  #profiles: readonly Profile[];

  private constructor(path: string, profiles: readonly Profile[]) {
    this.#path = path;
    this.#profiles = profiles;
  }

  /** Reads the profiles. `first` says that there is no file yet. */
  static async open(folder: string): Promise<{ store: ProfileStore; first: boolean; notice?: Problem }> {
    const path = join(folder, 'profiles.json');
    const read = await readJson(path);
    if (read.kind === 'missing') return { store: new ProfileStore(path, []), first: true };
    const parsed = read.kind === 'broken' ? { broken: read.reason } : parseProfiles(read.value);
    if ('broken' in parsed) {
      const aside = await keepAside(path);
      const message = `The profiles could not be read: ${parsed.broken}. The file is kept as ${aside}; repair it and put it back as profiles.json, or create or import profiles anew.`;
      return { store: new ProfileStore(path, []), first: false, notice: { code: 'profiles-broken', message } };
    }
    const store = new ProfileStore(path, parsed.profiles);
    if (parsed.repaired === 0) return { store, first: false };
    const aside = await keepCopy(path);
    const message = `${parsed.repaired === 1 ? 'A profile has' : `${parsed.repaired} profiles have`} parts that cannot be read; what can be read is shown. The file as it was is kept as ${aside}.`;
    return { store, first: false, notice: { code: 'profiles-repaired', message } };
  }

  get all(): readonly Profile[] {
    return this.#profiles;
  }

  get(id: string): Profile | undefined {
    return this.#profiles.find((profile) => profile.id === id);
  }

  /** Adds it, or replaces the one of the same id. */
  async put(profile: Profile): Promise<void> {
    const known = this.get(profile.id) !== undefined;
    await this.#write(
      known ? this.#profiles.map((old) => (old.id === profile.id ? profile : old)) : [...this.#profiles, profile],
    );
  }

  async remove(id: string): Promise<void> {
    await this.#write(this.#profiles.filter((profile) => profile.id !== id));
  }

  async #write(profiles: readonly Profile[]): Promise<void> {
    await writeJson(this.#path, { version: PROFILES_VERSION, profiles });
    this.#profiles = profiles;
  }
}

/** Understands the content of a profiles file of any version up to ours. */
export function parseProfiles(file: unknown, migrations: Migrations = MIGRATIONS): ParsedProfiles {
  if (!isObject(file)) return { broken: 'it is not an object with profiles' };
  const { version } = file;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return { broken: 'it has no version' };
  if (version > PROFILES_VERSION) {
    return { broken: `it was written by a newer version of this program (${version}, here ${PROFILES_VERSION})` };
  }
  let current: Json = file;
  for (let from = version; from < PROFILES_VERSION; from++) {
    const migrate = migrations[from];
    if (!migrate) return { broken: `nothing is known of its version ${from}` };
    current = migrate(current);
  }
  if (!Array.isArray(current.profiles)) return { broken: 'it has no list of profiles' };
  const ids = new Set<string>();
  let repaired = 0;
  const profiles = current.profiles.map((entry: unknown, index): Profile => {
    const profile = readProfile(entry, `Profile ${index + 1}`, ids);
    ids.add(profile.id);
    if (!isObject(entry) || entry.id !== profile.id || entry.name !== profile.name || !isObject(entry.options)) {
      repaired++;
    }
    return profile;
  });
  return { profiles, repaired };
}

/** Whatever can be read of an entry. Its options stay as they are: what is wrong in them is told at start. */
function readProfile(entry: unknown, fallbackName: string, taken: ReadonlySet<string>): Profile {
  const given: Json = isObject(entry) ? entry : {};
  const id =
    typeof given.id === 'string' && /^[\w-]{1,60}$/.test(given.id) && !taken.has(given.id) ? given.id : newId();
  const name = typeof given.name === 'string' && given.name.trim() !== '' ? given.name.slice(0, 60) : fallbackName;
  const secrets = Array.isArray(given.secrets)
    ? SECRET_NAMES.filter((one) => (given.secrets as unknown[]).includes(one))
    : [];
  const options = (isObject(given.options) ? given.options : {}) as ProfileOptions;
  const { ruleSetId } = given;
  return {
    id,
    name,
    autoStart: given.autoStart === true,
    options,
    secrets,
    ...(ruleSetId !== undefined && { ruleSetId: readRuleSetId(ruleSetId) }),
    ...readGuards(given),
    ...readWebhook(given),
  };
}

/** What cannot be read of these is off: nothing is removed by mistake. */
function readGuards(given: Json): Pick<Profile, 'retention' | 'verifyEvery'> {
  const retention = retentionSchema.safeParse(given.retention);
  const verifyEvery = verifyEverySchema.safeParse(given.verifyEvery);
  return {
    ...(retention.success && { retention: retention.data }),
    ...(verifyEvery.success && { verifyEvery: verifyEvery.data }),
  };
}

/** One that cannot be read tells nobody. */
function readWebhook(given: Json): Pick<Profile, 'webhook'> {
  const webhook = storedWebhookSchema.safeParse(given.webhook);
  return webhook.success ? { webhook: webhook.data } : {};
}

/** What cannot be read as an id stays one that nobody has: the profile then does not start, instead of storing as it comes. */
export function readRuleSetId(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{1,60}$/.test(value) ? value : 'unreadable';
}

/** An identifier for a new profile. */
export function newId(): string {
  return `p${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}

/** Every mistake of a profile's options: those of the schema, then those that only the engine sees (tags). */
export function profileMistakes(options: unknown, secrets: readonly SecretName[]): readonly Problem[] {
  const mistakes = checkProfileOptions(options, secrets);
  if (mistakes.length > 0) return mistakes;
  try {
    new StoreScp(placeSecrets(options as ProfileOptions, Object.fromEntries(secrets.map((name) => [name, 'stored']))));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes.map(({ path, message }) => ({ code: 'option', field: path, message }));
  }
}

/** Secrets that somebody wrote among the options, and the options without them. */
export function takeSecrets(options: ProfileOptions): {
  readonly options: ProfileOptions;
  readonly secrets: readonly (readonly [SecretName, unknown])[];
} {
  const { tlsPassphrase, ...others } = options;
  const top = 'tlsPassphrase' in options ? [['tlsPassphrase', tlsPassphrase] as const] : [];
  const { s3Config } = others;
  if (typeof s3Config !== 'object' || s3Config === null) return { options: others, secrets: top };
  const { secretKey: _, sessionToken: __, ...rest } = s3Config;
  const inS3 = S3_SECRET_NAMES.filter((name) => name in s3Config).map((name) => [name, s3Config[name]] as const);
  return { options: { ...others, s3Config: rest }, secrets: [...inS3, ...top] };
}

/** `Receiver`, `Receiver 2`, `Receiver 3` …: the first that nobody has. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const base = wanted.replace(/ \d+$/, '').slice(0, 55);
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number++) {
    const name = `${base} ${number}`;
    if (!taken.includes(name)) return name;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
