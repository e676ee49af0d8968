/**
 * Every real file from our own sender, which changes nothing: what is stored is the data set of the source file, and what
 * is refused is refused for the right reason.
 */
import dicomParser from 'dicom-parser';
import { describe, expect, test } from 'vitest';
import { contextsFor, type RawInstance, RawSender } from '../support/raw-sender.ts';
import { type RealFile, realFiles, requireRealFiles } from '../support/real-files.ts';
import { fingerprints, type Receiver, startReceiver } from '../support/reception.ts';

const skip = requireRealFiles();
const FILES = skip ? [] : realFiles();

const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const IMPLICIT = '1.2.840.10008.1.2';

/** Color palettes belong to no study (PS3.3 A.58). */
const QUARANTINED = ['fall', 'hotiron', 'hotmetalblue', 'pet', 'pet20step', 'spring', 'summer', 'winter'].map(
  (name) => `palettes/${name}.dcm`,
);

/** The file meta names another SOP Instance UID than the data set. */
const MISMATCHED = [
  'charset_files/chrJapMulti.dcm',
  'charset_files/chrJapMultiExplicitIR6.dcm',
  'test_files/badVR.dcm',
  'test_files/rtdose.dcm',
  'test_files/rtdose_1frame.dcm',
  'test_files/rtdose_expb.dcm',
  'test_files/rtdose_expb_1frame.dcm',
  'test_files/rtplan.dcm',
  'test_files/rtplan_truncated.dcm',
];

/** No SOP Instance UID in the data set, or nothing that could be read as one. */
const NOT_UNDERSTOOD = [
  'charset_files/chrSQEncoding.dcm',
  'charset_files/chrSQEncoding1.dcm',
  'test_files/MR_truncated.dcm',
  'test_files/SC_rgb_jpeg.dcm',
  'test_files/UN_sequence.dcm',
  'test_files/empty_charset_LEI.dcm',
  'test_files/meta_missing_tsyntax.dcm',
  'test_files/nested_priv_SQ.dcm',
  'test_files/no_meta_group_length.dcm',
  'test_files/priv_SQ.dcm',
];

const EXPECTED = new Map<string, number>([
  ...QUARANTINED.map((name) => [name, 0xb007] as const),
  ...MISMATCHED.map((name) => [name, 0xa900] as const),
  ...NOT_UNDERSTOOD.map((name) => [name, 0xc000] as const),
]);

describe.skipIf(skip)('the raw sender over every real file', () => {
  const sent = FILES.filter(({ meta }) => meta.sopClassUid !== MEDIA_STORAGE_DIRECTORY);

  test('all but the eight directories are stored byte for byte, or refused for the right reason', async () => {
    expect(sent).toHaveLength(170);
    const receiver = await startReceiver();
    try {
      const objects = sent.map((file) => instance(file));
      const statuses = await storeAll(receiver, objects);
      const named = sent.map(({ name }, index) => [name, statuses[index]] as const);
      expect(new Map(named.filter(([, status]) => status !== 0))).toEqual(EXPECTED);

      const withStatus = (wanted: number) => objects.filter((_, index) => statuses[index] === wanted);
      expect(fingerprints(receiver.archive())).toEqual(fingerprints(asReceived(withStatus(0))));
      expect(fingerprints(receiver.quarantine())).toEqual(fingerprints(asReceived(withStatus(0xb007))));
      expect(receiver.errors).toHaveLength(EXPECTED.size);
      expect(receiver.leftovers()).toEqual([]);
    } finally {
      await receiver.stop();
    }
  });

  test('files whose data set has another UID are stored when the command names that one', async () => {
    const receiver = await startReceiver();
    try {
      const files = sent.filter(({ name }) => MISMATCHED.includes(name));
      const objects = files.map((file) => ({ ...instance(file), ...uidsOfDataSet(file) }));
      for (const [index, { sopInstanceUid }] of objects.entries()) {
        expect(sopInstanceUid).not.toBe(files[index]!.meta.sopInstanceUid);
      }
      const statuses = await storeAll(receiver, objects);
      // One of them is cut off as well.
      const truncated = files.findIndex(({ name }) => name === 'test_files/rtplan_truncated.dcm');
      expect(statuses).toEqual(objects.map((_, index) => (index === truncated ? 0xc000 : 0)));
      const kept = objects.filter((_, index) => index !== truncated);
      expect(fingerprints(receiver.archive())).toEqual(fingerprints(asReceived(kept)));
    } finally {
      await receiver.stop();
    }
  });

  test('what is cut off or cannot be understood goes to quarantine as received, when asked for', async () => {
    const receiver = await startReceiver({ malformedObjects: 'quarantine' });
    try {
      const file = sent.find(({ name }) => name === 'test_files/MR_truncated.dcm')!;
      const objects = [instance(file)];
      expect(await storeAll(receiver, objects)).toEqual([0xb007]);
      expect(receiver.archive()).toEqual([]);
      expect(fingerprints(receiver.quarantine())).toEqual(fingerprints(asReceived(objects)));
    } finally {
      await receiver.stop();
    }
  });
});

function instance(file: RealFile): RawInstance {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = file.meta;
  return {
    // Some files leave these out of their meta; what stands here then must not matter.
    sopClassUid: sopClassUid || SECONDARY_CAPTURE,
    sopInstanceUid: sopInstanceUid || '1.2.3.4.5',
    transferSyntaxUid: transferSyntaxUid || IMPLICIT,
    dataSet: file.dataSet(),
  };
}

/** An independent reader says what the data set itself has. */
function uidsOfDataSet(file: RealFile): Pick<RawInstance, 'sopClassUid' | 'sopInstanceUid'> {
  const parsed = dicomParser.parseDicom(file.read(), { untilTag: 'x00080018' });
  const uid = (tag: string) => parsed.string(tag)?.replace(/\0$/, '') ?? '';
  return { sopClassUid: uid('x00080016'), sopInstanceUid: uid('x00080018') };
}

async function storeAll(receiver: Receiver, objects: readonly RawInstance[]): Promise<number[]> {
  const sender = await RawSender.connect({ port: receiver.port, contexts: contextsFor(objects) });
  const statuses: number[] = [];
  for (const object of objects) statuses.push(await sender.store(object));
  await sender.release();
  return statuses;
}

function asReceived(objects: readonly RawInstance[]) {
  return objects.map(({ dataSet, ...object }) => ({ ...object, file: '', dataSet: Buffer.from(dataSet) }));
}
