/** Command Sets: always Implicit VR Little Endian, whatever the presentation context (PS3.7 6.3.1). */

import { uidText } from '#main/engine/dataset/uid-text.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import {
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_SOP_CLASS,
  VERIFICATION_SOP_CLASS,
} from '#shared/dicom/uids.ts';
import type { Answer } from './status.ts';

export const COMMAND_FIELD = {
  'C-STORE-RQ': 0x0001,
  'C-ECHO-RQ': 0x0030,
  'N-EVENT-REPORT-RQ': 0x0100,
  'N-ACTION-RQ': 0x0130,
  'C-CANCEL-RQ': 0x0fff,
} as const;

/** Set in the Command Field of every response (PS3.7 E.1). */
const RESPONSE_BIT = 0x8000;
/** Command Data Set Type that says: no data set follows (PS3.7 9.1.1.1.8). */
const NO_DATA_SET = 0x0101;
/** Any other value says that one follows. */
const DATA_SET = 0x0000;
/** PS3.7 9.1.1.1.5. */
const MEDIUM_PRIORITY = 0x0000;

/** What we read of a request or a response; fields keep their keyword. */
export interface CommandSet {
  readonly CommandField: number;
  readonly MessageID: number;
  readonly hasDataSet: boolean;
  readonly AffectedSOPClassUID?: string;
  readonly AffectedSOPInstanceUID?: string;
  /** Of N-ACTION (PS3.7 10.1.4). */
  readonly RequestedSOPInstanceUID?: string;
  readonly ActionTypeID?: number;
  /** Of N-EVENT-REPORT (PS3.7 10.1.1). */
  readonly EventTypeID?: number;
  /** Of a response. */
  readonly Status?: number;
  /** Of a response: what the peer says about it, which may be anything. */
  readonly ErrorComment?: string;
}

export function isResponse(command: CommandSet): boolean {
  return (command.CommandField & RESPONSE_BIT) !== 0;
}

const TAG = {
  CommandGroupLength: 0x00000000,
  AffectedSOPClassUID: 0x00000002,
  RequestedSOPClassUID: 0x00000003,
  CommandField: 0x00000100,
  MessageID: 0x00000110,
  MessageIDBeingRespondedTo: 0x00000120,
  Priority: 0x00000700,
  CommandDataSetType: 0x00000800,
  Status: 0x00000900,
  OffendingElement: 0x00000901,
  ErrorComment: 0x00000902,
  AffectedSOPInstanceUID: 0x00001000,
  RequestedSOPInstanceUID: 0x00001001,
  EventTypeID: 0x00001002,
  ActionTypeID: 0x00001008,
} as const;

/** Where a missing field of a request is named to the sender. */
export const OFFENDING = {
  AffectedSOPClassUID: TAG.AffectedSOPClassUID,
  CommandDataSetType: TAG.CommandDataSetType,
  AffectedSOPInstanceUID: TAG.AffectedSOPInstanceUID,
  RequestedSOPInstanceUID: TAG.RequestedSOPInstanceUID,
  ActionTypeID: TAG.ActionTypeID,
} as const;

/**
 * Parses a Command Set. A wrong or missing group length is tolerated.
 * @throws ProtocolError (invalid-parameter-value) for bytes that are not a Command Set, or one without Command Field or Message ID
 */
