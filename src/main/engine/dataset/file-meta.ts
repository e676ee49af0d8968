/** The head of a DICOM file: preamble, prefix and group 0002 (PS3.10 7.1). */

import type { Vr } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import { ByteWriter } from './byte-writer.ts';
import { createElementHeader, readElementHeader, writeElementHeader, writeUint32 } from './element-header.ts';
import { EXPLICIT_LITTLE } from './transfer-syntax.ts';

/** Names this implementation (PS3.7 D.3.3.2), a UUID-derived UID (PS3.5 B.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.200656342480387794562289545296999695436';
/** At most 16 characters (PS3.7 D.3.3.2.3). */
export const IMPLEMENTATION_VERSION_NAME = 'STUDYPORT_0.1';

/** What a receiver knows about an instance before it has looked into it. */
export interface FileMetaValues {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The AE title of the sender; empty: not written. */
  readonly sourceAeTitle: string;
  /** Our own AE title; empty: not written. */
  readonly receivingAeTitle: string;
}

/** What the head of a stored file says. Absent values are empty. */
export interface FileMeta extends FileMetaValues {
  readonly implementationClassUid: string;
  readonly implementationVersionName: string;
  /** Where the Data Set begins. */
  readonly dataSetOffset: number;
}

const PREAMBLE_LENGTH = 128;
const PREFIX = [0x44, 0x49, 0x43, 0x4d];
const HEAD = Uint8Array.of(...new Uint8Array(PREAMBLE_LENGTH), ...PREFIX);
const FILE_META_GROUP = 0x0002;
/** File Meta Information Version. */
const VERSION = Uint8Array.of(0, 1);

const MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002;
const MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003;
const TRANSFER_SYNTAX_UID = 0x00020010;
const IMPLEMENTATION_CLASS_UID_TAG = 0x00020012;
const IMPLEMENTATION_VERSION_NAME_TAG = 0x00020013;
const SOURCE_AE_TITLE = 0x00020016;
const SENDING_AE_TITLE = 0x00020017;
const RECEIVING_AE_TITLE = 0x00020018;

/** Preamble, `DICM` and group 0002, ready to be followed by the Data Set as received (PS3.10 7.1). */
export function encodeFileMeta(values: FileMetaValues): Uint8Array {
  const writer = new ByteWriter(512);
  writer.copy(HEAD, 0, HEAD.length);
  // Filled in when the group is there.
  const group = element(writer, 0x00020000, 'UL', new Uint8Array(4));
  element(writer, 0x00020001, 'OB', VERSION);
  text(writer, MEDIA_STORAGE_SOP_CLASS_UID, 'UI', values.sopClassUid);
  text(writer, MEDIA_STORAGE_SOP_INSTANCE_UID, 'UI', values.sopInstanceUid);
  text(writer, TRANSFER_SYNTAX_UID, 'UI', values.transferSyntaxUid);
  text(writer, IMPLEMENTATION_CLASS_UID_TAG, 'UI', IMPLEMENTATION_CLASS_UID);
  text(writer, IMPLEMENTATION_VERSION_NAME_TAG, 'SH', IMPLEMENTATION_VERSION_NAME);
  title(writer, SOURCE_AE_TITLE, values.sourceAeTitle);
  title(writer, SENDING_AE_TITLE, values.sourceAeTitle);
  title(writer, RECEIVING_AE_TITLE, values.receivingAeTitle);
  writeUint32(writer.bytes, group - 4, writer.length - group, true);
  return writer.finish();
}

/**
 * Reads the head of a stored file; undefined when `bytes` do not hold a complete one. The group ends where another one
 * begins: real files lie about its length.
 */
export function readFileMeta(bytes: Uint8Array): FileMeta | undefined {
  if (!PREFIX.every((byte, index) => bytes[PREAMBLE_LENGTH + index] === byte)) return undefined;
  const values = new Map<Tag, string>();
  const header = createElementHeader();
  let at = PREAMBLE_LENGTH + PREFIX.length;
  while (at < bytes.length && bytes[at] === FILE_META_GROUP && bytes[at + 1] === 0) {
    const size = readElementHeader(bytes, at, bytes.length, EXPLICIT_LITTLE, header);
    if (size === 0 || at + size + header.length > bytes.length) return undefined;
    values.set(header.tag, latin1(bytes.subarray(at + size, at + size + header.length)));
    at += size + header.length;
  }
  return {
    sopClassUid: values.get(MEDIA_STORAGE_SOP_CLASS_UID) ?? '',
    sopInstanceUid: values.get(MEDIA_STORAGE_SOP_INSTANCE_UID) ?? '',
    transferSyntaxUid: values.get(TRANSFER_SYNTAX_UID) ?? '',
    implementationClassUid: values.get(IMPLEMENTATION_CLASS_UID_TAG) ?? '',
    implementationVersionName: values.get(IMPLEMENTATION_VERSION_NAME_TAG) ?? '',
    sourceAeTitle: values.get(SOURCE_AE_TITLE) ?? '',
    receivingAeTitle: values.get(RECEIVING_AE_TITLE) ?? '',
    dataSetOffset: at,
  };
}

/** Gives where the element ends. */
function element(writer: ByteWriter, tag: Tag, vr: Vr, value: Uint8Array): number {
  writeElementHeader(writer, tag, vr, value.length, EXPLICIT_LITTLE);
  writer.copy(value, 0, value.length);
  return writer.length;
}

function title(writer: ByteWriter, tag: Tag, value: string): void {
  if (value !== '') text(writer, tag, 'AE', value);
}

/** UIDs are padded with NUL, everything else with a space (PS3.5 6.2). */
function text(writer: ByteWriter, tag: Tag, vr: Vr, value: string): void {
  const length = value.length + (value.length % 2);
  writeElementHeader(writer, tag, vr, length, EXPLICIT_LITTLE);
  const at = writer.skip(length);
  for (let index = 0; index < value.length; index++) writer.bytes[at + index] = value.charCodeAt(index);
  if (length > value.length) writer.bytes[at + value.length] = vr === 'UI' ? 0 : 0x20;
}

function latin1(bytes: Uint8Array): string {
  let value = '';
  for (const byte of bytes) value += String.fromCharCode(byte);
  return value.replace(/[\0 ]+$/, '');
}
