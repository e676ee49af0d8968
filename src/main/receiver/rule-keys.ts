/** The keys from which new UIDs, dates and pseudonyms come: kept where secrets are kept, listed by name in `rules/keys.json`. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fingerprint, parseRecovery, recoveryText } from '#main/rules/index.ts';
import type { Problem } from '#shared/contract.ts';
import type { SecretStore } from './host.ts';
import { keepAside, readJson, writeJson } from './json-file.ts';
import { errnoOf, problem } from './problem.ts';

/** What is known of a key without the key. */
export interface KnownKey {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly fingerprint: string;
}

const KEY_BYTES = 32;
const LONGEST_NAME = 40;

export class RuleKeys {
  readonly #file: string;
  readonly #secrets: SecretStore;
  readonly #told: (created: KnownKey) => void;
  #known: readonly KnownKey[];
  /** Changes one after the other: two profiles that start together must not both make the first key. */
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(
    file: string,
    secrets: SecretStore,
    told: (created: KnownKey) => void,
    known: readonly KnownKey[],
  ) {
    this.#file = file;
    this.#secrets = secrets;
    this.#told = told;
    this.#known = known;
  }

  /** @param created hears of a key that was made because a rule set needed it */
  static async open(
    folder: string,
    secrets: SecretStore,
    created: (key: KnownKey) => void,
  ): Promise<{ keys: RuleKeys; notice?: Problem }> {
    const file = join(folder, 'keys.json');
    const read = await readJson(file);
    if (read.kind === 'missing') return { keys: new RuleKeys(file, secrets, created, []) };
    const known = read.kind === 'json' ? parseKnown(read.value) : undefined;
    if (known) return { keys: new RuleKeys(file, secrets, created, known) };
    const aside = await keepAside(file);
    const message = `The list of rule keys could not be read and is kept as ${aside}. The keys themselves are where secrets are kept; one is listed again when it is next used.`;
    return { keys: new RuleKeys(file, secrets, created, []), notice: { code: 'rule-keys-broken', message } };
  }

  get all(): readonly KnownKey[] {
    return this.#known;
  }

  /** The key of a name, when there is one. @throws ProblemError when there should be one and it cannot be read */
  async find(name: string): Promise<Uint8Array | undefined> {
    const listed = this.#known.find((key) => key.name === name);
    let text: string | undefined;
    try {
      text = await this.#secrets.get(secretName(name));
    } catch (error) {
      throw problem('rule-key-unreadable', `The rule key "${name}" cannot be read: ${wordsOf(error)}`, 'keyRef');
    }
    const key = text === undefined ? undefined : Buffer.from(text, 'base64');
    if (!key && !listed) return undefined;
    if (key?.length === KEY_BYTES && (!listed || listed.fingerprint === fingerprint(key))) return new Uint8Array(key);
    // Another key would give everybody another number, and nobody would notice.
    throw problem(
      'rule-key-missing',
      `The rule key "${name}" is no longer where secrets are kept. Restore it from its recovery file in "Rules"; no other key is made in its place.`,
      'keyRef',
    );
  }

