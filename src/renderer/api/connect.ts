/** Follows a receiver: snapshot, then every event, a new snapshot after a gap or a lost connection. Knows no page and no transport. */

import type { EventBatch, Problem, Result } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import type { ReceiverState } from '#shared/state.ts';
import { backOff, nextStep } from './sequence.ts';

/** One way to a receiver: IPC or HTTP. */
export interface Transport {
  call(name: string, argument: unknown): Promise<Result<unknown>>;
  /** Listens until the returned function is called. `onDown`: nothing more will come, connect again. */
  listen(handlers: TransportHandlers): () => void;
}

export interface TransportHandlers {
  readonly onUp: () => void;
  readonly onBatch: (batch: EventBatch) => void;
  /** @param isRefused the host answered, but not with events */
  readonly onDown: (isRefused?: boolean) => void;
}

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** It was open, or never could be; the next attempt is made by itself. */
  | { readonly kind: 'lost'; readonly attempt: number }
  /** The link is not valid: only a new one helps. */
  | { readonly kind: 'denied' };

export interface Follower {
  readonly onConnection: (connection: Connection) => void;
  readonly onSnapshot: (state: ReceiverState) => void;
  readonly onEvents: (events: readonly ReceiverEvent[]) => void;
}

export interface Following {
  /** Does not wait any longer for the next attempt. */
  retry(): void;
  stop(): void;
}

/** What a call gives when the host says that this page may not speak to it. */
export const DENIED: Problem = {
  code: 'denied',
  message: 'This page may not speak to the receiver any more. Open the newest link that the receiver printed.',
};

/** What a call that did not reach the receiver gives. */
export const UNREACHABLE: Problem = {
  code: 'connection-lost',
  message: 'The receiver does not answer. Check that it is still running, then try again.',
};

/** Follows the receiver until stopped. */
export function follow(transport: Transport, follower: Follower): Following {
  let unlisten: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  /** Every connection has its own number: answers to an earlier one are thrown away. */
  let generation = 0;

  function open(): void {
    const mine = ++generation;
    const isOver = () => mine !== generation;
    let sequence: number | undefined;
    let isFetching = false;
    /** Commands are answered, but events do not come. */
    let isDeaf = false;
    let waiting: EventBatch[] = [];

    async function fetchSnapshot(): Promise<void> {
      if (isFetching) return;
      isFetching = true;
      sequence = undefined;
      const result = await transport.call('snapshot', undefined);
      isFetching = false;
      if (isOver()) return;
      if (!result.ok) return result.error.code === DENIED.code ? deny() : down();
      if (isDeaf) return down();
      const snapshot = result.value as { sequence: number; state: ReceiverState };
      sequence = snapshot.sequence;
      attempt = 0;
      follower.onSnapshot(snapshot.state);
      follower.onConnection({ kind: 'open' });
      const batches = waiting;
      waiting = [];
      for (const batch of batches) take(batch);
    }

    function take(batch: EventBatch): void {
      if (isOver()) return;
      if (sequence === undefined) {
        waiting.push(batch);
        return;
      }
      const step = nextStep(sequence, batch);
      if (step.kind === 'gap') {
        waiting.push(batch);
        void fetchSnapshot();
      } else if (step.kind === 'apply') {
        sequence = step.sequence;
        follower.onEvents(step.events);
      }
    }

    function deny(): void {
      end();
      follower.onConnection({ kind: 'denied' });
    }

    function down(): void {
      if (isOver()) return;
      end();
      follower.onConnection({ kind: 'lost', attempt });
      timer = setTimeout(open, backOff(attempt++));
    }

    unlisten = transport.listen({
      onUp: () => {
        if (!isOver()) void fetchSnapshot();
      },
      onBatch: take,
      onDown: (isRefused = false) => {
        if (isOver()) return;
        if (!isRefused) return down();
        // The answer to a command says why.
        isDeaf = true;
        void fetchSnapshot();
      },
    });
  }

  function end(): void {
    generation++;
    clearTimeout(timer);
    unlisten?.();
    unlisten = undefined;
  }

  follower.onConnection({ kind: 'connecting' });
  open();
  return {
    retry: () => {
      end();
      open();
    },
    stop: end,
  };
}
