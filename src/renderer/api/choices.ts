/**
 * Settings that were chosen on this page stand at once, although the receiver tells of them a little later, and of each
 * one in turn: until it has told of the last, what it tells of the earlier ones does not come back. Pure.
 */

import type { Settings } from '#shared/contract.ts';

export interface Choices {
  /** What the receiver told last. */
  readonly told: Settings;
  /** What was chosen here since, the oldest first. */
  readonly waiting: readonly Partial<Settings>[];
}

export function choose({ told, waiting }: Choices, change: Partial<Settings>): Choices {
  return { told, waiting: [...waiting, change] };
}

/** The receiver tells of every choice, in their order; in between it tells of what others chose. */
export function hear({ waiting }: Choices, told: Settings): Choices {
  const [oldest = {}] = waiting;
  const isToldOf = (Object.keys(oldest) as (keyof Settings)[]).every((name) => oldest[name] === told[name]);
  return { told, waiting: isToldOf ? waiting.slice(1) : waiting };
}

/** A choice that could not be saved. */
export function takeBack({ told, waiting }: Choices, change: Partial<Settings>): Choices {
  return { told, waiting: waiting.filter((other) => other !== change) };
}

/** What stands on this page. */
export function standing({ told, waiting }: Choices): Settings {
  return Object.assign({}, told, ...waiting);
}
