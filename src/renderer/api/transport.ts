/** The two ways to a receiver: `window.receiver` of the preload script, or HTTP with server-sent events. */

import type { ReceiverApi, Result } from '#shared/contract.ts';
import type { Transport } from './connect.ts';
import { DENIED, UNREACHABLE } from './connect.ts';
import { parseBatch } from './sequence.ts';

declare global {
  interface Window {
    /** Put there by the preload script of the desktop application. */
    readonly receiver?: ReceiverApi;
  }
}

/** Heartbeats come every 15 s; without any for this long the connection is dead. */
const SILENCE = 40_000;

/** The desktop application where there is one, else the host that served this page. */
export function createTransport(): Transport {
  return window.receiver ? ipcTransport(window.receiver) : httpTransport();
}

function ipcTransport(receiver: ReceiverApi): Transport {
  return {
    call: async (name, argument) => {
      try {
        // The contract ties names to arguments; here both come from a caller that was checked by it.
        return await (receiver.call as (name: string, argument: unknown) => Promise<Result<unknown>>)(name, argument);
      } catch {
        return { ok: false, error: UNREACHABLE };
      }
    },
    listen: ({ onUp, onBatch }) => {
      const unsubscribe = receiver.subscribe((value) => {
        const batch = parseBatch(value);
        if (batch) onBatch(batch);
      });
      onUp();
      return unsubscribe;
    },
  };
}

function httpTransport(): Transport {
  return {
    call: async (name, argument) => {
      try {
        const response = await fetch(`/api/${name}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: argument === undefined ? '' : JSON.stringify(argument),
        });
        if (response.status === 401) return { ok: false, error: DENIED };
        return (await response.json()) as Result<unknown>;
      } catch {
        return { ok: false, error: UNREACHABLE };
      }
    },
    listen: ({ onUp, onBatch, onDown }) => {
      const source = new EventSource('/events');
      let silence: ReturnType<typeof setTimeout> | undefined;
      const alive = () => {
        clearTimeout(silence);
        silence = setTimeout(() => onDown(), SILENCE);
      };
      source.onopen = () => {
        alive();
        onUp();
      };
      source.onmessage = ({ data }) => {
        alive();
        const batch = parseBatch(JSON.parse(String(data)));
        if (batch) onBatch(batch);
      };
      source.addEventListener('heartbeat', alive);
      // It would come back by itself, but events that were missed meanwhile would not.
      source.onerror = () => onDown(source.readyState === EventSource.CLOSED);
      return () => {
        clearTimeout(silence);
        source.close();
      };
    },
  };
}