export function decodeCommandSet(bytes: Uint8Array): CommandSet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let CommandField: number | undefined;
  let MessageID: number | undefined;
  let MessageIDBeingRespondedTo: number | undefined;
  let CommandDataSetType: number | undefined;
  let AffectedSOPClassUID: string | undefined;
  let RequestedSOPClassUID: string | undefined;
  let AffectedSOPInstanceUID: string | undefined;
  let RequestedSOPInstanceUID: string | undefined;
  let EventTypeID: number | undefined;
  let ActionTypeID: number | undefined;
  let Status: number | undefined;
  let ErrorComment: string | undefined;
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8 || view.getUint16(at, true) !== 0) throw notACommand();
    const tag = view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    at += 8;
    if (length > bytes.length - at) throw notACommand();
    const number = length >= 2 ? view.getUint16(at, true) : undefined;
    if (tag === TAG.CommandField) CommandField = number;
    else if (tag === TAG.MessageID) MessageID = number;
    else if (tag === TAG.MessageIDBeingRespondedTo) MessageIDBeingRespondedTo = number;
    else if (tag === TAG.CommandDataSetType) CommandDataSetType = number;
    else if (tag === TAG.AffectedSOPClassUID) AffectedSOPClassUID = uidText(bytes, at, at + length);
    else if (tag === TAG.RequestedSOPClassUID) RequestedSOPClassUID = uidText(bytes, at, at + length);
    else if (tag === TAG.AffectedSOPInstanceUID) AffectedSOPInstanceUID = uidText(bytes, at, at + length);
    else if (tag === TAG.RequestedSOPInstanceUID) RequestedSOPInstanceUID = uidText(bytes, at, at + length);
    else if (tag === TAG.EventTypeID) EventTypeID = number;
    else if (tag === TAG.ActionTypeID) ActionTypeID = number;
    else if (tag === TAG.Status) Status = number;
    else if (tag === TAG.ErrorComment) ErrorComment = uidText(bytes, at, at + length);
    at += length;
  }
  if (CommandField === undefined) throw notACommand('Command Field (0000,0100) is missing');
  const isRequest = (CommandField & RESPONSE_BIT) === 0 && CommandField !== COMMAND_FIELD['C-CANCEL-RQ'];
  MessageID ??= MessageIDBeingRespondedTo;
  if (MessageID === undefined && isRequest) throw notACommand('Message ID (0000,0110) is missing');
  AffectedSOPClassUID ??= RequestedSOPClassUID;
  return {
    CommandField,
    MessageID: MessageID ?? 0,
    hasDataSet: (CommandDataSetType ?? NO_DATA_SET) !== NO_DATA_SET,
    ...(AffectedSOPClassUID !== undefined && { AffectedSOPClassUID }),
    ...(AffectedSOPInstanceUID !== undefined && { AffectedSOPInstanceUID }),
    ...(RequestedSOPInstanceUID !== undefined && { RequestedSOPInstanceUID }),
    ...(EventTypeID !== undefined && { EventTypeID }),
    ...(ActionTypeID !== undefined && { ActionTypeID }),
    ...(Status !== undefined && { Status }),
    ...(ErrorComment !== undefined && { ErrorComment }),
  };
}

/** C-ECHO-RQ (PS3.7 9.3.5.1). */
export function encodeEchoRequest(MessageID: number): Uint8Array {
  const writer = new CommandWriter(128);
  writer.text(TAG.AffectedSOPClassUID, VERIFICATION_SOP_CLASS, 0);
  writer.uint16(TAG.CommandField, COMMAND_FIELD['C-ECHO-RQ']);
  writer.uint16(TAG.MessageID, MessageID);
  writer.uint16(TAG.CommandDataSetType, NO_DATA_SET);
  return writer.finish();
}

/** C-STORE-RQ (PS3.7 9.3.1.1); a Data Set follows it. */
export function encodeStoreRequest(request: {
  readonly MessageID: number;
  readonly AffectedSOPClassUID: string;
  readonly AffectedSOPInstanceUID: string;
}): Uint8Array {
  const { AffectedSOPClassUID, AffectedSOPInstanceUID } = request;
  const writer = new CommandWriter(128 + AffectedSOPClassUID.length + AffectedSOPInstanceUID.length);
  writer.text(TAG.AffectedSOPClassUID, AffectedSOPClassUID, 0);
  writer.uint16(TAG.CommandField, COMMAND_FIELD['C-STORE-RQ']);
  writer.uint16(TAG.MessageID, request.MessageID);
  writer.uint16(TAG.Priority, MEDIUM_PRIORITY);
  writer.uint16(TAG.CommandDataSetType, DATA_SET);
  writer.text(TAG.AffectedSOPInstanceUID, AffectedSOPInstanceUID, 0);
  return writer.finish();
}

