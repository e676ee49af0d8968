/** Adds up what a rule set would do to many objects. Holds no value of them. */

import type { DryRun } from '#shared/rule-commands.ts';
import type { RuleRun } from '#shared/rules.ts';

/** Two numbers that a dry run and who waits for it share: the files read so far; 1 to end it. */
export type DryRunShared = Int32Array<SharedArrayBuffer>;
export const DRY_RUN_FILES = 0;
export const DRY_RUN_END = 1;

export class DryRunTotals {
  #files = 0;
  readonly #verdicts = { store: 0, unchanged: 0, quarantine: 0, reject: 0 };
  #unreadable = 0;
  readonly #counts = new Map<string, number>();
  readonly #residual = new Map<string, { readonly keyword: string; readonly what: string; files: number }>();
  readonly #reasons = new Map<string, number>();

  /** Files looked at. */
  get files(): number {
    return this.#files;
  }

  add({ verdict, reason, counts, residual }: Pick<RuleRun, 'verdict' | 'reason' | 'counts' | 'residual'>): void {
    this.#files++;
    this.#verdicts[verdict]++;
    for (const [by, count] of Object.entries(counts)) increase(this.#counts, by, count);
    if (verdict === 'quarantine' || verdict === 'reject') increase(this.#reasons, reason, 1);
    // A file counts once for each attribute, however often that occurs in it.
    const hits = new Map(
      residual.map(({ keyword, path, what }) => [`${keyword || path}\n${what}`, { keyword: keyword || path, what }]),
    );
    for (const [key, { keyword, what }] of hits) {
      const known = this.#residual.get(key);
      if (known) known.files++;
      else this.#residual.set(key, { keyword, what, files: 1 });
    }
  }

  addUnreadable(): void {
    this.#files++;
    this.#unreadable++;
  }

  /** @param cut there were more files */
  result(cut: boolean): DryRun {
    const { store, unchanged, quarantine, reject } = this.#verdicts;
    return {
      files: this.#files,
      stored: store + unchanged,
      quarantined: quarantine,
      rejected: reject,
      unreadable: this.#unreadable,
      counts: Object.fromEntries(this.#counts),
      residual: [...this.#residual.values()].sort((a, b) => b.files - a.files),
      reasons: [...this.#reasons].map(([reason, files]) => ({ reason, files })).sort((a, b) => b.files - a.files),
      cut,
    };
  }
}

function increase(map: Map<string, number>, key: string, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
