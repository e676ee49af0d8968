/** Command Sets: always Implicit VR Little Endian, whatever the presentation context (PS3.7 6.3.1). */

import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type { Answer } from './status.ts';

export const COMMAND_FIELD = {
  'C-STORE-RQ': 0x0001,
  'C-ECHO-RQ': 0x0030,
  'C-CANCEL-RQ': 0x0fff,
} as const;

/** Set in the Command Field of every response (PS3.7 E.1). */
const RESPONSE_BIT = 0x8000;
/** Command Data Set Type that says: no data set follows (PS3.7 9.1.1.1.8). */
const NO_DATA_SET = 0x0101;

/** What we read of a request; fields keep their keyword. */
export interface CommandSet {
  readonly CommandField: number;
  readonly MessageID: number;
  readonly hasDataSet: boolean;
  readonly AffectedSOPClassUID?: string;
  readonly AffectedSOPInstanceUID?: string;
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
  CommandDataSetType: 0x00000800,
  Status: 0x00000900,
  OffendingElement: 0x00000901,
  ErrorComment: 0x00000902,
  AffectedSOPInstanceUID: 0x00001000,
} as const;

/** Where a missing field of a request is named to the sender. */
export const OFFENDING = {
  AffectedSOPClassUID: TAG.AffectedSOPClassUID,
  CommandDataSetType: TAG.CommandDataSetType,
  AffectedSOPInstanceUID: TAG.AffectedSOPInstanceUID,
} as const;

/**
 * Parses a Command Set. A wrong or missing group length is tolerated.
 * @throws ProtocolError (invalid-parameter-value) for bytes that are not a Command Set, or one without Command Field or Message ID
 */
export function decodeCommandSet(bytes: Uint8Array): CommandSet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Map<number, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8 || view.getUint16(at, true) !== 0) throw notACommand();
    const tag = view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    at += 8;
    if (length > bytes.length - at) throw notACommand();
    values.set(tag, bytes.subarray(at, at + length));
    at += length;
  }
  const number = (tag: number): number | undefined => {
    const value = values.get(tag);
    return value && value.length >= 2 ? value[0]! | (value[1]! << 8) : undefined;
  };
  const uid = (tag: number): string | undefined => {
    const value = values.get(tag);
    return value && String.fromCharCode(...value.subarray(0, 256)).replace(/[\0 ]+$/, '');
  };
  const CommandField = number(TAG.CommandField);
  if (CommandField === undefined) throw notACommand('Command Field (0000,0100) is missing');
  const isRequest = (CommandField & RESPONSE_BIT) === 0 && CommandField !== COMMAND_FIELD['C-CANCEL-RQ'];
  const MessageID = number(TAG.MessageID) ?? number(TAG.MessageIDBeingRespondedTo);
  if (MessageID === undefined && isRequest) throw notACommand('Message ID (0000,0110) is missing');
  const AffectedSOPClassUID = uid(TAG.AffectedSOPClassUID) ?? uid(TAG.RequestedSOPClassUID);
  const AffectedSOPInstanceUID = uid(TAG.AffectedSOPInstanceUID);
  return {
    CommandField,
    MessageID: MessageID ?? 0,
    hasDataSet: (number(TAG.CommandDataSetType) ?? NO_DATA_SET) !== NO_DATA_SET,
    ...(AffectedSOPClassUID !== undefined && { AffectedSOPClassUID }),
    ...(AffectedSOPInstanceUID !== undefined && { AffectedSOPInstanceUID }),
  };
}

/** The response to a request (PS3.7 9.3.1.2, 9.3.5.2, E.1), with the group length first. */
export function encodeResponse(request: CommandSet, answer: Answer): Uint8Array {
  const comment = answer.comment?.replace(/[^\x20-\x5b\x5d-\x7e]/g, '?').slice(0, 64);
  return encodeCommandSet([
    ...(request.AffectedSOPClassUID === undefined
      ? []
      : [element(TAG.AffectedSOPClassUID, text(request.AffectedSOPClassUID, 0))]),
    element(TAG.CommandField, uint16(request.CommandField | RESPONSE_BIT)),
    element(TAG.MessageIDBeingRespondedTo, uint16(request.MessageID)),
    element(TAG.CommandDataSetType, uint16(NO_DATA_SET)),
    element(TAG.Status, uint16(answer.status)),
    ...(answer.offendingElement === undefined
      ? []
      : [
          element(TAG.OffendingElement, [
            ...uint16(Math.floor(answer.offendingElement / 0x10000)),
            ...uint16(answer.offendingElement & 0xffff),
          ]),
        ]),
    ...(comment ? [element(TAG.ErrorComment, text(comment, 0x20))] : []),
    ...(request.AffectedSOPInstanceUID === undefined
      ? []
      : [element(TAG.AffectedSOPInstanceUID, text(request.AffectedSOPInstanceUID, 0))]),
  ]);
}

function encodeCommandSet(elements: readonly (readonly number[])[]): Uint8Array {
  const length = elements.reduce((sum, bytes) => sum + bytes.length, 0);
  return Uint8Array.from([...element(TAG.CommandGroupLength, uint32(length)), ...elements.flat()]);
}

function element(tag: number, value: readonly number[]): number[] {
  return [...uint16(0), ...uint16(tag), ...uint32(value.length), ...value];
}

function uint16(value: number): number[] {
  return [value & 0xff, value >>> 8];
}

function uint32(value: number): number[] {
  return [...uint16(value & 0xffff), ...uint16(value >>> 16)];
}

function text(value: string, pad: number): number[] {
  const bytes = Array.from(value, (character) => character.charCodeAt(0) & 0xff);
  return bytes.length % 2 ? [...bytes, pad] : bytes;
}

function notACommand(why = 'the command is not a Command Set'): ProtocolError {
  return new ProtocolError('invalid-parameter-value', why);
}
