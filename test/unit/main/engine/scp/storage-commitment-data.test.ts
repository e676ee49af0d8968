/** Action Information in, Event Information out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { StoredFile } from '#main/engine/dataset/stored-file.ts';
import { EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import {
  encodeEventInformation,
  eventTypeOf,
  FAILURE,
  parseActionInformation,
} from '#main/engine/scp/storage-commitment-data.ts';
import { type Asked, actionInformation } from '../../../../support/commitment-peer.ts';
import { CT_UIDS } from '../../../../support/data-sets.ts';

const CT = CT_UIDS.sopClassUid;
const ASKED: readonly Asked[] = [
  [CT, '1.2.3'],
  [CT, '1.2.4'],
  [CT, '1.2.3'],
];

describe('Action Information', () => {
  test.each([
    ['explicit', EXPLICIT_LITTLE, false],
    ['implicit', IMPLICIT_LITTLE, false],
    ['explicit, of undefined lengths', EXPLICIT_LITTLE, true],
    ['implicit, of undefined lengths', IMPLICIT_LITTLE, true],
  ] as const)('%s: every instance once, in its order', (_, encoding, undefinedLength) => {
    expect(parseActionInformation(actionInformation('1.9', ASKED, encoding, undefinedLength), encoding)).toEqual({
      transactionUid: '1.9',
      references: [
        { sopClassUid: CT, sopInstanceUid: '1.2.3' },
        { sopClassUid: CT, sopInstanceUid: '1.2.4' },
      ],
    });
  });

  test.each([EXPLICIT_LITTLE, IMPLICIT_LITTLE])('cut anywhere it is no request', (encoding) => {
    const whole = actionInformation('1.9', ASKED.slice(0, 2), encoding, true);
    for (let end = 0; end < whole.length; end++) {
      expect(() => parseActionInformation(whole.subarray(0, end), encoding), `cut at ${end}`).toThrow(DataSetError);
    }
  });

  test.each([
    ['no instances', actionInformation('1.9', [])],
    ['a Transaction UID that is none', actionInformation('../1', ASKED)],
    ['an empty Transaction UID', actionInformation('', ASKED)],
    ['an instance UID that is none', actionInformation('1.9', [[CT, 'a']])],
    ['a class that is none', actionInformation('1.9', [['', '1.2']])],
  ])('%s: no request', (_, bytes) => {
    expect(() => parseActionInformation(bytes, EXPLICIT_LITTLE)).toThrow(DataSetError);
  });

  test('more instances than one report can hold are told apart from nonsense', () => {
    const many = Array.from({ length: 100_001 }, (_, index): Asked => [CT, `1.${index}`]);
    expect(parseActionInformation(actionInformation('1.9', many, IMPLICIT_LITTLE), IMPLICIT_LITTLE)).toBe('too-many');
  });

  test('random bytes give a request or a DataSetError, nothing else', () => {
    const whole = actionInformation('1.9', ASKED);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const changed = Buffer.from(whole);
        for (const [at, byte] of changes) changed[at] = byte;
        try {
          expect(parseActionInformation(changed, EXPLICIT_LITTLE)).toHaveProperty('transactionUid');
        } catch (error) {
          expect(error).toBeInstanceOf(DataSetError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('Event Information', () => {
  const committed = [{ sopClassUid: CT, sopInstanceUid: '1.2.3' }];
  const failed = [{ sopClassUid: CT, sopInstanceUid: '1.2.44', reason: FAILURE.NoSuchObjectInstance }];
  const open = (bytes: Uint8Array) =>
    new StoredFile({ size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) });

  test.each([EXPLICIT_LITTLE, IMPLICIT_LITTLE])('failures and successes, each in its sequence', (encoding) => {
    const result = { transactionUid: '1.9', committed, failed };
    expect(eventTypeOf(result)).toBe(2);
    const file = open(encodeEventInformation(result, encoding));
    expect(file.problem).toBeUndefined();
    expect(file.encoding.explicitVr).toBe(encoding.explicitVr);
    expect(file.elements.map(({ tag }) => tag)).toEqual([0x00081195, 0x00081198, 0x00081199]);
    expect(file.text(0x00081195)).toBe('1.9');
    const textsOf = (tag: number) =>
      file
        .element(tag)
        ?.items()
        ?.map((elements) => elements.map((element) => element.text().text));
    expect(textsOf(0x00081198)).toEqual([[CT, '1.2.44', '274']]);
    expect(textsOf(0x00081199)).toEqual([[CT, '1.2.3']]);
  });

  test('where nothing failed there is no sequence of failures', () => {
    const result = { transactionUid: '1.9', committed, failed: [] };
    expect(eventTypeOf(result)).toBe(1);
    expect(open(encodeEventInformation(result, EXPLICIT_LITTLE)).elements.map(({ tag }) => tag)).toEqual([
      0x00081195, 0x00081199,
    ]);
  });
});
