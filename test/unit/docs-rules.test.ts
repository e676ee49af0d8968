/** What docs/rules.md shows is what the compiler takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkRuleSet } from '#main/rules/index.ts';
import { only } from '../support/rules.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');
const blocks = [...text.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(
  ([, json]) => JSON.parse(json!) as Record<string, unknown>,
);

test('there are rule sets, rules and gates in it', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(4);
});

test.each(blocks.map((block) => [JSON.stringify(block).slice(0, 60), block] as const))('%s…', (_, block) => {
  const ruleSet =
    'format' in block ? block : 'verdict' in block ? only([], { gates: [block] } as never) : only([block as never]);
  expect(checkRuleSet(ruleSet).mistakes).toEqual([]);
});