  /** The key of a name, made where there is none yet. @throws ProblemError */
  use(name: string): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const key = await this.find(name);
      if (key) {
        if (!this.#known.some((known) => known.name === name)) await this.#list(knownKey(name, key));
        return key;
      }
      const created = await this.#put(name, new Uint8Array(randomBytes(KEY_BYTES)));
      this.#told(created.known);
      return created.key;
    });
  }

  /** @throws ProblemError when the name has a key */
  create(name: string): Promise<KnownKey> {
    return this.#inTurn(async () => {
      if (await this.find(name)) {
        throw problem(
          'rule-key-exists',
          `There is a key "${name}" already. Choose another name, or rotate it.`,
          'name',
        );
      }
      return (await this.#put(name, new Uint8Array(randomBytes(KEY_BYTES)))).known;
    });
  }

  /** The key as text for a safe place. @throws ProblemError */
  async recovery(name: string): Promise<string> {
    return recoveryText(name, await this.#existing(name));
  }

  /** Puts back what {@link recovery} gave. @throws ProblemError when another key has the name, or the text is none */
  restore(name: string, text: string): Promise<KnownKey> {
    return this.#inTurn(async () => {
      const key = readRecovery(text);
      const listed = this.#known.find((known) => known.name === name);
      const there = listed ? undefined : await this.find(name);
      const taken = listed?.fingerprint ?? (there && fingerprint(there));
      if (taken !== undefined && taken !== fingerprint(key)) {
        throw problem(
          'rule-key-exists',
          `Another key has the name "${name}". Restore this one under another name, and choose that in the rule set.`,
          'name',
        );
      }
      return (await this.#put(name, key, listed?.created)).known;
    });
  }

  /** A new key under the name; the old one stays as `{name}-{date}`. @throws ProblemError */
  rotate(name: string): Promise<KnownKey> {
    return this.#inTurn(async () => {
      await this.#setAside(name);
      return (await this.#put(name, new Uint8Array(randomBytes(KEY_BYTES)))).known;
    });
  }

  async #existing(name: string): Promise<Uint8Array> {
    const key = await this.find(name);
    if (!key) throw problem('unknown-rule-key', `There is no key "${name}".`, 'name');
    return key;
  }

  /** Keeps the key of a name under another one as well. */
  async #setAside(name: string): Promise<void> {
    const key = await this.#existing(name);
    const created = this.#known.find((known) => known.name === name)?.created;
    await this.#put(freeKeyName(name, this.#known, new Date()), key, created);
  }

  async #put(name: string, key: Uint8Array, created?: number): Promise<{ known: KnownKey; key: Uint8Array }> {
    try {
      await this.#secrets.set(secretName(name), Buffer.from(key).toString('base64'));
    } catch (error) {
      throw problem('rule-key-not-kept', `The rule key "${name}" could not be kept: ${wordsOf(error)}`, 'keyRef');
    }
    const known = knownKey(name, key, created);
    await this.#list(known);
    return { known, key };
  }

  async #list(key: KnownKey): Promise<void> {
    const known = [...this.#known.filter(({ name }) => name !== key.name), key];
    known.sort((a, b) => a.name.localeCompare(b.name));
    await writeJson(this.#file, { version: 1, keys: known }).catch((error: unknown) => {
      throw problem(
        'rule-key-not-kept',
        `The list of rule keys could not be written to ${this.#file} (${errnoOf(error)}). Make room there, and give this program the right to write.`,
        'keyRef',
      );
    });
    this.#known = known;
  }

  #inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const result = this.#changes.then(change);
    this.#changes = result.catch(() => {});
    return result;
  }
}

/** Under which a host keeps the key. */
function secretName(name: string): string {
  return `rule-key:${name}`;
}

function knownKey(name: string, key: Uint8Array, created = Date.now()): KnownKey {
  return { name, created, fingerprint: fingerprint(key) };
}

/** `default-20260102`, `default-20260102-2` …: the first that nobody has. */
export function freeKeyName(name: string, taken: readonly { readonly name: string }[], now: Date): string {
  const date = now.toISOString().slice(0, 10).replaceAll('-', '');
  for (let number = 1; ; number++) {
    const ending = number === 1 ? `-${date}` : `-${date}-${number}`;
    const free = `${name.slice(0, LONGEST_NAME - ending.length)}${ending}`;
    if (!taken.some((one) => one.name === free)) return free;
  }
}

function readRecovery(text: string): Uint8Array {
  const read = parseRecovery(text);
  if ('mistake' in read) throw problem('recovery-broken', `${read.mistake}.`, 'text');
  return read.key;
}

function parseKnown(value: unknown): readonly KnownKey[] | undefined {
  const { keys } = Object(value) as { keys?: unknown };
  if (!Array.isArray(keys)) return undefined;
  const right = keys.every(
    (key) => typeof key?.name === 'string' && typeof key.created === 'number' && typeof key.fingerprint === 'string',
  );
  return right ? keys.map(({ name, created, fingerprint }) => ({ name, created, fingerprint })) : undefined;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it is not known why';
}
