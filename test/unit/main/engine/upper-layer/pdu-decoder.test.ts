/** Golden PDUs with their meaning beside them; every stream is decoded whole, cut at every point, and byte by byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type { AAssociateRq, DecodedItem } from '#main/engine/upper-layer/pdu.ts';
import { decodeAssociateAc, PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import {
  associateRequest,
  asyncWindowItem,
  bytes,
  commonExtendedNegotiationItem,
  extendedNegotiationItem,
  item,
  pData,
  pdu,
  pdv,
  roleItem,
  userIdentityItem,
} from '../../../../support/raw-pdu.ts';

const MAX = 4096;
const hex = (text: string) => Buffer.from(text.replaceAll(/\/\/.*|\s/g, ''), 'hex');

type Outcome = { readonly items: readonly DecodedItem[]; readonly error?: string };

/** Pieces of one value are put together, so that the same stream gives the same outcome however it was cut. */
function decode(chunks: Iterable<Uint8Array>, maxPDataLength = MAX): Outcome {
  const decoder = new PduDecoder(maxPDataLength);
  const items: DecodedItem[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let next = decoder.next(); next; next = decoder.next()) {
        const before = items.at(-1);
        if (
          next.type === 'PDV' &&
          before?.type === 'PDV' &&
          !before.isLast &&
          before.presentationContextId === next.presentationContextId &&
          before.isCommand === next.isCommand
        ) {
          items[items.length - 1] = { ...next, value: Buffer.concat([before.value, next.value]) };
        } else if (next.type === 'PDV') items.push({ ...next, value: Buffer.from(next.value) });
        else items.push(next.type === 'A-ASSOCIATE-AC' ? { ...next, body: Buffer.from(next.body) } : next);
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { items, error: `${error.reason}: ${error.message}` };
  }
  return { items };
}

/** Decodes whole, cut at every point and byte by byte, and insists that nothing depends on it. */
function decodeEverySplit(stream: Uint8Array, maxPDataLength = MAX): Outcome {
  const whole = decode([stream], maxPDataLength);
  for (let at = 1; at < stream.length; at++) {
    expect(decode([stream.subarray(0, at), stream.subarray(at)], maxPDataLength), `cut at ${at}`).toEqual(whole);
  }
  expect(decode(byteByByte(stream), maxPDataLength), 'byte by byte').toEqual(whole);
  return whole;
}

function byteByByte(stream: Uint8Array): Uint8Array[] {
  // Copies, as a socket would give them: views of one buffer would hide a decoder that reads beyond a chunk.
  return Array.from(stream, (byte) => Uint8Array.of(byte));
}

const GOLDEN_REQUEST = hex(`
  01 00 000000e2                                       // A-ASSOCIATE-RQ, 226 bytes
  0001 0000                                            // protocol version 1
  53 54 55 44 59 50 4f 52 54 20 20 20 20 20 20 20      // called AE title STUDYPORT
  43 54 30 31 20 20 20 20 20 20 20 20 20 20 20 20      // calling AE title CT01
  0000000000000000000000000000000000000000000000000000000000000000
  10 00 0015 312e322e3834302e31303030382e332e312e312e31  // application context
  20 00 0044 01 00 00 00                               // presentation context 1
    30 00 0019 312e322e3834302e31303030382e352e312e342e312e312e32    // CT Image Storage
    40 00 0013 312e322e3834302e31303030382e312e322e31  // Explicit VR Little Endian
    40 00 0008 312e322e332e3400                        // 1.2.3.4, padded with NUL against the rules
  50 00 0039                                           // user information
    51 00 0004 00004000                                // maximum length 16384
    52 00 0005 312e322e33                              // implementation class UID
    53 00 0004 0000 0001                               // any number invoked, one performed
    54 00 0007 0003 312e33 01 00                       // role: SCU, not SCP
    55 00 0004 52415731                                // implementation version name RAW1
    58 00 0009 02 01 0002 6d65 0001 78                 // user identity: name and passcode, answer wished
`);

