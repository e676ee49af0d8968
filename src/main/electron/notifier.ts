/** Shows the digest through the system's notifications. */

import { Notification } from 'electron';
import type { Settings } from '#shared/contract.ts';
import type { News } from './digest.ts';
import { createMemory, digest } from './digest.ts';

/** How long news is gathered before it is told. */
const GATHERING = 5_000;

export interface Notifier {
  add(news: readonly News[]): void;
  stop(): void;
}

export interface NotifierOptions {
  readonly settings: () => Settings;
  /** Whoever looks at the window sees it there. */
  readonly isWatched: () => boolean;
  readonly onClick: () => void;
}

/** Nothing is shown where the system has no notifications. */
export function createNotifier({ settings, isWatched, onClick }: NotifierOptions): Notifier {
  const fresh = createMemory();
  let gathered: News[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function tell(): void {
    timer = undefined;
    const notices = digest(gathered, settings());
    gathered = [];
    if (!Notification.isSupported()) return;
    for (const { title, body } of notices) {
      const notification = new Notification({ title, body });
      notification.on('click', onClick);
      notification.show();
    }
  }

  return {
    add: (news) => {
      if (news.length === 0 || isWatched()) return;
      gathered.push(...fresh(news, Date.now()));
      if (gathered.length > 0) timer ??= setTimeout(tell, GATHERING);
    },
    stop: () => clearTimeout(timer),
  };
}
