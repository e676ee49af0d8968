import { describe, expect, test } from 'vitest';
import type { ConnectionData, ErrorData } from '#main/engine/index.ts';
import {
  applyFix,
  RefusalCounter,
  refusalOfCommitment,
  refusalOfError,
  refusalsOfConnection,
} from '#main/receiver/refusals.ts';
import type { ProfileOptions } from '#shared/contract.ts';
import { storageSopClasses, transferSyntaxesOfModeAll } from '#shared/dicom/uids.ts';
import { parseOptions } from '#shared/options.ts';
import { LIMITS } from '#shared/state.ts';

const options: ProfileOptions = { port: 11112, outDir: '/archive' };
const PRIVATE = '1.2.3.4.5';

const connection = (change: Partial<ConnectionData>): ConnectionData => ({
  state: 'rejected',
  association: { id: 1, callingAeTitle: 'CT02', calledAeTitle: 'STORESCP', remoteAddress: '10.0.0.7' },
  contexts: [],
  stored: 0,
  bytesReceived: 0,
  ...change,
});
const context = (
  id: number,
  result: number,
  abstractSyntax = PRIVATE,
  proposedTransferSyntaxes = ['1.2.840.10008.1.2'],
) => ({
  id,
  abstractSyntax,
  transferSyntax: '',
  result,
  proposedTransferSyntaxes,
});

describe('refused associations', () => {
  test.each([
    ['called-ae-title-not-recognized', 'STORESCP', [{ kind: 'accept-called-title', value: 'STORESCP' }]],
    ['calling-ae-title-not-recognized', 'CT02', [{ kind: 'accept-calling-title', value: 'CT02' }]],
    ['address-not-accepted', '10.0.0.7', [{ kind: 'accept-address', value: '10.0.0.7' }]],
    ['local-limit-exceeded', '25', [{ kind: 'allow-more-associations', value: '50' }]],
    // Without a limit of its own it is not refused for one; after a change of the options it may come late.
    ['caller-limit-exceeded', '1', [{ kind: 'allow-more-per-caller', value: '2' }]],
    ['user-identity-refused', '', []],
    ['temporary-congestion', '', []],
    ['application-context-not-supported', '', []],
  ])('%s', (code, value, fixes) => {
    const reason = 'it is so (A-ASSOCIATE-RJ 1/1/1)';
    expect(refusalsOfConnection(connection({ code, reason }), options)).toEqual([
      {
        callingAeTitle: 'CT02',
        calledAeTitle: 'STORESCP',
        remoteAddress: '10.0.0.7',
        code,
        value,
        fixes,
        message: 'It is so (A-ASSOCIATE-RJ 1/1/1).',
      },
    ]);
  });

  test.each(['', '   ', 'A\\B', 'ÄÖÜ', 'A\u0000'])('a title %o that no option can hold has no fix', (calledAeTitle) => {
    const association = { id: 1, callingAeTitle: 'A', calledAeTitle, remoteAddress: '::1' };
    const [refusal] = refusalsOfConnection(
      connection({ code: 'called-ae-title-not-recognized', association }),
      options,
    );
    expect(refusal?.fixes).toEqual([]);
  });

  test('somebody who speaks no DICOM is told; who says goodbye is not', () => {
    const stranger = connection({ state: 'aborted', code: 'no-association', reason: 'a broken PDU' });
    expect(refusalsOfConnection(stranger, options)).toMatchObject([
      { code: 'no-association', message: 'A broken PDU.' },
    ]);
    for (const code of ['tls-expected', 'tls-not-offered', 'tls-certificate-refused']) {
      const refused = connection({ state: 'aborted', code, reason: 'it is so' });
      expect(refusalsOfConnection(refused, options)).toMatchObject([{ code, message: 'It is so.', fixes: [] }]);
    }
    const locked = connection({ state: 'aborted', code: 'locked-out', reason: 'it is locked out' });
    expect(refusalsOfConnection(locked, options)).toMatchObject([
      { code: 'locked-out', fixes: [{ kind: 'end-lockout', value: '10.0.0.7' }] },
    ]);
    expect(refusalsOfConnection(connection({ state: 'aborted', code: 'aborted-by-peer' }), options)).toEqual([]);
    expect(refusalsOfConnection(connection({ state: 'released' }), options)).toEqual([]);
  });
});

