/**
 * Bad input, row by row as the design numbers it, on a real socket: the exact answer, the files left behind, and that the
 * receiver is well afterwards. Where an association goes on, a good object sent on it is stored.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createDeflateRaw, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { StoreScpOptions } from '#main/engine/index.ts';
import { buildDataSet, header, itemHeader, nestedSequences, TEST_ENCODINGS } from '../support/data-sets.ts';
import {
  abort,
  associateRequest,
  bytes,
  type CommandElement,
  CT_IMAGE_STORAGE,
  commandSet,
  EXPLICIT_VR_LITTLE_ENDIAN,
  echoRequest,
  fragments,
  IMPLICIT_VR_LITTLE_ENDIAN,
  item,
  message,
  pData,
  pdu,
  pdv,
  type RawAssociateRequest,
  releaseRequest,
  storeRequest,
  uint32,
} from '../support/raw-pdu.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import {
  archived,
  associate,
  CONTEXT,
  CONTEXTS,
  ctObject,
  GOOD_INSTANCE,
  goodStore,
  INSTANCE,
  nextAnswer,
  PATIENT_DATA,
  startTestReceiver,
  store,
  type TestReceiver,
  until,
} from '../support/test-receiver.ts';

const EXPLICIT = TEST_ENCODINGS.explicitLittle;
const IMPLICIT = TEST_ENCODINGS.implicitLittle;
const MAX_PDU = 16384;

type Case = {
  readonly row: number;
  readonly name: string;
  readonly options?: Partial<StoreScpOptions>;
  /** Bytes on a bare connection. */
  readonly bare?: Uint8Array;
  /** Bytes on an established association. */
  readonly send?: Uint8Array;
  readonly answers: readonly string[];
  /** Titles for the C-ECHO afterwards, where not any will do; none where this address is not welcome. */
  readonly echoAs?: { readonly calledAeTitle?: string; readonly callingAeTitle?: string } | 'nobody';
  /** What lies in the folder afterwards, besides the good object, with its content where that matters. */
  readonly files?: Readonly<Record<string, Uint8Array | undefined>>;
};

const CASES: Case[] = [];

const DATA_SET = ctObject();
const PIXEL_DATA = 0x7fe00010;
const UIDS = { study: 0x0020000d, series: 0x0020000e, instance: 0x00080018, class: 0x00080016 };
const without = (tag: number) => ctObject({ change: { [tag]: undefined } });
const withUid = (tag: number, value: string) => ctObject({ change: { [tag]: { tag, vr: 'UI', value } } });
const quarantined = (name: string, content?: Uint8Array) => ({
  [`.quarantine/${name}.dcm`]: content,
  [`.quarantine/${name}.txt`]: undefined,
});
const hashed = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
const command = (value: Uint8Array, context: number = CONTEXT.explicit) =>
  pData(pdv(context, value, { command: true, last: true }));
const data = (value: Uint8Array, context: number = CONTEXT.explicit, last = true) =>
  pData(pdv(context, value, { command: false, last }));
const request = (changes: Partial<RawAssociateRequest>) => associateRequest({ contexts: CONTEXTS, ...changes });
const STORE = storeRequest({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: INSTANCE, messageId: 7 });
/** A C-STORE-RQ in which elements are replaced, or left out where undefined. */
const storeWith = (changes: Readonly<Record<number, CommandElement[1] | undefined>>, groupLength?: number | null) =>
  commandSet(
    (
      [
        [0x0002, CT_IMAGE_STORAGE],
        [0x0100, 0x0001],
        [0x0110, 7],
        [0x0700, 0],
        [0x0800, 0x0000],
        [0x1000, INSTANCE],
      ] satisfies CommandElement[]
    ).flatMap(([element, value]): CommandElement[] => {
      const changed = element in changes ? changes[element] : value;
      return changed === undefined ? [] : [[element, changed]];
    }),
    groupLength === undefined ? {} : { groupLength },
  );

// --- Before and during negotiation ---------------------------------------------------------------------------------

CASES.push(
  { row: 1, name: 'an unknown PDU type first', bare: bytes(0x99, Buffer.alloc(20)), answers: ['A-ABORT 0/0'] },
  { row: 1, name: 'type 0 first', bare: Buffer.alloc(1), answers: ['A-ABORT 0/0'] },
  {
    row: 1,
    name: 'an HTTP request',
    bare: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    answers: ['A-ABORT 0/0'],
  },
  {
    row: 1,
    name: 'a TLS handshake',
    bare: Buffer.from('160301020001000fc0303', 'hex'),
    answers: ['A-ABORT 0/0'],
  },
  {
    row: 2,
    name: 'A-ASSOCIATE-RQ of length FFFFFFFFH',
    bare: pdu(0x01, Buffer.alloc(0), { length: 0xffffffff }),
    answers: ['A-ABORT 0/0'],
  },
  {
    row: 2,
    name: 'A-ASSOCIATE-RQ of one byte above 1 MiB',
    bare: pdu(0x01, Buffer.alloc(0), { length: 0x100001 }),
    answers: ['A-ABORT 0/0'],
  },
  { row: 3, name: 'A-ASSOCIATE-RQ of ten bytes', bare: pdu(0x01, Buffer.alloc(10)), answers: ['A-ABORT 0/0'] },
  {
    row: 3,
    name: 'an item longer than its PDU',
    bare: request({ extraItems: [item(0x20, Buffer.alloc(4), { length: 5000 })] }),
    answers: ['A-ABORT 0/0'],
  },
  {
    row: 3,
    name: 'a sub-item longer than its item',
    bare: request({ userInformation: item(0x51, Buffer.alloc(4), { length: 5 }) }),
    answers: ['A-ABORT 0/0'],
  },
  ...[0, 2].map((protocolVersion) => ({
    row: 4,
    name: `protocol version ${protocolVersion}`,
    bare: request({ protocolVersion }),
    answers: ['A-ASSOCIATE-RJ 1/2/2'],
  })),
  ...['1.2.840.10008.3.1.1.2', '', null].map((applicationContext) => ({
    row: 5,
    name: `application context ${applicationContext === null ? 'missing' : `"${applicationContext}"`}`,
    bare: request({ applicationContext }),
    answers: ['A-ASSOCIATE-RJ 1/1/2'],
  })),
  {
    row: 6,
    name: 'the called AE title is not accepted',
    options: { acceptedCalledAeTitles: ['STUDYPORT'] },
    bare: request({ calledAeTitle: 'STUDYPORT2' }),
    echoAs: { calledAeTitle: 'STUDYPORT' },
    answers: ['A-ASSOCIATE-RJ 1/1/7'],
  },
  {
    row: 6,
    name: 'the calling AE title is not accepted',
    options: { acceptedCallingAeTitles: ['CT01', 'MR01'] },
    bare: request({ callingAeTitle: 'ct01' }),
    echoAs: { callingAeTitle: 'MR01' },
    answers: ['A-ASSOCIATE-RJ 1/1/3'],
  },
  {
    row: 6,
    name: 'the address is not accepted',
    options: { acceptedAddresses: ['10.0.0.0/8', '127.0.0.2'] },
    bare: request({}),
    echoAs: 'nobody',
    answers: ['A-ASSOCIATE-RJ 1/1/1'],
  },
  ...(
    [
      ['blank', ' '.repeat(16)],
      ['NUL-padded', Buffer.from('CT01')],
      ['non-ASCII', Buffer.from('C\xd601            ', 'latin1')],
    ] as const
  ).map(([what, callingAeTitle]) => ({
    row: 8,
    name: `a ${what} calling AE title when strict`,
    options: { strict: true },
    bare: request({ callingAeTitle }),
    answers: ['A-ASSOCIATE-RJ 1/1/3'],
  })),
  { row: 12, name: 'P-DATA before an association', bare: store(DATA_SET), answers: ['A-ABORT 0/0'] },
  { row: 12, name: 'A-RELEASE-RQ before an association', bare: releaseRequest(), answers: ['A-ABORT 0/0'] },
);

