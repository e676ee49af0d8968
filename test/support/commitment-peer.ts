/** The other side of storage commitment (PS3.4 J): asks for it, and takes the reports, byte by byte. */
import { buildDataSet, TEST_ENCODINGS, type TestEncoding } from './data-sets.ts';
import {
  bytes,
  commandSet,
  item,
  message,
  parseCommand,
  pdu,
  type RawPdu,
  releaseResponse,
  roleItem,
  uint32,
} from './raw-pdu.ts';
import { type ScriptedAcceptor, startAcceptor } from './scripted-acceptor.ts';
import type { ScriptedPeer } from './scripted-peer.ts';

export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';

/** SOP Class UID and SOP Instance UID. */
export type Asked = readonly [sopClassUid: string, sopInstanceUid: string];

export function actionInformation(
  transactionUid: string,
  references: readonly Asked[],
  encoding: TestEncoding = TEST_ENCODINGS.explicitLittle,
  undefinedLength = false,
): Buffer {
  const items = references.map(([sopClassUid, sopInstanceUid]) => ({
    elements: [
      { tag: 0x00081150, vr: 'UI', value: sopClassUid },
      { tag: 0x00081155, vr: 'UI', value: sopInstanceUid },
    ],
    undefinedLength,
  }));
  return Buffer.from(
    buildDataSet(encoding, [
      { tag: 0x00081195, vr: 'UI', value: transactionUid },
      { tag: 0x00081199, vr: 'SQ', value: { items }, undefinedLength },
    ]),
  );
}

export type ActionOptions = {
  readonly context: number;
  readonly messageId?: number;
  readonly actionType?: number;
  readonly instance?: string;
  readonly sopClass?: string;
};

/** A whole N-ACTION-RQ as bytes; without Action Information it announces none. */
export function action(information: Uint8Array | undefined, options: ActionOptions): Buffer {
  const command = commandSet([
    [0x0003, options.sopClass ?? STORAGE_COMMITMENT],
    [0x0100, 0x0130],
    [0x0110, options.messageId ?? 7],
    [0x0800, information ? 0x0000 : 0x0101],
    [0x1001, options.instance ?? STORAGE_COMMITMENT_INSTANCE],
    [0x1008, options.actionType ?? 1],
  ]);
  return message(options.context, command, information);
}

/** A report as it came. */
export type Report = {
  readonly eventType: number;
  readonly transactionUid: string;
  readonly committed: readonly string[];
  readonly failed: readonly (readonly [sopInstanceUid: string, reason: number])[];
};

/** Joins the fragments of one message. */
class Messages {
  #command: Buffer[] = [];
  #data: Buffer[] = [];
  contextId = 0;

