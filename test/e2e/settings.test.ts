/** Every option: typed into the page, saved, the application started again, and seen to act on the wire. */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { optionNames } from '#shared/options.ts';
import { closeBrowser } from '../support/desktop.ts';
import { freePort } from '../support/tools.ts';
import { TARGETS } from './application.ts';
import { setOptions, waitForCondition } from './page-driver.ts';
import { logText, ROUNDS } from './wire-checks.ts';

/**
 * Not seen on the wire here: functions have no control; S3, the other form of a certificate and what the history keeps have
 * tests of their own.
 */
const ELSEWHERE = ['logger', 's3Config', 'tlsPkcs12File', 'checksums'];

afterAll(closeBrowser);

test('no option is left out', () => {
  const seen = new Set(ROUNDS.flatMap(({ values }) => Object.keys(values({ port: 1, folder: '/' }))));
  expect(optionNames().filter((name) => !seen.has(name) && !ELSEWHERE.includes(name))).toEqual([]);
});

describe.each(TARGETS)('$name', ({ launch }) => {
  test.each(ROUNDS)('$name', { timeout: 90_000 }, async ({ values, prepare, check }) => {
    const app = await launch();
    try {
      const place = { port: await freePort(), folder: join(app.dataFolder, '../elsewhere') };
      await prepare?.(place);
      await setOptions(app.page, values(place));
      await app.restart();
      await waitForCondition(app.page, /Listening|Degraded/);
      await check({ ...place, log: () => logText(app.dataFolder) });
      expect(app.complaints).toEqual([]);
    } finally {
      await app.dispose();
    }
  });
});