describe('A-ASSOCIATE-RQ (PS3.8 9.3.2)', () => {
  test('a golden request', () => {
    const { items, error } = decodeEverySplit(GOLDEN_REQUEST);
    expect(error).toBeUndefined();
    expect(items).toEqual([
      {
        type: 'A-ASSOCIATE-RQ',
        protocolVersion: 1,
        calledAeTitle: 'STUDYPORT',
        callingAeTitle: 'CT01',
        titlesAsReceived: new Uint8Array(GOLDEN_REQUEST.subarray(10, 74)),
        applicationContext: '1.2.840.10008.3.1.1.1',
        presentationContexts: [
          {
            id: 1,
            abstractSyntax: '1.2.840.10008.5.1.4.1.1.2',
            transferSyntaxes: ['1.2.840.10008.1.2.1', '1.2.3.4'],
          },
        ],
        userInformation: {
          maximumLength: 16384,
          implementationClassUid: '1.2.3',
          implementationVersionName: 'RAW1',
          asynchronousOperationsWindow: { invoked: 0, performed: 1 },
          roleSelections: [{ sopClassUid: '1.3', scuRole: true, scpRole: false }],
          extendedNegotiations: [],
          commonExtendedNegotiations: [],
          userIdentity: {
            type: 2,
            positiveResponseRequested: true,
            primaryField: new Uint8Array(Buffer.from('me')),
            secondaryField: new Uint8Array(Buffer.from('x')),
          },
        },
      },
    ]);
  });

  test('extended and common extended negotiation (PS3.7 D.3.3.5, D.3.3.6)', () => {
    const request = associateRequest({
      contexts: [{ id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3'] }],
      userItems: [
        extendedNegotiationItem('1.2', hex('0200 0300 0100')),
        commonExtendedNegotiationItem('1.2', '1.4', ['1.5', '1.6.7']),
        commonExtendedNegotiationItem('1.8', '1.4'),
      ],
    });
    const { userInformation } = onlyRequest(decodeEverySplit(request));
    expect(userInformation.extendedNegotiations).toEqual([
      { sopClassUid: '1.2', information: new Uint8Array(hex('020003000100')) },
    ]);
    expect(userInformation.commonExtendedNegotiations).toEqual([
      { sopClassUid: '1.2', serviceClassUid: '1.4', relatedGeneralSopClassUids: ['1.5', '1.6.7'] },
      { sopClassUid: '1.8', serviceClassUid: '1.4', relatedGeneralSopClassUids: [] },
    ]);
  });

  test.each([
    ['blank', ' '.repeat(16), ''],
    ['padded with NUL', 'CT01\0\0\0\0\0\0\0\0\0\0\0\0', 'CT01'],
    ['with leading spaces', '   CT01', 'CT01'],
    ['with other alphabets', Buffer.from('C\u00d6\u0001', 'latin1'), 'C\\xd6\\x01'],
    ['of sixteen characters', 'ABCDEFGHIJKLMNOP', 'ABCDEFGHIJKLMNOP'],
  ])('an AE title %s is shown without padding and escaped', (_, title, shown) => {
    const request = associateRequest({ contexts: [], callingAeTitle: title, calledAeTitle: title });
    const { callingAeTitle, calledAeTitle, titlesAsReceived } = onlyRequest(decode([request]));
    expect([callingAeTitle, calledAeTitle]).toEqual([shown, shown]);
    expect(Buffer.from(titlesAsReceived)).toEqual(request.subarray(10, 74));
  });

  test('what is unknown or too short to mean something is passed over', () => {
    const request = associateRequest({
      contexts: [],
      userInformation: bytes(
        item(0x51, hex('000040')),
        item(0x53, hex('0001')),
        item(0x54, hex('0003312e33')),
        item(0x56, hex('')),
        item(0x57, hex('0009 31')),
        item(0x58, hex('02')),
        item(0x99, 'who knows'),
      ),
      extraItems: [item(0x77, 'later edition')],
    });
    expect(onlyRequest(decodeEverySplit(request)).userInformation).toEqual({
      maximumLength: 0,
      implementationClassUid: '',
      implementationVersionName: '',
      roleSelections: [],
      extendedNegotiations: [{ sopClassUid: '', information: new Uint8Array(0) }],
      commonExtendedNegotiations: [{ sopClassUid: '1', serviceClassUid: '', relatedGeneralSopClassUids: [] }],
    });
  });

  test('a request without user information means: no limit, no name', () => {
    const body = associateRequest({ contexts: [] }).subarray(6, 6 + 68);
    expect(onlyRequest(decode([pdu(0x01, body)]))).toMatchObject({
      applicationContext: '',
      presentationContexts: [],
      userInformation: { maximumLength: 0, implementationClassUid: '' },
    });
  });

  const context = { id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3'] };
  test.each([
    ['of ten bytes', pdu(0x01, Buffer.alloc(10)), 'A-ASSOCIATE-RQ is too short'],
    ['of 67 bytes', pdu(0x01, Buffer.alloc(67)), 'A-ASSOCIATE-RQ is too short'],
    [
      'with an item longer than itself',
      associateRequest({ contexts: [], extraItems: [item(0x10, '1.2', { length: 4 })] }),
      'an item is longer than its A-ASSOCIATE-RQ',
    ],
    [
      'with three bytes behind its items',
      associateRequest({ contexts: [], extraItems: [hex('100000')] }),
      'item in A-ASSOCIATE-RQ is too short',
    ],
    [
      'with a presentation context of three bytes',
      associateRequest({ contexts: [], extraItems: [item(0x20, hex('010000'))] }),
      'presentation context item is too short',
    ],
    [
      'with a transfer syntax longer than its context',
      associateRequest({
        contexts: [context],
        extraItems: [item(0x20, bytes(hex('03000000'), item(0x40, '1', { length: 9 })))],
      }),
      'an item is longer than its presentation context item',
    ],
    [
      'with a sub-item longer than the user information',
      associateRequest({ contexts: [context], userInformation: item(0x51, '', { length: 4 }) }),
      'an item is longer than its user information item',
    ],
  ])('a request %s is refused', (_, request, message) => {
    expect(decodeEverySplit(request)).toEqual({ items: [], error: `invalid-parameter-value: ${message}` });
  });
});

describe('A-ASSOCIATE-AC, as a requestor reads it (PS3.8 9.3.3)', () => {
  const FIXED = `0001 0000 ${'20'.repeat(32)} ${'00'.repeat(32)}`;
  const accept = (...items: string[]) => hex([FIXED, ...items].join(' '));

  /** Through the decoder at every split, and then looked into. */
  function read(body: Uint8Array) {
    const length = body.length.toString(16).padStart(8, '0');
    const { items } = decodeEverySplit(bytes(hex(`02 00 ${length}`), body));
    const [item] = items;
    if (items.length !== 1 || item?.type !== 'A-ASSOCIATE-AC') throw new Error('not an A-ASSOCIATE-AC');
    return decodeAssociateAc(item.body);
  }

  test('a golden one', () => {
    const answer = read(
      accept(`
        10 00 0015 312e322e3834302e31303030382e332e312e312e31 // application context
        21 00 000b 01 00 00 00 40 00 0003 312e33              // context 1: accepted, 1.3
        21 00 000b 03 00 03 00 40 00 0003 312e33              // context 3: abstract syntax refused
        21 00 0004 05 00 04 00                                // context 5: refused, without a transfer syntax
        21 00 0007 07 00 01 00 40 00 ff                       // context 7: refused, with rubbish in its place
        50 00 0025                                            // user information
          51 00 0004 00004000                                 // maximum length 16384
          52 00 0005 312e322e33                               // implementation class UID
          53 00 0004 0001 0001                                // asynchronous operations window
          55 00 0008 544553545f312020                         // implementation version name, padded
      `),
    );
    expect(answer).toEqual({
      presentationContexts: [
        { id: 1, result: 0, transferSyntax: '1.3' },
        { id: 3, result: 3, transferSyntax: '' },
        { id: 5, result: 4, transferSyntax: '' },
        { id: 7, result: 1, transferSyntax: '' },
      ],
      userInformation: {
        maximumLength: 16384,
        implementationClassUid: '1.2.3',
        implementationVersionName: 'TEST_1',
        asynchronousOperationsWindow: { invoked: 1, performed: 1 },
        roleSelections: [],
        extendedNegotiations: [],
        commonExtendedNegotiations: [],
      },
    });
  });

  test('one that says nothing grants nothing', () => {
    expect(read(accept())).toMatchObject({ presentationContexts: [], userInformation: { maximumLength: 0 } });
  });

  test.each([
    ['that is too short', hex('0001 0000'), 'A-ASSOCIATE-AC is too short'],
    ['with an item that is cut off', accept('21 00 00'), 'item in A-ASSOCIATE-AC is too short'],
    ['with an item beyond its end', accept('21 00 0009 01 00 00 00'), 'an item is longer than its A-ASSOCIATE-AC'],
    ['with a context that is too short', accept('21 00 0002 01 00'), 'presentation context item is too short'],
    [
      'with a transfer syntax longer than its context',
      accept('21 00 0009 01 00 00 00 40 00 0009 31'),
      'an item is longer than its presentation context item',
    ],
  ])('one %s is refused', (_, body, message) => {
    expect(() => read(body)).toThrow(new ProtocolError('invalid-parameter-value', message));
  });

  test('random bytes give only a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rest) => {
        try {
          decodeAssociateAc(bytes(accept(), rest));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('the other PDUs', () => {
  test.each([
    ['A-ASSOCIATE-AC', '02 00 00000004 00010000', { type: 'A-ASSOCIATE-AC', body: hex('00010000') }],
    ['A-ASSOCIATE-RJ', '03 00 00000004 00010103', { type: 'A-ASSOCIATE-RJ', result: 1, source: 1, reason: 3 }],
    ['A-RELEASE-RQ', '05 00 00000004 00000000', { type: 'A-RELEASE-RQ' }],
    ['A-RELEASE-RP', '06 00 00000004 00000000', { type: 'A-RELEASE-RP' }],
    ['A-ABORT of the user', '07 00 00000004 00000000', { type: 'A-ABORT', source: 0, reason: 0 }],
    ['A-ABORT of the provider', '07 00 00000004 00000205', { type: 'A-ABORT', source: 2, reason: 5 }],
    ['A-ABORT without its four bytes', '07 00 00000000', { type: 'A-ABORT', source: 0, reason: 0 }],
  ])('%s', (_, bytesOfIt, expected) => {
    expect(decodeEverySplit(hex(bytesOfIt))).toEqual({ items: [expected] });
  });

  test('several in one chunk come out one by one', () => {
    const stream = bytes(
      GOLDEN_REQUEST,
      pData(pdv(1, hex('aabb'), { command: true, last: true })),
      hex('05000000000400000000'),
    );
    expect(decodeEverySplit(stream).items.map(({ type }) => type)).toEqual([
      'A-ASSOCIATE-RQ',
      'P-DATA-TF',
      'PDV',
      'A-RELEASE-RQ',
    ]);
  });
});

describe('P-DATA-TF (PS3.8 9.3.5)', () => {
  test('a golden PDU with two PDVs', () => {
    const stream = hex(`
      04 00 00000011                 // P-DATA-TF, 17 bytes
        00000005 01 03 aabbcc        // 3 bytes for context 1: command, last
        00000004 01 00 ddee          // 2 bytes for context 1: data, not last
    `);
    expect(decodeEverySplit(stream).items).toEqual([
      { type: 'P-DATA-TF', length: 17 },
      { type: 'PDV', presentationContextId: 1, isCommand: true, isLast: true, value: hex('aabbcc') },
      { type: 'PDV', presentationContextId: 1, isCommand: false, isLast: false, value: hex('ddee') },
    ]);
  });

  test('a fragment is passed on as it arrives, as a view, and only its end is the last', () => {
    const decoder = new PduDecoder(MAX);
    const stream = pData(pdv(9, hex('01020304'), { command: false, last: true }));
    const chunks = [stream.subarray(0, 14), stream.subarray(14)];
    const seen: DecodedItem[] = [];
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let next = decoder.next(); next; next = decoder.next()) seen.push(next);
    }
    const pieces = seen.filter((next) => next.type === 'PDV');
    expect(pieces.map(({ isLast, value }) => [Buffer.from(value).toString('hex'), isLast])).toEqual([
      ['0102', false],
      ['0304', true],
    ]);
    expect(pieces.every(({ value }) => value.buffer === stream.buffer)).toBe(true);
  });

  test('fragments stay as they are until the next chunk, and chunks may share one memory, however headers are cut', () => {
    const values = Array.from({ length: 20 }, (_, index) => Buffer.alloc(index, index));
    const stream = bytes(...values.map((value) => pData(pdv(1, value, { command: false, last: true }))));
    for (const size of [1, 2, 3, 5, 7, 11, 13, 64]) {
      const decoder = new PduDecoder(MAX);
      const memory = Buffer.alloc(size);
      const all: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const chunk = stream.subarray(at, at + size);
        chunk.copy(memory);
        decoder.push(memory.subarray(0, chunk.length));
        const kept: Uint8Array[] = [];
        const copies: Buffer[] = [];
        for (let next = decoder.next(); next; next = decoder.next()) {
          if (next.type !== 'PDV') continue;
          kept.push(next.value);
          copies.push(Buffer.from(next.value));
        }
        expect(kept.map((value) => Buffer.from(value))).toEqual(copies);
        all.push(...copies);
        memory.fill(0xff);
      }
      expect(Buffer.concat(all)).toEqual(Buffer.concat(values));
    }
  });

  test('says whether the stream is inside a PDU', () => {
    const decoder = new PduDecoder(MAX);
    const stream = pData(pdv(1, hex('0102'), { command: true, last: true }));
    expect(decoder.insidePdu).toBe(false);
    decoder.push(stream.subarray(0, 3));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.insidePdu).toBe(true);
    decoder.push(stream.subarray(3, 13));
    while (decoder.next());
    expect(decoder.insidePdu).toBe(true);
    decoder.push(stream.subarray(13));
    while (decoder.next());
    expect(decoder.insidePdu).toBe(false);
  });

  test('a zero-byte fragment is legal', () => {
    expect(decodeEverySplit(hex('04 00 00000006 00000002 01 02')).items).toEqual([
      { type: 'P-DATA-TF', length: 6 },
      { type: 'PDV', presentationContextId: 1, isCommand: false, isLast: true, value: Buffer.alloc(0) },
    ]);
  });

  test.each([
    ['of length 0', '04 00 00000000', 'P-DATA-TF of length 0'],
    ['longer than allowed', '04 00 00001001', 'P-DATA-TF of 4097 bytes is longer than the 4096 bytes allowed'],
    ['of length FFFFFFFFH', '04 00 ffffffff', 'P-DATA-TF of 4294967295 bytes is longer than the 4096 bytes allowed'],
  ])('a PDU %s is refused on its header', (_, header, message) => {
    expect(decodeEverySplit(hex(header))).toEqual({ items: [], error: `invalid-parameter-value: ${message}` });
  });

  test.each([
    ['of length 0', '04 00 00000008 00000000 01 03 0000', 'PDV of length 0'],
    ['of length 1', '04 00 00000008 00000001 01 03 0000', 'PDV of length 1'],
    ['one byte beyond its PDU', '04 00 00000008 00000005 01 03', 'PDV is longer than its PDU'],
    ['of length FFFFFFFFH', '04 00 00000008 ffffffff 01 03', 'PDV is longer than its PDU'],
    ['of length FFFFFFFCH, which wraps around', '04 00 00000008 fffffffc 01 03', 'PDV is longer than its PDU'],
    ['without room for its header', '04 00 00000005', 'the rest of a P-DATA-TF is too short for a PDV'],
    ['with a rest behind it', '04 00 00000009 00000002 01 03 000000', 'the rest of a P-DATA-TF is too short for a PDV'],
  ])('a PDV %s is refused on its header', (_, stream, message) => {
    expect(decodeEverySplit(hex(stream)).error).toBe(`invalid-parameter-value: ${message}`);
  });

  test('the longest PDU allowed passes', () => {
    const stream = pData(pdv(1, Buffer.alloc(MAX - 6), { command: false, last: true }));
    expect(decode([stream]).error).toBeUndefined();
  });
});

describe('framing', () => {
  test.each([0x00, 0x08, 0x47, 0xff])('type %i is known to be none by its first byte', (type) => {
    const { error } = decode([Uint8Array.of(type)]);
    expect(error).toBe(`unrecognized-pdu: unknown PDU type ${type.toString(16).padStart(2, '0')}H`);
  });

  test.each([
    ['16 03 01 00 c8 01', 'unrecognized-pdu: it speaks TLS'],
    ['15 03 03 00 02 02 28', 'unrecognized-pdu: it speaks TLS'],
    ['16 04', 'unrecognized-pdu: unknown PDU type 16H'],
  ])('a record of TLS is recognised by two bytes: %s', (text, error) => {
    expect(decodeEverySplit(hex(text))).toEqual({ items: [], error });
  });

  test.each([1, 2, 3, 5, 6, 7])('a PDU of type %i that claims more than 1 MiB is refused on its header', (type) => {
    for (const length of [0x100001, 0xffffffff]) {
      expect(decode([pdu(type, Buffer.alloc(0), { length })]).error).toBe(
        `invalid-parameter-value: PDU of type ${type} claims ${length} bytes`,
      );
    }
    expect(decode([pdu(type, Buffer.alloc(0), { length: 0x100000 })])).toEqual({ items: [] });
  });
});

describe('properties', () => {
  const chunked = (stream: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
    const chunks: Uint8Array[] = [];
    let at = 0;
    for (let index = 0; at < stream.length; index++) {
      const size = sizes[index % sizes.length] ?? 1;
      chunks.push(new Uint8Array(stream.subarray(at, at + size)));
      at += size;
    }
    return chunks;
  };
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

  test('random bytes give only a ProtocolError, the same for every chunking', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), sizes, (stream, cut) => {
        expect(decode(chunked(stream, cut))).toEqual(decode([stream]));
      }),
      { numRuns: 2000 },
    );
  });

  test('broken requests and broken P-DATA give only a ProtocolError', () => {
    const good = bytes(
      associateRequest({
        contexts: [{ id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3', '1.4'] }],
        userItems: [
          asyncWindowItem(1, 1),
          roleItem('1.2', 1, 1),
          extendedNegotiationItem('1.2', hex('02')),
          commonExtendedNegotiationItem('1.2', '1.4', ['1.5']),
          userIdentityItem(1, true, 'me'),
        ],
      }),
      pData(pdv(1, hex('010203'), { command: true, last: true }), pdv(1, hex('04'), { command: false, last: true })),
    );
    const mutations = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(mutations, sizes, (changes, cut) => {
        const stream = new Uint8Array(good);
        for (const [at, byte] of changes) stream[at] = byte;
        expect(decode(chunked(stream, cut))).toEqual(decode([stream]));
      }),
      { numRuns: 3000 },
    );
  });

  test('P-DATA of any chunking is put together to the same', () => {
    const value = fc.record({
      context: fc.integer({ min: 0, max: 255 }),
      command: fc.boolean(),
      last: fc.boolean(),
      value: fc.uint8Array({ maxLength: 60 }),
    });
    const pdus = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pdus, sizes, (sent, cut) => {
        const stream = bytes(...sent.map((pdvs) => pData(...pdvs.map((one) => pdv(one.context, one.value, one)))));
        const decoder = new PduDecoder(MAX);
        const got: { context: number; command: boolean; last: boolean; value: number[] }[][] = [];
        let pieces: number[] = [];
        for (const chunk of chunked(stream, cut)) {
          decoder.push(chunk);
          for (let next = decoder.next(); next; next = decoder.next()) {
            if (next.type === 'P-DATA-TF') got.push([]);
            if (next.type !== 'PDV') continue;
            pieces.push(...next.value);
            const due = sent[got.length - 1]?.[got.at(-1)?.length ?? 0];
            if (pieces.length < (due?.value.length ?? 0)) {
              expect(next.isLast).toBe(false);
              continue;
            }
            got.at(-1)?.push({
              context: next.presentationContextId,
              command: next.isCommand,
              last: next.isLast,
              value: pieces,
            });
            pieces = [];
          }
        }
        expect(got).toEqual(sent.map((pdvs) => pdvs.map((one) => ({ ...one, value: [...one.value] }))));
        expect(decoder.insidePdu).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

function onlyRequest({ items, error }: Outcome): AAssociateRq {
  expect(error).toBeUndefined();
  const [request] = items;
  if (request?.type !== 'A-ASSOCIATE-RQ' || items.length !== 1) throw new Error('expected one request');
  return request;
}
