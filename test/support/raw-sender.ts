/**
 * A storage user that costs almost nothing: objects are encoded beforehand, go out in one write, and one object is in
 * flight per association. It needs nothing but Node, so that it also runs in a process of its own for the bench.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import {
  associateRequest,
  fragments,
  PduSplitter,
  parseCommand,
  type RawAccept,
  type RawCommand,
  type RawContext,
  type RawPdu,
  releaseRequest,
  storeRequest,
} from './raw-pdu.ts';

export type RawSenderOptions = {
  readonly port: number;
  readonly host?: string;
  readonly callingAeTitle?: string;
  readonly calledAeTitle?: string;
  readonly contexts: readonly RawContext[];
  /** The longest PDU this side sends; the receiver's own limit is kept as well. */
  readonly maxPdu?: number;
  /** Limit of every wait in milliseconds. */
  readonly timeout?: number;
};

export type RawInstance = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Uint8Array;
};

export type EncodedStore = { readonly bytes: Buffer; readonly messageId: number };

/** One context per pair of SOP class and transfer syntax that occurs, with odd ids from 1. */
export function contextsFor(
  instances: readonly Pick<RawInstance, 'sopClassUid' | 'transferSyntaxUid'>[],
): RawContext[] {
  const pairs = new Map(
    instances.map(({ sopClassUid, transferSyntaxUid }) => [
      `${sopClassUid} ${transferSyntaxUid}`,
      { abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] },
    ]),
  );
  return [...pairs.values()].map((pair, index) => ({ id: 2 * index + 1, ...pair }));
}

export class RawSender {
  readonly accept: RawAccept;
  readonly #wire: Wire;
  readonly #contexts: readonly RawContext[];
  readonly #maxPdu: number;
  #messageId = 0;

  static async connect(options: RawSenderOptions): Promise<RawSender> {
    const wire = await Wire.open(options.port, options.host ?? '127.0.0.1', options.timeout ?? 30_000);
    try {
      const { callingAeTitle, calledAeTitle, contexts } = options;
      await wire.write(
        associateRequest({
          contexts,
          maxPdu: 131_072,
          ...(callingAeTitle !== undefined && { callingAeTitle }),
          ...(calledAeTitle !== undefined && { calledAeTitle }),
        }),
      );
      const accept = await wire.next();
      if (accept.type !== 'A-ASSOCIATE-AC') throw new Error(`answered with ${JSON.stringify(accept)}`);
      return new RawSender(wire, options, accept);
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  private constructor(wire: Wire, options: RawSenderOptions, accept: RawAccept) {
    this.accept = accept;
    this.#wire = wire;
    this.#contexts = options.contexts;
    // A length of 0 means that the receiver sets no limit (PS3.8 D.1.1).
    this.#maxPdu = Math.min(options.maxPdu ?? 131_072, accept.maxPdu || Number.POSITIVE_INFINITY);
  }

  /** The accepted context for a SOP class and transfer syntax. */
  contextFor(sopClassUid: string, transferSyntaxUid: string): number | undefined {
    return this.accept.contexts.find(
      (context) =>
        context.result === 0 &&
        context.transferSyntax === transferSyntaxUid &&
        this.#contexts.some(({ id, abstractSyntax }) => id === context.id && abstractSyntax === sopClassUid),
    )?.id;
  }

  /** Everything that goes over the wire for one object. */
  encode(instance: RawInstance): EncodedStore {
    const contextId = this.contextFor(instance.sopClassUid, instance.transferSyntaxUid);
    if (contextId === undefined) {
      throw new Error(`no accepted context for ${instance.sopClassUid} in ${instance.transferSyntaxUid}`);
    }
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const command = storeRequest({ ...instance, messageId: this.#messageId });
    const bytes = Buffer.concat([
      ...fragments(contextId, true, command, this.#maxPdu),
      ...fragments(contextId, false, instance.dataSet, this.#maxPdu),
    ]);
    return { bytes, messageId: this.#messageId };
  }

  /** Sends one object and waits for the answer. */
  async store(instance: RawInstance): Promise<number> {
    return (await this.storeForResponse(instance)).Status ?? -1;
  }

  async storeForResponse(instance: RawInstance): Promise<RawCommand> {
    return this.storeEncoded(this.encode(instance));
  }

  /** Sends one half of an object, waits, and sends the other half. */
  async storeInHalves(instance: RawInstance, between: () => Promise<void>): Promise<number> {
    const { bytes, messageId } = this.encode(instance);
    const half = bytes.length >> 1;
    await this.#wire.write(bytes.subarray(0, half));
    await between();
    return (await this.storeEncoded({ bytes: bytes.subarray(half), messageId })).Status ?? -1;
  }

  async storeEncoded({ bytes, messageId }: EncodedStore): Promise<RawCommand> {
    // Not awaited: a receiver may answer, or abort, before it has taken everything.
    const written = this.#wire.write(bytes);
    written.catch(() => {});
    const parts: Buffer[] = [];
    for (;;) {
      const answer = await this.#wire.next();
      if (answer.type !== 'P-DATA-TF') throw new Error(`the object was answered with ${JSON.stringify(answer)}`);
      for (const { value, last } of answer.pdvs) {
        parts.push(value);
        if (!last) continue;
        const response = parseCommand(parts.length === 1 ? value : Buffer.concat(parts));
        if (response.CommandField !== 0x8001 || response.MessageIDBeingRespondedTo !== messageId) {
          throw new Error(`the answer belongs to something else: ${JSON.stringify(response)}`);
        }
        await written;
        return response;
      }
    }
  }

  async release(): Promise<void> {
    await this.#wire.write(releaseRequest());
    const answer = await this.#wire.next();
    if (answer.type !== 'A-RELEASE-RP') throw new Error(`the release was answered with ${JSON.stringify(answer)}`);
    await this.#wire.close();
  }

  /** Ends the connection without a word, as a killed sender does. */
  destroy(): void {
    this.#wire.destroy();
  }
}

/** A socket with `next PDU` and time limits. */
class Wire {
  readonly #socket: Socket;
  readonly #timeout: number;
  readonly #splitter = new PduSplitter();
  readonly #pdus: RawPdu[] = [];
  #failure: Error | undefined;
  #waiting: { resolve(pdu: RawPdu): void; reject(error: Error): void } | undefined;

  static async open(port: number, host: string, timeout: number): Promise<Wire> {
    const socket = createConnection({ port, host, noDelay: true });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new Wire(socket, timeout);
  }

  private constructor(socket: Socket, timeout: number) {
    this.#socket = socket;
    this.#timeout = timeout;
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const pdu of this.#splitter.push(chunk)) {
          if (this.#waiting) this.#settle((waiting) => waiting.resolve(pdu));
          else this.#pdus.push(pdu);
        }
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    // One idle timer on the socket instead of one timer per object: the bench counts on that.
    socket.setTimeout(timeout, () => this.#waiting && this.#fail(new Error(`no answer within ${timeout} ms`)));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the receiver closed the connection')));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  next(): Promise<RawPdu> {
    const pdu = this.#pdus.shift();
    if (pdu) return Promise.resolve(pdu);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroySoon();
    const timer = setTimeout(() => this.#socket.destroy(), Math.min(this.#timeout, 1_000));
    await closed;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle((waiting) => waiting.reject(error));
  }

  #settle(how: (waiting: { resolve(pdu: RawPdu): void; reject(error: Error): void }) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) how(waiting);
  }
}
