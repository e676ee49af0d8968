/** UIDs as a header has them, and which of them may name a file. */
import { describe, expect, test } from 'vitest';
import { parseElements } from '#main/engine/dataset/elements.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import {
  completeIdentity,
  identify,
  judgeUid,
  SERIES_INSTANCE_UID,
  SOP_CLASS_UID,
  SOP_INSTANCE_UID,
  STUDY_INSTANCE_UID,
} from '#main/engine/scp/identity.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../../support/data-sets.ts';

function headerOf(values: Readonly<Record<number, string>>) {
  const elements = Object.entries(values).map(([tag, value]): TestElement => ({ tag: Number(tag), vr: 'UI', value }));
  const bytes = buildDataSet(TEST_ENCODINGS.explicitLittle, elements);
  return { bytes, elements: parseElements(bytes, encodingOf('1.2.840.10008.1.2.1')) };
}

describe('identify', () => {
  test('reads the four UIDs without their padding', () => {
    const values = {
      [SOP_CLASS_UID]: '1.2\0',
      [SOP_INSTANCE_UID]: '1.3 ',
      [STUDY_INSTANCE_UID]: '1.4\0 \0',
      [SERIES_INSTANCE_UID]: '1.5.6',
    };
    expect(identify(headerOf(values))).toEqual({
      sopClassUid: '1.2',
      sopInstanceUid: '1.3',
      studyInstanceUid: '1.4',
      seriesInstanceUid: '1.5.6',
    });
  });

  test('absent and empty are the same', () => {
    expect(identify(headerOf({ [SOP_INSTANCE_UID]: '', [STUDY_INSTANCE_UID]: '\0\0' }))).toEqual({
      sopClassUid: undefined,
      sopInstanceUid: undefined,
      studyInstanceUid: undefined,
      seriesInstanceUid: undefined,
    });
  });

  test('of an endless one enough is read', () => {
    expect(identify(headerOf({ [SOP_INSTANCE_UID]: '1'.repeat(5000) })).sopInstanceUid).toHaveLength(1024);
  });
});

describe('completeIdentity', () => {
  const whole = { sopClassUid: '1', sopInstanceUid: '2', studyInstanceUid: '3', seriesInstanceUid: '4' };

  test('takes the class of the command where the data set names none', () => {
    expect(completeIdentity(whole, '9')).toEqual(whole);
    expect(completeIdentity({ ...whole, sopClassUid: undefined }, '9')).toEqual({ ...whole, sopClassUid: '9' });
  });

  test.each(['sopInstanceUid', 'studyInstanceUid', 'seriesInstanceUid'])('is none without %s', (name) => {
    expect(completeIdentity({ ...whole, [name]: undefined }, '9')).toBeUndefined();
  });
});

test.each([
  ['1.2.840.10008.1.1', 'uid'],
  ['0', 'uid'],
  ['1'.repeat(64), 'uid'],
  ['1'.repeat(65), 'too-long'],
  [`1.${'2'.repeat(198)}`, 'too-long'],
  ['', 'not-a-uid'],
  ['.', 'not-a-uid'],
  ['..', 'not-a-uid'],
  ['1..2', 'not-a-uid'],
  ['../../evil', 'not-a-uid'],
  ['1.2/3', 'not-a-uid'],
  ['1.2\x003', 'not-a-uid'],
  ['1.2.a', 'not-a-uid'],
  [`${'1'.repeat(65)}x`, 'not-a-uid'],
  [`${'../'.repeat(30)}x`, 'not-a-uid'],
])('judgeUid("%s"): %s', (text, verdict) => {
  expect(judgeUid(text)).toBe(verdict);
});
