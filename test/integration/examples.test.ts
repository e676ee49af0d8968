/** Every code block of the specification: compiled under `strict`, and run against a sender. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getCommonSopClasses, getCommonTransferSyntaxes } from '#main/engine/index.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../support/data-sets.ts';
import { constructFragments, EXAMPLES, type ExampleRun, runExample } from '../support/examples.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import type { RawInstance } from '../support/raw-sender.ts';
import { type S3StandIn, startS3StandIn } from '../support/s3-stand-in.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

const TABLE: {
  readonly blocks: number;
  readonly rows: readonly { readonly file: string; readonly line: number; readonly kind: string }[];
} = JSON.parse(readFileSync(join(EXAMPLES, 'table.json'), 'utf8'));

const PROJECT = join(import.meta.dirname, '../..');
const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';
const STUDY = '1.2.826.0.1.3680043.8.498.77';

/** Values by tag; a value of undefined leaves the element out. */
type Values = Readonly<Record<string, string | undefined>>;

const VRS: Readonly<Record<string, string>> = {
  '00080020': 'DA',
  '00080050': 'SH',
  '00080060': 'CS',
  '00080070': 'LO',
  '00081030': 'LO',
  '0008103E': 'LO',
  '00081090': 'LO',
  '00090010': 'LO',
  '00091001': 'LO',
  '00091002': 'LO',
  '00091010': 'LO',
  '00100010': 'PN',
  '00100020': 'LO',
  '00100030': 'DA',
  '00100040': 'CS',
  '00180015': 'CS',
  '00180050': 'DS',
  '00180060': 'DS',
  '00180080': 'DS',
  '00180081': 'DS',
  '00180087': 'DS',
  '00181020': 'LO',
  '00181151': 'IS',
  '00181210': 'SH',
  '00200011': 'IS',
  '00200013': 'IS',
};

const COMMON: Values = {
  '00080020': '20231201',
  '00080050': 'A12345',
  '00080070': 'GE',
  '00081030': 'CT Chest',
  '00081090': 'CT750',
  '00090010': 'ACME',
  '00091001': 'vendor one',
  '00091002': 'vendor two',
  '00091010': 'mode four',
  '00100010': 'DOE^JOHN',
  '00100020': '12345',
  '00100030': '19700131',
  '00100040': 'M',
  '00181020': '1.0',
};

function object(number: number, sopClassUid: string, values: Values): RawInstance {
  const sopInstanceUid = `${STUDY}.${number}.1`;
  const uids: [number, string][] = [
    [0x00080016, sopClassUid],
    [0x00080018, sopInstanceUid],
    [0x0020000d, STUDY],
    [0x0020000e, `${STUDY}.${number}`],
  ];
  const texts = Object.entries({ ...COMMON, ...values }).flatMap(([tag, value]): TestElement[] =>
    value === undefined ? [] : [{ tag: Number.parseInt(tag, 16), vr: VRS[tag] ?? 'LO', value }],
  );
  const elements = [...texts, ...uids.map(([tag, value]): TestElement => ({ tag, vr: 'UI', value }))];
  return {
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
    dataSet: buildDataSet(TEST_ENCODINGS.explicitLittle, [
      ...elements.sort((a, b) => a.tag - b.tag),
      { tag: 0x7fe00010, vr: 'OW', value: new Uint8Array(512).fill(number) },
    ]),
  };
}

function ct(number: number, values: Values = {}): RawInstance {
  return object(number, CT_IMAGE_STORAGE, {
    '00080060': 'CT',
    '0008103E': 'Chest with contrast',
    '00180015': 'CHEST',
    '00180050': '5.0',
    '00180060': '120',
    '00181151': '200',
    '00181210': 'B30f',
    '00200011': '1',
    '00200013': String(number),
    ...values,
  });
}

function mr(number: number, values: Values = {}): RawInstance {
  return object(number, MR_IMAGE_STORAGE, {
    '00080060': 'MR',
    '00180080': '500',
    '00180081': '20',
    '00180087': '1.5',
    '00200011': '2',
    '00200013': String(number),
    ...values,
  });
}

const CT = ct(1);
const MR = mr(2);
const BOTH = [CT, MR];

type Expected = {
  /** What is sent, to each receiver in turn; a CT and an MR image of one study if left out. */
  readonly objects?: readonly RawInstance[];
  /** How each receiver answers each object; everywhere success if left out. */
  readonly answers?: readonly (readonly (number | 'context refused')[])[];
  /** Texts on the console, in this order. */
  readonly console?: readonly (string | RegExp)[];
  /** Texts that must not be there. */
  readonly absent?: readonly string[];
  readonly studies?: number;
  /** Attributes of every stored file that the example has changed; without it the stored bytes are those sent. */
  readonly stored?: Readonly<Record<string, string>>;
};

