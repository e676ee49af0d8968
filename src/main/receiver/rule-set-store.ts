/** Rule sets: the built-in ones, and one's own with all their versions in `rules/{id}/{version}.json`, none ever written twice. */

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_RULE_SETS } from '#main/rules/index.ts';
import type { Problem } from '#shared/contract.ts';
import { parseRuleSet, type RuleSet } from '#shared/rules.ts';
import { keepAside, readJson, writeJson } from './json-file.ts';
import { errnoOf, problem } from './problem.ts';

/** One version of a rule set. */
export interface StoredRuleSet {
  readonly id: string;
  readonly builtIn: boolean;
  /** 1 for built-in ones. */
  readonly version: number;
  /** Milliseconds since 1970; 0 for built-in ones. */
  readonly saved: number;
  readonly ruleSet: RuleSet;
}

interface OwnRuleSet {
  readonly current: StoredRuleSet;
  /** Every version that can be read, newest first. */
  readonly versions: readonly { readonly version: number; readonly saved: number }[];
  /** The highest number ever used: a version that is broken now keeps its number. */
  readonly highest: number;
}

const OWN_ID = /^r[0-9a-f]{12}$/;
/** A version, or one that could not be read and was kept aside. */
const VERSION_FILE = /^([1-9]\d{0,8})(?:\.broken-[\w-]+)?\.json$/;

export class RuleSetStore {
  readonly #folder: string;
  readonly #builtIn: ReadonlyMap<string, StoredRuleSet>;
  readonly #own: Map<string, OwnRuleSet>;

