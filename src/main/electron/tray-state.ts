/** What the tray shows, decided from the receiver's state alone. */

import type { RunPhase } from '#shared/events.ts';
import type { Condition, ReceiverState } from '#shared/state.ts';
import { conditionOf } from '#shared/state.ts';
import { text } from './text.ts';

/** What concerns a person most comes first. */
const BY_CONCERN = [
  'error',
  'degraded',
  'receiving',
  'starting',
  'listening',
  'stopped',
] as const satisfies readonly Condition[];

export interface TrayProfile {
  readonly id: string;
  readonly label: string;
  /** The one command that makes sense now. */
  readonly command: 'receiver-start' | 'receiver-stop';
}

export interface TrayState {
  readonly condition: Condition;
  readonly tooltip: string;
  readonly profiles: readonly TrayProfile[];
}

/** What stops is nearly there: the next thing that makes sense is to start it again. */
const STARTABLE = new Set<RunPhase>(['stopped', 'stopping', 'failed']);

/** One condition for all profiles: the one that concerns a person most. */
export function overallCondition(state: ReceiverState): Condition {
  const conditions = new Set(state.profiles.map(conditionOf));
  return BY_CONCERN.find((condition) => conditions.has(condition)) ?? 'stopped';
}

/** Icon, tooltip and profiles of the tray. */
export function trayState(state: ReceiverState): TrayState {
  const condition = overallCondition(state);
  return {
    condition,
    tooltip: text.tray.tooltip(condition),
    profiles: state.profiles.map((entry) => ({
      id: entry.profile.id,
      label: text.tray.profile(entry.profile.name, conditionOf(entry)),
      command: STARTABLE.has(entry.run.phase) ? 'receiver-start' : 'receiver-stop',
    })),
  };
}

/** The file of an icon: one shape for each condition, and on macOS a template that takes the colour of the menu bar. */
export function trayIcon(condition: Condition, platform: string): string {
  return `tray/${condition === 'starting' ? 'stopped' : condition}${platform === 'darwin' ? 'Template' : ''}.png`;
}

/** How many senders are connected. */
export function openAssociations(state: ReceiverState): number {
  return state.profiles.reduce((sum, { associations }) => sum + associations.length, 0);
}
