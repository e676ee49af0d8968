/** Handlers cannot disturb what they are told of. */
import { describe, expect, test } from 'vitest';
import type { ErrorData, ScpEvent } from '#main/engine/scp/events.ts';
import { asError, Observers } from '#main/engine/scp/events.ts';

const EVENT: ScpEvent<ErrorData> = { message: 'm', data: { code: 'server' } };

function setup() {
  const failures: string[] = [];
  const heard: unknown[] = [];
  const observers = new Observers((error) => failures.push(error.message));
  return { failures, heard, observers };
}

describe('Observers', () => {
  test('every registration is told, of its own kind only, in order', () => {
    const { observers, heard } = setup();
    observers.add('error', (error, event) => heard.push(['first', error, event]));
    observers.add('serverStarted', () => heard.push('wrong kind'));
    observers.add('error', (error, event) => heard.push(['second', error, event]));
    const error = new Error('e');
    observers.emit('error', error, EVENT);
    expect(heard).toEqual([
      ['first', error, EVENT],
      ['second', error, EVENT],
    ]);
  });

  test('nobody listens', () => {
    const { observers } = setup();
    observers.emit('error', null, EVENT);
  });

  test('each registration ends by itself, also twice and from within a handler', () => {
    const { observers, heard } = setup();
    const handler = () => heard.push('h');
    const first = observers.add('error', handler);
    const second = observers.add('error', handler);
    first();
    first();
    observers.emit('error', null, EVENT);
    expect(heard.splice(0)).toEqual(['h']);
    second();
    const once = observers.add('error', () => {
      heard.push('once');
      once();
    });
    observers.emit('error', null, EVENT);
    observers.emit('error', null, EVENT);
    expect(heard).toEqual(['once']);
  });

  test('what a handler throws is reported, and the next one is told all the same', () => {
    const { observers, heard, failures } = setup();
    observers.add('error', () => {
      throw new Error('thrown');
    });
    observers.add('error', () => {
      throw 'no error at all';
    });
    observers.add('error', () => heard.push('told'));
    observers.emit('error', null, EVENT);
    expect(failures).toEqual(['thrown', 'no error at all']);
    expect(heard).toEqual(['told']);
  });

  test('what a handler rejects is reported', async () => {
    const { observers, failures } = setup();
    observers.add('error', (async () => {
      throw new Error('rejected');
    }) as () => void);
    observers.emit('error', null, EVENT);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toEqual(['rejected']);
  });

  test('a handler that is none is refused', () => {
    const { observers } = setup();
    expect(() => observers.add('error', 'text' as never)).toThrow(TypeError);
  });
});

test.each([
  [new TypeError('t'), 't'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [{ odd: 1 }, '[object Object]'],
])('%o as an error', (reason, message) => {
  expect(asError(reason)).toBeInstanceOf(Error);
  expect(asError(reason).message).toBe(message);
});
