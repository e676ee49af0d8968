/**
 * DCMTK's senders over every real file, in every transfer syntax they can propose. What arrives here must be, byte for
 * byte, what storescp keeps of the same sender in its bit-preserving mode (senders rewrite some files).
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dcmsend, storescu } from '../support/dcmtk.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import {
  fingerprints,
  negotiationProfile,
  type Received,
  receiveWithStorescp,
  startReceiver,
} from '../support/reception.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('storescu', 'dcmsend', 'storescp') || requireRealFiles();
const FILES = skip ? [] : realFiles();
const PATHS = FILES.map(({ path }) => path);
const NAMES = new Map(FILES.map(({ path, name }) => [path, name]));
const UNCOMPRESSED = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2'];
const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
const SOP_CLASSES = [...new Set(FILES.map(({ meta }) => meta.sopClassUid))].filter(
  (uid): uid is string => !!uid && uid !== MEDIA_STORAGE_DIRECTORY,
);
const FAST = { env: { TCP_NODELAY: '1' } };

const DICOMDIRS = [
  'test_files/dicomdirtests/DICOMDIR',
  'test_files/dicomdirtests/DICOMDIR-bigEnd',
  'test_files/dicomdirtests/DICOMDIR-empty.dcm',
  'test_files/dicomdirtests/DICOMDIR-implicit',
  'test_files/dicomdirtests/DICOMDIR-nooffset',
  'test_files/dicomdirtests/DICOMDIR-nopatient',
  'test_files/dicomdirtests/DICOMDIR-reordered',
  'test_files/dicomdirtests/TINY_ALPHA/DICOMDIR',
];

/** What storescu itself does not send, in any transfer syntax, and why. */
const NOT_SENT_BY_STORESCU: Readonly<Record<string, string>> = {
  ...Object.fromEntries(DICOMDIRS.map((name) => [name, 'No SOP Class or Instance UID'])),
  'charset_files/chrSQEncoding.dcm': 'No SOP Class or Instance UID',
  'charset_files/chrSQEncoding1.dcm': 'No SOP Class or Instance UID',
  'test_files/MR_truncated.dcm': 'Bad DICOM file',
  'test_files/SC_rgb_jpeg.dcm': 'Bad DICOM file',
  'test_files/UN_sequence.dcm': 'No SOP Class or Instance UID',
  'test_files/empty_charset_LEI.dcm': 'No SOP Class or Instance UID',
  'test_files/meta_missing_tsyntax.dcm': 'No SOP Class or Instance UID',
  'test_files/nested_priv_SQ.dcm': 'No SOP Class or Instance UID',
  'test_files/no_meta_group_length.dcm': 'No SOP Class or Instance UID',
  'test_files/priv_SQ.dcm': 'No SOP Class or Instance UID',
  // The UIDs of these two have the VR UN, which storescu does not read.
  'test_files/rtdose_rle.dcm': 'No SOP Class or Instance UID',
  'test_files/rtdose_rle_1frame.dcm': 'No SOP Class or Instance UID',
  'test_files/rtplan_truncated.dcm': 'Bad DICOM file',
};

/** What dcmsend itself does not send. */
const NOT_SENT_BY_DCMSEND: Readonly<Record<string, string>> = {
  ...Object.fromEntries(DICOMDIRS.map((name) => [name, '<not sent>'])),
  'charset_files/chrSQEncoding.dcm': '<not sent>',
  'charset_files/chrSQEncoding1.dcm': '<not sent>',
  'test_files/MR_truncated.dcm': '<not sent>',
  'test_files/SC_rgb_jpeg.dcm': '<not sent>',
  'test_files/UN_sequence.dcm': '<not sent>',
  'test_files/empty_charset_LEI.dcm': 'Invalid SOP Class UID',
  'test_files/meta_missing_tsyntax.dcm': 'Invalid SOP Class UID',
  'test_files/nested_priv_SQ.dcm': 'Invalid SOP Class UID',
  'test_files/no_meta_group_length.dcm': '<not sent>',
  'test_files/priv_SQ.dcm': '<not sent>',
  'test_files/rtplan_truncated.dcm': '<not sent>',
};

/**
 * What dcmsend sends wrongly: the UIDs of these two have the VR UN, and instead of the text it puts "31", the first byte
 * in hexadecimal, as SOP Class UID and SOP Instance UID into the command. That is not the SOP class of the presentation
 * context.
 */
const REFUSED_FROM_DCMSEND: Readonly<Record<string, string>> = {
  'test_files/rtdose_rle.dcm': 'Refused: SOPClassNotSupported',
  'test_files/rtdose_rle_1frame.dcm': 'Refused: SOPClassNotSupported',
};

