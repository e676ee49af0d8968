/**
 * GDCM's sender over every real file. gdcmscu 3.0 ends with an exception of its own after every association that was
 * released in good order, so only what has arrived counts.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { gdcmEcho, gdcmStore } from '../support/gdcm.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import {
  fingerprints,
  type Received,
  type Receiver,
  receiveWithStorescp,
  startReceiver,
} from '../support/reception.ts';
import { echo } from '../support/scripted-peer.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('gdcmscu', 'storescp') || requireRealFiles();
const FILES = skip ? [] : realFiles();

/** What gdcmscu itself does not send: it ends or hangs over them, whoever the receiver is. */
const NOT_SENT: Readonly<Record<string, string>> = {
  'charset_files/chrSQEncoding.dcm': 'no SOP class: proposes an empty abstract syntax',
  'charset_files/chrSQEncoding1.dcm': 'no SOP class: proposes an empty abstract syntax',
  ...Object.fromEntries(
    ['fall', 'hotiron', 'hotmetalblue', 'pet', 'pet20step', 'spring', 'summer', 'winter'].map((name) => [
      `palettes/${name}.dcm`,
      'knows no SOP class for color palettes',
    ]),
  ),
  'test_files/UN_sequence.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR-bigEnd': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR-empty.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR-implicit': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR-nooffset': 'an assertion of its own fails while it reads the file meta',
  'test_files/dicomdirtests/DICOMDIR-nopatient': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/DICOMDIR-reordered': 'no SOP class: proposes an empty abstract syntax',
  'test_files/dicomdirtests/TINY_ALPHA/DICOMDIR': 'no SOP class: proposes an empty abstract syntax',
  'test_files/empty_charset_LEI.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/meta_missing_tsyntax.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/nested_priv_SQ.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/no_meta_group_length.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/priv_SQ.dcm': 'no SOP class: proposes an empty abstract syntax',
  'test_files/rtplan_truncated.dcm': 'cannot read it',
};

/** A deflated data set of odd length, which storescp does not take from gdcmscu: there is no reference for it. */
const ODD = 'test_files/image_dfl.dcm';

/** Takes gdcmscu ten seconds of reading, whoever the receiver is. */
const SLOW = 'test_files/SC_rgb_jpeg.dcm';

const SOP_CLASSES = [...new Set(FILES.map(({ meta }) => meta.sopClassUid))].filter((uid): uid is string => !!uid);
const SENT = FILES.filter(({ name }) => !(name in NOT_SENT) && name !== ODD);

describe.skipIf(skip)('GDCM over every real file', () => {
  let reference: Received[];
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver();
    const send = async (port: number) => {
      // One process for the slow file beside the one for all others.
      const quick = SENT.filter(({ name }) => name !== SLOW);
      const slow = SENT.filter(({ name }) => name === SLOW);
      await Promise.all(
        [quick, slow].map((files) =>
          gdcmStore(
            { port },
            files.map(({ path }) => path),
            { timeout: 120_000 },
          ),
        ),
      );
    };
    [reference] = await Promise.all([receiveWithStorescp(SOP_CLASSES, send), send(receiver.port)]);
    return () => receiver.stop();
  }, 180_000);

  test('what it sends arrives as storescp keeps it', () => {
    expect(reference.length).toBe(SENT.length);
    expect(fingerprints(receiver.archive())).toEqual(fingerprints(reference));
    expect(receiver.errors).toEqual([]);
    expect(receiver.leftovers()).toEqual([]);
  });

  test('a deflated data set of odd length arrives as it is in the file', async () => {
    const file = FILES.find(({ name }) => name === ODD)!;
    const own = await startReceiver();
    try {
      await gdcmStore({ port: own.port }, [file.path]);
      expect(own.archive().map(({ dataSet }) => dataSet.equals(file.dataSet()))).toEqual([true]);
      expect(own.errors).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  test('what it cannot send leaves nothing behind and no harm', { timeout: 60_000 }, async () => {
    const own = await startReceiver();
    try {
      const waiting = FILES.filter(({ name }) => name in NOT_SENT);
      expect(waiting.map(({ name }) => name)).toEqual(Object.keys(NOT_SENT).sort());
      const workers = Array.from({ length: 6 }, async () => {
        for (let file = waiting.pop(); file; file = waiting.pop()) {
          await gdcmStore({ port: own.port }, [file.path], { timeout: 3_000 });
        }
      });
      await Promise.all(workers);
      expect([...own.archive(), ...own.quarantine()].map(({ file }) => file)).toEqual([]);
      expect(own.leftovers()).toEqual([]);
      await echo(own.port);
    } finally {
      await own.stop();
    }
  });

  test('C-ECHO', async () => {
    const own = await startReceiver();
    const states: string[] = [];
    own.scp.onConnection((_error, { data }) => states.push(data.state));
    try {
      await gdcmEcho({ port: own.port });
      expect(states).toEqual(['accepted', 'released']);
    } finally {
      await own.stop();
    }
  });
});
