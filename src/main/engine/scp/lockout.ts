/** Addresses that bring only garbage, again and again, are kept out for a while. No I/O. */

import type { ResolvedOptions } from '#shared/options.ts';

/** Within how many milliseconds failures count as a row. */
const ROW = 60_000;
/** Least milliseconds between two reports of connections closed at one address. */
const QUIET = 5000;
/** More addresses are not remembered: those heard of longest ago are forgotten first. */
const MOST_ADDRESSES = 10_000;

interface Entry {
  failures: number;
  /** When the row began. */
  since: number;
  lockedUntil: number;
  /** Closed since it was told last. */
  closed: number;
  toldAt: number;
}

export class Lockout {
  readonly #after: number;
  readonly #milliseconds: number;
  readonly #told: (address: string, times: number) => void;
  readonly #clock: () => number;
  readonly #entries = new Map<string, Entry>();

  /**
   * @param told hears now and then that so many connections of an address were closed
   * @param clock monotonic, in milliseconds
   */
  constructor(
    { lockoutAfter, lockoutTime }: Pick<ResolvedOptions, 'lockoutAfter' | 'lockoutTime'>,
    told: (address: string, times: number) => void,
    clock = () => performance.now(),
  ) {
    this.#after = lockoutAfter;
    this.#milliseconds = lockoutTime * 1000;
    this.#told = told;
    this.#clock = clock;
  }

  /** Whether a new connection of an address is to be closed at once; it is counted then. */
  refuses(address: string): boolean {
    const entry = this.#entries.get(address);
    if (!entry || entry.lockedUntil === 0) return false;
    const now = this.#clock();
    if (now >= entry.lockedUntil) {
      this.#tell(address, entry, now);
      this.#entries.delete(address);
      return false;
    }
    entry.closed++;
    if (now - entry.toldAt >= QUIET) this.#tell(address, entry, now);
    return true;
  }

  /**
   * A connection of an address brought nothing but garbage.
   * @returns true when the address is locked out from now on
   */
  failed(address: string): boolean {
    // Whoever runs programs on this computer has other means, and its own tests must get in.
    if (this.#after === 0 || isLoopback(address)) return false;
    const now = this.#clock();
    const before = this.#entries.get(address);
    const entry =
      before && (before.lockedUntil > 0 || now - before.since < ROW)
        ? before
        : { failures: 0, since: now, lockedUntil: 0, closed: 0, toldAt: Number.NEGATIVE_INFINITY };
    entry.failures++;
    this.#entries.delete(address);
    this.#entries.set(address, entry);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > MOST_ADDRESSES && oldest !== undefined) this.#entries.delete(oldest);
    // Connections that were open already may fail while it is locked out.
    if (entry.failures < this.#after || entry.lockedUntil > 0) return false;
    entry.lockedUntil = now + this.#milliseconds;
    return true;
  }

  /** A good association of this address, or somebody's word for it: whatever was counted is forgotten. */
  clear(address: string): void {
    this.#entries.delete(address);
  }

  #tell(address: string, entry: Entry, now: number): void {
    if (entry.closed === 0) return;
    this.#told(address, entry.closed);
    entry.closed = 0;
    entry.toldAt = now;
  }
}

/** @param address without the IPv4-in-IPv6 form */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
