/** A rule set while it is edited: what is stored, what is on the screen, and the steps between them. Pure. */

import type { RuleSet } from '#shared/rules.ts';

/** How many steps can be taken back. */
const MOST_STEPS = 200;

export interface Editing {
  /** As the receiver has it. */
  readonly saved: RuleSet;
  /** As it is on the screen; may hold mistakes. */
  readonly draft: RuleSet;
  readonly past: readonly RuleSet[];
  readonly future: readonly RuleSet[];
  /** What the last edit was about. */
  readonly field: string | undefined;
}

/** Nothing is edited yet. */
export function opened(saved: RuleSet): Editing {
  return { saved, draft: saved, past: [], future: [], field: undefined };
}

/**
 * One more edit.
 * @param field edits of the same field in a row are one step: nobody takes back letter by letter
 */
export function edited(editing: Editing, draft: RuleSet, field?: string): Editing {
  const goesOn = field !== undefined && field === editing.field;
  const past = goesOn ? editing.past : [...editing.past, editing.draft].slice(-MOST_STEPS);
  return { ...editing, draft, past, future: [], field };
}

/** One step back, as far as there is one. */
export function undone(editing: Editing): Editing {
  const draft = editing.past.at(-1);
  if (!draft) return editing;
  const { past, future } = editing;
  return { ...editing, draft, past: past.slice(0, -1), future: [editing.draft, ...future], field: undefined };
}

/** Takes the last step back again. */
export function redone(editing: Editing): Editing {
  const [draft, ...future] = editing.future;
  if (!draft) return editing;
  return { ...editing, draft, past: [...editing.past, editing.draft], future, field: undefined };
}

/** Back to what is stored; can itself be taken back. */
export function discarded(editing: Editing): Editing {
  return edited(editing, editing.saved);
}

/** What was sent to the receiver is stored now; edits made meanwhile stay. */
export function savedAs(editing: Editing, saved: RuleSet): Editing {
  return { ...editing, saved, field: undefined };
}

/** Another name for both, whatever else was edited. */
export function renamed(editing: Editing, name: string): Editing {
  return { ...edited(editing, { ...editing.draft, name }), saved: { ...editing.saved, name } };
}

export function isDirty({ saved, draft }: Editing): boolean {
  // The rules come from one schema, so the order of the keys is mostly the same; where it is not, saving does no harm.
  return saved !== draft && JSON.stringify(saved) !== JSON.stringify(draft);
}