describe('refused contexts', () => {
  test('one refusal for each SOP class and each set of transfer syntaxes, with fixes', () => {
    const contexts = [
      context(1, 0, '1.2.840.10008.5.1.4.1.1.2'),
      context(3, 3),
      context(5, 3),
      context(7, 4, '1.2.840.10008.5.1.4.1.1.2', ['1.2.3', '1.2.4']),
      context(8, 2),
    ];
    const refusals = refusalsOfConnection(connection({ state: 'accepted', contexts }), options);
    expect(
      refusals.map(({ code, value, fixes }) => [code, value, fixes.map((fix) => `${fix.kind} ${fix.value}`)]),
    ).toEqual([
      ['sop-class-refused', PRIVATE, [`accept-sop-class ${PRIVATE}`]],
      ['transfer-syntax-refused', '1.2.3 1.2.4', ['accept-transfer-syntax 1.2.3', 'accept-transfer-syntax 1.2.4']],
      ['context-refused', '', []],
    ]);
    expect(refusals[1]?.message).toContain('CT Image Storage');
  });

  test('a flood of contexts is cut', () => {
    const contexts = Array.from({ length: 128 }, (_, index) => context(2 * index + 1, 3, `1.2.${index}`));
    expect(refusalsOfConnection(connection({ state: 'accepted', contexts }), options)).toHaveLength(20);
  });
});

test('refused objects are refusals, cut-off ones are not', () => {
  const { association } = connection({});
  const data = (code: ErrorData['code']): ErrorData => ({ code, association, status: 0xa900 });
  expect(refusalOfError(data('refused'), 'no UID')).toMatchObject({ code: 'object-refused', value: 'no UID' });
  expect(refusalOfError(data('malformed'), 'at byte 77')).toMatchObject({ code: 'object-refused', value: 'malformed' });
  expect(refusalOfError(data('quarantined'), 'no UID')).toMatchObject({ code: 'object-quarantined' });
  expect(refusalOfError(data('incomplete'), 'cut off')).toBeUndefined();
  expect(refusalOfError({ code: 'server' }, 'internal')).toBeUndefined();
});

test('a commitment that cannot be reported is mended by an address that another profile knows, else in the settings', () => {
  const data = {
    state: 'retrying',
    transactionUid: '1.9',
    callingAeTitle: 'CT02',
    remoteAddress: '10.0.0.7',
    received: 1,
    requested: 2,
    committed: 2,
    failed: 0,
    problem: 'It is not known where.',
    code: 'unknown-peer',
  } as const;
  expect(refusalOfCommitment(data, ['MR01@a:1']).fixes).toEqual([]);
  const { fixes, code, value } = refusalOfCommitment(data, ['MR01@a:1', 'CT02@10.0.0.7:104']);
  expect({ fixes, code, value }).toEqual({
    fixes: [{ kind: 'add-commitment-peer', value: 'CT02@10.0.0.7:104' }],
    code: 'commitment-peer-unknown',
    value: 'CT02',
  });
  const fixed = applyFix({ ...options, storageCommitment: true }, 'add-commitment-peer', 'CT02@10.0.0.7:104');
  expect(parseOptions(fixed).commitmentPeers).toEqual(['CT02@10.0.0.7:104']);
});

test('to accept storage commitment is to serve it, not to take its class for one of objects', () => {
  expect(applyFix(options, 'accept-sop-class', '1.2.840.10008.1.20.1')).toEqual({
    ...options,
    storageCommitment: true,
  });
});

describe('RefusalCounter', () => {
  const [refusal] = refusalsOfConnection(connection({ code: 'temporary-congestion' }), options);

  test('counts equal ones and keeps others apart', () => {
    const counter = new RefusalCounter();
    const first = counter.count(refusal!, 1);
    const second = counter.count(refusal!, 2);
    const other = counter.count({ ...refusal!, remoteAddress: '10.0.0.8' }, 3);
    expect([first.count, second.count, other.count]).toEqual([1, 2, 1]);
    expect(second).toMatchObject({ refusalId: first.refusalId, time: 2 });
    expect(other.refusalId).not.toBe(first.refusalId);
    counter.clear();
    expect(counter.count(refusal!, 4).count).toBe(1);
  });

  test('forgets the oldest', () => {
    const counter = new RefusalCounter();
    for (let index = 0; index <= LIMITS.refusals; index++) counter.count({ ...refusal!, value: `${index}` }, 1);
    expect(counter.count({ ...refusal!, value: '0' }, 2).count).toBe(1);
    expect(counter.count({ ...refusal!, value: `${LIMITS.refusals}` }, 2).count).toBe(2);
  });
});

