/**
 * Builds and parses PDUs byte by byte, for tests only.
 * It shares no code with src: a test that used the receiver's own encoder would prove nothing. It also builds what no
 * honest peer would send: every length can be a lie, every item can be garbage.
 */

export const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
export const VERIFICATION = '1.2.840.10008.1.1';
export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
export const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
export const EXPLICIT_VR_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const RAW_IMPLEMENTATION_CLASS = '1.2.826.0.1.3680043.10.1.999';
const RAW_IMPLEMENTATION_VERSION = 'RAW_PEER_1';

export type RawContext = {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
};

export type RawAssociateRequest = {
  readonly contexts: readonly RawContext[];
  /** Text is padded with spaces to 16 bytes; bytes are taken as they are, padded with zeros. */
  readonly calledAeTitle?: string | Uint8Array;
  readonly callingAeTitle?: string | Uint8Array;
  readonly protocolVersion?: number;
  /** null leaves the item out. */
  readonly applicationContext?: string | null;
  /** null leaves the maximum length item out. */
  readonly maxPdu?: number | null;
  /** Sub-items put into User Information behind the usual ones, for example `item(0x53, …)`. */
  readonly userItems?: readonly Uint8Array[];
  /** Replaces the whole content of User Information. */
  readonly userInformation?: Uint8Array;
  /** Items put behind everything else. */
  readonly extraItems?: readonly Uint8Array[];
};

/** An explicit `length` overrides the true one. */
export type Lie = { readonly length?: number };

export function bytes(...parts: readonly (Uint8Array | string | number)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      if (typeof part === 'number') return Buffer.of(part);
      return part;
    }),
  );
}

/** A PDU: type, a reserved byte, a 32-bit length, the body (PS3.8 9.3.1). */
export function pdu(type: number, body: Uint8Array, lie: Lie = {}): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(lie.length ?? body.length, 2);
  return bytes(header, body);
}

/** An item or sub-item: type, a reserved byte, a 16-bit length, the value. */
export function item(type: number, value: Uint8Array | string, lie: Lie = {}): Buffer {
  const content = bytes(value);
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(lie.length ?? content.length, 2);
  return bytes(header, content);
}

export function uint16(value: number): Buffer {
  const result = Buffer.alloc(2);
  result.writeUInt16BE(value);
  return result;
}

export function uint32(value: number): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32BE(value);
  return result;
}

export function presentationContextItem(context: RawContext): Buffer {
  return item(
    0x20,
    bytes(
      Buffer.of(context.id, 0, 0, 0),
      item(0x30, context.abstractSyntax),
      ...context.transferSyntaxes.map((uid) => item(0x40, uid)),
    ),
  );
}

/** PS3.7 D.3.3.3: asynchronous operations window. */
export function asyncWindowItem(invoked: number, performed: number): Buffer {
  return item(0x53, bytes(uint16(invoked), uint16(performed)));
}

/** PS3.7 D.3.3.4: role selection. */
export function roleItem(sopClassUid: string, scu: number, scp: number): Buffer {
  return item(0x54, bytes(uint16(sopClassUid.length), sopClassUid, scu, scp));
}

/** PS3.7 D.3.3.5: SOP class extended negotiation. */
export function extendedNegotiationItem(sopClassUid: string, information: Uint8Array): Buffer {
  return item(0x56, bytes(uint16(sopClassUid.length), sopClassUid, information));
}

/** PS3.7 D.3.3.6: SOP class common extended negotiation. */
export function commonExtendedNegotiationItem(
  sopClassUid: string,
  serviceClassUid: string,
  relatedSopClassUids: readonly string[] = [],
): Buffer {
  const related = bytes(...relatedSopClassUids.map((uid) => bytes(uint16(uid.length), uid)));
  return item(
    0x57,
    bytes(
      uint16(sopClassUid.length),
      sopClassUid,
      uint16(serviceClassUid.length),
      serviceClassUid,
      uint16(related.length),
      related,
    ),
  );
}

/** PS3.7 D.3.3.7: user identity. Type 1 is a name, 2 a name and a passcode, 3 Kerberos, 4 SAML, 5 JWT. */
export function userIdentityItem(type: number, responseRequested: boolean, primary: string, secondary = ''): Buffer {
  return item(
    0x58,
    bytes(type, responseRequested ? 1 : 0, uint16(primary.length), primary, uint16(secondary.length), secondary),
  );
}

function aeTitle(title: string | Uint8Array): Buffer {
  const field = Buffer.alloc(16, typeof title === 'string' ? 0x20 : 0);
  bytes(title).copy(field);
  return field;
}

