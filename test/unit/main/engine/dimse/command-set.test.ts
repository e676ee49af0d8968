/** Command Sets as hex with their meaning beside them (PS3.7 6.3.1, 9.3, E.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandSet } from '#main/engine/dimse/command-set.ts';
import {
  decodeCommandSet,
  encodeEchoRequest,
  encodeResponse,
  encodeStoreRequest,
  isResponse,
  OFFENDING,
} from '#main/engine/dimse/command-set.ts';
import { STATUS, statusText } from '#main/engine/dimse/status.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import { type CommandElement, commandSet, parseCommand } from '../../../../support/raw-pdu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\/\/.*|\s/g, ''), 'hex');
const CT = '1.2.840.10008.5.1.4.1.1.2';

const STORE: readonly CommandElement[] = [
  [0x0002, CT],
  [0x0100, 0x0001],
  [0x0110, 7],
  [0x0700, 0],
  [0x0800, 0x0000],
  [0x1000, '1.2.3'],
];

describe('decode', () => {
  test('C-STORE-RQ as DCMTK sends it', () => {
    const bytes = hex(`
      0000 0000 04000000 72000000                                       // group length 114
      0000 0200 1a000000 312e322e3834302e31303030382e352e312e342e312e312e3200
      0000 0001 02000000 0100                                           // C-STORE-RQ
      0000 1001 02000000 0700                                           // message 7
      0000 0007 02000000 0000                                           // priority medium
      0000 0008 02000000 0100                                           // a data set follows
      0000 0010 06000000 312e322e3300                                   // 1.2.3, padded with NUL
      0000 3010 04000000 43543031                                       // move originator: not for us
      0000 3110 02000000 0100
    `);
    expect(decodeCommandSet(bytes)).toEqual({
      CommandField: 0x0001,
      MessageID: 7,
      hasDataSet: true,
      AffectedSOPClassUID: CT,
      AffectedSOPInstanceUID: '1.2.3',
    });
  });

  test('C-ECHO-RQ', () => {
    const bytes = hex(`
      0000 0000 04000000 38000000
      0000 0200 12000000 312e322e3834302e31303030382e312e3100           // Verification
      0000 0001 02000000 3000                                           // C-ECHO-RQ
      0000 1001 02000000 ffff                                           // message 65535
      0000 0008 02000000 0101                                           // no data set
    `);
    expect(decodeCommandSet(bytes)).toEqual({
      CommandField: 0x0030,
      MessageID: 0xffff,
      hasDataSet: false,
      AffectedSOPClassUID: '1.2.840.10008.1.1',
    });
  });

  test('the Requested SOP Class and Instance of N-ACTION', () => {
    const bytes = commandSet([
      [0x0003, '1.2.840.10008.1.20.1'],
      [0x0100, 0x0130],
      [0x0110, 3],
      [0x0800, 0x0000],
      [0x1001, '1.2.840.10008.1.20.1.1'],
    ]);
    expect(decodeCommandSet(bytes)).toEqual({
      CommandField: 0x0130,
      MessageID: 3,
      RequestedSOPInstanceUID: '1.2.840.10008.1.20.1.1',
      hasDataSet: true,
      AffectedSOPClassUID: '1.2.840.10008.1.20.1',
    });
  });

  test('C-CANCEL-RQ and responses have no Message ID of their own', () => {
    const cancel = decodeCommandSet(
      commandSet([
        [0x0100, 0x0fff],
        [0x0120, 9],
        [0x0800, 0x0101],
      ]),
    );
    expect(cancel).toEqual({ CommandField: 0x0fff, MessageID: 9, hasDataSet: false });
    expect(isResponse(cancel)).toBe(false);
    const response = decodeCommandSet(
      commandSet([
        [0x0100, 0x8001],
        [0x0120, 9],
        [0x0800, 0x0101],
        [0x0900, 0],
      ]),
    );
    expect(isResponse(response)).toBe(true);
    expect(isResponse(decodeCommandSet(commandSet([[0x0100, 0x8001]])))).toBe(true);
  });

  test.each([
    ['wrong', 4711],
    ['zero', 0],
    ['missing', null],
  ])('a group length that is %s is tolerated', (_, groupLength) => {
    expect(decodeCommandSet(commandSet(STORE, { groupLength }))).toMatchObject({ MessageID: 7, hasDataSet: true });
  });

  test.each([
    ['a NUL', '1.2.3\0', '1.2.3'],
    ['a space', '1.2.3 ', '1.2.3'],
    ['several of both', '1.2.3 \0 \0', '1.2.3'],
    ['nothing else', '\0\0', ''],
    ['a NUL inside, which is no padding', '1.2\x003', '1.2\x003'],
  ])('a UID padded with %s', (_, value, text) => {
    const command = decodeCommandSet(commandSet([...STORE.slice(0, 5), [0x1000, value]]));
    expect(command.AffectedSOPInstanceUID).toBe(text);
  });

  test('a UID without end is read as far as it takes to see that it is too long', () => {
    const command = decodeCommandSet(commandSet([...STORE.slice(0, 5), [0x1000, '1'.repeat(5000)]]));
    expect(command.AffectedSOPInstanceUID).toHaveLength(1024);
  });

  test.each([
    ['no Command Data Set Type', undefined, false],
    ['0101H', 0x0101, false],
    ['0000H', 0x0000, true],
    ['0001H', 0x0001, true],
    ['0102H, the null of old editions', 0x0102, true],
  ])('a data set follows after %s: %s', (_, type, expected) => {
    const elements = STORE.flatMap((element): CommandElement[] => {
      if (element[0] !== 0x0800) return [element];
      return type === undefined ? [] : [[0x0800, type]];
    });
    expect(decodeCommandSet(commandSet(elements)).hasDataSet).toBe(expected);
  });

  test.each([
    ['nothing', '', 'Command Field (0000,0100) is missing'],
    ['a group other than 0000', '0800 0000 02000000 0000', 'not a Command Set'],
    ['big endian', '0000 0100 00000002 0001', 'not a Command Set'],
    ['an explicit VR', '0000 0001 5553 0200 0100', 'not a Command Set'],
    ['half a header', '0000 0001 0200', 'not a Command Set'],
    ['a value longer than what is there', '0000 0001 04000000 0100', 'not a Command Set'],
    ['a length of FFFFFFFFH', '0000 0001 ffffffff 0100', 'not a Command Set'],
    ['a Command Field of one byte', '0000 0001 01000000 01', 'Command Field (0000,0100) is missing'],
    ['a request without Message ID', '0000 0001 02000000 0100', 'Message ID (0000,0110) is missing'],
  ])('%s is no command', (_, bytes, message) => {
    const decode = () => decodeCommandSet(hex(bytes));
    expect(decode).toThrow(ProtocolError);
    expect(decode).toThrow(message);
    expect(decode).toThrow(expect.objectContaining({ reason: 'invalid-parameter-value' }));
  });

  test('random bytes give only a ProtocolError', () => {
    const element = fc.tuple(
      fc.constantFrom(0x0000, 0x0002, 0x0003, 0x0100, 0x0110, 0x0120, 0x0800, 0x1000, 0x9999),
      fc.uint8Array({ maxLength: 20 }),
    );
    const structured = fc
      .array(element, { maxLength: 8 })
      .map((elements) => commandSet(elements, { groupLength: null }));
    fc.assert(
      fc.property(fc.oneof(structured, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        try {
          decodeCommandSet(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encode a request', () => {
  test('C-ECHO-RQ, byte by byte (PS3.7 9.3.5.1)', () => {
    const bytes = hex(`
      0000 0000 04000000 38000000                                       // group length
      0000 0200 12000000 312e322e3834302e31303030382e312e3100           // Verification
      0000 0001 02000000 3000                                           // C-ECHO-RQ
      0000 1001 02000000 0901                                           // message 265
      0000 0008 02000000 0101                                           // no data set
    `);
    expect(Buffer.from(encodeEchoRequest(265)).toString('hex')).toBe(bytes.toString('hex'));
  });

  test('C-STORE-RQ, byte by byte (PS3.7 9.3.1.1)', () => {
    const request = { MessageID: 7, AffectedSOPClassUID: CT, AffectedSOPInstanceUID: '1.2.3' };
    const bytes = hex(`
      0000 0000 04000000 58000000                                       // group length
      0000 0200 1a000000 312e322e3834302e31303030382e352e312e342e312e312e3200
      0000 0001 02000000 0100                                           // C-STORE-RQ
      0000 1001 02000000 0700                                           // message 7
      0000 0007 02000000 0000                                           // priority medium
      0000 0008 02000000 0000                                           // a data set follows
      0000 0010 06000000 312e322e3300
    `);
    expect(Buffer.from(encodeStoreRequest(request)).toString('hex')).toBe(bytes.toString('hex'));
    expect(decodeCommandSet(bytes)).toEqual({ ...request, CommandField: 1, hasDataSet: true });
  });
});

test('a response is decoded with its status and comment', () => {
  const request = decodeCommandSet(encodeEchoRequest(12));
  expect(decodeCommandSet(encodeResponse(request, { status: 0xa700, comment: 'disk full' }))).toEqual({
    CommandField: 0x8030,
    MessageID: 12,
    hasDataSet: false,
    AffectedSOPClassUID: '1.2.840.10008.1.1',
    Status: 0xa700,
    ErrorComment: 'disk full',
  });
});

describe('encode a response', () => {
  const request: CommandSet = {
    CommandField: 0x0001,
    MessageID: 0x0102,
    hasDataSet: true,
    AffectedSOPClassUID: '1.2',
    AffectedSOPInstanceUID: '1.2.3.4',
  };
  const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  test('success, byte by byte', () => {
    expect(toHex(encodeResponse(request, { status: STATUS.Success }))).toBe(
      hex(`
        0000 0000 04000000 44000000                     // group length 68
        0000 0200 04000000 312e3200                     // Affected SOP Class
        0000 0001 02000000 0180                         // C-STORE-RSP
        0000 2001 02000000 0201                         // message being responded to
        0000 0008 02000000 0101                         // no data set
        0000 0009 02000000 0000                         // Status: success
        0000 0010 08000000 312e322e332e3400             // Affected SOP Instance
      `).toString('hex'),
    );
  });

  test('failure with everything, byte by byte', () => {
    const answer = {
      status: STATUS.MistypedArgument,
      comment: 'Odd',
      offendingElement: OFFENDING.AffectedSOPInstanceUID,
    };
    expect(toHex(encodeResponse({ CommandField: 0x0001, MessageID: 1, hasDataSet: true }, answer))).toBe(
      hex(`
        0000 0000 04000000 40000000
        0000 0001 02000000 0180
        0000 2001 02000000 0100
        0000 0008 02000000 0101
        0000 0009 02000000 1202                         // 0212H
        0000 0109 04000000 0000 0010                    // Offending Element (0000,1000)
        0000 0209 04000000 4f646420                     // Error Comment, padded with a space
      `).toString('hex'),
    );
  });

  test('an offending element of a high group', () => {
    const response = encodeResponse(request, { status: 0xa900, offendingElement: 0xfffe00e0 });
    expect(parseCommand(Buffer.from(response)).OffendingElement).toEqual([0xfffe00e0]);
  });

  test.each([
    ['C-STORE', 0x0001, 0x8001],
    ['C-ECHO', 0x0030, 0x8030],
    ['C-FIND', 0x0020, 0x8020],
    ['N-ACTION', 0x0130, 0x8130],
  ])('%s: the Command Field of its response', (_, CommandField, expected) => {
    expect(parseCommand(Buffer.from(encodeResponse({ ...request, CommandField }, { status: 0 }))).CommandField).toBe(
      expected,
    );
  });

  test('a comment is LO: at most 64 characters of its repertoire', () => {
    const comment = (text: string) =>
      parseCommand(Buffer.from(encodeResponse(request, { status: 0xc000, comment: text }))).ErrorComment;
    expect(comment('x'.repeat(65))).toBe('x'.repeat(64));
    expect(comment('a\\b\nc\u00e9')).toBe('a?b?c?');
    expect(comment('')).toBeUndefined();
  });

  test('any request and answer give a well-formed Command Set of even lengths', () => {
    const uid = fc.option(fc.stringMatching(/^[0-9.]{0,64}$/), { nil: undefined });
    fc.assert(
      fc.property(
        uid,
        uid,
        fc.nat(0xffff),
        fc.nat(0xffff),
        fc.string({ unit: 'binary' }),
        (sopClass, instance, id, status, text) => {
          const bytes = encodeResponse(
            {
              CommandField: 0x0001,
              MessageID: id,
              hasDataSet: true,
              ...(sopClass !== undefined && { AffectedSOPClassUID: sopClass }),
              ...(instance !== undefined && { AffectedSOPInstanceUID: instance }),
            },
            { status, comment: text, offendingElement: 0x00080018 },
          );
          const parsed = parseCommand(Buffer.from(bytes));
          expect(parsed).toMatchObject({
            MessageIDBeingRespondedTo: id,
            Status: status,
            OffendingElement: [0x00080018],
          });
          expect(parsed.AffectedSOPClassUID).toBe(sopClass);
          expect(parsed.AffectedSOPInstanceUID).toBe(instance);
          expect((parsed.ErrorComment ?? '').length).toBeLessThanOrEqual(64);
        },
      ),
    );
  });
});

test('statuses are written as the standard writes them', () => {
  expect([0x0000, 0x0117, 0xa700, 0xb007].map(statusText)).toEqual(['0000H', '0117H', 'A700H', 'B007H']);
});