// --- PDUs of an association ----------------------------------------------------------------------------------------

CASES.push(
  { row: 13, name: 'a second A-ASSOCIATE-RQ', send: request({}), answers: ['A-ABORT 2/2'] },
  { row: 13, name: 'a stray A-ASSOCIATE-AC', send: pdu(0x02, Buffer.alloc(68)), answers: ['A-ABORT 2/2'] },
  { row: 14, name: 'an unknown PDU type', send: pdu(0x08, Buffer.alloc(4)), answers: ['A-ABORT 2/1'] },
  {
    row: 14,
    name: 'an unknown PDU type in the middle of an object',
    send: bytes(command(STORE), data(DATA_SET.subarray(0, 100), 1, false), pdu(0xff, Buffer.alloc(4))),
    answers: ['A-ABORT 2/1'],
  },
  {
    row: 15,
    name: 'P-DATA of length FFFFFFFFH',
    send: pdu(0x04, Buffer.alloc(0), { length: 0xffffffff }),
    answers: ['A-ABORT 2/6'],
  },
  { row: 15, name: 'P-DATA of length 0', send: pdu(0x04, Buffer.alloc(0)), answers: ['A-ABORT 2/6'] },
  {
    row: 16,
    name: 'P-DATA one byte longer than our maximum when strict',
    options: { strict: true },
    send: pdu(0x04, Buffer.alloc(0), { length: MAX_PDU + 1 }),
    answers: ['A-ABORT 2/6'],
  },
  {
    row: 16,
    name: 'P-DATA exactly as long as our maximum when strict',
    options: { strict: true },
    send: store(ctObject({ pixels: 2 * MAX_PDU }), { maxPdu: MAX_PDU }),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: ctObject({ pixels: 2 * MAX_PDU }) },
  },
  {
    row: 16,
    name: 'P-DATA of twice our maximum when not strict',
    send: store(ctObject({ pixels: 4 * MAX_PDU }), { maxPdu: 2 * MAX_PDU }),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: ctObject({ pixels: 4 * MAX_PDU }) },
  },
  {
    row: 16,
    name: 'P-DATA of more than twice our maximum when not strict',
    send: pdu(0x04, Buffer.alloc(0), { length: 2 * MAX_PDU + 1 }),
    answers: ['A-ABORT 2/6'],
  },
  ...[0, 1].map((length) => ({
    row: 17,
    name: `a PDV of length ${length}`,
    send: pData(bytes(uint32(length), CONTEXT.explicit, 3)),
    answers: ['A-ABORT 2/6'],
  })),
  {
    row: 17,
    name: 'a PDV beyond its PDU',
    send: pData(pdv(CONTEXT.explicit, STORE, { command: true, last: true, length: STORE.length + 3 })),
    answers: ['A-ABORT 2/6'],
  },
  {
    row: 18,
    name: 'zero-byte fragments',
    send: bytes(
      pData(pdv(1, Buffer.alloc(0), { command: true, last: false })),
      command(STORE),
      data(Buffer.alloc(0), 1, false),
      data(DATA_SET, 1, false),
      data(Buffer.alloc(0), 1, false),
      data(Buffer.alloc(0)),
    ),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: DATA_SET },
  },
  {
    row: 18,
    name: 'odd fragments',
    send: bytes(
      ...fragments(CONTEXT.explicit, true, STORE, 6 + 7),
      ...fragments(CONTEXT.explicit, false, DATA_SET, 6 + 33),
    ),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: DATA_SET },
  },
  {
    row: 18,
    name: 'an odd total',
    send: store(ctObject({ pixels: 255 })),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: ctObject({ pixels: 255 }) },
  },
  {
    row: 19,
    name: 'command and data as several PDVs in one PDU',
    send: pData(
      pdv(1, STORE.subarray(0, 11), { command: true, last: false }),
      pdv(1, STORE.subarray(11), { command: true, last: true }),
      pdv(1, DATA_SET.subarray(0, 77), { command: false, last: false }),
      pdv(1, DATA_SET.subarray(77), { command: false, last: true }),
    ),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: DATA_SET },
  },
  {
    row: 19,
    name: 'two messages in one PDU',
    send: pData(
      pdv(CONTEXT.verification, echoRequest(3), { command: true, last: true }),
      pdv(1, STORE, { command: true, last: true }),
      pdv(1, DATA_SET, { command: false, last: true }),
      pdv(CONTEXT.verification, echoRequest(4), { command: true, last: true }),
    ),
    answers: ['C-ECHO 0000 #3', 'C-STORE 0000 #7', 'C-ECHO 0000 #4'],
    files: { [archived()]: DATA_SET },
  },
  {
    row: 20,
    name: 'two C-STOREs sent without waiting',
    send: bytes(
      store(DATA_SET),
      store(ctObject({ sopInstanceUid: '1.2.3.4' }), { sopInstanceUid: '1.2.3.4', messageId: 8 }),
    ),
    answers: ['C-STORE 0000 #7', 'C-STORE 0000 #8'],
    files: { [archived()]: DATA_SET, [archived('1.2.3.4')]: ctObject({ sopInstanceUid: '1.2.3.4' }) },
  },
);

