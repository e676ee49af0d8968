/** A StoreScp on a loopback port with a folder of its own, everything it says, and what it keeps. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type {
  ConnectionData,
  ErrorData,
  FileStoredData,
  LogRecord,
  ScpEvent,
  ServerStartedData,
  StoreScpOptions,
  StudyCompletedData,
} from '#main/engine/index.ts';
import { StoreScp } from '#main/engine/index.ts';
import { buildDataSet, CT_UIDS, TEST_ENCODINGS, type TestElement, type TestEncoding } from './data-sets.ts';
import {
  CT_IMAGE_STORAGE,
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  message,
  type RawPdu,
  storeRequest,
  VERIFICATION,
} from './raw-pdu.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { createTempFolder } from './temp-folder.ts';

export type Heard<Data> = ScpEvent<Data> & { readonly error: Error | null };

export type TestReceiver = {
  readonly scp: StoreScp;
  readonly port: number;
  readonly folder: string;
  readonly started: readonly Heard<ServerStartedData>[];
  readonly stored: readonly Heard<FileStoredData>[];
  readonly studies: readonly Heard<StudyCompletedData>[];
  readonly connections: readonly Heard<ConnectionData>[];
  readonly errors: readonly Heard<ErrorData>[];
  readonly log: readonly LogRecord[];
  /** Every file below the folder, relative, sorted; the lock is left out. */
  readonly files: () => string[];
  readonly read: (name: string) => Buffer;
  /** Stops and removes the folder. */
  readonly stop: () => Promise<void>;
};

export type TestReceiverOptions = Partial<StoreScpOptions> & {
  /** Before `start`: register an onBeforeStore, for example. */
  readonly prepare?: (scp: StoreScp) => void;
};

export const LOCK_FILE = '.studyport.lock';

export async function startTestReceiver({ prepare, ...options }: TestReceiverOptions = {}): Promise<TestReceiver> {
  const temporary = await createTempFolder('receiver');
  const folder = options.outDir ?? temporary.join('archive');
  const receiver = {
    started: [] as Heard<ServerStartedData>[],
    stored: [] as Heard<FileStoredData>[],
    studies: [] as Heard<StudyCompletedData>[],
    connections: [] as Heard<ConnectionData>[],
    errors: [] as Heard<ErrorData>[],
    log: [] as LogRecord[],
  };
  const scp = new StoreScp({
    port: 0,
    host: '127.0.0.1',
    outDir: folder,
    // What a power failure would do is not tested here, and the disk of a test machine is slow.
    fsync: false,
    minimumFreeSpace: 0,
    logger: (record) => receiver.log.push(record),
    ...options,
  });
  const into =
    <Data>(list: Heard<Data>[]) =>
    (error: Error | null, event: ScpEvent<Data>) =>
      list.push({ ...event, error });
  scp.onServerStarted(into(receiver.started));
  scp.onFileStored(into(receiver.stored));
  scp.onStudyCompleted(into(receiver.studies));
  scp.onConnection(into(receiver.connections));
  scp.onError(into(receiver.errors));
  prepare?.(scp);
  try {
    await scp.start();
  } catch (error) {
    await temporary.remove();
    throw error;
  }
  return {
    ...receiver,
    scp,
    folder,
    port: receiver.started[0]?.data.port ?? 0,
    files: () => filesIn(folder),
    read: (name) => readFileSync(join(folder, name)),
    stop: async () => {
      await scp.stop();
      await temporary.remove();
    },
  };
}

/** Every file below a folder, relative, with forward slashes, sorted; the lock is left out. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((name) => !name.startsWith(LOCK_FILE))
    .sort();
}

// --- Objects -----------------------------------------------------------------------------------------------------

export const STUDY = CT_UIDS.studyInstanceUid;
export const SERIES = CT_UIDS.seriesInstanceUid;
/** The instance UID of objects that are bad, or changed. */
export const INSTANCE = CT_UIDS.sopInstanceUid;
/** The instance UID of the good object that proves that an association goes on. */
export const GOOD_INSTANCE = `${INSTANCE}.99`;

/** What no answer and no log line may contain. */
export const PATIENT_DATA = ['Geheim^Paula', 'Geheim', 'PID-4711', '19610203', 'Kerckhoff'];

export type ObjectOptions = {
  readonly sopInstanceUid?: string;
  readonly encoding?: TestEncoding;
  /** Instead of, or besides, the usual elements; undefined leaves one out. */
  readonly change?: Readonly<Record<number, TestElement | undefined>>;
  readonly pixels?: number;
};

