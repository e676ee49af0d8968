/** PDUs to bytes (PS3.8 9.3). */

import type { Rejection } from './errors.ts';
import type { AAbort, AAssociateAc, ProposedContext, RoleSelection, UserInformation } from './pdu.ts';
import { APPLICATION_CONTEXT, PDU_TYPE } from './pdu.ts';

const PDU_HEADER = 6;
const PDV_HEADER = 6;

/** Longest PDU sent to a peer that sets no limit. */
const LONGEST_PDU = 128 * 1024;

/** What our requestor says in a request. */
export interface AssociateRequest {
  /** At most 16 characters each. */
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly presentationContexts: readonly ProposedContext[];
  readonly userInformation: Pick<
    UserInformation,
    'maximumLength' | 'implementationClassUid' | 'implementationVersionName'
  > &
    Partial<Pick<UserInformation, 'roleSelections'>>;
}

/** A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function encodeAssociateRq(rq: AssociateRequest): Uint8Array {
  const user = rq.userInformation;
  return pdu(
    'A-ASSOCIATE-RQ',
    Uint8Array.of(0, 1, 0, 0),
    ascii(rq.calledAeTitle.padEnd(16)),
    ascii(rq.callingAeTitle.padEnd(16)),
    new Uint8Array(32),
    item(0x10, ascii(APPLICATION_CONTEXT)),
    ...rq.presentationContexts.map((context) =>
      item(
        0x20,
        Uint8Array.of(context.id, 0, 0, 0),
        item(0x30, ascii(context.abstractSyntax)),
        ...context.transferSyntaxes.map((uid) => item(0x40, ascii(uid))),
      ),
    ),
    item(
      0x50,
      item(0x51, uint32(user.maximumLength)),
      item(0x52, ascii(user.implementationClassUid)),
      ...(user.roleSelections ?? []).map(roleItem),
      item(0x55, ascii(user.implementationVersionName)),
    ),
  );
}

/** A-ASSOCIATE-AC (PS3.8 9.3.3). */
export function encodeAssociateAc(ac: AAssociateAc): Uint8Array {
  const user = ac.userInformation;
  const window = user.asynchronousOperationsWindow;
  return pdu(
    'A-ASSOCIATE-AC',
    Uint8Array.of(0, 1, 0, 0),
    ac.titlesAsReceived,
    item(0x10, ascii(APPLICATION_CONTEXT)),
    ...ac.presentationContexts.map((context) =>
      item(0x21, Uint8Array.of(context.id, 0, context.result, 0), item(0x40, ascii(context.transferSyntax))),
    ),
    item(
      0x50,
      item(0x51, uint32(user.maximumLength)),
      item(0x52, ascii(user.implementationClassUid)),
      ...(window ? [item(0x53, uint16(window.invoked), uint16(window.performed))] : []),
      ...user.roleSelections.map(roleItem),
      item(0x55, ascii(user.implementationVersionName)),
      ...user.extendedNegotiations.map((negotiation) =>
        item(0x56, counted(negotiation.sopClassUid), negotiation.information),
      ),
      ...(user.userIdentityAccepted ? [item(0x59, uint16(0))] : []),
    ),
  );
}

/** A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export function encodeAssociateRj({
  result,
  source,
  reason,
}: Pick<Rejection, 'result' | 'source' | 'reason'>): Uint8Array {
  return pdu('A-ASSOCIATE-RJ', Uint8Array.of(0, result, source, reason));
}

/** A-RELEASE-RQ (PS3.8 9.3.6). */
export function encodeReleaseRq(): Uint8Array {
  return pdu('A-RELEASE-RQ', Uint8Array.of(0, 0, 0, 0));
}

/** A-RELEASE-RP (PS3.8 9.3.7). */
export function encodeReleaseRp(): Uint8Array {
  return pdu('A-RELEASE-RP', Uint8Array.of(0, 0, 0, 0));
}

/** A-ABORT (PS3.8 9.3.8). */
export function encodeAbort({ source, reason }: Pick<AAbort, 'source' | 'reason'>): Uint8Array {
  return pdu('A-ABORT', Uint8Array.of(0, 0, source, reason));
}

/**
 * One command message as P-DATA-TF PDUs, none longer than the peer takes (PS3.8 9.3.5, D.1).
 * @param maximumLength of the peer in bytes; 0 means no limit
 */
export function encodeCommandPdus(contextId: number, command: Uint8Array, maximumLength: number): Uint8Array {
  // A peer that allows less than one byte per PDU cannot be answered: it gets one byte each.
  const most = maximumLength === 0 ? command.length : Math.max(1, maximumLength - PDV_HEADER);
  const count = Math.max(1, Math.ceil(command.length / most));
  const bytes = new Uint8Array(command.length + count * (PDU_HEADER + PDV_HEADER));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const piece = command.subarray(index * most, (index + 1) * most);
    view.setUint8(at, PDU_TYPE['P-DATA-TF']);
    view.setUint32(at + 2, piece.length + PDV_HEADER);
    view.setUint32(at + 6, piece.length + 2);
    view.setUint8(at + 10, contextId);
    view.setUint8(at + 11, index === count - 1 ? 3 : 1);
    bytes.set(piece, at + PDU_HEADER + PDV_HEADER);
    at += PDU_HEADER + PDV_HEADER + piece.length;
  }
  return bytes;
}

/**
 * A Data Set as P-DATA-TF PDUs, each as its header and a view of the Data Set: nothing is copied (PS3.8 9.3.5, D.1).
 * @param maximumLength of the peer in bytes; 0 means no limit
 */
export function* dataSetPdus(
  contextId: number,
  dataSet: Uint8Array,
  maximumLength: number,
): Generator<readonly [header: Uint8Array, value: Uint8Array]> {
  const longest = Math.min(maximumLength === 0 ? LONGEST_PDU : maximumLength, LONGEST_PDU);
  const most = Math.max(1, longest - PDV_HEADER);
  let at = 0;
  do {
    const value = dataSet.subarray(at, at + most);
    at += value.length;
    const isLast = at === dataSet.length;
    const header = join([
      Uint8Array.of(PDU_TYPE['P-DATA-TF'], 0),
      uint32(value.length + PDV_HEADER),
      uint32(value.length + 2),
      Uint8Array.of(contextId, isLast ? 2 : 0),
    ]);
    yield [header, value];
  } while (at < dataSet.length);
}

function pdu(type: keyof typeof PDU_TYPE, ...parts: Uint8Array[]): Uint8Array {
  const body = join(parts);
  return join([Uint8Array.of(PDU_TYPE[type], 0), uint32(body.length), body]);
}

function item(type: number, ...parts: Uint8Array[]): Uint8Array {
  const body = join(parts);
  return join([Uint8Array.of(type, 0), uint16(body.length), body]);
}

/** SCP/SCU role selection (PS3.7 D.3.3.4). */
function roleItem({ sopClassUid, scuRole, scpRole }: RoleSelection): Uint8Array {
  return item(0x54, counted(sopClassUid), Uint8Array.of(scuRole ? 1 : 0, scpRole ? 1 : 0));
}

function counted(text: string): Uint8Array {
  return join([uint16(text.length), ascii(text)]);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