// --- DIMSE messages ------------------------------------------------------------------------------------------------

const UNSOLICITED = commandSet([
  [0x0002, CT_IMAGE_STORAGE],
  [0x0100, 0x8001],
  [0x0120, 7],
  [0x0800, 0x0101],
  [0x0900, 0x0000],
]);
const requestOf = (commandField: number, dataSetType: number) =>
  commandSet([
    [0x0002, CT_IMAGE_STORAGE],
    [0x0100, commandField],
    [0x0110, 5],
    [0x0700, 0],
    [0x0800, dataSetType],
  ]);

CASES.push(
  { row: 22, name: 'data before a command', send: data(DATA_SET), answers: ['A-ABORT 2/5'] },
  {
    row: 22,
    name: 'data on another context than its command',
    send: bytes(command(STORE), data(DATA_SET, CONTEXT.implicit)),
    answers: ['A-ABORT 2/5'],
  },
  {
    row: 22,
    name: 'data that changes its context',
    send: bytes(command(STORE), data(DATA_SET.subarray(0, 300), 1, false), data(DATA_SET.subarray(300), 3)),
    answers: ['A-ABORT 2/5'],
  },
  {
    row: 22,
    name: 'a new command while data is due',
    send: bytes(command(STORE), command(STORE)),
    answers: ['A-ABORT 2/5'],
  },
  {
    row: 22,
    name: 'a new command in the middle of the data',
    send: bytes(command(STORE), data(DATA_SET.subarray(0, 600), 1, false), command(echoRequest(), 5)),
    answers: ['A-ABORT 2/5'],
  },
  ...(
    [
      ['an unknown context', 99],
      ['a context of a refused SOP class', CONTEXT.unknownClass],
      ['a context of a refused transfer syntax', CONTEXT.unknownSyntax],
    ] as const
  ).map(([what, context]) => ({
    row: 23,
    name: `a command on ${what}`,
    send: message(context, STORE, DATA_SET),
    answers: ['A-ABORT 2/6'],
  })),
  {
    row: 24,
    name: "an Affected SOP Class other than the context's",
    send: store(DATA_SET, { context: CONTEXT.mr }),
    answers: ['C-STORE 0122 #7'],
  },
  ...([0, 4711, null] as const).map((groupLength) => ({
    row: 25,
    name: `command group length ${groupLength ?? 'missing'}`,
    send: message(1, storeWith({}, groupLength), DATA_SET),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: DATA_SET },
  })),
  { row: 26, name: 'a garbage command', send: command(Buffer.alloc(200, 0xa5)), answers: ['A-ABORT 2/6'] },
  { row: 26, name: 'an empty command', send: command(Buffer.alloc(0)), answers: ['A-ABORT 2/6'] },
  { row: 26, name: 'no Command Field', send: command(storeWith({ 256: undefined })), answers: ['A-ABORT 2/6'] },
  { row: 26, name: 'no Message ID', send: command(storeWith({ 272: undefined })), answers: ['A-ABORT 2/6'] },
  { row: 26, name: 'a command without end', send: bytes(...endlessCommand()), answers: ['A-ABORT 2/6'] },
  {
    row: 27,
    name: 'C-FIND, with its identifier',
    send: message(1, requestOf(0x0020, 0x0000), DATA_SET),
    answers: ['command 8020 0211 #5'],
  },
  {
    row: 27,
    name: 'C-MOVE, N-CREATE and an unknown request, without data',
    send: bytes(
      command(requestOf(0x0021, 0x0101)),
      command(requestOf(0x0140, 0x0101)),
      command(requestOf(0x0777, 0x0101)),
    ),
    answers: ['command 8021 0211 #5', 'command 8140 0211 #5', 'command 8777 0211 #5'],
  },
  {
    row: 27,
    name: 'C-CANCEL-RQ has no response and is ignored',
    send: command(
      commandSet([
        [0x0100, 0x0fff],
        [0x0120, 5],
        [0x0800, 0x0101],
      ]),
    ),
    answers: [],
    files: {},
  },
  { row: 28, name: 'an unsolicited response', send: command(UNSOLICITED), answers: ['A-ABORT 2/5'] },
  {
    row: 29,
    name: 'C-STORE that announces no data set',
    send: command(storeWith({ 2048: 0x0101 })),
    answers: ['C-STORE 0212 (0000,0800) #7'],
  },
  {
    row: 30,
    name: 'no Affected SOP Instance UID',
    send: message(1, storeWith({ 4096: undefined }), DATA_SET),
    answers: ['C-STORE 0212 (0000,1000) #7'],
  },
  {
    row: 30,
    name: 'no Affected SOP Class UID',
    send: message(1, storeWith({ 2: undefined }), DATA_SET),
    answers: ['C-STORE 0212 (0000,0002) #7'],
  },
);

function endlessCommand(): Buffer[] {
  return Array.from({ length: 5 }, () => pData(pdv(1, Buffer.alloc(16000), { command: true, last: false })));
}

// --- Identity ------------------------------------------------------------------------------------------------------

const MISSING: readonly (readonly [string, Buffer, string])[] = [
  ['no Study Instance UID', without(UIDS.study), '(0020,000D)'],
  ['no Series Instance UID', without(UIDS.series), '(0020,000E)'],
  ['an empty Study Instance UID', withUid(UIDS.study, ''), '(0020,000D)'],
  ['a Series Instance UID of NULs', withUid(UIDS.series, '\0\0'), '(0020,000E)'],
  [
    'neither Study nor Series Instance UID',
    ctObject({ change: { [UIDS.study]: undefined, [UIDS.series]: undefined } }),
    '(0020,000D)',
  ],
];
const NO_UIDS = ['../../evil', '/etc/passwd', 'C:\\evil', '1.2\x003', '1.2.abc', '1..2', '.1.2', '1.2.', '1.2 3', '~'];

