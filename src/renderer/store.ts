/** What the page knows: the receiver's state by the shared reducer, the connection, and what the user looks at. */

import { create } from 'zustand';
import { useShallow } from 'zustand/shallow';
import type { CommandArgument, CommandName, CommandResults, Problem, Result, Settings } from '#shared/contract.ts';
import type { ProfileState, ReceiverState } from '#shared/state.ts';
import { applyEvents } from '#shared/state.ts';
import type { Choices } from './api/choices.ts';
import { choose, hear, standing, takeBack } from './api/choices.ts';
import type { Connection, Following, Transport } from './api/connect.ts';
import { follow, UNREACHABLE } from './api/connect.ts';
import { createFeed } from './api/feed.ts';
import type { Route, Screen } from './api/routes.ts';
import { formatRoute, parseRoute } from './api/routes.ts';
import type { Toast } from './components/toast.tsx';

/** What lies above the screen. */
export type Layer = 'palette' | 'shortcuts' | 'first-run';

export interface PageState {
  readonly connection: Connection;
  /** undefined until the first snapshot. */
  readonly receiver: ReceiverState | undefined;
  readonly route: Route;
  /** The profile that Receiver shows in full; undefined: the first. */
  readonly profileId: string | undefined;
  readonly layer: Layer | undefined;
  /** Whatever the settings say: this page goes on. */
  readonly isFirstRunSkipped: boolean;
  readonly toasts: readonly Toast[];
  readonly polite: string;
  readonly assertive: string;
  /** Codes of notices that were dismissed on this page. */
  readonly dismissed: readonly string[];
}

export const useStore = create<PageState>()(() => ({
  connection: { kind: 'connecting' },
  receiver: undefined,
  route: { screen: 'receiver' },
  profileId: undefined,
  layer: undefined,
  isFirstRunSkipped: false,
  toasts: [],
  polite: '',
  assertive: '',
  dismissed: [],
}));

/** The newest files, outside React. */
export const feed = createFeed();

let transport: Transport | undefined;
let following: Following | undefined;

/** Connects the page; called once. */
export function connectPage(by: Transport): void {
  transport = by;
  useStore.setState({ route: parseRoute(location.hash) });
  window.addEventListener('hashchange', () => {
    const route = parseRoute(location.hash);
    if (guard?.(route) === false) history.replaceState(null, '', formatRoute(useStore.getState().route));
    else useStore.setState({ route });
  });
  following = follow(by, {
    onConnection: (connection) => useStore.setState({ connection }),
    onSnapshot: (receiver) => {
      feed.fill(receiver);
      // Whatever happened in between: this is how it is.
      choices = { told: receiver.settings, waiting: [] };
      useStore.setState({ receiver });
    },
    onEvents: (events) => {
      feed.apply(events);
      for (const event of events) {
        if (choices && event.type === 'settings-changed') choices = hear(choices, event.settings);
      }
      useStore.setState(({ receiver }) => (receiver ? { receiver: withChoices(applyEvents(receiver, events)) } : {}));
    },
  });
}

export function retryConnection(): void {
  following?.retry();
}

/** Asks the receiver. Never rejects. */
export async function call<Name extends CommandName>(
  name: Name,
  argument: CommandArgument<Name>,
): Promise<Result<CommandResults[Name]>> {
  if (!transport) return { ok: false, error: UNREACHABLE };
  return (await transport.call(name, argument)) as Result<CommandResults[Name]>;
}

/** Asks the receiver; a failure becomes a message at the corner. undefined: it failed. */
export async function ask<Name extends CommandName>(
  name: Name,
  argument: CommandArgument<Name>,
): Promise<CommandResults[Name] | undefined> {
  const result = await call(name, argument);
  if (result.ok) return result.value;
  showProblem(result.error);
  return undefined;
}

/** Whether the page may go there; who says no asks the user and navigates afterwards. */
type Guard = (next: Route) => boolean;
let guard: Guard | undefined;

/** Asked whenever the page is about to show something else, until the returned function is called. */
export function guardLeaving(by: Guard): () => void {
  guard = by;
  return () => {
    if (guard === by) guard = undefined;
  };
}

const unsaved = new Map<string, number>();

/** Says how many edits a screen holds that are not saved: the desktop asks before it quits. */
export function tellUnsaved(screen: string, count: number): void {
  if ((unsaved.get(screen) ?? 0) === count) return;
  unsaved.set(screen, count);
  const total = [...unsaved.values()].reduce((sum, one) => sum + one, 0);
  if (useStore.getState().receiver?.host.kind === 'electron') void call('unsaved-edits', { count: total });
}

export function navigate(screen: Screen, detail?: string): void {
  location.hash = formatRoute(detail === undefined ? { screen } : { screen, detail });
}

export function selectProfile(profileId: string): void {
  useStore.setState({ profileId });
}

export function openLayer(layer: Layer | undefined): void {
  useStore.setState({ layer });
}

let toastId = 0;

/** A short message at the corner, read out as well. */
export function showToast(toast: Omit<Toast, 'id'>): void {
  const id = ++toastId;
  useStore.setState(({ toasts }) => ({ toasts: [...toasts, { ...toast, id }].slice(-4) }));
  announce(toast.message, toast.kind === 'error');
}

export function dismissToast(id: number): void {
  useStore.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

export function showProblem({ message, code }: Problem): void {
  showToast({ kind: 'error', message, code });
}

/** Says something to screen readers. */
export function announce(message: string, assertive = false): void {
  useStore.setState(assertive ? { assertive: message } : { polite: message });
}

export function dismissNotice(code: string): void {
  useStore.setState(({ dismissed }) => ({ dismissed: [...dismissed, code] }));
}

/** undefined until the first snapshot. */
let choices: Choices | undefined;

function withChoices(receiver: ReceiverState): ReceiverState {
  return choices && choices.told === receiver.settings && choices.waiting.length > 0
    ? { ...receiver, settings: standing(choices) }
    : receiver;
}

function decide(change: (choices: Choices) => Choices): void {
  if (!choices) return;
  choices = change(choices);
  const { told } = choices;
  useStore.setState(({ receiver }) => (receiver ? { receiver: withChoices({ ...receiver, settings: told }) } : {}));
}

/** One after the other, so that the receiver tells of them in the order in which they were chosen. */
let saving: Promise<unknown> = Promise.resolve();

/** Changes some application settings, at once on this page. */
export async function saveSettings(change: Partial<Settings>): Promise<void> {
  decide((choices) => choose(choices, change));
  const asking = saving.then(() => call('settings-save', change));
  saving = asking;
  const result = await asking;
  if (result.ok) return;
  decide((choices) => takeBack(choices, change));
  showProblem(result.error);
}

/** A part of the receiver's state; redraws only when that part changes. Only below the frame, where there is a state. */
export function useReceiver<Part>(part: (state: ReceiverState) => Part): Part {
  return useStore(({ receiver }) => {
    if (!receiver) throw new Error('used before the first snapshot');
    return part(receiver);
  });
}

/** Like {@link useReceiver} for lists and objects made anew each time. */
export function useReceiverShallow<Part>(part: (state: ReceiverState) => Part): Part {
  return useStore(
    useShallow(({ receiver }) => {
      if (!receiver) throw new Error('used before the first snapshot');
      return part(receiver);
    }),
  );
}

/** The profile that is looked at: the chosen one, else the first. */
export function currentProfile(state: PageState): ProfileState | undefined {
  const profiles = state.receiver?.profiles ?? [];
  return profiles.find(({ profile }) => profile.id === state.profileId) ?? profiles[0];
}
