/** Golden PDUs as the receiver writes them, with their meaning beside them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rejection } from '#main/engine/upper-layer/errors.ts';
import { PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import {
  dataSetPdus,
  encodeAbort,
  encodeAssociateAc,
  encodeAssociateRj,
  encodeAssociateRq,
  encodeCommandPdus,
  encodeReleaseRp,
  encodeReleaseRq,
} from '#main/engine/upper-layer/pdu-encoder.ts';
import { PduSplitter } from '../../../../support/raw-pdu.ts';

const hex = (text: string) => text.replaceAll(/\/\/.*|\s/g, '');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('A-ASSOCIATE-RQ (PS3.8 9.3.2)', () => {
  const user = { maximumLength: 16384, implementationClassUid: '1.2.3', implementationVersionName: 'TEST_1' };

  test('a golden one', () => {
    const bytes = encodeAssociateRq({
      calledAeTitle: 'STORE-SCP',
      callingAeTitle: 'SIXTEEN_LETTERS_',
      presentationContexts: [
        { id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3', '1.4'] },
        { id: 3, abstractSyntax: '1.5', transferSyntaxes: ['1.3'] },
      ],
      userInformation: user,
    });
    expect(toHex(bytes)).toBe(
      hex(`
        01 00 000000af                                        // A-ASSOCIATE-RQ
        0001 0000                                             // protocol version 1
        53544f52452d534350 20202020202020                     // called AE title, padded
        5349585445454e5f4c4554544552535f                      // calling AE title
        ${'00'.repeat(32)}
        10 00 0015 312e322e3834302e31303030382e332e312e312e31 // application context
        20 00 0019 01 00 00 00                                // context 1
          30 00 0003 312e32                                   // abstract syntax
          40 00 0003 312e33 40 00 0003 312e34                 // two transfer syntaxes
        20 00 0012 03 00 00 00 30 00 0003 312e35 40 00 0003 312e33
        50 00 001b                                            // user information
          51 00 0004 00004000                                 // maximum length
          52 00 0005 312e322e33                               // implementation class UID
          55 00 0006 544553545f31                             // implementation version name
      `),
    );
  });

  test('any one decodes to the same', () => {
    const uid = fc.stringMatching(/^[0-9.]{1,64}$/);
    const title = fc.stringMatching(/^[!-~]([ -~]{0,14}[!-~])?$/);
    fc.assert(
      fc.property(title, title, fc.array(fc.array(uid, { minLength: 1, maxLength: 4 })), (called, calling, lists) => {
        const presentationContexts = lists.map(([abstractSyntax = '', ...transferSyntaxes], index) => ({
          id: 2 * index + 1,
          abstractSyntax,
          transferSyntaxes,
        }));
        const titles = { calledAeTitle: called, callingAeTitle: calling };
        const decoder = new PduDecoder(4096);
        decoder.push(encodeAssociateRq({ ...titles, presentationContexts, userInformation: user }));
        expect(decoder.next()).toMatchObject({
          type: 'A-ASSOCIATE-RQ',
          protocolVersion: 1,
          applicationContext: '1.2.840.10008.3.1.1.1',
          ...titles,
          presentationContexts,
          userInformation: user,
        });
        expect(decoder.insidePdu).toBe(false);
      }),
    );
  });
});

describe('A-ASSOCIATE-AC (PS3.8 9.3.3)', () => {
  const titles = Uint8Array.from({ length: 64 }, (_, index) => index);

  test('a golden one with everything in it', () => {
    const bytes = encodeAssociateAc({
      type: 'A-ASSOCIATE-AC',
      titlesAsReceived: titles,
      presentationContexts: [
        { id: 1, result: 0, transferSyntax: '1.3' },
        { id: 3, result: 3, transferSyntax: '1.2.840.10008.1.2' },
      ],
      userInformation: {
        maximumLength: 131072,
        implementationClassUid: '1.2.3',
        implementationVersionName: 'TEST_1',
        asynchronousOperationsWindow: { invoked: 1, performed: 1 },
        roleSelections: [{ sopClassUid: '1.2', scuRole: true, scpRole: false }],
        extendedNegotiations: [{ sopClassUid: '1.2', information: Uint8Array.of(2, 0, 3, 0, 0, 0) }],
      },
    });
    expect(toHex(bytes)).toBe(
      hex(`
        02 00 000000ca                                        // A-ASSOCIATE-AC
        0001 0000                                             // protocol version 1
        ${toHex(titles)}                                      // bytes 11 to 74 as they came
        10 00 0015 312e322e3834302e31303030382e332e312e312e31 // application context
        21 00 000b 01 00 00 00 40 00 0003 312e33              // context 1: accepted, 1.3
        21 00 0019 03 00 03 00                                // context 3: abstract syntax refused
          40 00 0011 312e322e3834302e31303030382e312e32       // (has no meaning, must be there)
        50 00 003d                                            // user information
          51 00 0004 00020000                                 // maximum length
          52 00 0005 312e322e33                               // implementation class UID
          53 00 0004 0001 0001                                // asynchronous operations window
          54 00 0007 0003 312e32 01 00                        // role selection
          55 00 0006 544553545f31                             // implementation version name
          56 00 000b 0003 312e32 020003000000                 // extended negotiation
      `),
    );
  });

  test('what was not asked for is not there', () => {
    const bytes = encodeAssociateAc({
      type: 'A-ASSOCIATE-AC',
      titlesAsReceived: titles,
      presentationContexts: [],
      userInformation: {
        maximumLength: 4096,
        implementationClassUid: '1',
        implementationVersionName: 'N',
        roleSelections: [],
        extendedNegotiations: [],
      },
    });
    const [parsed] = new PduSplitter().push(Buffer.from(bytes));
    if (parsed?.type !== 'A-ASSOCIATE-AC') throw new Error('not an A-ASSOCIATE-AC');
    expect(parsed.userItems.map(({ type }) => type)).toEqual([0x51, 0x52, 0x55]);
    expect(parsed.contexts).toEqual([]);
  });
});

describe('A-ASSOCIATE-RJ (PS3.8 9.3.4)', () => {
  test.each([
    ['application-context-not-supported', '03 00 00000004 00 01 01 02'],
    ['calling-ae-title-not-recognized', '03 00 00000004 00 01 01 03'],
    ['called-ae-title-not-recognized', '03 00 00000004 00 01 01 07'],
    ['address-not-accepted', '03 00 00000004 00 01 01 01'],
    ['protocol-version-not-supported', '03 00 00000004 00 01 02 02'],
    ['temporary-congestion', '03 00 00000004 00 02 03 01'],
    ['local-limit-exceeded', '03 00 00000004 00 02 03 02'],
  ] as const)('%s', (code, expected) => {
    expect(toHex(encodeAssociateRj(rejection(code, 'why')))).toBe(hex(expected));
    expect(rejection(code, 'why')).toMatchObject({ code, message: 'why' });
  });
});

test('A-RELEASE-RQ (PS3.8 9.3.6)', () => {
  expect(toHex(encodeReleaseRq())).toBe(hex('05 00 00000004 00000000'));
});

test('A-RELEASE-RP (PS3.8 9.3.7)', () => {
  expect(toHex(encodeReleaseRp())).toBe(hex('06 00 00000004 00000000'));
});

test('A-ABORT (PS3.8 9.3.8)', () => {
  expect(toHex(encodeAbort({ source: 2, reason: 6 }))).toBe(hex('07 00 00000004 00 00 02 06'));
  expect(toHex(encodeAbort({ source: 0, reason: 0 }))).toBe(hex('07 00 00000004 00 00 00 00'));
});

describe('a command as P-DATA-TF (PS3.8 9.3.5)', () => {
  const command = Uint8Array.of(1, 2, 3, 4, 5);

  test('in one PDU, to a peer without a limit', () => {
    expect(toHex(encodeCommandPdus(7, command, 0))).toBe(hex('04 00 0000000b 00000007 07 03 0102030405'));
  });

  test('in one PDU that is exactly as long as the peer takes', () => {
    expect(toHex(encodeCommandPdus(7, command, 11))).toBe(hex('04 00 0000000b 00000007 07 03 0102030405'));
  });

  test('in PDUs no longer than the peer takes', () => {
    expect(toHex(encodeCommandPdus(7, command, 9))).toBe(
      hex(`
        04 00 00000009 00000005 07 01 010203   // command, more follows
        04 00 00000008 00000004 07 03 0405     // command, last
      `),
    );
  });

  test.each([1, 6, 7])('byte by byte to a peer that takes %i', (maximumLength) => {
    const pdus = new PduSplitter().push(Buffer.from(encodeCommandPdus(1, command, maximumLength)));
    expect(pdus).toHaveLength(5);
  });

  test('any command for any maximum length is put together to the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 7, max: 400 }), (value, most) => {
        const stream = encodeCommandPdus(3, value, most);
        const decoder = new PduDecoder(most);
        decoder.push(stream);
        const pieces: number[] = [];
        let last = 0;
        for (let next = decoder.next(); next; next = decoder.next()) {
          if (next.type !== 'PDV') continue;
          expect(next).toMatchObject({ presentationContextId: 3, isCommand: true });
          pieces.push(...next.value);
          if (next.isLast) last++;
        }
        expect(pieces).toEqual([...value]);
        expect(last).toBe(1);
        for (const pdu of new PduSplitter().push(Buffer.from(stream))) expect(pdu.type).toBe('P-DATA-TF');
      }),
    );
  });
});

describe('a Data Set as P-DATA-TF (PS3.8 9.3.5)', () => {
  const pdus = (dataSet: Uint8Array, maximumLength: number) =>
    [...dataSetPdus(7, dataSet, maximumLength)].map((parts) => parts.map(toHex).join(' '));
  const dataSet = Uint8Array.of(1, 2, 3, 4, 5);

  test('in one PDU that is exactly as long as the peer takes', () => {
    expect(pdus(dataSet, 11)).toEqual(['04000000000b000000070702 0102030405']);
  });

  test('in PDUs no longer than the peer takes', () => {
    expect(pdus(dataSet, 9)).toEqual(['040000000009000000050700 010203', '040000000008000000040702 0405']);
  });

  test('an empty one has a PDV all the same, for its last bit', () => {
    expect(pdus(new Uint8Array(0), 0)).toEqual(['040000000006000000020702 ']);
  });

  test('a peer without a limit gets PDUs of a length that anybody can hold', () => {
    const lengths = [...dataSetPdus(1, new Uint8Array(300_000), 0)].map(([, value]) => value.length);
    expect(lengths).toEqual([131_066, 131_066, 37_868]);
  });

  test('its pieces are views, not copies', () => {
    for (const [, value] of dataSetPdus(1, dataSet, 8)) expect(value.buffer).toBe(dataSet.buffer);
  });
});