describe('applyFix', () => {
  test('adds to a list that shuts others out, and leaves one alone that accepts everyone', () => {
    const closed = {
      ...options,
      acceptedCalledAeTitles: ['A'],
      acceptedCallingAeTitles: ['B'],
      acceptedAddresses: ['::1'],
    };
    expect(applyFix(closed, 'accept-called-title', 'X').acceptedCalledAeTitles).toEqual(['A', 'X']);
    expect(applyFix(closed, 'accept-calling-title', 'X').acceptedCallingAeTitles).toEqual(['B', 'X']);
    expect(applyFix(closed, 'accept-address', '10.0.0.7').acceptedAddresses).toEqual(['::1', '10.0.0.7']);
    expect(applyFix(closed, 'accept-called-title', 'A')).toEqual(closed);
    expect(applyFix(options, 'accept-called-title', 'X')).toEqual(options);
  });

  test('a private SOP class: everything accepted before, and it', () => {
    const fixed = applyFix(options, 'accept-sop-class', PRIVATE);
    expect(fixed.abstractSyntaxMode).toBe('Custom');
    expect(fixed.abstractSyntaxes).toEqual([...storageSopClasses(), PRIVATE]);
    expect(applyFix(fixed, 'accept-sop-class', PRIVATE)).toEqual(fixed);
    const all = { ...options, abstractSyntaxMode: 'All' as const };
    expect(applyFix(all, 'accept-sop-class', PRIVATE)).toEqual(all);
  });

  test('a transfer syntax: everything accepted before, and it', () => {
    expect(applyFix(options, 'accept-transfer-syntax', PRIVATE).transferSyntaxes).toEqual([
      ...transferSyntaxesOfModeAll(),
      PRIVATE,
    ]);
    const plain = { ...options, transferSyntaxMode: 'UncompressedOnly' as const };
    expect(applyFix(plain, 'accept-transfer-syntax', '1.2.840.10008.1.2.4.70')).toMatchObject({
      transferSyntaxMode: 'Custom',
      transferSyntaxes: ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.70'],
    });
  });

  test('more associations, never fewer and never too many', () => {
    expect(applyFix(options, 'allow-more-associations', '50').maxAssociations).toBe(50);
    expect(applyFix(options, 'allow-more-associations', '2').maxAssociations).toBe(25);
    expect(applyFix(options, 'allow-more-associations', '99999').maxAssociations).toBe(1000);
    expect(applyFix(options, 'allow-more-associations', 'x').maxAssociations).toBe(25);
  });

  test('what comes out can be saved', () => {
    for (const [kind, value] of [
      ['accept-sop-class', PRIVATE],
      ['accept-transfer-syntax', PRIVATE],
      ['allow-more-associations', '50'],
    ] as const) {
      expect(() => parseOptions(applyFix(options, kind, value)), kind).not.toThrow();
    }
  });
});

test('more associations for each caller are allowed only where there is a limit; the end of a lockout changes no options', () => {
  const limited = { ...options, maxAssociationsPerCallingAe: 2 };
  expect(applyFix(limited, 'allow-more-per-caller', '4')).toEqual({ ...limited, maxAssociationsPerCallingAe: 4 });
  expect(applyFix(limited, 'allow-more-per-caller', '1')).toEqual(limited);
  expect(applyFix(options, 'allow-more-per-caller', '4')).toEqual(options);
  expect(applyFix(options, 'end-lockout', '10.0.0.7')).toEqual(options);
});

test('one event may tell of many connections', () => {
  const counter = new RefusalCounter();
  const [refusal] = refusalsOfConnection(connection({ state: 'aborted', code: 'locked-out' }), options);
  expect([counter.count(refusal!, 1).count, counter.count(refusal!, 2, 1000).count]).toEqual([1, 1001]);
});
