/** The objects the bench sends: CT-like data sets of a given size, encoded once and re-used with another UID each time. */
import {
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  fragments,
  type RawContext,
  storeRequest,
} from '../support/raw-pdu.ts';
import type { EncodedStore } from '../support/raw-sender.ts';

const ROOT = '1.2.826.0.1.3680043.10.999';
export const BENCH_CONTEXT: RawContext = {
  id: 1,
  abstractSyntax: CT_IMAGE_STORAGE,
  transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN],
};

/** Ten attributes that a receiver may be asked to extract; all of them are in the objects. */
export const TEN_TAGS = [
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'StudyDate',
  'StudyDescription',
  'AccessionNumber',
  'Modality',
  'SeriesDescription',
  'InstanceNumber',
  'Manufacturer',
] as const;

/** Every UID has the same length, so that one can be written over another. */
export function instanceUid(association: number, index: number): string {
  return `${ROOT}.3.${1000 + association}.${1_000_000 + index}`;
}

const LONG_VRS = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

function element(group: number, number: number, vr: string, value: string | number | Uint8Array): Buffer {
  let content: Buffer;
  if (typeof value === 'number') {
    content = Buffer.alloc(2);
    content.writeUInt16LE(value);
  } else {
    content =
      typeof value === 'string'
        ? Buffer.from(value, 'latin1')
        : Buffer.from(value.buffer, value.byteOffset, value.length);
  }
  const padding = content.length % 2 === 0 ? Buffer.alloc(0) : Buffer.from(vr === 'UI' ? '\0' : ' ');
  const long = LONG_VRS.has(vr);
  const header = Buffer.alloc(long ? 12 : 8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, 'latin1');
  if (long) header.writeUInt32LE(content.length + padding.length, 8);
  else header.writeUInt16LE(content.length + padding.length, 6);
  return Buffer.concat([header, content, padding]);
}

/** A data set of exactly `size` bytes in Explicit VR Little Endian. */
export function dataSet(size: number, association: number, index: number): Buffer {
  const header = Buffer.concat([
    element(0x0008, 0x0005, 'CS', 'ISO_IR 100'),
    element(0x0008, 0x0008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    element(0x0008, 0x0016, 'UI', CT_IMAGE_STORAGE),
    element(0x0008, 0x0018, 'UI', instanceUid(association, index)),
    element(0x0008, 0x0020, 'DA', '20260102'),
    element(0x0008, 0x0021, 'DA', '20260102'),
    element(0x0008, 0x0030, 'TM', '101112'),
    element(0x0008, 0x0050, 'SH', 'ACC0001'),
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0008, 0x0070, 'LO', 'Bench Maker'),
    element(0x0008, 0x0080, 'LO', 'Bench Hospital'),
    element(0x0008, 0x0090, 'PN', 'Referring^Physician'),
    element(0x0008, 0x1010, 'SH', 'STATION1'),
    element(0x0008, 0x1030, 'LO', 'Thorax with contrast'),
    element(0x0008, 0x103e, 'LO', 'Axial 1 mm'),
    element(0x0010, 0x0010, 'PN', 'Doe^Jane'),
    element(0x0010, 0x0020, 'LO', 'BENCH0001'),
    element(0x0010, 0x0030, 'DA', '19700101'),
    element(0x0010, 0x0040, 'CS', 'O'),
    element(0x0018, 0x0015, 'CS', 'CHEST'),
    element(0x0018, 0x0050, 'DS', '1.0'),
    element(0x0018, 0x0060, 'DS', '120'),
    element(0x0018, 0x1020, 'LO', 'v1.0'),
    element(0x0018, 0x5100, 'CS', 'HFS'),
    element(0x0020, 0x000d, 'UI', `${ROOT}.1.1`),
    element(0x0020, 0x000e, 'UI', `${ROOT}.2.${1000 + association}`),
    element(0x0020, 0x0010, 'SH', '1'),
    element(0x0020, 0x0011, 'IS', '1'),
    element(0x0020, 0x0013, 'IS', '1'),
    element(0x0020, 0x0032, 'DS', '-250\\-250\\100'),
    element(0x0020, 0x0037, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x0020, 0x0052, 'UI', `${ROOT}.4.1`),
    element(0x0028, 0x0002, 'US', 1),
    element(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    element(0x0028, 0x0010, 'US', 512),
    element(0x0028, 0x0011, 'US', 512),
    element(0x0028, 0x0030, 'DS', '0.7\\0.7'),
    element(0x0028, 0x0100, 'US', 16),
    element(0x0028, 0x0101, 'US', 12),
    element(0x0028, 0x0102, 'US', 11),
    element(0x0028, 0x0103, 'US', 0),
    element(0x0028, 0x1050, 'DS', '40'),
    element(0x0028, 0x1051, 'DS', '400'),
  ]);
  const pixels = Buffer.alloc(size - header.length - 12);
  // Not zeros: a file system or a disk that folds zeros away would flatter everybody.
  for (let at = 0; at + 4 <= pixels.length; at += 4) pixels.writeUInt32LE((Math.imul(at, 2_654_435_761) | 1) >>> 0, at);
  return Buffer.concat([header, element(0x7fe0, 0x0010, 'OW', pixels)]);
}

/** One object as it goes over the wire; `at(index)` writes another SOP Instance UID into it, without copying. */
export class ReusableObject {
  readonly #bytes: Buffer;
  readonly #offsets: readonly number[];
  readonly #association: number;

  constructor(size: number, association: number, maxPdu: number) {
    const uid = instanceUid(association, 0);
    const command = storeRequest({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: uid, messageId: 1 });
    this.#association = association;
    this.#bytes = Buffer.concat([
      ...fragments(BENCH_CONTEXT.id, true, command, maxPdu),
      ...fragments(BENCH_CONTEXT.id, false, dataSet(size, association, 0), maxPdu),
    ]);
    const inCommand = this.#bytes.indexOf(uid);
    this.#offsets = [inCommand, this.#bytes.indexOf(uid, inCommand + uid.length)];
  }

  at(index: number): EncodedStore {
    const uid = instanceUid(this.#association, index);
    for (const offset of this.#offsets) this.#bytes.write(uid, offset, 'latin1');
    return { bytes: this.#bytes, messageId: 1 };
  }
}
