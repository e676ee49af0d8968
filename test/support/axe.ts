/** What axe finds wrong with a page, WCAG 2.2 A and AA, in words. */

import { setTimeout as delay } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOURS = ['color-contrast', 'link-in-text-block'];
const SETTLE_TIME = 15_000;

/** In the dark only what another theme can break is looked at again: tests run in both, and begin in the light. */
export async function axeViolations(page: Page, theme: 'light' | 'dark' = 'light'): Promise<string[]> {
  await settled(page);
  // There are no frames; and of what is right nobody asks where it is, which takes longer than to find what is wrong.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await (theme === 'dark' ? axe.withRules(COLOURS) : axe.withTags(TAGS)).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')} ${failureSummary.replace(/\s+/g, ' ')}`),
  );
}

/**
 * Waits until nothing on the page fades or moves any more, save what does so for ever: half way, half of every colour is missing.
 * Asked from outside, for a page whose policy forbids `eval` cannot be polled from within.
 */
export async function settled(page: Page): Promise<void> {
  const end = performance.now() + SETTLE_TIME;
  while (await page.evaluate(isMoving)) {
    if (performance.now() > end) throw new Error('The page does not come to rest.');
    await delay(50);
  }
}

/** Runs in the page. Two frames first: a change of style begins its transition only when it is drawn. */
async function isMoving(): Promise<boolean> {
  for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  return document.getAnimations().some(
    (each) =>
      each.playState === 'running' &&
      each.effect?.getTiming().iterations !== Number.POSITIVE_INFINITY &&
      // A bar that grows all the time, as a countdown does, changes no colour.
      !(each instanceof CSSTransition && each.transitionProperty === 'width'),
  );
}