  /** @returns the message that a PDU completes */
  push(received: RawPdu): { readonly messageId: number; readonly report: Report } | undefined {
    if (received.type !== 'P-DATA-TF') return undefined;
    let complete: { readonly messageId: number; readonly report: Report } | undefined;
    for (const { contextId, command, last, value } of received.pdvs) {
      this.contextId = contextId;
      (command ? this.#command : this.#data).push(Buffer.from(value));
      if (command || !last) continue;
      const { CommandField, EventTypeID = 0, MessageID = 0 } = parseCommand(Buffer.concat(this.#command));
      if (CommandField !== 0x0100) throw new Error(`not an N-EVENT-REPORT-RQ: ${CommandField}`);
      complete = { messageId: MessageID, report: parseReport(EventTypeID, Buffer.concat(this.#data)) };
      this.#command = [];
      this.#data = [];
    }
    return complete;
  }
}

/** Event Information with lengths, in either uncompressed little endian syntax. */
function parseReport(eventType: number, dataSet: Buffer): Report {
  const explicit = /[A-Z]{2}/.test(dataSet.toString('latin1', 4, 6));
  const elements = (content: Buffer): (readonly [tag: number, value: Buffer])[] => {
    const found: (readonly [number, Buffer])[] = [];
    for (let at = 0; at < content.length; ) {
      const tag = content.readUInt16LE(at) * 0x10000 + content.readUInt16LE(at + 2);
      const plain = !explicit || tag === 0xfffee000;
      const long = !plain && content.toString('latin1', at + 4, at + 6) === 'SQ';
      const start = at + (long ? 12 : 8);
      const length = plain || long ? content.readUInt32LE(start - 4) : content.readUInt16LE(at + 6);
      found.push([tag, content.subarray(start, start + length)]);
      at = start + length;
    }
    return found;
  };
  const text = (value: Buffer | undefined) => value?.toString('latin1').replace(/\0$/, '') ?? '';
  const top = new Map(elements(dataSet));
  const itemsOf = (tag: number) =>
    elements(top.get(tag) ?? Buffer.alloc(0)).map(([, value]) => new Map(elements(value)));
  return {
    eventType,
    transactionUid: text(top.get(0x00081195)),
    committed: itemsOf(0x00081199).map((one) => text(one.get(0x00081155))),
    failed: itemsOf(0x00081198).map((one) => [text(one.get(0x00081155)), one.get(0x00081197)?.readUInt16LE(0) ?? -1]),
  };
}

function answer(contextId: number, messageId: number, status: number): Buffer {
  return message(
    contextId,
    commandSet([
      [0x0002, STORAGE_COMMITMENT],
      [0x0100, 0x8100],
      [0x0120, messageId],
      [0x0800, 0x0101],
      [0x0900, status],
      [0x1000, STORAGE_COMMITMENT_INSTANCE],
    ]),
  );
}

/** Takes the next report on the association of the request, and answers it. */
export async function takeReport(peer: ScriptedPeer, status = 0): Promise<Report> {
  const messages = new Messages();
  for (;;) {
    const complete = messages.push(await peer.expect('P-DATA-TF', 20_000));
    if (!complete) continue;
    await peer.send(answer(messages.contextId, complete.messageId, status));
    return complete.report;
  }
}

export type Mood = 'take' | 'reject' | 'fail';

export type ReportTaker = ScriptedAcceptor & {
  readonly reports: readonly Report[];
  /** Role selection items of the requests, as they came. */
  readonly roles: readonly string[];
};

/**
 * A sender that takes reports on associations of the receiver.
 * @param moods what it does with each association; the last one for all that follow
 */
export async function startReportTaker(...moods: readonly Mood[]): Promise<ReportTaker> {
  const reports: Report[] = [];
  const roles: string[] = [];
  let associations = 0;
  let messages = new Messages();
  const acceptor = await startAcceptor((received) => {
    const mood = () => moods[Math.min(associations, moods.length) - 1];
    switch (received.type) {
      case 'A-ASSOCIATE-RQ': {
        associations += 1;
        messages = new Messages();
        const role = received.body.indexOf(item(0x54, roleItem(STORAGE_COMMITMENT, 0, 1).subarray(4)));
        roles.push(role < 0 ? 'none' : 'SCU 0, SCP 1');
        return mood() === 'reject' ? pdu(0x03, Buffer.of(0, 2, 3, 1)) : accept();
      }
      case 'P-DATA-TF': {
        const complete = messages.push(received);
        if (!complete) return undefined;
        if (mood() === 'fail') return answer(messages.contextId, complete.messageId, 0x0110);
        reports.push(complete.report);
        return answer(messages.contextId, complete.messageId, 0);
      }
      case 'A-RELEASE-RQ':
        return releaseResponse();
      default:
        return undefined;
    }
  });
  return { ...acceptor, reports, roles };
}

function accept(): Buffer {
  return pdu(
    0x02,
    bytes(
      Buffer.from([0, 1, 0, 0]),
      Buffer.alloc(64, 0x20),
      item(0x10, '1.2.840.10008.3.1.1.1'),
      item(0x21, bytes(Buffer.from([1, 0, 0, 0]), item(0x40, '1.2.840.10008.1.2'))),
      item(0x50, bytes(item(0x51, uint32(16384)), item(0x52, '1.2'), roleItem(STORAGE_COMMITMENT, 0, 1))),
    ),
  );
}
