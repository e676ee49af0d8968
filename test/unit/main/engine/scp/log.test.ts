/** Records go to the logger, or as lines to stderr; a message is built only when somebody listens. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Log } from '#main/engine/scp/log.ts';
import type { LogRecord } from '#shared/options.ts';

let lines = '';

beforeEach(() => {
  lines = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

function all(log: Log): void {
  log.detail('association', () => 'a step', { association: 3 });
  log.warn('server', 'look at this');
  log.error('store', 'it failed', { error: new Error('why') });
}

describe('without a logger', () => {
  test('warnings and errors are lines on stderr', () => {
    all(new Log(false, undefined));
    expect(lines).toBe('[StoreScp] Warning: look at this\n[StoreScp] Error: it failed\n');
  });

  test('verbose shows the steps and the stack', () => {
    all(new Log(true, undefined));
    expect(lines).toMatch(
      /^\[StoreScp\] a step\n\[StoreScp\] Warning: look at this\n\[StoreScp\] Error: it failed\nError: why\n {4}at .*/,
    );
  });

  test('a message nobody wants is not built', () => {
    new Log(false, undefined).detail('store', () => {
      throw new Error('built');
    });
    expect(lines).toBe('');
  });
});

describe.each([false, true])('with a logger, verbose %s', (verbose) => {
  test('everything is a record and nothing goes to stderr', () => {
    const records: LogRecord[] = [];
    all(new Log(verbose, (record) => records.push(record)));
    expect(lines).toBe('');
    expect(records).toEqual([
      { time: expect.any(Date), level: 'info', component: 'association', message: 'a step', association: 3 },
      { time: expect.any(Date), level: 'warn', component: 'server', message: 'look at this' },
      {
        time: expect.any(Date),
        level: 'error',
        component: 'store',
        message: 'it failed',
        error: expect.objectContaining({ message: 'why' }),
      },
    ]);
  });

  test('a logger that throws disturbs nobody', () => {
    all(
      new Log(verbose, () => {
        throw new Error('full');
      }),
    );
    expect(lines).toBe('');
  });
});
