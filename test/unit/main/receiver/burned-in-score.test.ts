/** What the history knows of an object is enough to judge whether text is in its pixels. */
import { expect, test } from 'vitest';
import { burnedInScore } from '#main/receiver/burned-in-score.ts';
import { BURNED_IN_RISK } from '#shared/rules.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const made = { Rows: '512', Modality: 'CT', Manufacturer: 'Maker', ImageType: 'ORIGINAL\\PRIMARY' };

test.each([
  ['a CT slice', CT, made, 10],
  ['a CT slice that says no', CT, { ...made, BurnedInAnnotation: 'NO' }, 0],
  ['a CT slice that says yes', CT, { ...made, BurnedInAnnotation: 'YES' }, 100],
  ['a saved screen', SECONDARY_CAPTURE, { Rows: '600', Manufacturer: '' }, 80],
  ['an object without pixels', CT, { Modality: 'SR', Rows: '' }, 0],
] as const)('%s', (_name, sopClass, tags, score) => {
  expect(burnedInScore(sopClass, tags)).toBe(score);
});

test('a saved screen is above the limit, a slice below it', () => {
  expect(burnedInScore(SECONDARY_CAPTURE, { Rows: '600' })).toBeGreaterThanOrEqual(BURNED_IN_RISK);
  expect(burnedInScore(CT, made)).toBeLessThan(BURNED_IN_RISK);
});