/** The body of an A-ASSOCIATE-RQ (PS3.8 9.3.2), without the six bytes of the PDU header. */
export function associateRequestBody(request: RawAssociateRequest): Buffer {
  const application =
    request.applicationContext === null ? '' : item(0x10, request.applicationContext ?? APPLICATION_CONTEXT);
  const userInformation =
    request.userInformation ??
    bytes(
      request.maxPdu === null ? '' : item(0x51, uint32(request.maxPdu ?? 16384)),
      item(0x52, RAW_IMPLEMENTATION_CLASS),
      item(0x55, RAW_IMPLEMENTATION_VERSION),
      ...(request.userItems ?? []),
    );
  return bytes(
    uint16(request.protocolVersion ?? 1),
    uint16(0),
    aeTitle(request.calledAeTitle ?? 'ANY-SCP'),
    aeTitle(request.callingAeTitle ?? 'RAW-PEER'),
    Buffer.alloc(32),
    application,
    ...request.contexts.map(presentationContextItem),
    item(0x50, userInformation),
    ...(request.extraItems ?? []),
  );
}

export function associateRequest(request: RawAssociateRequest, lie: Lie = {}): Buffer {
  return pdu(0x01, associateRequestBody(request), lie);
}

export function releaseRequest(): Buffer {
  return pdu(0x05, Buffer.alloc(4));
}

export function releaseResponse(): Buffer {
  return pdu(0x06, Buffer.alloc(4));
}

export function abort(source = 0, reason = 0): Buffer {
  return pdu(0x07, Buffer.of(0, 0, source, reason));
}

export type PdvOptions = Lie & { readonly command: boolean; readonly last: boolean };

/** One presentation data value with its own length, context and message control header (PS3.8 9.3.5.1, E.2). */
export function pdv(contextId: number, value: Uint8Array, options: PdvOptions): Buffer {
  const control = (options.command ? 1 : 0) | (options.last ? 2 : 0);
  return bytes(uint32(options.length ?? value.length + 2), contextId, control, value);
}

export function pData(...pdvs: readonly Uint8Array[]): Buffer {
  return pdu(0x04, bytes(...pdvs));
}

/** Splits a value into P-DATA-TF PDUs of one PDV each; `maxPdu` is the negotiated length, so the value gets six bytes less. */
export function fragments(contextId: number, command: boolean, value: Uint8Array, maxPdu = 16384): Buffer[] {
  const size = maxPdu - 6;
  const result: Buffer[] = [];
  let offset = 0;
  do {
    const end = Math.min(offset + size, value.length);
    result.push(pData(pdv(contextId, value.subarray(offset, end), { command, last: end === value.length })));
    offset = end;
  } while (offset < value.length);
  return result;
}

/** A whole DIMSE message as bytes. */
export function message(contextId: number, command: Uint8Array, dataSet?: Uint8Array, maxPdu = 16384): Buffer {
  const parts = fragments(contextId, true, command, maxPdu);
  if (dataSet) parts.push(...fragments(contextId, false, dataSet, maxPdu));
  return Buffer.concat(parts);
}

// Command sets: Implicit VR Little Endian, group 0000 (PS3.7 6.3.1).

/** Text is padded to an even length with NUL (UIDs) or space; numbers are US unless `bits` says 32; bytes are taken as they are. */
export type CommandElement = readonly [element: number, value: string | number | Uint8Array, bits?: 32];

/** A number overrides Command Group Length, null leaves it out. */
export type CommandOptions = { readonly groupLength?: number | null };

export function commandSet(elements: readonly CommandElement[], options: CommandOptions = {}): Buffer {
  const body = Buffer.concat(
    elements.map(([element, value, bits]) => commandElement(element, commandValue(element, value, bits))),
  );
  if (options.groupLength === null) return body;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(options.groupLength ?? body.length);
  return bytes(commandElement(0x0000, length), body);
}

function commandElement(element: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0x0000, 0);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(value.length, 4);
  return bytes(header, value);
}

const UID_ELEMENTS = new Set([0x0002, 0x0003, 0x1000, 0x1001]);

function commandValue(element: number, value: string | number | Uint8Array, bits?: 32): Buffer {
  if (typeof value === 'number') {
    const result = Buffer.alloc(bits === 32 ? 4 : 2);
    if (bits === 32) result.writeUInt32LE(value);
    else result.writeUInt16LE(value);
    return result;
  }
  if (typeof value !== 'string') return bytes(value);
  const padding = value.length % 2 === 0 ? '' : UID_ELEMENTS.has(element) ? '\0' : ' ';
  return bytes(value, padding);
}

export type StoreRequest = CommandOptions & {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly messageId?: number;
  readonly priority?: number;
  /** Command Data Set Type: 0101H says that no data set follows. */
  readonly dataSetType?: number;
};

