import { describe, expect, test } from 'vitest';
import {
  ONE_OF_EACH,
  type TestImage,
  testImageCount,
  testStudy,
  testStudyUid,
  WHOLE_STUDY,
} from '#main/receiver/test-images.ts';
import { CT_INTERCEPT, ctPicture, mrPicture, usPicture } from '#main/receiver/test-pictures.ts';
import { BUILT_IN_RULE_SETS, compileRuleSet, type PseudonymStore } from '#main/rules/index.ts';
import { isTestStudy, TEST_UID_ROOT } from '#shared/dicom/test-images.ts';

/** Everybody is number 1. */
const COUNTING = { number: () => 1 } as unknown as PseudonymStore;
const NOW = new Date(2026, 10, 24, 8, 5, 9);
const UID = testStudyUid(NOW, 0.5);

describe('UIDs', () => {
  test('are recognised, at most 64 characters long, and differ', () => {
    for (const random of [0, 0.12345, 0.999999]) expect(isTestStudy(testStudyUid(NOW, random))).toBe(true);
    expect(testStudyUid(NOW, 0)).not.toBe(testStudyUid(NOW, 0.5));
    expect(testStudyUid(NOW, 0)).not.toBe(testStudyUid(new Date(NOW.getTime() + 1000), 0));
    expect(UID).toBe(`${TEST_UID_ROOT}.${NOW.getTime() / 1000}5000`);
    const uids = [...testStudy(UID, NOW, WHOLE_STUDY)].map(({ sopInstanceUid }) => sopInstanceUid);
    expect(new Set(uids).size).toBe(testImageCount(WHOLE_STUDY));
    for (const uid of uids) {
      expect(uid).toMatch(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/);
      expect(uid.length).toBeLessThanOrEqual(64);
    }
  });
});

describe('a study', () => {
  const kinds = (images: Iterable<TestImage>) => [...images].map(({ modality }) => modality).join(' ');

  test('of one object each', () => {
    expect(kinds(testStudy(UID, NOW, ONE_OF_EACH))).toBe('CT MR US SR');
    expect(testImageCount(ONE_OF_EACH)).toBe(4);
  });

  test('of stacks', () => {
    expect(kinds(testStudy(UID, NOW, { CT: 2, MR: 3 }))).toBe('CT CT MR MR MR US SR');
  });

  test('is the same for the same moment', () => {
    const [first, again] = [0, 1].map(() => [...testStudy(UID, NOW, ONE_OF_EACH)]);
    expect(again).toEqual(first);
  });

  test('names the test and nobody else, in every object', () => {
    for (const { dataSet } of testStudy(UID, NOW, ONE_OF_EACH)) {
      const header = Buffer.from(dataSet).toString('latin1', 0, 1200);
      expect(header).toContain('TESTPATIENT^NOBODY');
      expect(header).toContain('STUDYPORT-TEST');
      expect(header).toContain('20261124');
      expect(header).toContain('080509');
    }
  });
});

test.each(['basic', 'research', 'patient-characteristics', 'keep-uids', 'minimal', 'off'])(
  'the rule set %s finds nothing of the patient left in them',
  (id) => {
    const compiled = compileRuleSet(BUILT_IN_RULE_SETS.get(id), {
      key: new Uint8Array(32).fill(1),
      pseudonyms: COUNTING,
    });
    for (const { modality, dataSet, transferSyntaxUid } of testStudy(UID, NOW, ONE_OF_EACH)) {
      const { verdict, residual } = compiled.explain({ bytes: dataSet, transferSyntaxUid });
      expect([modality, verdict, residual]).toEqual([modality, id === 'off' ? 'unchanged' : 'store', []]);
    }
  },
);

describe('pictures', () => {
  test('CT slices hold air, bone and tissue, and differ', () => {
    const slices = Array.from({ length: 8 }, (_, slice) => ctPicture(slice, 8));
    expect(new Set(slices.map(({ samples }) => Buffer.from(samples.buffer).toString('latin1'))).size).toBe(8);
    for (const { size, samples } of slices) {
      expect(samples).toHaveLength(size * size);
      const values = new Set([...samples].map((sample) => sample + CT_INTERCEPT));
      for (const unit of [-1000, 900, 32, 4]) expect(values).toContain(unit);
      expect(Math.max(...samples)).toBeLessThan(4096);
    }
  });

  test('MR slices differ and have 12 bits', () => {
    const slices = Array.from({ length: 8 }, (_, slice) => mrPicture(slice, 8).samples);
    expect(new Set(slices.map((samples) => Buffer.from(samples.buffer).toString('latin1'))).size).toBe(8);
    for (const samples of slices) expect(Math.max(...samples)).toBeLessThan(4096);
  });

  test('the US picture has red and blue flow and orange words', () => {
    const { rows, columns, samples } = usPicture();
    expect(samples).toHaveLength(rows * columns * 3);
    let red = 0;
    let blue = 0;
    let words = 0;
    for (let at = 0; at < samples.length; at += 3) {
      const [r = 0, g = 0, b = 0] = samples.subarray(at, at + 3);
      if (r === 255 && g === 196 && b === 64) words++;
      else if (r > b + 60) red++;
      else if (b > r + 60) blue++;
    }
    expect(words).toBeGreaterThan(1000);
    expect(red).toBeGreaterThan(2000);
    expect(blue).toBeGreaterThan(2000);
  });
});