CASES.push(
  {
    row: 31,
    name: "the command's instance UID differs from the data set's",
    send: store(DATA_SET, { sopInstanceUid: `${INSTANCE}.5` }),
    answers: ['C-STORE A900 (0008,0018) #7'],
  },
  {
    row: 31,
    name: "the command's SOP class differs from the data set's",
    send: store(withUid(UIDS.class, '1.2.840.10008.5.1.4.1.1.4')),
    answers: ['C-STORE A900 (0008,0016) #7'],
  },
  {
    row: 32,
    name: 'no SOP Instance UID in the data set',
    send: store(without(UIDS.instance)),
    answers: ['C-STORE C000 (0008,0018) #7'],
  },
  {
    row: 32,
    name: 'an empty SOP Instance UID in the data set',
    send: store(withUid(UIDS.instance, '')),
    answers: ['C-STORE C000 (0008,0018) #7'],
  },
  ...MISSING.flatMap(([name, dataSet, offending]): Case[] => [
    {
      row: 33,
      name: `${name}, quarantine`,
      send: store(dataSet),
      answers: ['C-STORE B007 #7'],
      files: quarantined(INSTANCE, dataSet),
    },
    {
      row: 33,
      name: `${name}, refuse`,
      options: { incompleteUids: 'refuse' },
      send: store(dataSet),
      answers: [`C-STORE A900 ${offending} #7`],
    },
  ]),
  ...['', ...NO_UIDS].flatMap((uid): Case[] => [
    {
      row: 34,
      name: `SOP Instance UID ${JSON.stringify(uid)}`,
      send: store(uid === '' ? DATA_SET : ctObject({ sopInstanceUid: uid }), { sopInstanceUid: uid }),
      answers: ['C-STORE 0117 #7'],
    },
    {
      row: 34,
      name: `SOP Instance UID ${JSON.stringify(uid)} where malformed objects go to quarantine`,
      options: { malformedObjects: 'quarantine' },
      send: store(uid === '' ? DATA_SET : ctObject({ sopInstanceUid: uid }), { sopInstanceUid: uid }),
      answers: ['C-STORE 0117 #7'],
    },
  ]),
  ...NO_UIDS.flatMap((uid): Case[] => [
    {
      row: 34,
      name: `Study Instance UID ${JSON.stringify(uid)}`,
      send: store(withUid(UIDS.study, uid)),
      answers: ['C-STORE 0117 #7'],
    },
    {
      row: 34,
      name: `Series Instance UID ${JSON.stringify(uid)}`,
      options: { malformedObjects: 'quarantine' },
      send: store(withUid(UIDS.series, uid)),
      answers: ['C-STORE 0117 #7'],
    },
  ]),
  ...[' ', '\0', '\0\0\0', ' \0 '].map((padding) => ({
    row: 34,
    name: `UIDs padded with ${JSON.stringify(padding)}`,
    send: message(1, storeWith({ 4096: `${INSTANCE}${padding}` }), withUid(UIDS.instance, `${INSTANCE}${padding}`)),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: withUid(UIDS.instance, `${INSTANCE}${padding}`) },
  })),
  ...[65, 200].flatMap((length): Case[] => {
    const uid = `1.${'2'.repeat(length - 2)}`;
    const bad = ctObject({ sopInstanceUid: uid });
    const study = withUid(UIDS.study, uid);
    return [
      {
        row: 35,
        name: `an instance UID of ${length} characters, refuse`,
        send: store(bad, { sopInstanceUid: uid }),
        answers: ['C-STORE 0117 #7'],
      },
      {
        row: 35,
        name: `an instance UID of ${length} characters, quarantine`,
        options: { malformedObjects: 'quarantine' },
        send: store(bad, { sopInstanceUid: uid }),
        answers: ['C-STORE B007 #7'],
        files: quarantined(hashed(uid), bad),
      },
      {
        row: 35,
        name: `a study UID of ${length} characters, refuse`,
        send: store(study),
        answers: ['C-STORE 0117 #7'],
      },
      {
        row: 35,
        name: `a study UID of ${length} characters, quarantine`,
        options: { malformedObjects: 'quarantine' },
        send: store(study),
        answers: ['C-STORE B007 #7'],
        files: quarantined(hashed(uid), study),
      },
    ];
  }),
);

// --- Data Sets -----------------------------------------------------------------------------------------------------

/** Not a Data Set at all: refused, whatever the option says. */
function hopeless(row: number, name: string, dataSet: Uint8Array, context: number = CONTEXT.explicit): Case[] {
  return (['refuse', 'quarantine'] as const).map((malformedObjects) => ({
    row,
    name: `${name}, ${malformedObjects}`,
    options: { malformedObjects },
    send: store(dataSet, { context }),
    answers: ['C-STORE C000 #7'],
  }));
}

/** Malformed: the option decides. The quarantine has the bytes as received. */
function malformed(row: number, name: string, dataSet: Uint8Array, context: number = CONTEXT.explicit): Case[] {
  return [
    {
      row,
      name: `${name}, refuse`,
      send: store(dataSet, { context }),
      answers: ['C-STORE C000 #7'],
    },
    {
      row,
      name: `${name}, quarantine`,
      options: { malformedObjects: 'quarantine' },
      send: store(dataSet, { context }),
      answers: ['C-STORE B007 #7'],
      files: quarantined(INSTANCE, dataSet),
    },
  ];
}

const HEADER_ONLY = ctObject({ change: { [PIXEL_DATA]: undefined } });
const PIXELS_UNCLOSED = bytes(
  HEADER_ONLY,
  header(EXPLICIT, 0x7fe00010, 'OB', 0xffffffff),
  itemHeader(EXPLICIT, 0xe000, 0),
  itemHeader(EXPLICIT, 0xe000, 8),
  Buffer.alloc(8, 1),
);
const random = Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * index * 31 + 211) & 0xff));

