/**
 * `npm run bench:page`: is the page pleasant while 500 files a second arrive, and with a million instances in the
 * history? The built application without Electron, its page in Chromium, a sender that keeps the pace. Prints figures.
 *
 *   --rate N       files a second (500)
 *   --seconds N    for how long (20)
 *   --instances N  in the history beforehand (1,000,000; 0: none)
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { HEADLESS_TARGET } from '../e2e/application.ts';
import { openScreen, waitForCondition } from '../e2e/page-driver.ts';
import { pageShown } from '../support/chromium.ts';
import { closeBrowser } from '../support/desktop.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../support/raw-sender.ts';
import { ctObject, INSTANCE } from '../support/test-receiver.ts';
import { percentile } from './report.ts';

const { values: options } = parseArgs({
  options: { rate: { type: 'string' }, seconds: { type: 'string' }, instances: { type: 'string' } },
});
const RATE = Number(options.rate ?? 500);
const SECONDS = Number(options.seconds ?? 20);
const INSTANCES = Number(options.instances ?? 1_000_000);

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Sends at the rate; gives how many were sent a second. */
async function send(port: number): Promise<number> {
  const kind = { sopClassUid: CT_IMAGE_STORAGE, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
  const sender = await RawSender.connect({ port, calledAeTitle: 'STUDYPORT', contexts: contextsFor([kind]) });
  const start = performance.now();
  const count = RATE * SECONDS;
  for (let index = 0; index < count; index++) {
    const sopInstanceUid = `${INSTANCE}.${index + 1000}`;
    await sender.store({ ...kind, sopInstanceUid, dataSet: ctObject({ sopInstanceUid, pixels: 8192 }) });
    const ahead = (index / RATE) * 1000 - (performance.now() - start);
    if (ahead > 2) await sleep(ahead);
  }
  const rate = count / ((performance.now() - start) / 1000);
  await sender.release();
  return rate;
}

/** Notes long tasks (over 50 ms), the delay of input, and the gaps between frames, from now on. */
function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen = { longTasks: [] as number[], inputs: [] as number[], frames: [] as number[] };
    Object.assign(window, { seen });
    new PerformanceObserver((list) =>
      seen.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      entryTypes: ['longtask'],
    });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        if (entry.name === 'keydown') seen.inputs.push(entry.processingStart - entry.startTime);
      }
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
    let last = performance.now();
    const frame = (now: number) => {
      seen.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

const ms = (value: number) => (Number.isNaN(value) ? 'none' : `${value.toFixed(0)} ms`);

const app = await HEADLESS_TARGET.launch({
  options: { fsync: false },
  prepare: (dataFolder) => {
    if (INSTANCES === 0) return;
    const fill = join(import.meta.dirname, 'history.ts');
    execFileSync(process.execPath, [fill, '--instances', String(INSTANCES), '--keep', dataFolder, '--fill-only']);
  },
});
try {
  const { page } = app;
  if (INSTANCES > 0) {
    await waitForCondition(page, /Listening/);
    const opened = performance.now();
    await openScreen(page, 'Studies');
    await page.getByText(/^[\d,]{5,} studies$/).waitFor();
    print(`${INSTANCES.toLocaleString('en')} instances: the list is there after ${ms(performance.now() - opened)}`);
    const searched = performance.now();
    await page.getByRole('searchbox').first().fill('tanaka emma');
    await page.getByText(/studies match|study matches/).waitFor();
    print(`a search (typing pause included) shows its rows after ${ms(performance.now() - searched)}`);
  }
  for (const screen of ['Receiver', 'Studies'] as const) {
    await openScreen(page, screen);
    await watch(page);
    const sending = send(app.port);
    let isOver = false;
    void sending.finally(() => {
      isOver = true;
    });
    let keys = 0;
    while (!isOver) {
      await page.keyboard.press('Tab');
      keys++;
      await sleep(200);
    }
    const { longTasks, inputs, frames } = await page.evaluate(
      () => (window as unknown as { seen: Record<'longTasks' | 'inputs' | 'frames', number[]> }).seen,
    );
    print(
      `${screen} at ${(await sending).toFixed(0)} files/s for ${SECONDS} s: ${longTasks.length} long tasks` +
        (longTasks.length > 0 ? ` (longest ${ms(Math.max(...longTasks))})` : '') +
        `; ${keys} keys, input delay p50 ${ms(percentile(inputs, 0.5))}, p95 ${ms(percentile(inputs, 0.95))}` +
        `; frames p50 ${ms(percentile(frames, 0.5))}, p99 ${ms(percentile(frames, 0.99))}, longest ${ms(Math.max(...frames))}`,
    );
    await page.reload();
    await pageShown(page);
  }
} finally {
  await app.dispose();
  await closeBrowser();
}
