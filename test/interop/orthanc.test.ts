/** Orthanc as a sender: every real file it takes, uploaded by REST and stored to two modalities, ours and storescp. */
import { describe, expect, test } from 'vitest';
import { startOrthanc } from '../support/orthanc.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import { fingerprints, receiveWithStorescp, startReceiver } from '../support/reception.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('Orthanc', 'storescp') || requireRealFiles();
const FILES = skip ? [] : realFiles();
const SOP_CLASSES = [...new Set(FILES.map(({ meta }) => meta.sopClassUid))].filter((uid): uid is string => !!uid);

const WITHOUT_UIDS = 'Inexistent tag';
const UNREADABLE = 'Bad file format';

/** What Orthanc itself does not take, and so cannot send. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  'charset_files/chrSQEncoding.dcm': WITHOUT_UIDS,
  'charset_files/chrSQEncoding1.dcm': WITHOUT_UIDS,
  'palettes/fall.dcm': WITHOUT_UIDS,
  'palettes/hotiron.dcm': WITHOUT_UIDS,
  'palettes/hotmetalblue.dcm': WITHOUT_UIDS,
  'palettes/pet.dcm': WITHOUT_UIDS,
  'palettes/pet20step.dcm': WITHOUT_UIDS,
  'palettes/spring.dcm': WITHOUT_UIDS,
  'palettes/summer.dcm': WITHOUT_UIDS,
  'palettes/winter.dcm': WITHOUT_UIDS,
  'test_files/MR_truncated.dcm': UNREADABLE,
  'test_files/SC_rgb_jpeg.dcm': UNREADABLE,
  'test_files/UN_sequence.dcm': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-bigEnd': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-empty.dcm': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-implicit': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-nooffset': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-nopatient': WITHOUT_UIDS,
  'test_files/dicomdirtests/DICOMDIR-reordered': WITHOUT_UIDS,
  'test_files/dicomdirtests/TINY_ALPHA/DICOMDIR': WITHOUT_UIDS,
  'test_files/empty_charset_LEI.dcm': WITHOUT_UIDS,
  'test_files/meta_missing_tsyntax.dcm': WITHOUT_UIDS,
  'test_files/nested_priv_SQ.dcm': WITHOUT_UIDS,
  'test_files/no_meta_group_length.dcm': WITHOUT_UIDS,
  'test_files/priv_SQ.dcm': WITHOUT_UIDS,
  'test_files/rtplan_truncated.dcm': UNREADABLE,
};

/**
 * What Orthanc takes and then cannot send, whoever the receiver is: the UIDs of these two have the VR UN, and Orthanc
 * proposes the bytes of the SOP Class UID in hexadecimal.
 */
const NOT_SENT = ['test_files/rtdose_rle.dcm', 'test_files/rtdose_rle_1frame.dcm'];

describe.skipIf(skip)('Orthanc over every real file', () => {
  test('what it sends arrives as storescp keeps it', { timeout: 180_000 }, async () => {
    const receiver = await startReceiver();
    const folder = await createTempFolder('orthanc');
    const refused: Record<string, string> = {};
    const failures: string[] = [];
    let sent = 0;
    try {
      const reference = await receiveWithStorescp(SOP_CLASSES, async (port) => {
        const orthanc = await startOrthanc({
          folder: folder.path,
          modalities: {
            storescp: { aeTitle: 'STORESCP', port },
            studyport: { aeTitle: 'STORE-SCP', port: receiver.port },
          },
        });
        try {
          // Files with the same UIDs replace each other in Orthanc: what it has is sent before one comes again.
          const ids = new Set<string>();
          const send = async () => {
            if (ids.size === 0) return;
            await Promise.all([orthanc.send('storescp', [...ids]), orthanc.send('studyport', [...ids])]);
            sent += ids.size;
            ids.clear();
          };
          const seen = new Map<string, string>();
          for (const file of FILES.filter(({ name }) => !NOT_SENT.includes(name))) {
            const uids = `${file.meta.sopInstanceUid}`;
            if (seen.has(uids)) {
              await send();
              seen.clear();
            }
            seen.set(uids, file.name);
            try {
              const id = await orthanc.upload(file.read());
              if (ids.has(id)) throw new Error(`${file.name} replaced another file before that was sent`);
              ids.add(id);
            } catch (error) {
              refused[file.name] = /"Message" : "(.+?)"/.exec(String(error))?.[1] ?? String(error);
            }
          }
          await send();
          for (const file of FILES.filter(({ name }) => NOT_SENT.includes(name))) {
            const id = await orthanc.upload(file.read());
            for (const modality of ['storescp', 'studyport']) {
              failures.push(await orthanc.send(modality, [id]).then(String, (error: Error) => error.message));
            }
          }
        } finally {
          await orthanc.stop();
        }
      });
      expect(refused).toEqual(NOT_TAKEN);
      expect(failures).toEqual(Array(4).fill(expect.stringContaining('Cannot transcode')));
      expect(sent).toBe(FILES.length - Object.keys(NOT_TAKEN).length - NOT_SENT.length);
      expect(reference).toHaveLength(sent);
      expect(fingerprints(receiver.archive())).toEqual(fingerprints(reference));
      expect(receiver.errors).toEqual([]);
      expect(receiver.quarantine()).toEqual([]);
      expect(receiver.leftovers()).toEqual([]);
    } finally {
      await receiver.stop();
      await folder.remove();
    }
  });
});
