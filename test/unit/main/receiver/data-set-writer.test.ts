import { describe, expect, test } from 'vitest';
import { type WritableDataSet, writeDataSet } from '#main/receiver/data-set-writer.ts';

const hex = (text: string) => text.replaceAll(/\/\/.*|\s/g, '');
const written = (dataSet: WritableDataSet) => Buffer.from(writeDataSet(dataSet)).toString('hex');

describe('a data set in Explicit VR Little Endian', () => {
  test('byte by byte, in the order of the tags', () => {
    expect(
      written({
        PatientName: 'A^B',
        Rows: 258,
        SOPClassUID: '1.2',
        ImageType: ['ORIGINAL', 'PRIMARY'],
        SliceLocation: -1.5,
        InstanceNumber: 7,
        AccessionNumber: '',
      }),
    ).toBe(
      hex(`
        0800 0800 4353 1000 4f524947494e414c5c5052494d415259   // CS, two values
        0800 1600 5549 0400 312e3200                           // UI, padded with NUL
        0800 5000 5348 0000                                    // SH, empty
        1000 1000 504e 0400 415e4220                           // PN, padded with a space
        2000 1300 4953 0200 3720                               // IS
        2000 4110 4453 0400 2d312e35                           // DS
        2800 1000 5553 0200 0201                               // US
      `),
    );
  });

  test('sequences have defined lengths, and so have their items', () => {
    const item = { CodeValue: 'AB', ContentSequence: [] };
    expect(written({ ConceptNameCodeSequence: [item, {}] })).toBe(
      hex(`
        4000 43a0 5351 0000 26000000            // SQ, 38 bytes
          feff 00e0 16000000                    // item, 22 bytes
            0800 0001 5348 0200 4142            // SH
            4000 30a7 5351 0000 00000000        // an empty sequence
          feff 00e0 00000000                    // an empty item
      `),
    );
  });

  test('pixels of 8 bits are OB and padded, those of 16 bits OW', () => {
    expect(written({ PixelData: Uint8Array.of(1, 2, 3) })).toBe('e07f10004f4200000400000001020300');
    expect(written({ PixelData: Uint16Array.of(1, 0x0203) })).toBe('e07f10004f5700000400000001000302');
  });

  test('text beyond ASCII and unknown keywords are our own mistake', () => {
    expect(() => written({ PatientName: 'Müller' })).toThrow('only ASCII');
    expect(() => written({ PatientNam: 'X' })).toThrow('PatientNam is not a keyword');
  });
});
