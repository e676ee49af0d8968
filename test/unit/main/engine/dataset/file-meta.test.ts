import { describe, expect, it } from 'vitest';
import { parseElements, valueBytes } from '#main/engine/dataset/elements.ts';
import {
  encodeFileMeta,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  readFileMeta,
} from '#main/engine/dataset/file-meta.ts';
import { EXPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import { CT_UIDS, syntheticCt } from '../../../../support/data-sets.ts';

const VALUES = {
  sopClassUid: CT_UIDS.sopClassUid,
  sopInstanceUid: CT_UIDS.sopInstanceUid,
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sourceAeTitle: 'MODALITY',
  receivingAeTitle: 'STUDYPORT',
};

describe('encodeFileMeta', () => {
  const bytes = encodeFileMeta(VALUES);

  it('writes preamble, prefix and a group of the right length', () => {
    expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.from(bytes.subarray(128, 132)).toString()).toBe('DICM');
    expect(Buffer.from(bytes).readUInt32LE(140)).toBe(bytes.length - 144);
  });

  it('writes the elements in order, every value of even length', () => {
    const group = bytes.subarray(132);
    const elements = parseElements(group, EXPLICIT_LITTLE);
    const text = (index: number) => Buffer.from(valueBytes(group, elements[index]!)).toString('latin1');
    expect(elements.map(({ tag, vr }) => `${tag.toString(16)} ${vr}`)).toEqual([
      '20000 UL',
      '20001 OB',
      '20002 UI',
      '20003 UI',
      '20010 UI',
      '20012 UI',
      '20013 SH',
      '20016 AE',
      '20017 AE',
      '20018 AE',
    ]);
    expect(elements.every(({ valueStart, valueEnd }) => (valueEnd - valueStart) % 2 === 0)).toBe(true);
    expect(text(1)).toBe('\0\x01');
    expect(text(4)).toBe('1.2.840.10008.1.2.1\0');
    expect([text(7), text(8), text(9)]).toEqual(['MODALITY', 'MODALITY', 'STUDYPORT ']);
  });

  it('names this implementation within the limits of the standard', () => {
    expect(IMPLEMENTATION_CLASS_UID).toMatch(/^2\.25\.[1-9]\d*$/);
    expect(IMPLEMENTATION_CLASS_UID.length).toBeLessThanOrEqual(64);
    expect(BigInt(IMPLEMENTATION_CLASS_UID.slice(5))).toBeLessThan(2n ** 128n);
    expect(IMPLEMENTATION_VERSION_NAME).toMatch(/^[A-Z0-9_.]{1,16}$/);
  });
});

describe('readFileMeta', () => {
  const file = Buffer.concat([encodeFileMeta(VALUES), syntheticCt()]);

  it('reads what was written', () => {
    expect(readFileMeta(file)).toEqual({
      ...VALUES,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      dataSetOffset: encodeFileMeta(VALUES).length,
    });
  });

  it('does not trust the group length', () => {
    const lying = Buffer.from(file);
    lying.writeUInt32LE(4, 140);
    expect(readFileMeta(lying)?.dataSetOffset).toBe(encodeFileMeta(VALUES).length);
  });

  it('is undefined for anything else, and for a head that is cut off', () => {
    expect(readFileMeta(new Uint8Array(0))).toBeUndefined();
    expect(readFileMeta(new Uint8Array(1000))).toBeUndefined();
    expect(readFileMeta(syntheticCt())).toBeUndefined();
    const { dataSetOffset } = readFileMeta(file)!;
    expect(readFileMeta(file.subarray(0, dataSetOffset - 1))).toBeUndefined();
    expect(readFileMeta(file.subarray(0, dataSetOffset))?.dataSetOffset).toBe(dataSetOffset);
  });
});
