/** The way out: ask while senders are connected, let the receiver finish, then quit. Knows no Electron. */

import type { Question } from './quit.ts';

/** How long the receiver may take to finish what it is doing. */
const CLOSING = 15_000;

export interface LeavingOptions {
  /** undefined: nothing would be lost. */
  readonly question: () => Question | undefined;
  /** True: quit. */
  readonly ask: (question: Question) => Promise<boolean>;
  readonly close: () => Promise<void>;
  readonly quit: () => void;
}

export interface Leaving {
  /** Everything is closed: nothing holds the windows any more. */
  isDone(): boolean;
  /** Somebody wants to quit: by menu, tray, or the system. */
  beforeQuit(event: { preventDefault(): void }): void;
  /** The system goes down: nobody is asked. */
  atOnce(): void;
}

export function createLeaving({ question, ask, close, quit }: LeavingOptions): Leaving {
  let phase: 'staying' | 'asking' | 'closing' | 'done' = 'staying';

  async function leave(mayAsk: boolean): Promise<void> {
    const open = mayAsk ? question() : undefined;
    if (open !== undefined) {
      phase = 'asking';
      const isAgreed = await ask(open);
      // Meanwhile the system may have decided.
      if (phase !== 'asking') return;
      if (!isAgreed) {
        phase = 'staying';
        return;
      }
    }
    phase = 'closing';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSING);
    });
    try {
      await Promise.race([close(), limit]);
    } finally {
      clearTimeout(timer);
      phase = 'done';
      quit();
    }
  }

  return {
    isDone: () => phase === 'done',
    beforeQuit: (event) => {
      if (phase === 'done') return;
      event.preventDefault();
      if (phase === 'staying') void leave(true);
    },
    atOnce: () => {
      if (phase === 'staying' || phase === 'asking') void leave(false);
    },
  };
}
