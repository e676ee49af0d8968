/** What a key means anywhere on the page. Pure. */

import type { Screen } from '#renderer/api/routes.ts';
import { SCREENS } from '#renderer/api/routes.ts';

export type KeyMeaning =
  | { readonly kind: 'palette' | 'search' | 'shortcuts' | 'blur' }
  | { readonly kind: 'screen'; readonly screen: Screen };

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** @param isTyping the focus is where text is typed: keys without Ctrl are text there */
export function meaningOf(
  { key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress,
  isTyping: boolean,
): KeyMeaning | undefined {
  const withCommand = (ctrlKey || metaKey) && !altKey;
  if (withCommand && !shiftKey) {
    const screen = /^[1-9]$/.test(key) ? SCREENS[Number(key) - 1] : undefined;
    if (screen) return { kind: 'screen', screen };
    if (key === ',') return { kind: 'screen', screen: 'settings' };
    if (key.toLowerCase() === 'k') return { kind: 'palette' };
    if (key.toLowerCase() === 'f') return { kind: 'search' };
    return undefined;
  }
  if (ctrlKey || metaKey || altKey) return undefined;
  if (key === 'F9') return { kind: 'blur' };
  if (key === 'F1') return { kind: 'shortcuts' };
  if (key === '?' && !isTyping) return { kind: 'shortcuts' };
  return undefined;
}

/** How a shortcut is written on this platform. */
export function keyLabel(key: string, isMac: boolean): string {
  return isMac ? `⌘${key}` : `Ctrl+${key}`;
}