CASES.push(
  ...hopeless(36, 'an empty data set', Buffer.alloc(0)),
  ...hopeless(36, 'an empty data set, deflated', Buffer.alloc(0), CONTEXT.deflated),
  ...hopeless(36, 'random bytes', random),
  ...hopeless(36, 'random bytes, implicit', random, CONTEXT.implicit),
  ...hopeless(36, 'random bytes, big endian', random, CONTEXT.bigEndian),
  ...malformed(37, 'pixel data longer than what arrived', DATA_SET.subarray(0, -100)),
  ...malformed(37, 'cut off inside the header', DATA_SET.subarray(0, 155)),
  ...malformed(37, 'cut off inside the first element header', DATA_SET.subarray(0, 7)),
  ...malformed(
    37,
    'cut off inside an element header',
    bytes(HEADER_ONLY, header(EXPLICIT, 0x7fe00010, 'OW', 8).subarray(0, 5)),
  ),
  ...malformed(
    37,
    'an element longer than what arrived, implicit',
    ctObject({ encoding: IMPLICIT }).subarray(0, -2),
    CONTEXT.implicit,
  ),
  ...malformed(38, '3,000 nested sequences of undefined length', bytes(HEADER_ONLY, nested(3000, true))),
  ...malformed(38, '65 nested sequences of defined length', bytes(HEADER_ONLY, nested(65, false))),
  {
    row: 38,
    name: '64 nested sequences are still read',
    send: store(bytes(HEADER_ONLY, nested(64, true))),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: bytes(HEADER_ONLY, nested(64, true)) },
  },
  ...malformed(
    39,
    'a sequence never closed',
    bytes(HEADER_ONLY, header(EXPLICIT, 0x00400275, 'SQ', 0xffffffff), itemHeader(EXPLICIT, 0xe000, 0xffffffff)),
  ),
  ...malformed(
    39,
    'an item never closed, in front of the UIDs',
    bytes(
      DATA_SET.subarray(0, 52),
      header(EXPLICIT, 0x00081140, 'SQ', 0xffffffff),
      itemHeader(EXPLICIT, 0xe000, 0xffffffff),
      DATA_SET.subarray(52),
    ),
  ),
  ...malformed(39, 'pixel data never closed', PIXELS_UNCLOSED),
  ...hopeless(
    40,
    'an element of FFFFFFF0H bytes',
    bytes(HEADER_ONLY, header(EXPLICIT, 0x7fe00010, 'OW', 0xfffffff0), Buffer.alloc(600)),
  ),
  ...hopeless(
    40,
    'a first element of FFFFFFF0H bytes',
    bytes(header(EXPLICIT, 0x00080005, 'UT', 0xfffffff0), Buffer.alloc(1000)),
  ),
  ...hopeless(
    40,
    'an element of FFFFFFF0H bytes, implicit',
    bytes(header(IMPLICIT, 0x00080005, 'CS', 0xfffffff0), Buffer.alloc(1000)),
    CONTEXT.implicit,
  ),
  ...hopeless(41, 'deflate garbage', Buffer.alloc(500, 0xff), CONTEXT.deflated),
  ...hopeless(41, 'a data set that is not deflated', DATA_SET, CONTEXT.deflated),
  ...hopeless(
    41,
    'deflated bytes that break off in front of the UIDs',
    deflateRawSync(DATA_SET).subarray(0, 60),
    CONTEXT.deflated,
  ),
  {
    row: 41,
    name: 'a deflated data set cut off behind its header, of which only a prefix is inflated',
    send: store(deflateRawSync(DATA_SET.subarray(0, -100)), { context: CONTEXT.deflated }),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: deflateRawSync(DATA_SET.subarray(0, -100)) },
  },
  {
    row: 42,
    name: 'group 0002 inside the data set',
    send: store(bytes(groupTwo(), DATA_SET)),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: DATA_SET },
  },
  {
    row: 42,
    name: 'group 0002 inside a big endian data set',
    send: store(bytes(groupTwo(), ctObject({ encoding: TEST_ENCODINGS.explicitBig })), { context: CONTEXT.bigEndian }),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: ctObject({ encoding: TEST_ENCODINGS.explicitBig }) },
  },
  {
    row: 42,
    name: 'group 0002 inside an implicit data set',
    send: store(bytes(groupTwo(IMPLICIT), ctObject({ encoding: IMPLICIT })), { context: CONTEXT.implicit }),
    answers: ['C-STORE 0000 #7'],
    files: { [archived()]: ctObject({ encoding: IMPLICIT }) },
  },
);

function nested(depth: number, undefinedLength: boolean): Uint8Array {
  return bytes(nestedSequences(EXPLICIT, depth, undefinedLength));
}

function groupTwo(encoding = EXPLICIT): Uint8Array {
  return buildDataSet(encoding, [
    { tag: 0x00020000, vr: 'UL', value: [44] },
    { tag: 0x00020003, vr: 'UI', value: '1.2.3' },
    { tag: 0x00020010, vr: 'UI', value: EXPLICIT_VR_LITTLE_ENDIAN },
  ]);
}

// --- The end of an object ------------------------------------------------------------------------------------------

CASES.push({
  row: 44,
  name: 'A-RELEASE-RQ in the middle of an object',
  send: bytes(command(STORE), data(DATA_SET.subarray(0, -50), 1, false), releaseRequest()),
  answers: ['A-RELEASE-RP'],
});

// -------------------------------------------------------------------------------------------------------------------

let receiver: TestReceiver | undefined;
let peers: ScriptedPeer[] = [];

async function start(options: Partial<StoreScpOptions> = {}): Promise<TestReceiver> {
  receiver = await startTestReceiver({ verbose: true, ...options });
  return receiver;
}

async function connect(port: number): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.connect(port, { timeout: 20_000 });
  peers.push(peer);
  return peer;
}

async function openAssociation(port: number): Promise<ScriptedPeer> {
  const peer = await associate(port);
  peers.push(peer);
  return peer;
}

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  peers = [];
  await receiver?.stop();
  receiver = undefined;
});

/** The next C-ECHO is answered, nothing of the patient was logged, and only what is expected lies in the folder. */
async function expectWell(
  { port, files, read, log, errors, folder }: TestReceiver,
  expected: Readonly<Record<string, Uint8Array | undefined>>,
  echoAs: Case['echoAs'] = {},
): Promise<void> {
  if (echoAs !== 'nobody') await echo(port, echoAs);
  expect(files()).toEqual(Object.keys(expected).sort());
  for (const [name, content] of Object.entries(expected)) {
    if (content) expect(read(name).equals(content), `${name} is what was sent`).toBe(true);
    if (name.endsWith('.txt')) expect(read(name).toString()).toMatch(/\S/);
  }
  const said = [...log, ...errors].map(({ message, error }) => `${message} ${error?.message ?? ''}`).join('\n');
  for (const text of PATIENT_DATA) expect(said).not.toContain(text);
  for (const name of files().filter((file) => file.endsWith('.txt'))) {
    for (const text of PATIENT_DATA) expect(read(name).toString()).not.toContain(text);
  }
  expect(said).not.toContain(`${folder}/../`);
}

/** A good object on the same association is stored. */
async function expectGoesOn(peer: ScriptedPeer): Promise<void> {
  await peer.send(goodStore());
  expect(await nextAnswer(peer)).toBe('C-STORE 0000 #99');
  await peer.release();
}

