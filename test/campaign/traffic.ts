/** What comes to a receiver in the campaign: senders whose every answer is booked, and peers who mean no good. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { syntheticCt, type TestUids } from '../support/data-sets.ts';
import {
  associateRequest,
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  fragments,
  storeRequest,
} from '../support/raw-pdu.ts';
import { contextsFor, type RawInstance, RawSender } from '../support/raw-sender.ts';
import type { Ledger, Tally } from './ledger.ts';

const SIZES = [1_000, 40_000, 300_000, 2_500_000];
const TRANSFER = { sopClassUid: CT_IMAGE_STORAGE, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
const CONTEXTS = contextsFor([TRANSFER]);

/** Instances that nobody has sent before. */
export class Instances {
  #count = 0;

  /** @param sizes of the pixels, one after the other */
  next(sizes: readonly number[] = SIZES): RawInstance {
    const number = ++this.#count;
    const studyInstanceUid = `1.2.826.0.1.3680043.8.498.5.${Math.floor(number / 8)}`;
    const uids: TestUids = {
      sopClassUid: CT_IMAGE_STORAGE,
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.${number}`,
    };
    const bytes = sizes[number % sizes.length]! + 2 * (number % 50);
    return { ...uids, ...TRANSFER, dataSet: syntheticCt({ bytes, uids }) };
  }
}

export interface Sending {
  readonly port: number;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly instances: Instances;
}

export interface SendOptions {
  readonly each?: number;
  readonly senders?: number;
  readonly sizes?: readonly number[];
  /** Ends the sending early. */
  readonly until?: () => boolean;
}

/** Sends so many objects over each of some associations; whatever happens, an answer counts, no answer does not. */
export async function send(
  { port, ledger, tally, instances }: Sending,
  { each = 4, senders = 2, sizes = SIZES, until = () => false }: SendOptions = {},
): Promise<void> {
  const one = async () => {
    const sender = await RawSender.connect({ port, contexts: CONTEXTS, timeout: 20_000 }).catch(() => undefined);
    for (let count = 0; count < each && !until(); count++) {
      const instance = instances.next(sizes);
      ledger.sent(instance.sopInstanceUid, instance.dataSet);
      tally.sent++;
      const status = await sender?.store(instance).catch(() => undefined);
      if (status === 0) {
        ledger.acknowledge(instance.sopInstanceUid);
        tally.acknowledged++;
      } else if (status !== undefined) {
        tally.refused++;
      } else {
        tally.unanswered++;
        sender?.destroy();
        return;
      }
    }
    await sender?.release().catch(() => undefined);
  };
  await Promise.all(Array.from({ length: senders }, one));
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  // A receiver that is out of descriptors closes at once: that is an answer too.
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  socket.resume();
  return socket;
}

/** Connects and says nothing. Gives the end of it. */
export async function idlePeers(port: number, count: number): Promise<() => void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(port)));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Each sends an object, a few bytes at a time, that never ends. Gives the end of it. */
export async function drippingPeers(port: number, count: number): Promise<() => void> {
  const command = storeRequest({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: '1.2.3', messageId: 1 });
  const words = Buffer.concat([
    associateRequest({ contexts: CONTEXTS }),
    ...fragments(1, true, command),
    ...fragments(1, false, syntheticCt({ bytes: 100_000 })),
  ]);
  const sockets = await Promise.all(Array.from({ length: count }, () => open(port)));
  let at = 0;
  const timer = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(words.subarray(at, at + 7));
    at += 7;
  }, 5);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

/** Connections that bring nothing but random bytes, some of them behind the head of a PDU. */
export async function garbage(port: number, count: number): Promise<void> {
  const one = async (index: number) => {
    const socket = await open(port);
    const bytes = randomBytes(10 + ((index * 7919) % 4000));
    if (index % 2 === 0) bytes[0] = 1 + (index % 7);
    socket.end(bytes);
    if (!socket.closed) await once(socket, 'close').catch(() => undefined);
  };
  const queue = Array.from({ length: count }, (_, index) => index);
  const worker = async () => {
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) await one(index);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
