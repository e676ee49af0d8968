/** Bytes to PDUs, for any chunking of the stream. No I/O; every length is judged on its header (PS3.8 9.3). */

import { ProtocolError } from './errors.ts';
import type {
  AAssociateRq,
  AssociationAccepted,
  CommonExtendedNegotiation,
  DecodedItem,
  ExtendedNegotiation,
  ProposedContext,
  RoleSelection,
  UserIdentity,
} from './pdu.ts';
import { PDU_TYPE } from './pdu.ts';

/** A request of 128 contexts with 600 transfer syntaxes each stays far below this. */
const MAX_CONTROL_PDU = 1024 * 1024;
const PDU_HEADER = 6;
const PDV_HEADER = 6;
const EMPTY = new Uint8Array(0);

/**
 * Incremental decoder: `push` a chunk, then call `next` until it returns undefined.
 * P-DATA-TF is never collected: its PDVs come out in pieces, as views of the chunk.
 * @throws ProtocolError from `next`; the framing is lost then and the decoder must not be used any more
 */
export class PduDecoder {
  readonly #maxPDataLength: number;
  /** The chunk being read, or `#store` while a header or a control PDU is split. */
  #bytes: Uint8Array = EMPTY;
  #offset = 0;
  /** Where a split header or control PDU is put together. */
  #store: Uint8Array = EMPTY;
  /** Bytes of the current P-DATA-TF not yet consumed, PDV headers included. */
  #pduLeft = 0;
  /** Bytes of the current PDV value not yet consumed. */
  #pdvLeft = 0;
  #contextId = 0;
  #control = 0;

  /** @param maxPDataLength longest P-DATA-TF tolerated, in bytes after its header */
  constructor(maxPDataLength: number) {
    this.#maxPDataLength = maxPDataLength;
  }

  /** True when the stream is in the middle of a PDU. */
  get insidePdu(): boolean {
    return this.#pduLeft > 0 || this.#offset < this.#bytes.length;
  }

  /** Takes the next chunk, which must stay as it is until `next` has returned undefined. */
  push(chunk: Uint8Array): void {
    if (this.#offset === this.#bytes.length) {
      this.#bytes = chunk;
      this.#offset = 0;
    } else this.#append(chunk);
  }

  /** The next item; undefined when the bytes pushed so far complete no other. Fragments are views of the chunk. */
  next(): DecodedItem | undefined {
    const item = this.#pdvLeft > 0 ? this.#pdvPiece() : this.#pduLeft > 0 ? this.#pdvHeader() : this.#pdu();
    // The memory of the chunk is somebody else's: a split header is kept as a copy.
    if (!item && this.#bytes.buffer !== this.#store.buffer) this.#append(EMPTY);
    return item;
  }

  /** Puts bytes behind those not read yet, with room to grow, so that a byte at a time is not a copy a time. */
  #append(chunk: Uint8Array): void {
    const left = this.#bytes.length - this.#offset;
    if (this.#bytes.buffer !== this.#store.buffer || this.#bytes.length + chunk.length > this.#store.length) {
      if (left + chunk.length > this.#store.length) this.#store = new Uint8Array(2 * (left + chunk.length));
      this.#store.set(this.#bytes.subarray(this.#offset));
      this.#offset = 0;
    }
    const start = this.#offset + left;
    this.#store.set(chunk, start);
    this.#bytes = this.#store.subarray(0, start + chunk.length);
  }

  #pdu(): DecodedItem | undefined {
    const bytes = this.#bytes;
    const at = this.#offset;
    // The type alone decides about garbage: do not wait for six bytes of an HTTP request.
    if (at >= bytes.length) return undefined;
    const type = bytes[at]!;
    // A TLS record, handshake or alert (RFC 8446 5.1): not garbage, but meant for another kind of port.
    if (type === 0x16 || type === 0x15) {
      if (bytes.length - at < 2) return undefined;
      if (bytes[at + 1] === 3) throw new ProtocolError('unrecognized-pdu', 'it speaks TLS', 'TLS');
    }
    if (type < 1 || type > 7) {
      throw new ProtocolError('unrecognized-pdu', `unknown PDU type ${type.toString(16).padStart(2, '0')}H`);
    }
    if (bytes.length - at < PDU_HEADER) return undefined;
    const length = uint32(bytes, at + 2);
    if (type === PDU_TYPE['P-DATA-TF']) {
      if (length === 0) throw new ProtocolError('invalid-parameter-value', 'P-DATA-TF of length 0');
      if (length > this.#maxPDataLength) {
        throw new ProtocolError(
          'invalid-parameter-value',
          `P-DATA-TF of ${length} bytes is longer than the ${this.#maxPDataLength} bytes allowed`,
        );
      }
      this.#offset = at + PDU_HEADER;
      this.#pduLeft = length;
      return { type: 'P-DATA-TF', length };
    }
    if (length > MAX_CONTROL_PDU) {
      throw new ProtocolError('invalid-parameter-value', `PDU of type ${type} claims ${length} bytes`);
    }
    const end = at + PDU_HEADER + length;
    if (bytes.length < end) return undefined;
    this.#offset = end;
    return decodeControlPdu(type, bytes.subarray(at + PDU_HEADER, end));
  }

