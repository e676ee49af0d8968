/** User identity negotiation (PS3.7 D.3.3.7): names and passcodes of requests against the hashes of the options. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { UserIdentity } from '#main/engine/upper-layer/pdu.ts';
import type { ResolvedOptions } from '#shared/options.ts';

/** Cost of a new hash: 2^15 × 8 × 128 bytes are 32 MiB and about a tenth of a second. */
const COST = { logN: 15, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Hashes at once: the threads that compute them also serve the disk. */
const AT_ONCE = 2;
/** Requests that wait for a hash; more are turned away for now. */
const MOST_WAITING = 64;
const TYPE_USERNAME = 1;
const TYPE_USERNAME_AND_PASSCODE = 2;

export type IdentityVerdict =
  | { readonly kind: 'accepted'; readonly user?: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'busy'; readonly reason: string };

interface Hash {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * What the option `users` takes for a name and a passcode: `name:scrypt.15.8.1.salt.hash`.
 * @throws RangeError for a name that cannot stand there
 */
export async function hashPasscode(name: string, passcode: string): Promise<string> {
  if (!/^[^:,\p{Cc}]{1,64}$/u.test(name)) {
    throw new RangeError('a user name has 1 to 64 characters, none of them a colon or a comma');
  }
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(Buffer.from(passcode), { ...COST, salt, hash: new Uint8Array(HASH_BYTES) });
  const { logN, r, p } = COST;
  return `${name}:scrypt.${logN}.${r}.${p}.${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

/** Who may call, by the name that a request gives. */
export class Users {
  readonly #mode: ResolvedOptions['userIdentity'];
  readonly #users = new Map<string, Hash | undefined>();
  /** Takes as long as a real one: a stranger does not learn which names exist. */
  readonly #nobody: Hash = { ...COST, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
  readonly #waiting: (() => void)[] = [];
  #computing = 0;

  constructor({ userIdentity, users }: Pick<ResolvedOptions, 'userIdentity' | 'users'>) {
    this.#mode = userIdentity;
    for (const entry of users) {
      const [name = '', hash] = entry.split(':');
      this.#users.set(name, hash === undefined ? undefined : parseHash(hash));
    }
  }

  /** Judges what a request says of its user; undefined: it says nothing. */
  async check(identity: UserIdentity | undefined): Promise<IdentityVerdict> {
    if (this.#mode === 'off') return { kind: 'accepted' };
    if (!identity) return this.#without('it names no user, and this receiver requires one');
    switch (identity.type) {
      case TYPE_USERNAME:
        return this.#byName(nameOf(identity));
      case TYPE_USERNAME_AND_PASSCODE:
        return this.#byPasscode(nameOf(identity), identity.secondaryField);
      default:
        return this.#without(
          `it identifies its user in a way that is not served here (type ${identity.type}: only user name and passcode are)`,
        );
    }
  }

  #without(reason: string): IdentityVerdict {
    return this.#mode === 'required' ? { kind: 'refused', reason } : { kind: 'accepted' };
  }

  #byName(name: string): IdentityVerdict {
    if (this.#users.has(name) && this.#users.get(name) === undefined) return { kind: 'accepted', user: name };
    const reason = this.#users.has(name)
      ? `it gives the user "${shown(name)}" without the passcode`
      : `it gives the user "${shown(name)}", who is not on the list`;
    return { kind: 'refused', reason };
  }

  async #byPasscode(name: string, passcode: Uint8Array): Promise<IdentityVerdict> {
    if (this.#waiting.length >= MOST_WAITING) return { kind: 'busy', reason: 'too many passcodes wait to be checked' };
    const hash = this.#users.get(name) ?? this.#nobody;
    const found = await this.#inTurn(() => derive(passcode, hash));
    const isRight = timingSafeEqual(found, hash.hash) && this.#users.has(name);
    // A user without a hash is known by the name alone, whatever passcode comes with it.
    if (isRight || (this.#users.has(name) && this.#users.get(name) === undefined)) {
      return { kind: 'accepted', user: name };
    }
    return { kind: 'refused', reason: `the user "${shown(name)}" or the passcode is wrong` };
  }

  async #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#computing >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#computing++;
    try {
      return await work();
    } finally {
      this.#computing--;
      this.#waiting.shift()?.();
    }
  }
}

function nameOf({ primaryField }: UserIdentity): string {
  return new TextDecoder().decode(primaryField).replace(/[\0 ]+$/, '');
}

/** A name of a peer as it may stand in a message. */
function shown(name: string): string {
  return name.replace(/[\p{Cc}"]/gu, '?').slice(0, 64);
}

/** The schema of the options has let it pass: it has all parts. */
function parseHash(text: string): Hash {
  const [, logN, r, p, salt = '', hash = ''] = text.split('.');
  return {
    logN: Number(logN),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}

function derive(passcode: Uint8Array, { logN, r, p, salt, hash }: Hash): Promise<Buffer> {
  const N = 2 ** logN;
  return new Promise((resolve, reject) => {
    scrypt(passcode, salt, hash.length, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