const C001 = 0xc001;
const S3_FILE = /^s3:\/\//;

const PROGRAMS: Readonly<Record<number, Expected>> = {
  1: { console: [/File received: .*\.dcm/, /File received: .*\.dcm/] },
  19: { console: ["'PatientName'", 'more items'] },
  20: { console: ['DOE^JOHN', '20231201', 'DOE^JOHN', '20231201'] },
  21: {},
  23: { console: ['vendor one', 'vendor two'] },
  28: {},
  29: {},
  31: { console: ['"ct": [', CT_IMAGE_STORAGE] },
  34: {},
  35: {},
  37: {},
  38: {},
  52: { console: ["'PatientName'", 'more items'] },
  53: { console: ['Patient: DOE^JOHN', 'Study: CT Chest', 'Modality: CT', 'Modality: MR'] },
  54: {
    console: [
      'CT Parameters:',
      '  kVp: 120',
      '  Tube Current: 200',
      '  Kernel: B30f',
      'MR Parameters:',
      'MR Parameters:',
      '  TR: 500',
      '  TE: 20',
      '  Field Strength: 1.5',
    ],
  },
  55: {},
  56: {
    answers: [
      [0, 'context refused'],
      [0, 0],
    ],
  },
  57: {},
  58: { console: ['Total available: 500 tags', "Valid tags: [ 'PatientName', 'StudyDate' ]", 'Patient tags: ['] },
  59: { console: ['Standard: DOE^JOHN', 'Custom: vendor one mode four'] },
  60: {
    console: ['[stand-in] database.getOrCreateAnonymousId "12345"'],
    stored: { x00100010: 'ANONYMOUS^PATIENT', x00100020: 'ANON_5' },
  },
  65: {
    objects: [
      CT,
      ct(3, { '00100020': undefined }),
      ct(4, { '00100020': 'ABC' }),
      ct(5, { '00080060': 'XA' }),
      ct(6, { '00100020': '99999' }),
      MR,
    ],
    answers: [[0, C001, C001, C001, C001, 0]],
  },
  66: {
    objects: [ct(1, { '00100010': 'Doe^John', '00100030': '1970-01-31', '00081030': ' CT Chest ' }), mr(2)],
    stored: {
      x00100010: 'DOE^JOHN',
      x00100020: 'FAC1_12345',
      x00100030: '19700131',
      x00081030: 'CT Chest',
      x00080080: 'RADIOLOGY',
    },
  },
  67: {
    console: [
      /\[stand-in\] db\.execute .*dicom_audit_log.*"12345".*"CT","20231201","CT Chest"/,
      /\[stand-in\] fetch .*dicom-received.*POST/,
    ],
  },
  68: {
    console: [
      '✓ Anonymization server started:',
      'Anonymizing: DOE^JOHN (12345)',
      /\[AUDIT\] .*: 12345 → ANON_1000/,
      /✓ Anonymized file stored: .*\.dcm/,
      '  Patient: ANONYMOUS^PATIENT (ANON_1000)',
    ],
    stored: {
      x00100010: 'ANONYMOUS^PATIENT',
      x00100020: 'ANON_1000',
      x00100030: '',
      x00100040: '',
      x00081030: 'ANONYMIZED - CT Chest',
    },
  },
  69: {
    objects: [
      ct(3, { '00100020': undefined }),
      ct(4, { '00100020': '99999' }),
      ct(5, { '00081030': undefined }),
      CT,
      mr(2, { '00081030': undefined }),
    ],
    answers: [[C001, C001, C001, 0, 0]],
    console: ['[stand-in] fetch', 'https://api.hospital.com/patients/12345'],
  },
  70: {
    objects: [ct(3, { '00100020': '99999' }), CT, MR],
    answers: [[C001, 0, 0]],
    stored: { x00100020: 'ANON_5', x00080080: 'CITY HOSPITAL' },
  },
  71: { console: ['Server started:'] },
  72: {
    console: [
      /File: .*\.dcm/,
      `SOP Instance UID: ${CT.sopInstanceUid}`,
      `SOP Class UID: ${CT_IMAGE_STORAGE}`,
      `Transfer Syntax: ${EXPLICIT_VR_LITTLE_ENDIAN}`,
      `Study UID: ${STUDY}`,
      `Series UID: ${STUDY}.1`,
      'Patient: DOE^JOHN',
      'Study Date: 20231201',
      'Modality: CT',
    ],
  },
  74: {
    studies: 1,
    console: [
      `Study ${STUDY} completed`,
      'Patient: DOE^JOHN',
      'Study Date: 20231201',
      '2 series',
      `  Series ${STUDY}.1`,
      '  Modality: CT',
      '  1 instances',
      /Instance 1: .*\.dcm/,
      `  Series ${STUDY}.2`,
      '  Modality: MR',
      /Instance 2: .*\.dcm/,
    ],
  },
  76: {},
  77: {},
  78: {
    studies: 1,
    console: [
      '✓ SCP Server started:',
      /✓ Received: .*\.dcm/,
      '  Patient: DOE^JOHN',
      '  Study: CT Chest',
      '  Modality: CT',
      /✓ Received: .*\.dcm/,
      '  Modality: MR',
      `✓ Study ${STUDY} completed`,
      '  Patient: DOE^JOHN',
      '  2 series, 2 instances',
    ],
  },
};