/** Color palettes belong to no study (PS3.3 A.58): quarantined with a warning by default. */
const WITHOUT_STUDY = ['fall', 'hotiron', 'hotmetalblue', 'pet', 'pet20step', 'spring', 'summer', 'winter'].map(
  (name) => `palettes/${name}.dcm`,
);

const SUCCESS = 'Success';
const QUARANTINED = 'Warning: DataSetDoesNotMatchSOPClass';

type Outcomes = Record<string, string>;
type Sender = (port: number, paths: readonly string[]) => Promise<Outcomes>;

/** Options of storescu and the transfer syntax each adds to the uncompressed ones. */
const MODES: readonly { readonly option: string; readonly uid?: string }[] = [
  { option: '-x=' },
  { option: '-xe' },
  { option: '-xb' },
  { option: '-xi' },
  { option: '-xs', uid: '1.2.840.10008.1.2.4.70' },
  { option: '-xy', uid: '1.2.840.10008.1.2.4.50' },
  { option: '-xx', uid: '1.2.840.10008.1.2.4.51' },
  { option: '-xv', uid: '1.2.840.10008.1.2.4.90' },
  { option: '-xw', uid: '1.2.840.10008.1.2.4.91' },
  { option: '-xt', uid: '1.2.840.10008.1.2.4.80' },
  { option: '-xu', uid: '1.2.840.10008.1.2.4.81' },
  { option: '-xr', uid: '1.2.840.10008.1.2.5' },
  { option: '-xd', uid: '1.2.840.10008.1.2.1.99' },
  { option: '-xm' },
  { option: '-xh' },
  { option: '-xn' },
  { option: '-xl' },
  { option: '-x2' },
  { option: '-x3' },
  { option: '-xo' },
  { option: '-x4' },
  { option: '-x5' },
];

let folder: TempFolder;

beforeAll(async () => {
  folder = await createTempFolder('dcmtk');
});

afterAll(async () => {
  await folder?.remove();
});

describe.skipIf(skip)('DCMTK over every real file', () => {
  test('has 178 files to send, 8 of them directories', () => {
    expect(FILES).toHaveLength(178);
    const directories = FILES.filter(({ meta }) => meta.sopClassUid === MEDIA_STORAGE_DIRECTORY);
    expect(directories.map(({ name }) => name)).toEqual(DICOMDIRS);
  });

  test.for(MODES)('storescu $option', { timeout: 60_000 }, async ({ option, uid }) => {
    const outcomes = await compare(withStorescu(['-nh', '-R', option]));
    if (uid === undefined) return;
    // What is in the transfer syntax of this mode must have been sent, and not converted away.
    const own = FILES.filter(({ meta, name }) => meta.transferSyntaxUid === uid && !(name in NOT_SENT_BY_STORESCU));
    expect(own.filter(({ name }) => outcomes[name] !== SUCCESS).map(({ name }) => name)).toEqual([]);
  });

  test.for(['-xe', '-xs', '-xy', '-xx', '-xv', '-xw', '-xt', '-xr', '-xd'])(
    'storescu %s, all transfer syntaxes in one context',
    { timeout: 60_000 },
    async (option) => {
      await compare(withStorescu(['-nh', '-R', '+C', option]));
    },
  );

  test('storescu, every transfer syntax together', { timeout: 60_000 }, async () => {
    const pairs = new Map(
      FILES.flatMap(({ meta: { sopClassUid, transferSyntaxUid } }) =>
        sopClassUid && transferSyntaxUid && sopClassUid !== MEDIA_STORAGE_DIRECTORY
          ? [[`${sopClassUid} ${transferSyntaxUid}`, [sopClassUid, [transferSyntaxUid]] as const]]
          : [],
      ),
    );
    const profile = folder.join('together.cfg');
    const uncompressed = SOP_CLASSES.map((sopClassUid) => [sopClassUid, UNCOMPRESSED] as const);
    await writeFile(profile, negotiationProfile([...pairs.values(), ...uncompressed]));
    const outcomes = await compare(withStorescu(['-nh', '-xf', profile, 'Test']));
    expect(notSent(outcomes)).toEqual(NOT_SENT_BY_STORESCU);
  });

  test.for([
    { name: 'as they are, else without lossless compression', args: [] },
    { name: 'as they are', args: ['--decompress-never'] },
    { name: 'as they are, else without any compression', args: ['--decompress-lossy'] },
  ])('dcmsend, $name', { timeout: 60_000 }, async ({ args }) => {
    const send = withDcmsend(['-nh', '-nuc', ...args]);
    const outcomes = await compare(
      send,
      PATHS.filter((path) => !(NAMES.get(path)! in REFUSED_FROM_DCMSEND)),
    );
    expect(notSent(outcomes)).toEqual(NOT_SENT_BY_DCMSEND);
  });

  test('dcmsend, what it sends under a wrong SOP class is refused', async () => {
    const paths = PATHS.filter((path) => NAMES.get(path)! in REFUSED_FROM_DCMSEND);
    const receiver = await startReceiver();
    try {
      expect(await withDcmsend(['-nh', '-nuc'])(receiver.port, paths)).toEqual(REFUSED_FROM_DCMSEND);
      expect(receiver.archive()).toEqual([]);
      expect(receiver.leftovers()).toEqual([]);
    } finally {
      await receiver.stop();
    }
  });
});

