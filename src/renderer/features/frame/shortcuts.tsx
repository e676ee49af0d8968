/** The keys that work everywhere, and the sheet that lists them. */

import { useEffect, useState } from 'react';
import { SCREENS } from '#renderer/api/routes.ts';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { announce, navigate, openLayer, saveSettings, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import styles from './frame.module.css';
import { keyLabel, meaningOf } from './keys.ts';

const words = text.common.shortcuts;
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `Ctrl+K`, or `⌘K` on a Mac. */
export function shortcut(key: string): string {
  return keyLabel(key, isMac);
}

/** Where a person keeps keys without Ctrl from working, for instance when speaking to the computer (WCAG 2.1.4). */
const SINGLE_KEYS = 'studyport.single-keys';

function singleKeysWork(): boolean {
  return localStorage.getItem(SINGLE_KEYS) !== 'off';
}

/** Blurs patient data everywhere, or shows it. */
export function toggleBlur(): void {
  const settings = useStore.getState().receiver?.settings;
  if (!settings) return;
  const privacyBlur = !settings.privacyBlur;
  void saveSettings({ privacyBlur });
  announce(privacyBlur ? text.common.view.blurred : text.common.view.shown);
}

export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      const meaning = meaningOf(event, isTyping);
      if (!meaning || (event.key === '?' && !singleKeysWork())) return;
      // A dialog is answered or closed first; blurring works always.
      const isBlocked = document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
      if (meaning.kind === 'blur') toggleBlur();
      else if (isBlocked) return;
      else if (meaning.kind === 'screen') navigate(meaning.screen);
      else if (meaning.kind === 'search') {
        const field = document.querySelector<HTMLInputElement>('[data-search]');
        if (!field) return;
        field.focus();
        field.select();
      } else openLayer(meaning.kind);
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

export function ShortcutSheet() {
  const isOpen = useStore(({ layer }) => layer === 'shortcuts');
  const [single, setSingle] = useState(singleKeysWork);
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [words.list.palette, [shortcut('K')]],
    ...SCREENS.map((screen, index) => {
      const keys = [shortcut(String(index + 1)), ...(screen === 'settings' ? [shortcut(',')] : [])];
      return [text.common.screens[screen], keys] as const;
    }),
    [words.list.search, [shortcut('F')]],
    [words.list.move, ['Alt+↑', 'Alt+↓']],
    [words.list.blur, ['F9']],
    [words.list.sheet, ['?', 'F1']],
    [words.list.close, ['Esc']],
  ];
  return (
    <Dialog title={words.title} isOpen={isOpen} onClose={() => openLayer(undefined)}>
      <dl className={cx(styles.keys)}>
        {rows.map(([name, keys]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key} className={cx(styles.key)}>
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        label={words.single}
        help={words.singleHelp}
        value={single}
        onChange={(on) => {
          localStorage.setItem(SINGLE_KEYS, on ? 'on' : 'off');
          setSingle(on);
        }}
      />
    </Dialog>
  );
}