const ENDS = /^A-(ABORT|ASSOCIATE-RJ|RELEASE-RP)/;

describe.each(
  Array.from({ length: 46 }, (_, index) => index + 1).filter((row) => CASES.some((each) => each.row === row)),
)('row %i', (row) => {
  test.each(CASES.filter((each) => each.row === row))(
    '$name',
    async ({ options, bare, send, answers, files = {}, echoAs }) => {
      const running = await start(options);
      const peer = bare ? await connect(running.port) : await openAssociation(running.port);
      await peer.send(bare ?? send ?? Buffer.alloc(0));
      const got: string[] = [];
      for (let count = 0; count < answers.length; count++) got.push(await nextAnswer(peer));
      expect(got).toEqual(answers);
      if (ENDS.test(answers.at(-1) ?? '')) {
        peer.end();
        expect(await peer.expectClose()).toBe('closed');
        await until(() => !running.files().some((name) => name.endsWith('.part')), 'no temporary file is left');
        await expectWell(running, files, echoAs);
      } else {
        await expectGoesOn(peer);
        await expectWell(running, { ...files, [archived(GOOD_INSTANCE)]: undefined });
      }
      for (const { message, error } of running.errors) {
        expect(message).toMatch(/\S/);
        expect(error).toBeInstanceOf(Error);
      }
      if (answers.some((answer) => / (A|B|C|0[1-9])[0-9A-F]{2,3} /.test(answer) && answer.startsWith('C-STORE'))) {
        expect(running.errors.length).toBeGreaterThan(0);
      }
    },
  );
});

describe('row 4', () => {
  test('version 3 is accepted: only bit 0 is tested', async () => {
    const { port } = await start();
    const peer = await connect(port);
    await peer.send(request({ protocolVersion: 3 }));
    await peer.expect('A-ASSOCIATE-AC');
    await expectGoesOn(peer);
  });
});

describe('row 6', () => {
  test('who is accepted gets in', async () => {
    const { port } = await start({
      acceptedCalledAeTitles: ['STUDYPORT', 'OLDNAME'],
      acceptedCallingAeTitles: ['CT01'],
      acceptedAddresses: ['127.0.0.0/8'],
    });
    await echo(port, { calledAeTitle: 'OLDNAME', callingAeTitle: 'CT01' });
  });
});

describe('row 7: the limit of associations', () => {
  test('the next one is refused at once, and only established ones count', async () => {
    const running = await start({ maxAssociations: 2 });
    for (let count = 0; count < 5; count++) await connect(running.port);
    const first = await openAssociation(running.port);
    const second = await openAssociation(running.port);
    const third = await connect(running.port);
    await third.send(request({}));
    expect(await nextAnswer(third)).toBe('A-ASSOCIATE-RJ 2/3/2');
    third.end();
    expect(await third.expectClose()).toBe('closed');
    await first.release();
    await echo(running.port);
    await expectGoesOn(second);
    expect(running.connections.filter(({ data: { state } }) => state === 'rejected')).toMatchObject([
      { data: { code: 'local-limit-exceeded' } },
    ]);
  });

  test('of many requests at the same moment no more than the limit get in', async () => {
    for (const minimumFreeSpace of [0, 1]) {
      const running = await start({ maxAssociations: 2, minimumFreeSpace });
      const waiting = await Promise.all(Array.from({ length: 12 }, () => connect(running.port)));
      await Promise.all(waiting.map((peer) => peer.send(request({}))));
      const answers = await Promise.all(waiting.map((peer) => nextAnswer(peer)));
      expect(answers.sort()).toEqual([...Array(2).fill('A-ASSOCIATE-AC'), ...Array(10).fill('A-ASSOCIATE-RJ 2/3/2')]);
      await running.stop();
    }
  });
});

describe('row 8: odd AE titles are tolerated and shown escaped', () => {
  test.each([
    ['blank', ' '.repeat(16), ''],
    ['NUL-padded', Buffer.from('CT01'), 'CT01'],
    ['non-ASCII', Buffer.from('C\xd601\x07', 'latin1'), 'C\\xd601\\x07'],
  ])('%s', async (_, callingAeTitle, shown) => {
    const running = await start();
    const peer = await connect(running.port);
    await peer.send(request({ callingAeTitle, calledAeTitle: callingAeTitle }));
    await peer.expect('A-ASSOCIATE-AC');
    expect(running.connections).toMatchObject([
      { data: { state: 'accepted', association: { callingAeTitle: shown, calledAeTitle: shown } } },
    ]);
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });

  test('a good title is good enough for strict', async () => {
    const { port } = await start({ strict: true });
    await echo(port, { callingAeTitle: 'A-Z_0 9', calledAeTitle: 'X' });
  });
});

