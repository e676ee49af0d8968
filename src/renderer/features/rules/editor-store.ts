/** The rule set that is open, outside React: whoever looks something up on another tab does not lose what was edited. */

import { create } from 'zustand';
import { formatRulesDetail, parseRulesDetail, type Route } from '#renderer/api/routes.ts';
import { ask, call, guardLeaving, navigate, showToast, tellUnsaved } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { CommandResults, Problem } from '#shared/contract.ts';
import type { RuleSetCheck, RuleSetRow } from '#shared/rule-commands.ts';
import type { RuleRun, RuleSet } from '#shared/rules.ts';
import { discarded, type Editing, edited, isDirty, opened, redone, renamed, savedAs, undone } from './editing.ts';
import { type Place, placeKey } from './entries.ts';
import type { PlacedMistake } from './mistakes.ts';

export interface Open {
  readonly row: RuleSetRow;
  readonly versions: CommandResults['rule-set-get']['versions'];
  readonly editing: Editing;
}

/** What the receiver says about a rule set on the screen. */
export interface Checked {
  /** The one that was checked; older than the draft while it is typed. */
  readonly ruleSet: RuleSet;
  readonly check: RuleSetCheck;
  readonly mistakes: readonly PlacedMistake[];
}

export interface EditorState {
  /** undefined until they are here. */
  readonly rows: readonly RuleSetRow[] | undefined;
  readonly problem: Problem | undefined;
  readonly open: Open | undefined;
  /** The one that is asked for. */
  readonly opening: string | undefined;
  /** What the inspector shows. */
  readonly place: Place;
  /** What was made a moment ago: the focus goes to its form. */
  readonly isNew: boolean;
  readonly checked: Checked | undefined;
  readonly checkProblem: Problem | undefined;
  /** What the rules do to the sample. */
  readonly run: RuleRun | undefined;
  readonly runProblem: Problem | undefined;
  readonly isRunning: boolean;
  readonly isSaving: boolean;
  /** Where the page wants to go while there are unsaved edits. */
  readonly leaving: Route | undefined;
}

export const useEditor = create<EditorState>()(() => ({
  rows: undefined,
  problem: undefined,
  open: undefined,
  opening: undefined,
  place: { kind: 'general' },
  isNew: false,
  checked: undefined,
  checkProblem: undefined,
  run: undefined,
  runProblem: undefined,
  isRunning: false,
  isSaving: false,
  leaving: undefined,
}));

// Also while another screen is shown.
useEditor.subscribe(({ open }) => tellUnsaved('rules', open && isDirty(open.editing) ? 1 : 0));

/** The rule set that an address names. */
export function setOfDetail(detail: string | undefined): string | undefined {
  const place = parseRulesDetail(detail);
  return place && 'ruleSet' in place ? place.ruleSet : undefined;
}

export function showRuleSet(id: string): void {
  navigate('rules', formatRulesDetail({ ruleSet: id }));
}

export async function loadRows(): Promise<void> {
  const result = await call('rule-sets-list', undefined);
  if (result.ok) {
    const rows = result.value.ruleSets;
    useEditor.setState(({ open }) => ({
      rows,
      problem: undefined,
      open: open && { ...open, row: rows.find(({ id }) => id === open.row.id) ?? open.row },
    }));
  } else useEditor.setState({ problem: result.error });
}

/** Somebody has changed rule sets, perhaps on another page: what is open and has no edits follows. */
export async function followChanges(): Promise<void> {
  await loadRows();
  const { open, rows } = useEditor.getState();
  if (!open || isDirty(open.editing)) return;
  if (!rows?.some(({ id }) => id === open.row.id)) return forget(open.row.id);
  const result = await call('rule-set-get', { id: open.row.id });
  // What was saved here is no news: undo and the place in it stay.
  if (result.ok && JSON.stringify(result.value.ruleSet) !== JSON.stringify(open.editing.saved)) {
    await openRuleSet(open.row.id);
  }
}

