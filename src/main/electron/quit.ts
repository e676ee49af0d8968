/** Closing and quitting, decided without Electron: what is asked, and what the answer means. */

import type { Settings } from '#shared/contract.ts';
import type { ReceiverState } from '#shared/state.ts';
import { text } from './text.ts';
import { openAssociations } from './tray-state.ts';

export interface Question {
  readonly message: string;
  readonly detail: string;
  /** The first one stays, the second one quits. */
  readonly buttons: readonly [string, string];
}

/** Both questions are answered in the same way: the second button quits. */
export const QUIT_BUTTON = 1;

/** What is asked before quitting; undefined: nothing would be lost. */
export function quitQuestion(state: ReceiverState | undefined): Question | undefined {
  if (state === undefined) return undefined;
  const associations = openAssociations(state);
  const hasEdits = state.unsavedEdits > 0;
  if (associations === 0 && !hasEdits) return undefined;
  const buttons = [associations > 0 ? text.quit.stay : text.quit.back, text.quit.quit] as const;
  if (associations === 0) return { message: text.quit.unsaved, detail: text.quit.unsavedDetail, buttons };
  const detail = hasEdits ? `${text.quit.detail} ${text.quit.unsavedToo}` : text.quit.detail;
  return { message: text.quit.message(associations), detail, buttons };
}

/** What closing the window does: `explain` hides it and says so, once. */
export function onClose(settings: Settings): 'hide' | 'explain' | 'quit' {
  if (!settings.closeToTray) return 'quit';
  return settings.closeToTrayExplained ? 'hide' : 'explain';
}

export function hiddenExplanation(): Question {
  return {
    message: text.hidden.message,
    detail: text.hidden.detail,
    buttons: [text.hidden.stay, text.hidden.quit],
  };
}
