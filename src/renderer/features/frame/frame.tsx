/** What surrounds every screen. */

import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { cx } from '#renderer/components/cx.ts';
import { ErrorBoundary } from '#renderer/components/error-boundary.tsx';
import { LiveRegion } from '#renderer/components/live-region.tsx';
import { Toasts } from '#renderer/components/toast.tsx';
import { announce, currentProfile, dismissToast, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { conditionOf } from '#shared/state.ts';
import { changesInWords } from './changes.ts';
import styles from './frame.module.css';
import { Notices } from './notices.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { ShortcutSheet, useShortcuts } from './shortcuts.tsx';
import { StatusBar } from './status-bar.tsx';

export interface FrameProps {
  readonly children: ReactNode;
}

export function Frame({ children }: FrameProps) {
  const screen = useStore(({ route }) => route.screen);
  const main = useRef<HTMLElement>(null);
  const seen = useRef(screen);
  useEffect(() => {
    if (seen.current === screen) return;
    seen.current = screen;
    // The new screen is read out, and Tab goes on in it.
    main.current?.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [screen]);
  return (
    <div className={cx(styles.frame)}>
      <button type="button" className={cx(styles.skip)} onClick={() => main.current?.focus()}>
        {text.common.skip}
      </button>
      <Rail />
      <div className={cx(styles.column)}>
        <Notices />
        <main ref={main} id="main" tabIndex={-1} className={cx(styles.main)} aria-label={text.common.screens[screen]}>
          <ErrorBoundary key={screen}>{children}</ErrorBoundary>
        </main>
      </div>
      <StatusBar />
    </div>
  );
}

/** What works on every screen, the first run included: shortcuts, theme, density, blur, announcements. */
export function Manners() {
  useShortcuts();
  useLook();
  useAnnouncements();
  return (
    <>
      <ShortcutSheet />
      <Palette />
    </>
  );
}

/** Theme, density and blur are attributes of the document: styles do the rest. */
function useLook(): void {
  const { theme, density, privacyBlur } = useReceiver(({ settings }) => settings);
  const title = useStore((state) => {
    const profile = currentProfile(state);
    return profile ? `${text.common.condition[conditionOf(profile)]} – ${text.common.product}` : text.common.product;
  });
  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset.theme = theme;
    dataset.density = density;
    dataset.privacy = privacyBlur ? 'blur' : 'clear';
  }, [theme, density, privacyBlur]);
  useEffect(() => {
    document.title = title;
  }, [title]);
}

function useAnnouncements(): void {
  useEffect(
    () =>
      useStore.subscribe((after, before) => {
        if (!after.receiver || !before.receiver || after.receiver === before.receiver) return;
        for (const { message, assertive } of changesInWords(before.receiver, after.receiver)) {
          announce(message, assertive);
        }
      }),
    [],
  );
}

/** Toasts and what is said to screen readers: there from the first moment, so that nothing is missed. */
export function Voices() {
  const toasts = useStore((state) => state.toasts);
  const polite = useStore((state) => state.polite);
  const assertive = useStore((state) => state.assertive);
  return (
    <>
      <Toasts toasts={toasts} onDismiss={dismissToast} />
      <LiveRegion polite={polite} assertive={assertive} />
    </>
  );
}