export async function openRuleSet(id: string): Promise<void> {
  useEditor.setState({ opening: id });
  const result = await call('rule-set-get', { id });
  // Another one was chosen meanwhile.
  if (useEditor.getState().opening !== id) return;
  if (!result.ok) return useEditor.setState({ problem: result.error, open: undefined });
  const { row, versions, ruleSet } = result.value;
  useEditor.setState({
    open: { row, versions, editing: opened(ruleSet) },
    place: firstPlace(ruleSet),
    problem: undefined,
    checked: undefined,
    checkProblem: undefined,
    run: undefined,
    runProblem: undefined,
  });
}

function firstPlace({ rules }: RuleSet): Place {
  return rules[0] ? { kind: 'rules', id: rules[0].id } : { kind: 'base' };
}

function update(change: (editing: Editing) => Editing): void {
  useEditor.setState(({ open }) =>
    open && !open.row.builtIn ? { open: { ...open, editing: change(open.editing) } } : {},
  );
}

/** @param field edits of the same field in a row are taken back at once */
export function edit(draft: RuleSet, field?: string): void {
  update((editing) => edited(editing, draft, field));
}
export const undo = () => update(undone);
export const redo = () => update(redone);
export const discard = () => update(discarded);

export function show(place: Place, isNew = false): void {
  useEditor.setState({ place, isNew });
}

/** Stores the draft as a new version. */
export async function save(): Promise<boolean> {
  const { open } = useEditor.getState();
  if (!open) return false;
  const { draft } = open.editing;
  useEditor.setState({ isSaving: true });
  const row = await ask('rule-set-save', { id: open.row.id, ruleSet: draft });
  useEditor.setState({ isSaving: false });
  if (!row) return false;
  update((editing) => savedAs(editing, draft));
  await refresh(row);
  const words = text.rules.edit;
  showToast({ kind: 'ok', message: (row.usedBy.length > 0 ? words.savedAs : words.savedUnused)(row.version) });
  return true;
}

/** Stores another name; what else was edited stays unsaved. */
export async function rename(name: string): Promise<boolean> {
  const { open } = useEditor.getState();
  if (!open) return false;
  const row = await ask('rule-set-save', { id: open.row.id, ruleSet: { ...open.editing.saved, name } });
  if (!row) return false;
  update((editing) => renamed(editing, name));
  await refresh(row);
  return true;
}

/** The row and the versions as they are after saving. */
async function refresh(row: RuleSetRow): Promise<void> {
  const result = await call('rule-set-get', { id: row.id });
  useEditor.setState(({ open }) =>
    open?.row.id === row.id
      ? { open: { ...open, row, ...(result.ok && { versions: result.value.versions, row: result.value.row }) } }
      : {},
  );
  await loadRows();
}

/** The rule set is gone. */
export function forget(id: string): void {
  useEditor.setState(({ open, rows }) => ({
    open: open?.row.id === id ? undefined : open,
    rows: rows?.filter((row) => row.id !== id),
  }));
}

/** Asks before unsaved edits are left: another screen, or another rule set. */
export function guardEdits(): () => void {
  return guardLeaving((next) => {
    const { open } = useEditor.getState();
    if (!open || !isDirty(open.editing)) return true;
    const other = setOfDetail(next.detail);
    if (next.screen === 'rules' && (other === undefined || other === open.row.id)) return true;
    useEditor.setState({ leaving: next });
    return false;
  });
}

/** Goes where the page wanted to, without the edits or after they were saved. */
export function leave(): void {
  const { leaving } = useEditor.getState();
  useEditor.setState({ leaving: undefined });
  if (leaving) navigate(leaving.screen, leaving.detail);
}

export function stay(): void {
  useEditor.setState({ leaving: undefined });
}

export function isShown(place: Place, other: Place): boolean {
  return placeKey(place) === placeKey(other);
}