/** Two ways of one block, by file. */
const ALTERNATIVES: Readonly<Record<string, Expected>> = {
  '64a': {
    stored: {
      x00100010: 'ANONYMOUS^PATIENT',
      x00100020: 'ANON_1000',
      x00100030: '',
      x00100040: '',
      x00081030: 'ANONYMIZED - CT Chest',
    },
  },
  '64b': {
    console: [/db\.query .*patient_mapping.*\["12345"\]/, /db\.execute .*audit_log.*"12345","ANON_KNOWN"/],
    stored: { x00100010: 'ANONYMOUS^PATIENT', x00100020: 'ANON_KNOWN', x00100030: '', x00100040: '' },
  },
};

const RUN_KINDS = new Set(['program', 'handler', 'before-store', 'construction', 'lists']);

let folder: TempFolder;
let s3: S3StandIn;

beforeAll(async () => {
  folder = await createTempFolder('examples');
  s3 = await startS3StandIn();
});

afterAll(async () => {
  await s3?.stop();
  await folder?.remove();
});

describe('the table', () => {
  test('accounts for every block, and every file is in it', () => {
    const numbers = new Set(TABLE.rows.map(({ file }) => Number.parseInt(file, 10)));
    expect([...numbers]).toEqual(Array.from({ length: TABLE.blocks }, (_, index) => index + 1));
    const others = ['stand-ins.ts', 'table.json', 'tsconfig.json'];
    expect(readdirSync(EXAMPLES).sort()).toEqual([...TABLE.rows.map(({ file }) => file), ...others].sort());
    expect(TABLE.rows.filter(({ kind }) => kind === 'program')).toHaveLength(16);
  });

  test('has an expectation for whatever runs', () => {
    const runs = TABLE.rows.filter(({ kind }) => RUN_KINDS.has(kind)).map(({ file }) => file);
    expect(runs.filter((file) => expectedOf(file) === undefined)).toEqual([]);
  });
});

describe('compiled', () => {
  test.for([
    { name: 'strict', flags: [] },
    { name: 'strict and exactOptionalPropertyTypes', flags: ['--exactOptionalPropertyTypes'] },
  ])('under $name', { timeout: 60_000 }, async ({ flags }) => {
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [tsc, '-p', EXAMPLES, ...flags]);
    const output = await run.then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(output).toBe('');
  });
});

describe('option fragments', () => {
  test('are taken by the constructor', async () => {
    const files = TABLE.rows.filter(({ kind }) => kind === 'options').map(({ file }) => file);
    const results = await constructFragments(files, { folder: folder.path, s3Endpoint: s3.endpoint });
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    // Every file has at least one.
    expect(new Set(results.map(({ file }) => basename(file)))).toEqual(new Set(files));
  });
});

describe('figures in the comments', () => {
  test.for([
    { number: 29, lists: () => getCommonSopClasses() as unknown as Readonly<Record<string, readonly string[]>> },
    { number: 35, lists: () => getCommonTransferSyntaxes() as unknown as Readonly<Record<string, readonly string[]>> },
  ])('block $number', ({ number, lists }) => {
    const row = TABLE.rows.find(({ file }) => Number.parseInt(file, 10) === number)!;
    const text = readFileSync(join(EXAMPLES, row.file), 'utf8');
    const figures = [...text.matchAll(/^\w+\.(\w+)\s+\/\/ .*\((\d+) \w+\)$/gm)];
    expect(figures.length).toBeGreaterThan(5);
    const said = Object.fromEntries(figures.map((match) => [match[1]!, Number(match[2])]));
    expect(Object.fromEntries(Object.keys(said).map((name) => [name, lists()[name]?.length]))).toEqual(said);
  });
});

