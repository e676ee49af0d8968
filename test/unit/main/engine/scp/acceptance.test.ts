/** Modes and lists of the options, as the policy that negotiation asks. */
import { describe, expect, test } from 'vitest';
import { acceptancePolicy } from '#main/engine/scp/acceptance.ts';
import { getCommonSopClasses, getCommonTransferSyntaxes } from '#shared/dicom/sets.ts';
import { optionDefaults } from '#shared/options.ts';

type Options = Parameters<typeof acceptancePolicy>[0];

const policy = (options: Partial<Options> = {}, editsObjects = false) =>
  acceptancePolicy({ ...optionDefaults, ...options } as Options, editsObjects);

const VERIFICATION = '1.2.840.10008.1.1';
const CT = '1.2.840.10008.5.1.4.1.1.2';
const MR = '1.2.840.10008.5.1.4.1.1.4';
const IMPLICIT = '1.2.840.10008.1.2';
const EXPLICIT = '1.2.840.10008.1.2.1';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const DEFLATED = '1.2.840.10008.1.2.1.99';
const JPEG = '1.2.840.10008.1.2.4.50';
/** Full Progression, Non-Hierarchical (Process 10 & 12), retired. */
const RETIRED_JPEG = '1.2.840.10008.1.2.4.55';
const NM_RETIRED = '1.2.840.10008.5.1.4.1.1.5';
const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
const PATIENT_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.1.1';
const PRIVATE = '1.3.12.2.1107.5.9.1';

describe('SOP classes', () => {
  test.each<readonly [string, Partial<Options>, readonly string[], readonly string[]]>([
    [
      'AllStorage, the default',
      {},
      [VERIFICATION, CT, MR, NM_RETIRED, ...Object.values(getCommonSopClasses()).flat()],
      [STORAGE_COMMITMENT, PATIENT_ROOT_FIND, PRIVATE, ''],
    ],
    ['All', { abstractSyntaxMode: 'All' }, [VERIFICATION, CT, STORAGE_COMMITMENT, PATIENT_ROOT_FIND, PRIVATE], ['']],
    [
      'Custom, by UID and by keyword',
      { abstractSyntaxMode: 'Custom', abstractSyntaxes: [PRIVATE, 'CTImageStorage'] },
      [VERIFICATION, CT, PRIVATE],
      [MR, `${PRIVATE}.1`, ''],
    ],
    ['a list without Custom means nothing', { abstractSyntaxes: [PRIVATE] }, [CT], [PRIVATE]],
  ])('%s', (_, options, accepted, refused) => {
    const { acceptsAbstractSyntax } = policy(options);
    expect(accepted.filter((uid) => !acceptsAbstractSyntax(uid))).toEqual([]);
    expect(refused.filter((uid) => acceptsAbstractSyntax(uid))).toEqual([]);
  });
});

describe('transfer syntaxes', () => {
  test.each<readonly [string, Partial<Options>, readonly string[], readonly string[]]>([
    [
      'All, the default',
      {},
      [
        IMPLICIT,
        EXPLICIT,
        BIG_ENDIAN,
        DEFLATED,
        JPEG,
        RETIRED_JPEG,
        ...Object.values(getCommonTransferSyntaxes()).flat(),
      ],
      [PRIVATE, VERIFICATION, ''],
    ],
    [
      'UncompressedOnly',
      { transferSyntaxMode: 'UncompressedOnly' },
      [IMPLICIT, EXPLICIT],
      [BIG_ENDIAN, DEFLATED, JPEG, PRIVATE],
    ],
    [
      'Custom, by UID and by keyword',
      { transferSyntaxMode: 'Custom', transferSyntaxes: [PRIVATE, 'JPEGBaseline8Bit'] },
      [PRIVATE, JPEG],
      [IMPLICIT, EXPLICIT],
    ],
  ])('%s', (_, options, accepted, refused) => {
    const { acceptsTransferSyntax } = policy(options);
    expect(accepted.filter((uid) => !acceptsTransferSyntax(uid, CT))).toEqual([]);
    expect(refused.filter((uid) => acceptsTransferSyntax(uid, CT))).toEqual([]);
  });

  test('requests for storage commitment are accepted where it is served, uncompressed whatever objects may be in', () => {
    const served = policy({
      storageCommitment: true,
      abstractSyntaxMode: 'Custom',
      abstractSyntaxes: [CT],
      transferSyntaxMode: 'Custom',
      transferSyntaxes: [JPEG],
    });
    expect(served.acceptsAbstractSyntax(STORAGE_COMMITMENT)).toBe(true);
    const plain = [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED, JPEG].filter((uid) =>
      served.acceptsTransferSyntax(uid, STORAGE_COMMITMENT),
    );
    expect(plain).toEqual([IMPLICIT, EXPLICIT]);
    expect(served.acceptsTransferSyntax(IMPLICIT, CT)).toBe(false);
  });

  test('the preference, by UID and by keyword, in its order', () => {
    expect(policy().transferSyntaxPreference).toEqual([]);
    const { transferSyntaxPreference } = policy({ transferSyntaxPreference: ['JPEGBaseline8Bit', IMPLICIT] });
    expect(transferSyntaxPreference).toEqual([JPEG, IMPLICIT]);
  });
});

test('extended negotiation: level 2, signatures kept, coercion only where a callback may change something', () => {
  // PS3.4 B.3.1: level of support, reserved, level of digital signature, reserved, element coercion, reserved.
  expect([...policy({}, false).extendedNegotiation(CT)!]).toEqual([2, 0, 3, 0, 0, 0]);
  expect([...policy({}, true).extendedNegotiation(CT)!]).toEqual([2, 0, 0, 0, 1, 0]);
});

test('the maximum length is that of the options', () => {
  expect(policy({ maxPduLength: 131072 }).maximumLength).toBe(131072);
  expect(policy().implementationClassUid).toMatch(/^[\d.]{1,64}$/);
  expect(policy().implementationVersionName).toMatch(/^[A-Z0-9_.]{1,16}$/);
});