export function storeRequest(request: StoreRequest): Buffer {
  return commandSet(
    [
      [0x0002, request.sopClassUid],
      [0x0100, 0x0001],
      [0x0110, request.messageId ?? 1],
      [0x0700, request.priority ?? 0],
      [0x0800, request.dataSetType ?? 0x0000],
      [0x1000, request.sopInstanceUid],
    ],
    request,
  );
}

export function echoRequest(messageId = 1): Buffer {
  return commandSet([
    [0x0002, VERIFICATION],
    [0x0100, 0x0030],
    [0x0110, messageId],
    [0x0800, 0x0101],
  ]);
}

// Parsing of what the receiver answers.

export type RawItem = { readonly type: number; readonly value: Buffer };

export type RawAccept = {
  readonly type: 'A-ASSOCIATE-AC';
  readonly protocolVersion: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly applicationContext: string | undefined;
  readonly contexts: readonly {
    readonly id: number;
    readonly result: number;
    readonly transferSyntax: string | undefined;
  }[];
  readonly maxPdu: number | undefined;
  readonly implementationClassUid: string | undefined;
  readonly implementationVersionName: string | undefined;
  /** Every sub-item of User Information as it came, the known ones too. */
  readonly userItems: readonly RawItem[];
};

export type RawPdv = {
  readonly contextId: number;
  readonly command: boolean;
  readonly last: boolean;
  readonly value: Buffer;
};

export type RawPdu =
  | RawAccept
  | { readonly type: 'A-ASSOCIATE-RQ'; readonly body: Buffer }
  | {
      readonly type: 'A-ASSOCIATE-RJ';
      readonly result: number;
      readonly source: number;
      readonly reason: number;
    }
  | { readonly type: 'P-DATA-TF'; readonly pdvs: readonly RawPdv[] }
  | { readonly type: 'A-RELEASE-RQ' }
  | { readonly type: 'A-RELEASE-RP' }
  | { readonly type: 'A-ABORT'; readonly source: number; readonly reason: number }
  | { readonly type: 'unknown'; readonly pduType: number; readonly body: Buffer };

export function parsePdu(pduType: number, body: Buffer): RawPdu {
  switch (pduType) {
    case 0x01:
      return { type: 'A-ASSOCIATE-RQ', body };
    case 0x02:
      return parseAccept(body);
    case 0x03:
      exactly(body, 4, 'A-ASSOCIATE-RJ');
      return {
        type: 'A-ASSOCIATE-RJ',
        result: body.readUInt8(1),
        source: body.readUInt8(2),
        reason: body.readUInt8(3),
      };
    case 0x04:
      return { type: 'P-DATA-TF', pdvs: parsePdvs(body) };
    case 0x05:
      exactly(body, 4, 'A-RELEASE-RQ');
      return { type: 'A-RELEASE-RQ' };
    case 0x06:
      exactly(body, 4, 'A-RELEASE-RP');
      return { type: 'A-RELEASE-RP' };
    case 0x07:
      exactly(body, 4, 'A-ABORT');
      return { type: 'A-ABORT', source: body.readUInt8(2), reason: body.readUInt8(3) };
    default:
      return { type: 'unknown', pduType, body };
  }
}

function exactly(body: Buffer, length: number, name: string): void {
  if (body.length !== length) throw new Error(`${name} has a body of ${body.length} bytes instead of ${length}`);
}

export function parseItems(body: Buffer): RawItem[] {
  const items: RawItem[] = [];
  let offset = 0;
  while (offset < body.length) {
    const length = body.readUInt16BE(offset + 2);
    const end = offset + 4 + length;
    if (end > body.length) throw new Error(`item ${body.readUInt8(offset)} reaches beyond its parent`);
    items.push({ type: body.readUInt8(offset), value: body.subarray(offset + 4, end) });
    offset = end;
  }
  return items;
}

function parseAccept(body: Buffer): RawAccept {
  const items = parseItems(body.subarray(68));
  const text = (type: number, from: readonly RawItem[]) =>
    from.find((candidate) => candidate.type === type)?.value.toString('latin1');
  const userItems = parseItems(items.find((candidate) => candidate.type === 0x50)?.value ?? Buffer.alloc(0));
  return {
    type: 'A-ASSOCIATE-AC',
    protocolVersion: body.readUInt16BE(0),
    calledAeTitle: body.toString('latin1', 4, 20).trimEnd(),
    callingAeTitle: body.toString('latin1', 20, 36).trimEnd(),
    applicationContext: text(0x10, items),
    contexts: items
      .filter((candidate) => candidate.type === 0x21)
      .map(({ value }) => ({
        id: value.readUInt8(0),
        result: value.readUInt8(2),
        transferSyntax: text(0x40, parseItems(value.subarray(4))),
      })),
    maxPdu: userItems.find((candidate) => candidate.type === 0x51)?.value.readUInt32BE(0),
    implementationClassUid: text(0x52, userItems),
    implementationVersionName: text(0x55, userItems),
    userItems,
  };
}

