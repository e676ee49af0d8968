/** What axe finds wrong with a page, WCAG 2.2 A and AA, in words. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function axeViolations(page: Page): Promise<string[]> {
  // Fading in, half of every colour is missing.
  await page.waitForFunction(
    'document.getAnimations().every((each) => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)',
  );
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')} ${failureSummary.replace(/\s+/g, ' ')}`),
  );
}
