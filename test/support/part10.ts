/** Stored files for tests: preamble and file meta in front of a Data Set, made independently of the code under test. */
import { buildDataSet, TEST_ENCODINGS, type TestUids } from './data-sets.ts';

/** A file as PS3.10 7.1 wants it. */
export function part10(
  dataSet: Uint8Array,
  transferSyntaxUid: string,
  uids: Pick<TestUids, 'sopClassUid' | 'sopInstanceUid'> = {
    sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUid: '1.2.3',
  },
): Uint8Array {
  const group = buildDataSet(TEST_ENCODINGS.explicitLittle, [
    { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
    { tag: 0x00020002, vr: 'UI', value: uids.sopClassUid },
    { tag: 0x00020003, vr: 'UI', value: uids.sopInstanceUid },
    { tag: 0x00020010, vr: 'UI', value: transferSyntaxUid },
  ]);
  const length = buildDataSet(TEST_ENCODINGS.explicitLittle, [{ tag: 0x00020000, vr: 'UL', value: [group.length] }]);
  return Buffer.concat([new Uint8Array(128), Buffer.from('DICM'), length, group, dataSet]);
}