describe('rows 9 to 11: negotiation', () => {
  const context = (id: number, transferSyntaxes: readonly string[] = [EXPLICIT_VR_LITTLE_ENDIAN]) => ({
    id,
    abstractSyntax: CT_IMAGE_STORAGE,
    transferSyntaxes,
  });

  test('row 9: even and repeated context ids are refused, the others are not', async () => {
    const running = await start();
    const peer = await connect(running.port);
    await peer.send(associateRequest({ contexts: [context(2), context(1), context(3), context(3), context(0)] }));
    const { contexts } = await peer.expect('A-ASSOCIATE-AC');
    expect(contexts.map(({ id, result }) => [id, result])).toEqual([
      [2, 2],
      [1, 0],
      [3, 2],
      [3, 2],
      [0, 2],
    ]);
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });

  test('row 9: a command on a repeated context id ends the association', async () => {
    const running = await start();
    const peer = await connect(running.port);
    await peer.send(associateRequest({ contexts: [context(3), context(3)] }));
    await peer.expect('A-ASSOCIATE-AC');
    await peer.send(store(DATA_SET, { context: 3 }));
    expect(await nextAnswer(peer)).toBe('A-ABORT 2/6');
    await expectWell(running, {});
  });

  test('row 10: a maximum length of 3 bytes and unknown items', async () => {
    const running = await start();
    const peer = await connect(running.port);
    const userInformation = bytes(item(0x51, Buffer.alloc(3)), item(0x99, 'unknown'), item(0x52, '1.2.3'));
    await peer.send(request({ userInformation, extraItems: [item(0x60, 'unknown')] }));
    await peer.expect('A-ASSOCIATE-AC');
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });

  test('row 10: a peer that takes hardly anything gets its answer all the same', async () => {
    const { port } = await start();
    const peer = await connect(port);
    await peer.send(request({ maxPdu: 7 }));
    await peer.expect('A-ASSOCIATE-AC');
    await expectGoesOn(peer);
  });

  test('row 11: 128 contexts, 600 transfer syntaxes in one', async () => {
    const running = await start();
    const peer = await connect(running.port);
    const many = Array.from({ length: 599 }, (_, index) => `1.2.3.4.5.6.7.8.${index}`);
    const contexts = Array.from({ length: 128 }, (_, index) =>
      context(2 * index + 1, index === 127 ? [...many, EXPLICIT_VR_LITTLE_ENDIAN] : [EXPLICIT_VR_LITTLE_ENDIAN]),
    );
    await peer.send(associateRequest({ contexts }));
    const accept = await peer.expect('A-ASSOCIATE-AC');
    expect(accept.contexts.map(({ id, result }) => [id, result])).toEqual(contexts.map(({ id }) => [id, 0]));
    await peer.send(store(DATA_SET, { context: 255 }));
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    await expectGoesOn(peer);
    await expectWell(running, { [archived()]: DATA_SET, [archived(GOOD_INSTANCE)]: undefined });
  });

  test('an association without an accepted context is accepted', async () => {
    const running = await start();
    const peer = await connect(running.port);
    await peer.send(
      associateRequest({
        contexts: [{ id: 1, abstractSyntax: '1.2.3', transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] }],
      }),
    );
    expect((await peer.expect('A-ASSOCIATE-AC')).contexts).toMatchObject([{ id: 1, result: 3 }]);
    await peer.release();
    await expectWell(running, {});
  });
});

describe('row 21: any chunking gives the same file', () => {
  test.each([1, 2, 5, 6, 7, 13, 100, 1023])('%i bytes a segment', async (chunk) => {
    const running = await start();
    const peer = await connect(running.port);
    await peer.send(request({}), { chunk });
    await peer.expect('A-ASSOCIATE-AC');
    await peer.send(store(DATA_SET, { maxPdu: 300 }), { chunk });
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    await expectGoesOn(peer);
    await expectWell(running, { [archived()]: DATA_SET, [archived(GOOD_INSTANCE)]: undefined });
  });

  test('deflated, byte by byte', async () => {
    const running = await start();
    const peer = await openAssociation(running.port);
    const deflated = deflateRawSync(DATA_SET);
    await peer.send(store(deflated, { context: CONTEXT.deflated }), { chunk: 1 });
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    await expectWell(running, { [archived()]: deflated });
  });
});

/** Bytes in memory that this process can account for; peaks are what counts. */
function watchMemory(): { readonly stop: () => number } {
  const used = () => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + Math.max(external, arrayBuffers);
  };
  const before = used();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, used());
  }, 5);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(peak, used()) - before;
    },
  };
}

const MB = 1024 * 1024;

/** Sends the same PDU again and again: the sender holds nothing that would count. */
async function sendMany(peer: ScriptedPeer, pdus: Uint8Array, total: number): Promise<boolean> {
  for (let sent = 0; sent < total; sent += pdus.length) if (!(await peer.send(pdus))) return false;
  return true;
}

describe('bounded memory and work', () => {
  test.each(['refuse', 'quarantine'] as const)('row 38: millions of nested sequences, %s', async (malformedObjects) => {
    const running = await start({ malformedObjects });
    const peer = await openAssociation(running.port);
    const level = bytes(header(EXPLICIT, 0x00400275, 'SQ', 0xffffffff), itemHeader(EXPLICIT, 0xe000, 0xffffffff));
    const levels = Buffer.concat(Array.from({ length: 800 }, () => level));
    const memory = watchMemory();
    await peer.send(bytes(command(STORE), data(HEADER_ONLY, 1, false)));
    await sendMany(peer, data(levels, 1, false), 40 * MB);
    await peer.send(data(Buffer.alloc(0)));
    expect(await nextAnswer(peer)).toBe(malformedObjects === 'refuse' ? 'C-STORE C000 #7' : 'C-STORE B007 #7');
    expect(memory.stop()).toBeLessThan(150 * MB);
    await expectGoesOn(peer);
    await expectWell(running, {
      ...(malformedObjects === 'quarantine' && quarantined(INSTANCE)),
      [archived(GOOD_INSTANCE)]: undefined,
    });
    expect(running.log.length).toBeLessThan(60);
  });

  test('row 41: a deflated data set whose pixels grow a thousandfold is stored as received', async () => {
    const running = await start({ extractTags: ['PatientID', 'Rows'] });
    const bomb = await deflated([HEADER_ONLY, header(EXPLICIT, 0x7fe00010, 'OW', 256 * MB)], 256 * MB);
    expect(bomb.length).toBeLessThan(MB);
    const peer = await openAssociation(running.port);
    const memory = watchMemory();
    await peer.send(store(bomb, { context: CONTEXT.deflated }));
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    expect(memory.stop()).toBeLessThan(64 * MB);
    expect(running.stored).toMatchObject([{ data: { tags: { PatientID: 'PID-4711', Rows: '16' } } }]);
    await expectGoesOn(peer);
    await expectWell(running, { [archived()]: bomb, [archived(GOOD_INSTANCE)]: undefined });
  });

  test.each(['refuse', 'quarantine'] as const)(
    'row 41: a deflated data set whose header grows a thousandfold, %s',
    async (malformedObjects) => {
      const running = await start({ malformedObjects });
      const bomb = await deflated([header(EXPLICIT, 0x00080005, 'UT', 256 * MB)], 256 * MB);
      const peer = await openAssociation(running.port);
      const memory = watchMemory();
      await peer.send(store(bomb, { context: CONTEXT.deflated }));
      expect(await nextAnswer(peer)).toBe('C-STORE C000 #7');
      // The limit of the header is 16 MiB; the rest is buffers on their way.
      expect(memory.stop()).toBeLessThan(96 * MB);
      await expectGoesOn(peer);
      await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
    },
  );

  test('a header beyond maxHeaderBytes is refused and drained', async () => {
    const running = await start({ maxHeaderBytes: 64 * 1024 });
    const peer = await openAssociation(running.port);
    const comments = { tag: 0x00104000, vr: 'UT', value: new Uint8Array(100_000) };
    await peer.send(store(ctObject({ change: { [comments.tag]: comments } })));
    expect(await nextAnswer(peer)).toBe('C-STORE C000 #7');
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });

  test.each(['refuse', 'quarantine'] as const)('row 46: 32 MB of zero bytes, %s', async (malformedObjects) => {
    const running = await start({ malformedObjects });
    const peer = await openAssociation(running.port);
    const memory = watchMemory();
    await peer.send(command(STORE));
    await sendMany(peer, data(Buffer.alloc(16_000), 1, false), 32 * MB);
    await peer.send(data(Buffer.alloc(0)));
    expect(await nextAnswer(peer)).toBe('C-STORE C000 #7');
    expect(memory.stop()).toBeLessThan(150 * MB);
    // Negotiation of eight contexts takes most of these lines.
    expect(running.log.length).toBeLessThan(60);
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });
});

