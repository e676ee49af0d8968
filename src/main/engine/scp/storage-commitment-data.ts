/** What a storage commitment request asks for and its report says, as Data Sets (PS3.4 J.3.2.1.1, J.3.3.1.1). */

import { joinBytes } from '#main/engine/dataset/byte-list.ts';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { encodeElementHeader, ITEM } from '#main/engine/dataset/element-header.ts';
import type { ElementRef } from '#main/engine/dataset/elements.ts';
import { elementsOf, findElement, itemsWithin, parseElements } from '#main/engine/dataset/elements.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import { uidText } from '#main/engine/dataset/uid-text.ts';
import { parseUid } from '#main/engine/storage/instance-key.ts';
import type { Tag } from '#shared/dicom/tag.ts';

const REFERENCED_SOP_CLASS_UID = 0x00081150;
const REFERENCED_SOP_INSTANCE_UID = 0x00081155;
const TRANSACTION_UID = 0x00081195;
const FAILURE_REASON = 0x00081197;
const FAILED_SOP_SEQUENCE = 0x00081198;
const REFERENCED_SOP_SEQUENCE = 0x00081199;

/** More instances than this in one transaction are refused: a report has to be made of them, in memory. */
const MOST_REFERENCES = 100_000;
/** Action Information with that many references is shorter than this, in bytes. */
export const LONGEST_ACTION_INFORMATION = 24 * 1024 * 1024;

/** Why an instance is not committed: Failure Reason (0008,1197), PS3.4 J.3.3 and PS3.3 C.14. */
export const FAILURE = {
  ProcessingFailure: 0x0110,
  NoSuchObjectInstance: 0x0112,
  ClassInstanceConflict: 0x0119,
  DuplicateTransactionUID: 0x0131,
} as const;
export type FailureReason = (typeof FAILURE)[keyof typeof FAILURE];

/** One instance that somebody wants to be sure of. */
export interface Reference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** The Action Information of Action Type 1 (PS3.4 Table J.3-1). */
export interface CommitmentRequest {
  readonly transactionUid: string;
  /** Each once, in the order of the request. */
  readonly references: readonly Reference[];
}

/** The Event Information: Event Type 1 when nothing failed, else 2 (PS3.4 Table J.3-2). */
export interface CommitmentResult {
  readonly transactionUid: string;
  readonly committed: readonly Reference[];
  readonly failed: readonly (Reference & { readonly reason: FailureReason })[];
}

/**
 * Reads Action Information. What else is in it (Storage Media File-Set, Performed Procedure Steps) is passed over.
 * @returns 'too-many' for more references than one report can hold
 * @throws DataSetError when it cannot be read, or lacks what is required (type 1)
 */
export function parseActionInformation(bytes: Uint8Array, encoding: Encoding): CommitmentRequest | 'too-many' {
  const elements = parseElements(bytes, encoding);
  const transactionUid = uidOf(bytes, elements, TRANSACTION_UID);
  const sequence = findElement(elements, REFERENCED_SOP_SEQUENCE);
  if (!sequence || sequence.vr !== 'SQ') throw lacking('Referenced SOP Sequence (0008,1199)');
  const items = itemsWithin(bytes, sequence, encoding);
  if (items.length === 0) throw lacking('an item in Referenced SOP Sequence (0008,1199)');
  if (items.length > MOST_REFERENCES) return 'too-many';
  const references = new Map<string, Reference>();
  for (const item of items) {
    const inside = elementsOf(bytes, item, encoding);
    const sopClassUid = uidOf(bytes, inside, REFERENCED_SOP_CLASS_UID);
    const sopInstanceUid = uidOf(bytes, inside, REFERENCED_SOP_INSTANCE_UID);
    references.set(`${sopInstanceUid} ${sopClassUid}`, { sopClassUid, sopInstanceUid });
  }
  return { transactionUid, references: [...references.values()] };
}

/** 1: everything is committed; 2: failures exist (PS3.4 Table J.3-2). */
export function eventTypeOf({ failed }: CommitmentResult): 1 | 2 {
  return failed.length === 0 ? 1 : 2;
}

/** The Event Information of a result; sequences without items are left out. */
export function encodeEventInformation(result: CommitmentResult, encoding: Encoding): Uint8Array {
  const reference = ({ sopClassUid, sopInstanceUid }: Reference) => [
    uid(REFERENCED_SOP_CLASS_UID, sopClassUid, encoding),
    uid(REFERENCED_SOP_INSTANCE_UID, sopInstanceUid, encoding),
  ];
  const failed = result.failed.map((one) => [...reference(one), unsigned(FAILURE_REASON, one.reason, encoding)]);
  return joinBytes([
    uid(TRANSACTION_UID, result.transactionUid, encoding),
    ...sequence(FAILED_SOP_SEQUENCE, failed, encoding),
    ...sequence(REFERENCED_SOP_SEQUENCE, result.committed.map(reference), encoding),
  ]);
}

function uidOf(bytes: Uint8Array, elements: readonly ElementRef[], tag: Tag): string {
  const element = findElement(elements, tag);
  const uid = element && parseUid(uidText(bytes, element.valueStart, element.valueEnd));
  if (uid === undefined) throw lacking(`a UID in (0008,${tag.toString(16).slice(-4)})`);
  return uid;
}

function lacking(what: string): DataSetError {
  return new DataSetError('malformed', `the request lacks ${what}`);
}

function uid(tag: Tag, text: string, encoding: Encoding): Uint8Array {
  const value = new Uint8Array(text.length + (text.length % 2));
  for (let index = 0; index < text.length; index++) value[index] = text.charCodeAt(index);
  return joinBytes([encodeElementHeader(tag, 'UI', value.length, encoding), value]);
}

function unsigned(tag: Tag, number: number, encoding: Encoding): Uint8Array {
  const value = new Uint8Array(2);
  new DataView(value.buffer).setUint16(0, number, encoding.littleEndian);
  return joinBytes([encodeElementHeader(tag, 'US', 2, encoding), value]);
}

function sequence(tag: Tag, items: readonly (readonly Uint8Array[])[], encoding: Encoding): Uint8Array[] {
  if (items.length === 0) return [];
  const pieces = items.flatMap((elements) => {
    const length = elements.reduce((sum, element) => sum + element.length, 0);
    return [encodeElementHeader(ITEM, 'UN', length, encoding), ...elements];
  });
  const value = joinBytes(pieces);
  return [encodeElementHeader(tag, 'SQ', value.length, encoding), value];
}