function parsePdvs(body: Buffer): RawPdv[] {
  const pdvs: RawPdv[] = [];
  let offset = 0;
  while (offset < body.length) {
    const length = body.readUInt32BE(offset);
    const end = offset + 4 + length;
    if (length < 2 || end > body.length) throw new Error(`PDV of ${length} bytes does not fit its PDU`);
    const control = body.readUInt8(offset + 5);
    pdvs.push({
      contextId: body.readUInt8(offset + 4),
      command: (control & 1) !== 0,
      last: (control & 2) !== 0,
      value: body.subarray(offset + 6, end),
    });
    offset = end;
  }
  return pdvs;
}

export type RawCommand = {
  readonly CommandGroupLength?: number;
  readonly AffectedSOPClassUID?: string;
  readonly CommandField?: number;
  readonly MessageID?: number;
  readonly MessageIDBeingRespondedTo?: number;
  readonly CommandDataSetType?: number;
  readonly Status?: number;
  readonly OffendingElement?: readonly number[];
  readonly ErrorComment?: string;
  readonly ErrorID?: number;
  readonly AffectedSOPInstanceUID?: string;
  readonly EventTypeID?: number;
  readonly ActionTypeID?: number;
};

const COMMAND_FIELDS: Readonly<Record<number, keyof RawCommand>> = {
  0: 'CommandGroupLength',
  2: 'AffectedSOPClassUID',
  256: 'CommandField',
  272: 'MessageID',
  288: 'MessageIDBeingRespondedTo',
  2048: 'CommandDataSetType',
  2304: 'Status',
  2305: 'OffendingElement',
  2306: 'ErrorComment',
  2307: 'ErrorID',
  4096: 'AffectedSOPInstanceUID',
  4098: 'EventTypeID',
  4104: 'ActionTypeID',
};

/** Parses a command set and insists on what PS3.7 6.3.1 and E asks of it: group 0000, rising elements, a true group length. */
export function parseCommand(command: Buffer): RawCommand {
  const result: Record<string, unknown> = {};
  let previous = -1;
  let offset = 0;
  while (offset < command.length) {
    const group = command.readUInt16LE(offset);
    const element = command.readUInt16LE(offset + 2);
    const length = command.readUInt32LE(offset + 4);
    const value = command.subarray(offset + 8, offset + 8 + length);
    if (group !== 0 || element <= previous) throw new Error(`command element ${group},${element} is out of order`);
    if (value.length !== length || length % 2 !== 0) throw new Error(`command element ${element} has length ${length}`);
    const name = COMMAND_FIELDS[element];
    if (name !== undefined) result[name] = commandResult(name, value);
    previous = element;
    offset += 8 + length;
  }
  if (result.CommandGroupLength !== command.length - 12) throw new Error('Command Group Length is wrong');
  return result;
}

function commandResult(name: keyof RawCommand, value: Buffer): unknown {
  switch (name) {
    case 'CommandGroupLength':
      return value.readUInt32LE(0);
    case 'AffectedSOPClassUID':
    case 'AffectedSOPInstanceUID':
      return value.toString('latin1').replace(/\0$/, '');
    case 'ErrorComment':
      return value.toString('latin1').trimEnd();
    case 'OffendingElement': {
      const tags: number[] = [];
      for (let at = 0; at + 4 <= value.length; at += 4) {
        tags.push(value.readUInt16LE(at) * 0x10000 + value.readUInt16LE(at + 2));
      }
      return tags;
    }
    default:
      return value.readUInt16LE(0);
  }
}

/** Cuts a byte stream into PDUs. */
export class PduSplitter {
  #pending: Buffer = Buffer.alloc(0);

  /** Bytes that do not make up a whole PDU yet. */
  get pending(): Buffer {
    return this.#pending;
  }

  push(chunk: Buffer): RawPdu[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const pdus: RawPdu[] = [];
    while (this.#pending.length >= 6) {
      const end = 6 + this.#pending.readUInt32BE(2);
      if (this.#pending.length < end) break;
      pdus.push(parsePdu(this.#pending.readUInt8(0), this.#pending.subarray(6, end)));
      this.#pending = this.#pending.subarray(end);
    }
    return pdus;
  }
}