/** N-EVENT-REPORT-RQ of the Storage Commitment instance (PS3.7 10.3.1.1, PS3.4 J.3.3); a Data Set follows it. */
export function encodeCommitmentReport(MessageID: number, EventTypeID: number): Uint8Array {
  const writer = new CommandWriter(192);
  writer.text(TAG.AffectedSOPClassUID, STORAGE_COMMITMENT_SOP_CLASS, 0);
  writer.uint16(TAG.CommandField, COMMAND_FIELD['N-EVENT-REPORT-RQ']);
  writer.uint16(TAG.MessageID, MessageID);
  writer.uint16(TAG.CommandDataSetType, DATA_SET);
  writer.text(TAG.AffectedSOPInstanceUID, STORAGE_COMMITMENT_INSTANCE, 0);
  writer.uint16(TAG.EventTypeID, EventTypeID);
  return writer.finish();
}

/** The response to a request (PS3.7 9.3.1.2, 9.3.5.2, 10.3.4.2, E.1), with the group length first. */
export function encodeResponse(request: CommandSet, answer: Answer): Uint8Array {
  const { AffectedSOPClassUID = '', ActionTypeID } = request;
  // What N-ACTION calls the requested instance, its response calls the affected one.
  const instance = request.AffectedSOPInstanceUID ?? request.RequestedSOPInstanceUID;
  const comment = answer.comment?.replace(/[^\x20-\x5b\x5d-\x7e]/g, '?').slice(0, 64) ?? '';
  const writer = new CommandWriter(256 + AffectedSOPClassUID.length + (instance?.length ?? 0));
  if (request.AffectedSOPClassUID !== undefined) writer.text(TAG.AffectedSOPClassUID, AffectedSOPClassUID, 0);
  writer.uint16(TAG.CommandField, request.CommandField | RESPONSE_BIT);
  writer.uint16(TAG.MessageIDBeingRespondedTo, request.MessageID);
  writer.uint16(TAG.CommandDataSetType, NO_DATA_SET);
  writer.uint16(TAG.Status, answer.status);
  if (answer.offendingElement !== undefined) writer.tag(TAG.OffendingElement, answer.offendingElement);
  if (comment) writer.text(TAG.ErrorComment, comment, 0x20);
  if (instance !== undefined) writer.text(TAG.AffectedSOPInstanceUID, instance, 0);
  if (ActionTypeID !== undefined) writer.uint16(TAG.ActionTypeID, ActionTypeID);
  return writer.finish();
}

/** Writes elements of group 0000 one after the other, behind a group length. */
class CommandWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#element(TAG.CommandGroupLength, 4);
    this.#at += 4;
  }

  uint16(element: number, value: number): void {
    this.#element(element, 2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  /** An attribute tag: group, then element (PS3.5 6.2, VR AT). */
  tag(element: number, tag: number): void {
    this.#element(element, 4);
    this.#view.setUint16(this.#at, Math.floor(tag / 0x10000), true);
    this.#view.setUint16(this.#at + 2, tag & 0xffff, true);
    this.#at += 4;
  }

  text(element: number, text: string, pad: number): void {
    const length = text.length + (text.length % 2);
    this.#element(element, length);
    for (let index = 0; index < length; index++) {
      this.#bytes[this.#at + index] = index < text.length ? text.charCodeAt(index) : pad;
    }
    this.#at += length;
  }

  finish(): Uint8Array {
    this.#view.setUint32(8, this.#at - 12, true);
    return this.#bytes.subarray(0, this.#at);
  }

  #element(element: number, length: number): void {
    this.#view.setUint16(this.#at + 2, element, true);
    this.#view.setUint32(this.#at + 4, length, true);
    this.#at += 8;
  }
}

function notACommand(why = 'the command is not a Command Set'): ProtocolError {
  return new ProtocolError('invalid-parameter-value', why);
}