/** Sends the same to both receivers and compares what the sender was told and what was kept. */
async function compare(send: Sender, paths = PATHS): Promise<Outcomes> {
  let expected: Outcomes = {};
  const reference: Received[] = await receiveWithStorescp(SOP_CLASSES, async (port) => {
    expected = await send(port, paths);
  });
  const receiver = await startReceiver();
  try {
    const outcomes = await send(receiver.port, paths);
    const quarantined = WITHOUT_STUDY.filter((name) => expected[name] === SUCCESS);
    expect(outcomes).toEqual({ ...expected, ...Object.fromEntries(quarantined.map((name) => [name, QUARANTINED])) });
    expect(Object.values(expected).filter((outcome) => outcome === SUCCESS)).toHaveLength(reference.length);
    expect(reference.length).toBeGreaterThan(0);
    expect(fingerprints([...receiver.archive(), ...receiver.quarantine()])).toEqual(fingerprints(reference));
    expect(receiver.quarantine()).toHaveLength(quarantined.length);
    expect(receiver.errors).toHaveLength(quarantined.length);
    expect(receiver.leftovers()).toEqual([]);
    return outcomes;
  } finally {
    await receiver.stop();
  }
}

function withStorescu(args: readonly string[]): Sender {
  return async (port, paths) => {
    const { stderr, timedOut } = await storescu({ port }, paths, args, FAST);
    if (timedOut) throw new Error(`storescu did not end: ${stderr.slice(-2_000)}`);
    return byName(paths, storescuOutcomes(stderr));
  };
}

function withDcmsend(args: readonly string[]): Sender {
  return async (port, paths) => {
    const report = folder.join('report.txt');
    const { stderr, timedOut } = await dcmsend({ port }, paths, [...args, '+crf', report], FAST);
    if (timedOut) throw new Error(`dcmsend did not end: ${stderr.slice(-2_000)}`);
    return byName(paths, dcmsendOutcomes(stderr, readFileSync(report, 'utf8')));
  };
}

/** By path: what was answered, or why storescu did not send it. */
function storescuOutcomes(log: string): Map<string, string> {
  const outcomes = new Map<string, string>();
  let current = '';
  for (const line of log.split('\n')) {
    const sending = /^I: Sending file: (.+)$/.exec(line);
    const ignored = /^W: (.+) in file: (.+), ignoring file$/.exec(line);
    const response = /^I: Received Store Response \((.+)\)$/.exec(line);
    const failed = /^E: (No SOP Class or Instance UID|No presentation context|Store Failed|Bad DICOM file)/.exec(line);
    if (sending) current = sending[1]!;
    else if (ignored) outcomes.set(ignored[2]!, ignored[1]!);
    else if (response) outcomes.set(current, response[1]!);
    else if (failed && !outcomes.has(current)) outcomes.set(current, failed[1]!);
  }
  return outcomes;
}

function dcmsendOutcomes(log: string, report: string): Map<string, string> {
  const outcomes = new Map<string, string>();
  for (const [, path, reason] of log.matchAll(/^W: bad DICOM file: (.+?): (.+), ignoring file$/gm)) {
    outcomes.set(path!, reason!);
  }
  for (const [, path, status] of report.matchAll(/^Filename\s+: (.+)\n(?:.+\n)*?DIMSE Status\s+: (.+)$/gm)) {
    outcomes.set(path!, /^0x\w+ \((.+)\)$/.exec(status!)?.[1] ?? status!);
  }
  return outcomes;
}

function byName(paths: readonly string[], outcomes: ReadonlyMap<string, string>): Outcomes {
  return Object.fromEntries(paths.map((path) => [NAMES.get(path), outcomes.get(path) ?? 'nothing said']));
}

function notSent(outcomes: Outcomes): Outcomes {
  return Object.fromEntries(
    Object.entries(outcomes).filter(([, outcome]) => outcome !== SUCCESS && outcome !== QUARANTINED),
  );
}
