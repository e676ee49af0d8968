/** Debian's Chromium under Playwright, also as root. */
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** The same browser without its own windows, which nobody sees here and which cost a third of the time. */
const WITHOUT_WINDOWS = '/usr/bin/chromium-headless-shell';

export const CHROMIUM = process.env.CHROMIUM ?? (existsSync(WITHOUT_WINDOWS) ? WITHOUT_WINDOWS : '/usr/bin/chromium');

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/**
 * Waits until the page shows something to act on. While it connects there is only the splash, and keys are for nobody:
 * `main` alone would be there already.
 */
export function pageShown(page: Page, timeout = 30_000): Promise<void> {
  return page.locator('main:not([aria-busy="true"])').waitFor({ timeout });
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}
