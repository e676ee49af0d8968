import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection, Transport, TransportHandlers } from '#renderer/api/connect.ts';
import { DENIED, follow, UNREACHABLE } from '#renderer/api/connect.ts';
import { backOff, nextStep, parseBatch } from '#renderer/api/sequence.ts';
import type { Result } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';

const event = (code: string): ReceiverEvent => ({ type: 'notice-cleared', code });
const events = (...codes: string[]) => codes.map(event);
const batch = (sequence: number, ...codes: string[]) => ({ sequence, events: events(...codes) });

describe('nextStep', () => {
  it('applies the batch that follows', () => {
    expect(nextStep(4, batch(6, 'a', 'b'))).toEqual({ kind: 'apply', events: events('a', 'b'), sequence: 6 });
  });
  it('applies only what is new of a batch that overlaps', () => {
    expect(nextStep(5, batch(6, 'a', 'b'))).toEqual({ kind: 'apply', events: events('b'), sequence: 6 });
  });
  it('skips what is known', () => {
    expect(nextStep(6, batch(6, 'a', 'b'))).toEqual({ kind: 'skip' });
    expect(nextStep(9, batch(6, 'a', 'b'))).toEqual({ kind: 'skip' });
  });
  it('sees a gap', () => {
    expect(nextStep(3, batch(6, 'a', 'b'))).toEqual({ kind: 'gap' });
  });
});

describe('parseBatch', () => {
  it('takes batches and nothing else', () => {
    expect(parseBatch(batch(2, 'a'))).toEqual(batch(2, 'a'));
    for (const wrong of [null, 'x', {}, { sequence: 1 }, { sequence: 1.5, events: [] }, { sequence: 1, events: 'x' }]) {
      expect(parseBatch(wrong)).toBeUndefined();
    }
  });
});

describe('backOff', () => {
  it('grows up to ten seconds', () => {
    expect([0, 1, 2, 9, 1000].map(backOff)).toEqual([500, 1000, 2000, 10_000, 10_000]);
  });
});

/** A transport whose answers and events are given by hand. */
class Scripted implements Transport {
  readonly waiting: ((result: Result<unknown>) => void)[] = [];
  handlers: TransportHandlers | undefined;
  listened = 0;

  call(): Promise<Result<unknown>> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  listen(handlers: TransportHandlers): () => void {
    this.listened++;
    this.handlers = handlers;
    return () => {
      if (this.handlers === handlers) this.handlers = undefined;
    };
  }

  async answer(result: Result<unknown>): Promise<void> {
    this.waiting.shift()!(result);
    await vi.advanceTimersByTimeAsync(0);
  }

  snapshot(sequence: number): Promise<void> {
    return this.answer({ ok: true, value: { sequence, state: { mark: sequence } } });
  }
}

describe('follow', () => {
  let transport: Scripted;
  let seen: unknown[];
  let connections: Connection['kind'][];
  let following: ReturnType<typeof follow>;

  beforeEach(() => {
    vi.useFakeTimers();
    transport = new Scripted();
    seen = [];
    connections = [];
    following = follow(transport, {
      onConnection: ({ kind }) => connections.push(kind),
      onSnapshot: (state) => seen.push(state),
      onEvents: (list) => seen.push(list.map((each) => (each as { code: string }).code).join('')),
    });
  });
  afterEach(() => {
    following.stop();
    vi.useRealTimers();
  });

  it('keeps what comes before the snapshot, and applies what the snapshot lacks', async () => {
    transport.handlers!.onUp();
    transport.handlers!.onBatch(batch(3, 'c'));
    transport.handlers!.onBatch(batch(5, 'd', 'e'));
    await transport.snapshot(4);
    expect(seen).toEqual([{ mark: 4 }, 'e']);
    expect(connections).toEqual(['connecting', 'open']);
  });

  it('fetches the snapshot after a gap, and loses nothing that came meanwhile', async () => {
    transport.handlers!.onUp();
    await transport.snapshot(1);
    transport.handlers!.onBatch(batch(4, 'd'));
    transport.handlers!.onBatch(batch(5, 'e'));
    expect(transport.waiting).toHaveLength(1);
    await transport.snapshot(4);
    expect(seen).toEqual([{ mark: 1 }, { mark: 4 }, 'e']);
    transport.handlers!.onBatch(batch(6, 'f'));
    expect(seen.at(-1)).toBe('f');
  });

  it('fetches it again when the snapshot itself is older than the gap', async () => {
    transport.handlers!.onUp();
    await transport.snapshot(1);
    transport.handlers!.onBatch(batch(9, 'i'));
    await transport.snapshot(5);
    await transport.snapshot(9);
    expect(seen).toEqual([{ mark: 1 }, { mark: 5 }, { mark: 9 }]);
  });

  it('connects again by itself, later and later, and says so', async () => {
    transport.handlers!.onUp();
    await transport.snapshot(1);
    transport.handlers!.onDown();
    expect(connections.at(-1)).toBe('lost');
    expect(transport.handlers).toBeUndefined();
    await vi.advanceTimersByTimeAsync(499);
    expect(transport.listened).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.listened).toBe(2);
    transport.handlers!.onDown();
    await vi.advanceTimersByTimeAsync(999);
    expect(transport.listened).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    transport.handlers!.onUp();
    await transport.snapshot(7);
    expect(seen.at(-1)).toEqual({ mark: 7 });
    expect(connections.at(-1)).toBe('open');
  });

  it('throws the answer to a lost connection away', async () => {
    transport.handlers!.onUp();
    transport.handlers!.onDown();
    await transport.snapshot(1);
    expect(seen).toEqual([]);
    expect(connections.at(-1)).toBe('lost');
  });

  it('takes an unreachable receiver for a lost connection', async () => {
    transport.handlers!.onUp();
    await transport.answer({ ok: false, error: UNREACHABLE });
    expect(connections.at(-1)).toBe('lost');
  });

  it('gives up when the link is not valid, and says so instead of trying for ever', async () => {
    transport.handlers!.onDown(true);
    await transport.answer({ ok: false, error: DENIED });
    expect(connections.at(-1)).toBe('denied');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(transport.listened).toBe(1);
  });

  it('does not take silence for an open connection when only events are refused', async () => {
    transport.handlers!.onDown(true);
    await transport.snapshot(1);
    expect(seen).toEqual([]);
    expect(connections.at(-1)).toBe('lost');
  });

  it('tries at once when asked to', async () => {
    transport.handlers!.onDown();
    following.retry();
    expect(transport.listened).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(transport.listened).toBe(2);
  });
});