  #pdvHeader(): DecodedItem | undefined {
    if (this.#pduLeft < PDV_HEADER) {
      throw new ProtocolError('invalid-parameter-value', 'the rest of a P-DATA-TF is too short for a PDV');
    }
    const at = this.#offset;
    if (this.#bytes.length - at < PDV_HEADER) return undefined;
    const length = uint32(this.#bytes, at);
    if (length < 2) throw new ProtocolError('invalid-parameter-value', `PDV of length ${length}`);
    if (length + 4 > this.#pduLeft) throw new ProtocolError('invalid-parameter-value', 'PDV is longer than its PDU');
    this.#contextId = this.#bytes[at + 4]!;
    this.#control = this.#bytes[at + 5]!;
    this.#offset = at + PDV_HEADER;
    this.#pduLeft -= PDV_HEADER;
    this.#pdvLeft = length - 2;
    return this.#pdvLeft === 0 ? this.#fragment(EMPTY, true) : this.#pdvPiece();
  }

  #pdvPiece(): DecodedItem | undefined {
    const available = this.#bytes.length - this.#offset;
    if (available === 0) return undefined;
    const length = Math.min(available, this.#pdvLeft);
    const value = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    this.#pdvLeft -= length;
    this.#pduLeft -= length;
    return this.#fragment(value, this.#pdvLeft === 0);
  }

  #fragment(value: Uint8Array, endsPdv: boolean): DecodedItem {
    return {
      type: 'PDV',
      presentationContextId: this.#contextId,
      isCommand: (this.#control & 1) !== 0,
      isLast: endsPdv && (this.#control & 2) !== 0,
      value,
    };
  }
}

function decodeControlPdu(type: number, body: Uint8Array): DecodedItem {
  switch (type) {
    case PDU_TYPE['A-ASSOCIATE-RQ']:
      return decodeAssociateRq(body);
    case PDU_TYPE['A-ASSOCIATE-AC']:
      return { type: 'A-ASSOCIATE-AC', body };
    case PDU_TYPE['A-ASSOCIATE-RJ']:
      return { type: 'A-ASSOCIATE-RJ', result: body[1] ?? 0, source: body[2] ?? 0, reason: body[3] ?? 0 };
    case PDU_TYPE['A-RELEASE-RQ']:
      return { type: 'A-RELEASE-RQ' };
    case PDU_TYPE['A-RELEASE-RP']:
      return { type: 'A-RELEASE-RP' };
    default:
      return { type: 'A-ABORT', source: body[2] ?? 0, reason: body[3] ?? 0 };
  }
}

const FIXED_PART = 68;

// PS3.8 9.3.2
function decodeAssociateRq(body: Uint8Array): AAssociateRq {
  if (body.length < FIXED_PART) throw tooShort('A-ASSOCIATE-RQ');
  let applicationContext = '';
  const presentationContexts: ProposedContext[] = [];
  let userInformation: AAssociateRq['userInformation'] = decodeUserInformation(EMPTY);
  for (const { type, value } of items(body.subarray(FIXED_PART), 'A-ASSOCIATE-RQ')) {
    if (type === 0x10) applicationContext = uidText(value);
    else if (type === 0x20) presentationContexts.push(decodeProposedContext(value));
    else if (type === 0x50) userInformation = decodeUserInformation(value);
  }
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: (body[0]! << 8) | body[1]!,
    calledAeTitle: titleText(body.subarray(4, 20)),
    callingAeTitle: titleText(body.subarray(20, 36)),
    // Copies: a view would keep the chunk alive for as long as the association (`slice` of a Buffer is a view).
    titlesAsReceived: new Uint8Array(body.subarray(4, FIXED_PART)),
    applicationContext,
    presentationContexts,
    userInformation,
  };
}

/**
 * What an A-ASSOCIATE-AC grants, from what follows its header (PS3.8 9.3.3). The titles are of no use to a requestor.
 * @throws ProtocolError
 */
export function decodeAssociateAc(body: Uint8Array): AssociationAccepted {
  if (body.length < FIXED_PART) throw tooShort('A-ASSOCIATE-AC');
  const presentationContexts: { id: number; result: number; transferSyntax: string }[] = [];
  let userInformation = decodeUserInformation(EMPTY);
  for (const { type, value } of items(body.subarray(FIXED_PART), 'A-ASSOCIATE-AC')) {
    if (type === 0x21) presentationContexts.push(decodeAnsweredContext(value));
    else if (type === 0x50) userInformation = decodeUserInformation(value);
  }
  return { presentationContexts, userInformation };
}

// PS3.8 9.3.3.2
function decodeAnsweredContext(value: Uint8Array): { id: number; result: number; transferSyntax: string } {
  if (value.length < 4) throw tooShort('presentation context item');
  const result = value[2]!;
  // PS3.8 Table 9-18: the transfer syntax of a refused context is not tested; some peers leave it out or send rubbish.
  if (result !== 0) return { id: value[0]!, result, transferSyntax: '' };
  let transferSyntax = '';
  for (const item of items(value.subarray(4), 'presentation context item')) {
    if (item.type === 0x40) transferSyntax = uidText(item.value);
  }
  return { id: value[0]!, result, transferSyntax };
}

// PS3.8 9.3.2.2
function decodeProposedContext(value: Uint8Array): ProposedContext {
  if (value.length < 4) throw tooShort('presentation context item');
  let abstractSyntax = '';
  const transferSyntaxes: string[] = [];
  for (const item of items(value.subarray(4), 'presentation context item')) {
    if (item.type === 0x30) abstractSyntax = uidText(item.value);
    else if (item.type === 0x40) transferSyntaxes.push(uidText(item.value));
  }
  return { id: value[0]!, abstractSyntax, transferSyntaxes };
}

// PS3.7 D.3.3. Items that are unknown, or too short to mean something, are passed over.
function decodeUserInformation(value: Uint8Array): AAssociateRq['userInformation'] {
  let maximumLength = 0;
  let implementationClassUid = '';
  let implementationVersionName = '';
  let window: { invoked: number; performed: number } | undefined;
  let userIdentity: UserIdentity | undefined;
  const roleSelections: RoleSelection[] = [];
  const extendedNegotiations: ExtendedNegotiation[] = [];
  const commonExtendedNegotiations: CommonExtendedNegotiation[] = [];
  for (const item of items(value, 'user information item')) {
    const data = item.value;
    if (item.type === 0x51 && data.length === 4) maximumLength = uint32(data, 0);
    else if (item.type === 0x52) implementationClassUid = uidText(data);
    else if (item.type === 0x53 && data.length >= 4) window = { invoked: uint16(data, 0), performed: uint16(data, 2) };
    else if (item.type === 0x54) {
      const [uid, rest] = lengthAndText(data);
      if (rest.length >= 2) roleSelections.push({ sopClassUid: uid, scuRole: rest[0] === 1, scpRole: rest[1] === 1 });
    } else if (item.type === 0x55) implementationVersionName = titleText(data);
    else if (item.type === 0x56) {
      const [sopClassUid, information] = lengthAndText(data);
      extendedNegotiations.push({ sopClassUid, information: new Uint8Array(information) });
    } else if (item.type === 0x57) commonExtendedNegotiations.push(decodeCommonExtended(data));
    else if (item.type === 0x58 && data.length >= 2) userIdentity = decodeUserIdentity(data);
  }
  return {
    maximumLength,
    implementationClassUid,
    implementationVersionName,
    ...(window && { asynchronousOperationsWindow: window }),
    roleSelections,
    extendedNegotiations,
    commonExtendedNegotiations,
    ...(userIdentity && { userIdentity }),
  };
}

// PS3.7 D.3.3.7.1
function decodeUserIdentity(data: Uint8Array): UserIdentity {
  const [primaryField, rest] = counted(data.subarray(2));
  const [secondaryField] = counted(rest);
  return { type: data[0]!, positiveResponseRequested: data[1] === 1, primaryField, secondaryField };
}

/** A 2-byte length, a copy of that many bytes, and what follows; cut short where the bytes end. */
function counted(data: Uint8Array): [value: Uint8Array, rest: Uint8Array] {
  if (data.length < 2) return [EMPTY, EMPTY];
  const end = Math.min(2 + uint16(data, 0), data.length);
  return [new Uint8Array(data.subarray(2, end)), data.subarray(end)];
}

function decodeCommonExtended(data: Uint8Array): CommonExtendedNegotiation {
  const [sopClassUid, afterClass] = lengthAndText(data);
  const [serviceClassUid, afterService] = lengthAndText(afterClass);
  const relatedGeneralSopClassUids: string[] = [];
  let rest = afterService.length >= 2 ? afterService.subarray(2, 2 + uint16(afterService, 0)) : EMPTY;
  while (rest.length >= 2) {
    const [uid, next] = lengthAndText(rest);
    relatedGeneralSopClassUids.push(uid);
    rest = next;
  }
  return { sopClassUid, serviceClassUid, relatedGeneralSopClassUids };
}

/** A 2-byte length, that many characters, and what follows; cut short where the bytes end. */
function lengthAndText(data: Uint8Array): [text: string, rest: Uint8Array] {
  if (data.length < 2) return ['', EMPTY];
  const end = Math.min(2 + uint16(data, 0), data.length);
  return [uidText(data.subarray(2, end)), data.subarray(end)];
}

function* items(bytes: Uint8Array, where: string): Generator<{ type: number; value: Uint8Array }> {
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw tooShort(`item in ${where}`);
    const end = at + 4 + uint16(bytes, at + 2);
    if (end > bytes.length) throw new ProtocolError('invalid-parameter-value', `an item is longer than its ${where}`);
    yield { type: bytes[at]!, value: bytes.subarray(at + 4, end) };
    at = end;
  }
}

function tooShort(what: string): ProtocolError {
  return new ProtocolError('invalid-parameter-value', `${what} is too short`);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** UIDs of a peer are compared, never trusted; trailing padding is dropped (PS3.8 Annex F). */
function uidText(bytes: Uint8Array): string {
  return latin1(bytes).replace(/[\0 ]+$/, '');
}

/** Peers pad with NUL and send other alphabets; what people read must be printable and unambiguous. */
function titleText(bytes: Uint8Array): string {
  return latin1(bytes)
    .replace(/^[\0 ]+|[\0 ]+$/g, '')
    .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