async function deflated(start: readonly Uint8Array[], zeros: number): Promise<Buffer> {
  const deflate = createDeflateRaw({ level: 9 });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const part of start) deflate.write(part);
  const block = Buffer.alloc(MB);
  for (let written = 0; written < zeros; written += block.length) {
    if (!deflate.write(block)) await once(deflate, 'drain');
  }
  deflate.end();
  await once(deflate, 'end');
  return Buffer.concat(chunks);
}

describe('row 43: the end of the connection in the middle of an object', () => {
  const middle = bytes(command(STORE), data(ctObject({ pixels: 8000 }).subarray(0, -50), 1, false));

  test.each([
    ['A-ABORT', 'peer', (peer: ScriptedPeer) => peer.send(abort(0, 0))],
    ['FIN', 'connection', async (peer: ScriptedPeer) => peer.end()],
    ['RST', 'connection', (peer: ScriptedPeer) => peer.reset()],
    [
      'FIN inside a PDU',
      'connection',
      async (peer: ScriptedPeer) => {
        await peer.send(data(Buffer.alloc(100)).subarray(0, 50));
        peer.end();
      },
    ],
  ] as const)('%s: no answer, no temporary file, shown as failed', async (_, by, end) => {
    const running = await start({ fsync: true });
    const peer = await openAssociation(running.port);
    await peer.send(middle);
    await until(() => running.log.some(({ message }) => message.startsWith('Receiving file')), 'the object has begun');
    await end(peer);
    await until(() => running.connections.length > 1, 'the association has ended');
    expect(running.connections.map(({ data: { state, code } }) => [state, code])).toEqual([
      ['accepted', undefined],
      ['aborted', `aborted-by-${by}`],
    ]);
    expect(running.errors).toMatchObject([{ data: { code: 'incomplete', sopInstanceUid: INSTANCE } }]);
    expect(running.stored).toMatchObject([{ error: expect.any(Error), data: { sopInstanceUid: INSTANCE, file: '' } }]);
    await expectWell(running, {});
  });

  test('in the middle of an object that is refused already', async () => {
    const running = await start();
    const peer = await openAssociation(running.port);
    await peer.send(bytes(command(STORE), data(Buffer.alloc(5000), 1, false)));
    await peer.reset();
    await until(() => running.connections.length > 1, 'the association has ended');
    expect(running.errors).toHaveLength(1);
    await expectWell(running, {});
  });

  test('row 44: an object dropped by a release is shown as failed', async () => {
    const running = await start();
    const peer = await openAssociation(running.port);
    await peer.send(bytes(middle, releaseRequest()));
    expect(await nextAnswer(peer)).toBe('A-RELEASE-RP');
    await until(() => running.connections.length > 1, 'the association has ended');
    expect(running.connections.at(-1)).toMatchObject({ data: { state: 'released', stored: 0 } });
    expect(running.errors).toMatchObject([{ data: { code: 'incomplete', sopInstanceUid: INSTANCE } }]);
    await expectWell(running, {});
  });
});

describe('row 45: the last fragment never comes', () => {
  const first = ctObject({ pixels: 16 * MB }).subarray(0, 4000);
  const block = data(Buffer.alloc(16_000), 1, false);

  test('an object above maxObjectBytes is drained and answered with A700', async () => {
    const running = await start({ maxObjectBytes: MB });
    const peer = await openAssociation(running.port);
    await peer.send(bytes(command(STORE), data(first, 1, false)));
    // Well above the limit, and below the hard cap of 64 MiB more.
    await sendMany(peer, block, 60 * MB);
    await peer.send(data(Buffer.alloc(0)));
    expect(await nextAnswer(peer)).toBe('C-STORE A700 #7');
    await expectGoesOn(peer);
    await expectWell(running, { [archived(GOOD_INSTANCE)]: undefined });
  });

  test('an object of exactly maxObjectBytes is stored', async () => {
    const whole = ctObject({ pixels: 3000 });
    for (const [maxObjectBytes, answer] of [
      [whole.length, 'C-STORE 0000 #7'],
      [whole.length - 1, 'C-STORE A700 #7'],
    ] as const) {
      const running = await start({ maxObjectBytes });
      const peer = await openAssociation(running.port);
      await peer.send(store(whole));
      expect(await nextAnswer(peer)).toBe(answer);
      await running.stop();
    }
  });

  test.each([
    [1, 65],
    [70, 140],
  ])('limit %i MiB: past the hard cap of %i MiB A-ABORT 2/0', async (limit, cap) => {
    const running = await start({ maxObjectBytes: limit * MB });
    const peer = await openAssociation(running.port);
    await peer.send(bytes(command(STORE), data(first, 1, false)));
    await sendMany(peer, block, (cap - 1) * MB);
    await peer.expectSilence(50);
    await sendMany(peer, block, 2 * MB);
    expect(await nextAnswer(peer)).toBe('A-ABORT 2/0');
    await until(() => running.files().length === 0, 'no temporary file is left');
    await expectWell(running, {});
  });

  test('the hard cap counts for objects that are refused for another reason too', async () => {
    const running = await start({ maxObjectBytes: MB });
    const peer = await openAssociation(running.port);
    await peer.send(command(storeWith({ 4096: '../evil' })));
    await sendMany(peer, block, 67 * MB);
    expect(await nextAnswer(peer)).toBe('A-ABORT 2/0');
    await expectWell(running, {});
  });
});

test('every row has a test', () => {
  const elsewhere = [7, 9, 10, 11, 21, 43, 45, 46];
  const rows = new Set([...CASES.map(({ row }) => row), ...elsewhere]);
  expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 46 }, (_, index) => index + 1));
});