/** A small CT image about a patient whose data is easy to find again. */
export function ctObject({
  sopInstanceUid = INSTANCE,
  encoding,
  change = {},
  pixels = 256,
}: ObjectOptions = {}): Buffer {
  const elements: TestElement[] = [
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
    { tag: 0x00080016, vr: 'UI', value: CT_IMAGE_STORAGE },
    { tag: 0x00080018, vr: 'UI', value: sopInstanceUid },
    { tag: 0x00080020, vr: 'DA', value: '20240102' },
    { tag: 0x00080060, vr: 'CS', value: 'CT' },
    { tag: 0x00080070, vr: 'LO', value: 'Test Works' },
    { tag: 0x00080080, vr: 'LO', value: 'Kerckhoff' },
    { tag: 0x00081030, vr: 'LO', value: 'Chest' },
    { tag: 0x0008103e, vr: 'LO', value: 'Axial' },
    { tag: 0x00100010, vr: 'PN', value: 'Geheim^Paula' },
    { tag: 0x00100020, vr: 'LO', value: 'PID-4711' },
    { tag: 0x00100030, vr: 'DA', value: '19610203' },
    { tag: 0x0020000d, vr: 'UI', value: STUDY },
    { tag: 0x0020000e, vr: 'UI', value: SERIES },
    { tag: 0x00200013, vr: 'IS', value: '1' },
    { tag: 0x00280010, vr: 'US', value: [16] },
    { tag: 0x7fe00010, vr: 'OW', value: new Uint8Array(pixels).fill(7) },
  ];
  const tags = new Set(Object.keys(change).map(Number));
  const changed = [
    ...elements.filter(({ tag }) => !tags.has(tag)),
    ...Object.values(change).filter((element) => element !== undefined),
  ];
  return Buffer.from(
    buildDataSet(
      encoding ?? TEST_ENCODINGS.explicitLittle,
      changed.sort((a, b) => a.tag - b.tag),
    ),
  );
}

/** Where an object of `ctObject` is stored. */
export function archived(sopInstanceUid: string = INSTANCE, study: string = STUDY, series: string = SERIES): string {
  return `${study}/${series}/${sopInstanceUid}.dcm`;
}

/** The contexts of the tests' associations, by what they are good for. */
export const CONTEXT = {
  explicit: 1,
  implicit: 3,
  verification: 5,
  deflated: 7,
  bigEndian: 9,
  unknownClass: 11,
  mr: 13,
  unknownSyntax: 15,
} as const;

export const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';

export const CONTEXTS = [
  { id: CONTEXT.explicit, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.implicit, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.verification, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.deflated, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.bigEndian, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_BIG_ENDIAN] },
  { id: CONTEXT.unknownClass, abstractSyntax: '1.2.3.4.5', transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.mr, abstractSyntax: MR_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
  { id: CONTEXT.unknownSyntax, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: ['1.2.3.4.6'] },
];

export type StoreOptions = {
  readonly context?: number;
  readonly sopClassUid?: string;
  readonly sopInstanceUid?: string;
  readonly messageId?: number;
  readonly maxPdu?: number;
};

/** A whole C-STORE as bytes. */
export function store(dataSet: Uint8Array, options: StoreOptions = {}): Buffer {
  const command = storeRequest({
    sopClassUid: options.sopClassUid ?? CT_IMAGE_STORAGE,
    sopInstanceUid: options.sopInstanceUid ?? INSTANCE,
    messageId: options.messageId ?? 7,
  });
  return message(options.context ?? CONTEXT.explicit, command, dataSet, options.maxPdu);
}

/** An object that any receiver takes, with message id 99. */
export function goodStore(): Buffer {
  return store(ctObject({ sopInstanceUid: GOOD_INSTANCE }), { sopInstanceUid: GOOD_INSTANCE, messageId: 99 });
}

// --- Answers -----------------------------------------------------------------------------------------------------

const SERVICES: Readonly<Record<number, string>> = { 32769: 'C-STORE', 32816: 'C-ECHO' };

export async function associate(port: number): Promise<ScriptedPeer> {
  return (await ScriptedPeer.associate(port, { contexts: CONTEXTS })).peer;
}

/**
 * The next answer in words: `A-ABORT 2/5`, `A-ASSOCIATE-RJ 1/1/3`, `C-STORE 0212 (0000,1000) #7` with status, offending
 * element and message. Insists that comments are short and say nothing of the patient.
 */
export async function nextAnswer(peer: ScriptedPeer, timeout = 20_000): Promise<string> {
  const pdu = await peer.peek(timeout);
  if (pdu.type !== 'P-DATA-TF') {
    await peer.expect();
    return control(pdu);
  }
  const { command } = await peer.expectMessage(timeout);
  const comment = command.ErrorComment ?? '';
  if (comment.length > 64) throw new Error(`the comment is too long: ${comment}`);
  const leak = PATIENT_DATA.find((text) => comment.includes(text));
  if (leak !== undefined) throw new Error(`the comment tells of the patient: ${comment}`);
  const status = command.Status ?? -1;
  if (status !== 0 && status >> 12 !== 0xb && comment === '') throw new Error('a failure has no comment');
  return [
    SERVICES[command.CommandField ?? 0] ?? `command ${hex4(command.CommandField ?? 0)}`,
    hex4(status),
    ...(command.OffendingElement ?? []).map((tag) => `(${hex4(tag >>> 16)},${hex4(tag & 0xffff)})`),
    `#${command.MessageIDBeingRespondedTo}`,
  ].join(' ');
}

function control(pdu: RawPdu): string {
  if (pdu.type === 'A-ABORT') return `A-ABORT ${pdu.source}/${pdu.reason}`;
  if (pdu.type === 'A-ASSOCIATE-RJ') return `A-ASSOCIATE-RJ ${pdu.result}/${pdu.source}/${pdu.reason}`;
  return pdu.type;
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/** Waits until something is true, by looking now and then. */
export async function until(condition: () => boolean, what: string, timeout = 20_000): Promise<void> {
  const limit = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`it did not come true within ${timeout} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
