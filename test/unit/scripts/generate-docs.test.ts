import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { optionsDocument } from '../../../scripts/generate-docs.ts';

it('docs/options.md is what the schema says', () => {
  expect(readFileSync('docs/options.md', 'utf8')).toBe(optionsDocument());
});