  private constructor(folder: string, own: Map<string, OwnRuleSet>) {
    this.#folder = folder;
    this.#own = own;
    this.#builtIn = new Map(
      [...BUILT_IN_RULE_SETS].map(([id, input]) => [
        id,
        { id, builtIn: true, version: 1, saved: 0, ruleSet: readRuleSet(input) },
      ]),
    );
  }

  /** Reads every rule set below a folder. Versions that cannot be read are kept aside; the notices say which. */
  static async open(folder: string): Promise<{ store: RuleSetStore; notices: readonly Problem[] }> {
    const own = new Map<string, OwnRuleSet>();
    const notices: Problem[] = [];
    const names = await readdir(folder).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') notices.push(unreadable(folder, error));
      return [];
    });
    for (const id of names.filter((name) => OWN_ID.test(name)).sort()) {
      try {
        const { read, broken } = await readOwn(folder, id);
        if (read) own.set(id, read);
        notices.push(...broken);
      } catch (error) {
        notices.push(unreadable(join(folder, id), error));
      }
    }
    return { store: new RuleSetStore(folder, own), notices };
  }

  /** The built-in ones, then one's own by name: of each the newest version that can be read. */
  get all(): readonly StoredRuleSet[] {
    const own = [...this.#own.values()].map(({ current }) => current);
    own.sort((a, b) => a.ruleSet.name.localeCompare(b.ruleSet.name));
    return [...this.#builtIn.values(), ...own];
  }

  /** The newest version that can be read, to be looked at. @throws ProblemError */
  get(id: string): StoredRuleSet {
    const found = this.#builtIn.get(id) ?? this.#own.get(id)?.current;
    if (!found) throw problem('unknown-rule-set', 'This rule set does not exist, or cannot be read.', 'id');
    return found;
  }

  /**
   * What is to be applied: the newest version, or nothing. An older one in its place might let through what the newest
   * one was made to hold back.
   * @throws ProblemError
   */
  usable(id: string): StoredRuleSet {
    const own = this.#own.get(id);
    const found = this.#builtIn.get(id) ?? own?.current;
    if (!found) {
      throw problem(
        'unknown-rule-set',
        'The rule set of this profile does not exist here, or cannot be read. Import it in "Rules", or choose another one for this profile.',
        'ruleSetId',
      );
    }
    if (own && own.highest !== found.version) {
      throw problem(
        'rule-set-broken',
        `Version ${own.highest} of the rule set "${found.ruleSet.name}" cannot be read, and nothing older is applied in its place. Open it in "Rules", look it over and save it, or put the file back.`,
        'ruleSetId',
      );
    }
    return found;
  }

  /** Every version that can be read, newest first. @throws ProblemError */
  versions(id: string): OwnRuleSet['versions'] {
    return this.#own.get(id)?.versions ?? [{ version: this.get(id).version, saved: 0 }];
  }

  /** @throws ProblemError */
  async version(id: string, version: number): Promise<StoredRuleSet> {
    const current = this.get(id);
    if (version === current.version) return current;
    const read = await readVersion(this.#folder, id, version);
    if ('stored' in read) return read.stored;
    throw problem('unknown-version', `Version ${version} of this rule set cannot be read: ${read.reason}.`, 'version');
  }

  /**
   * Stores a new version; without an id a new rule set.
   * @throws ProblemError for a built-in one, and for one that does not exist; what the file system says
   */
  async save(id: string | undefined, ruleSet: RuleSet, now = Date.now()): Promise<StoredRuleSet> {
    const known = id === undefined ? undefined : this.#ownOf(id, 'changed');
    const key = id ?? newRuleSetId();
    const version = (known?.highest ?? 0) + 1;
    const saved: StoredRuleSet = { id: key, builtIn: false, version, saved: now, ruleSet };
    await writeJson(fileOf(this.#folder, key, version), { version, saved: now, ruleSet });
    this.#own.set(key, {
      current: saved,
      versions: [{ version, saved: now }, ...(known?.versions ?? [])],
      highest: version,
    });
    return saved;
  }

  /** Removes it with all its versions. @throws ProblemError for a built-in one, and for one that does not exist */
  async remove(id: string): Promise<void> {
    this.#ownOf(id, 'deleted');
    // First out of the way in one step: a folder that is half removed would be an older version.
    const gone = join(this.#folder, `.${id}.deleted`);
    await rename(join(this.#folder, id), gone);
    this.#own.delete(id);
    await rm(gone, { recursive: true, force: true });
  }

  #ownOf(id: string, what: string): OwnRuleSet {
    if (this.#builtIn.has(id)) {
      throw problem(
        'built-in-rule-set',
        `A built-in rule set cannot be ${what}. Duplicate it, and change the copy.`,
        'id',
      );
    }
    this.get(id);
    return this.#own.get(id)!;
  }
}

function newRuleSetId(): string {
  return `r${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}

function fileOf(folder: string, id: string, version: number): string {
  return join(folder, id, `${version}.json`);
}

/** Of the built-in ones, which are right. */
function readRuleSet(input: unknown): RuleSet {
  const parsed = parseRuleSet(input);
  if ('mistakes' in parsed) throw new Error(`a built-in rule set: ${JSON.stringify(parsed.mistakes)}`);
  return parsed.ruleSet;
}

async function readOwn(folder: string, id: string): Promise<{ read?: OwnRuleSet; broken: readonly Problem[] }> {
  const numbers = new Map<number, boolean>();
  for (const name of await readdir(join(folder, id))) {
    const found = VERSION_FILE.exec(name);
    if (found) numbers.set(Number(found[1]), numbers.get(Number(found[1])) || name === `${found[1]}.json`);
  }
  const good: StoredRuleSet[] = [];
  const broken: Problem[] = [];
  for (const [version, there] of [...numbers].sort(([a], [b]) => b - a)) {
    if (!there) continue;
    const read = await readVersion(folder, id, version);
    if ('stored' in read) good.push(read.stored);
    else broken.push(keptAside(version, read.reason, await keepAside(fileOf(folder, id, version))));
  }
  const [current] = good;
  if (!current) return { broken };
  const versions = good.map(({ version, saved }) => ({ version, saved }));
  return { read: { current, versions, highest: Math.max(...numbers.keys()) }, broken };
}

async function readVersion(
  folder: string,
  id: string,
  version: number,
): Promise<{ readonly stored: StoredRuleSet } | { readonly reason: string }> {
  const read = await readJson(fileOf(folder, id, version));
  if (read.kind === 'missing') return { reason: 'the file is not there' };
  if (read.kind === 'broken') return { reason: read.reason };
  const { ruleSet, saved } = Object(read.value) as { ruleSet?: unknown; saved?: unknown };
  const parsed = parseRuleSet(ruleSet);
  if ('mistakes' in parsed) {
    const [first] = parsed.mistakes;
    return { reason: first ? `${first.path || 'it'} ${first.message}` : 'it is no rule set' };
  }
  const time = typeof saved === 'number' ? saved : 0;
  return { stored: { id, builtIn: false, version, saved: time, ruleSet: parsed.ruleSet } };
}

function keptAside(version: number, reason: string, aside: string): Problem {
  return {
    code: 'rule-set-broken',
    message: `Version ${version} of a rule set could not be read: ${reason}. The file is kept as ${aside}; repair it and put it back as ${version}.json, or save the rule set anew. Profiles that apply it do not start until then.`,
  };
}

function unreadable(path: string, error: unknown): Problem {
  return {
    code: 'rule-set-unreadable',
    message: `Rule sets in ${path} cannot be read (${errnoOf(error)}). Give this program the right to read them, and start it again. Profiles that apply them do not start until then.`,
  };
}
