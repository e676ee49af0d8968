import { expect, test } from 'vitest';
import { isTestStudy, TEST_AE_TITLE, TEST_UID_ROOT } from '#shared/dicom/test-images.ts';

test('a study is one of ours by its root, and by nothing that only looks like it', () => {
  expect(isTestStudy(`${TEST_UID_ROOT}.1.2`)).toBe(true);
  expect(isTestStudy(TEST_UID_ROOT)).toBe(false);
  expect(isTestStudy(`${TEST_UID_ROOT}1.2`)).toBe(false);
  expect(isTestStudy('1.2.840.113619.2.1')).toBe(false);
  expect(isTestStudy('')).toBe(false);
});

test('the calling title is one', () => {
  expect(TEST_AE_TITLE).toMatch(/^[A-Z_]{1,16}$/);
});