describe('run against a sender', () => {
  const rows = TABLE.rows.filter(({ kind }) => RUN_KINDS.has(kind));
  test.concurrent.for(rows)('$file', async ({ file }) => {
    const expected = expectedOf(file)!;
    const objects = expected.objects ?? BOTH;
    const own = await createTempFolder('example');
    try {
      const run = await runExample(file, {
        folder: own.path,
        s3Endpoint: s3.endpoint,
        objects,
        ...(expected.studies !== undefined && { studies: expected.studies }),
      });
      expect({ exitCode: run.exitCode, stderr: withoutLog(run.stderr) }).toEqual({ exitCode: 0, stderr: '' });
      expectAnswers(run, expected, objects);
      expectStored(run, expected, objects);
      expectConsole(run.stdout, expected.console ?? []);
    } finally {
      await own.remove();
    }
  });
});

function expectedOf(file: string): Expected | undefined {
  return ALTERNATIVES[file.slice(0, 3)] ?? PROGRAMS[Number.parseInt(file, 10)];
}

/** Lines of verbose receivers, and the warning about onBeforeStore; anything else on stderr is a surprise. */
function withoutLog(stderr: string): string {
  return stderr.replace(/^\[StoreScp\] .*\n(?: {4}at .*\n|Error: .*\n)*/gm, '').replace(/^Error: .*\n/gm, '');
}

function expectAnswers(run: ExampleRun, expected: Expected, objects: readonly RawInstance[]): void {
  const answers = run.answers.map((all) => all.map(({ status }) => status));
  expect(answers).toEqual(expected.answers ?? run.receivers.map(() => objects.map(() => 0)));
  // What an example refuses is also an error event, and nothing of the patient goes to the sender.
  const refusals = run.answers.flat().filter(({ status }) => typeof status === 'number' && status !== 0);
  expect(run.errors).toHaveLength(refusals.length);
  for (const { comment } of refusals) expect(comment ?? '').not.toMatch(/DOE|12345|99999|ABC/);
}

function expectStored(run: ExampleRun, expected: Expected, objects: readonly RawInstance[]): void {
  const wanted = run.answers.flatMap((answers, receiver) =>
    answers.flatMap(({ status }, index) => (status === 0 ? [{ receiver, object: objects[index]! }] : [])),
  );
  expect(run.stored.map(({ receiver, sopInstanceUid }) => ({ receiver, sopInstanceUid }))).toEqual(
    wanted.map(({ receiver, object: { sopInstanceUid } }) => ({ receiver, sopInstanceUid })),
  );
  for (const [index, { file, sopInstanceUid, receiver }] of run.stored.entries()) {
    const number = /\.(\d+)\.1$/.exec(sopInstanceUid)![1];
    const layout = `${STUDY}/${STUDY}.${number}/${sopInstanceUid}.dcm`;
    expect(file.endsWith(`/${layout}`), `${file} ends with ${layout}`).toBe(true);
    const content = S3_FILE.test(file) ? s3.objects.get(file.replace(S3_FILE, '')) : readFileSync(file);
    const withMeta = run.receivers[receiver]!.storeWithFileMeta;
    expect(content?.toString('latin1', 128, 132) === 'DICM').toBe(withMeta);
    const dataSet = wanted[index]!.object.dataSet;
    if (expected.stored === undefined) {
      expect(content?.subarray(-dataSet.length).equals(dataSet), `${file} holds the bytes that were sent`).toBe(true);
      if (!withMeta) expect(content).toHaveLength(dataSet.length);
    } else {
      const parsed = dicomParser.parseDicom(content!);
      const tags = Object.keys(expected.stored);
      expect(Object.fromEntries(tags.map((tag) => [tag, parsed.string(tag) ?? '']))).toEqual(expected.stored);
      // Anonymized or not, the rest stays as it was sent.
      expect(parsed.string('x00091001')).toBe('vendor one');
      expect(parsed.elements.x7fe00010?.length).toBe(512);
    }
  }
}

function expectConsole(stdout: string, texts: readonly (string | RegExp)[]): void {
  let rest = stdout;
  for (const text of texts) {
    const at = typeof text === 'string' ? rest.indexOf(text) : rest.search(text);
    expect(at, `${text} in what follows of the console output:\n${rest}\n--- of\n${stdout}`).toBeGreaterThanOrEqual(0);
    const found = typeof text === 'string' ? text : text.exec(rest)![0];
    rest = rest.slice(at + found.length);
  }
}
