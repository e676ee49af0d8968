/** The builders are the oracle of every wire test, so they are held against bytes written out by hand. */
import { describe, expect, test } from 'vitest';
import {
  abort,
  associateRequest,
  commandSet,
  echoRequest,
  fragments,
  item,
  message,
  PduSplitter,
  parseCommand,
  parsePdu,
  pData,
  pdv,
  storeRequest,
  uint32,
} from '../../support/raw-pdu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('raw-pdu', () => {
  test('builds an A-ASSOCIATE-RQ as PS3.8 9.3.2 lays it out', () => {
    const request = associateRequest({
      calledAeTitle: 'A',
      callingAeTitle: 'B',
      contexts: [{ id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3'] }],
      applicationContext: '1.9',
      userInformation: item(0x51, uint32(16384)),
    });
    expect(request.toString('hex')).toBe(
      hex(`
        01 00 0000006d
        0001 0000
        41 202020202020202020202020202020
        42 202020202020202020202020202020
        0000000000000000000000000000000000000000000000000000000000000000
        10 00 0003 312e39
        20 00 0012 01 00 00 00
          30 00 0003 312e32
          40 00 0003 312e33
        50 00 0008 51 00 0004 00004000
      `).toString('hex'),
    );
  });

  test('lets every length lie', () => {
    expect(item(0x51, 'ab', { length: 9 }).toString('hex')).toBe('510000096162');
    expect(abort(2, 6).toString('hex')).toBe('07000000000400000206');
    expect(pdv(3, hex('ff'), { command: true, last: false, length: 0xffffffff }).toString('hex')).toBe(
      'ffffffff0301ff',
    );
  });

  test('builds a C-ECHO-RQ as DCMTK sends it', () => {
    expect(echoRequest(1).toString('hex')).toBe(
      hex(`
        0000 0000 04000000 38000000
        0000 0200 12000000 312e322e3834302e31303030382e312e3100
        0000 0001 02000000 3000
        0000 1001 02000000 0100
        0000 0008 02000000 0101
      `).toString('hex'),
    );
  });

  test('can leave out the group length, or lie about it', () => {
    const elements = [[0x0100, 1]] as const;
    expect(commandSet(elements, { groupLength: null }).toString('hex')).toBe('00000001020000000100');
    expect(commandSet(elements, { groupLength: 7 }).toString('hex')).toBe(
      '00000000040000000700000000000001020000000100',
    );
    expect(storeRequest({ sopClassUid: '1.2', sopInstanceUid: '1.3', groupLength: null }).subarray(0, 12)).toEqual(
      hex('0000 0200 04000000 312e3200'),
    );
  });

  test('fragments leave room for the header of the PDV', () => {
    const parts = fragments(1, false, Buffer.alloc(25), 16);
    expect(parts.map((part) => part.length)).toEqual([22, 22, 17]);
    expect(parts.map((part) => part[11])).toEqual([0, 0, 2]);
    expect(fragments(1, false, Buffer.alloc(0))).toHaveLength(1);
    expect(fragments(1, false, Buffer.alloc(20), 16)).toHaveLength(2);
  });

  test('cuts a stream into PDUs at every split point', () => {
    const stream = Buffer.concat([message(1, echoRequest(5)), abort(2, 1)]);
    for (let split = 0; split <= stream.length; split += 1) {
      const splitter = new PduSplitter();
      const pdus = [...splitter.push(stream.subarray(0, split)), ...splitter.push(stream.subarray(split))];
      expect(pdus.map(({ type }) => type)).toEqual(['P-DATA-TF', 'A-ABORT']);
      expect(splitter.pending).toHaveLength(0);
    }
  });

  test('parses an A-ASSOCIATE-AC', () => {
    const body = Buffer.concat([
      hex('0001 0000'),
      Buffer.from('CALLED          CALLING         '),
      Buffer.alloc(32),
      item(0x10, '1.9'),
      item(0x21, Buffer.concat([hex('01 00 00 00'), item(0x40, '1.3')])),
      item(0x21, Buffer.concat([hex('03 00 04 00'), item(0x40, '')])),
      item(0x50, Buffer.concat([item(0x51, uint32(131072)), item(0x52, '1.2.3'), item(0x55, 'V1')])),
    ]);
    expect(parsePdu(0x02, body)).toMatchObject({
      type: 'A-ASSOCIATE-AC',
      protocolVersion: 1,
      calledAeTitle: 'CALLED',
      callingAeTitle: 'CALLING',
      applicationContext: '1.9',
      contexts: [
        { id: 1, result: 0, transferSyntax: '1.3' },
        { id: 3, result: 4, transferSyntax: '' },
      ],
      maxPdu: 131072,
      implementationClassUid: '1.2.3',
      implementationVersionName: 'V1',
    });
  });

  test('insists on well-formed answers', () => {
    expect(() => parsePdu(0x07, Buffer.alloc(3))).toThrow('A-ABORT');
    expect(() => parsePdu(0x04, pdv(1, hex(''), { command: true, last: true, length: 1 }))).toThrow('PDV');
    expect(() => parseCommand(commandSet([[0x0900, 0]], { groupLength: 3 }))).toThrow('Group Length');
    const response = commandSet([
      [0x0100, 0x8001],
      [0x0120, 4],
      [0x0800, 0x0101],
      [0x0900, 0xa900],
      [0x0901, hex('0800 1800')],
      [0x0902, 'odd'],
    ]);
    expect(parseCommand(response)).toMatchObject({
      Status: 0xa900,
      MessageIDBeingRespondedTo: 4,
      OffendingElement: [0x00080018],
      ErrorComment: 'odd',
    });
    expect(parsePdu(0x04, pData(pdv(1, response, { command: true, last: true })).subarray(6))).toMatchObject({
      pdvs: [{ contextId: 1, command: true, last: true }],
    });
  });
});
