/**
 * A peer that does exactly what a test tells it, byte by byte, on a real socket. Every wait has a time limit, so that
 * a receiver that hangs fails the test instead of the whole run.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  associateRequest,
  echoRequest,
  IMPLICIT_VR_LITTLE_ENDIAN,
  message,
  PduSplitter,
  parseCommand,
  type RawAccept,
  type RawAssociateRequest,
  type RawCommand,
  type RawPdu,
  releaseRequest,
  VERIFICATION,
} from './raw-pdu.ts';

export type PeerOptions = {
  readonly host?: string;
  /** Limit of every wait in milliseconds. */
  readonly timeout?: number;
};

export type SendOptions = {
  /** Bytes per segment; without it everything goes out in one write. */
  readonly chunk?: number;
  /** Milliseconds between segments. */
  readonly pause?: number;
};

export type PeerMessage = {
  readonly contextId: number;
  readonly command: RawCommand;
};

type PduOf<Type extends RawPdu['type']> = Extract<RawPdu, { readonly type: Type }>;

export class ScriptedPeer {
  readonly #socket: Socket;
  readonly #timeout: number;
  readonly #splitter = new PduSplitter();
  readonly #pdus: RawPdu[] = [];
  #problem: Error | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  static async connect(port: number, options: PeerOptions = {}): Promise<ScriptedPeer> {
    // Half-open is allowed because the script decides when this side closes.
    const socket = createConnection({ port, host: options.host ?? '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const timeout = options.timeout ?? 5_000;
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new ScriptedPeer(socket, timeout);
  }

  /** Connects and negotiates; fails unless the answer is an A-ASSOCIATE-AC. */
  static async associate(
    port: number,
    request: RawAssociateRequest,
    options: PeerOptions = {},
  ): Promise<{ peer: ScriptedPeer; accept: RawAccept }> {
    const peer = await ScriptedPeer.connect(port, options);
    try {
      await peer.send(associateRequest(request));
      return { peer, accept: await peer.expect('A-ASSOCIATE-AC') };
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  constructor(socket: Socket, timeout: number) {
    this.#socket = socket;
    this.#timeout = timeout;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#pdus.push(...this.#splitter.push(chunk));
      } catch (error) {
        this.#problem ??= error instanceof Error ? error : new Error(String(error));
      }
      this.#wake?.();
    });
    socket.on('error', (error) => {
      this.#problem ??= error;
    });
    for (const name of ['end', 'close']) {
      socket.on(name, () => {
        this.#ended = true;
        this.#wake?.();
      });
    }
  }

  /** The port of this side, to find the association in the receiver's events. */
  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  /**
   * Sends bytes. False when the receiver closed before everything was out, which is what a receiver does that decides
   * on a header.
   */
  async send(content: Uint8Array, options: SendOptions = {}): Promise<boolean> {
    const size = options.chunk ?? content.length;
    const limit = Date.now() + this.#timeout + (content.length / size) * ((options.pause ?? 0) + 1);
    for (let offset = 0; offset < content.length; offset += size) {
      if (!(await this.#write(content.subarray(offset, offset + size), limit - Date.now()))) return false;
      // Giving the loop a turn lets the receiver read each segment by itself when it lives in this process.
      if (options.pause !== undefined) await delay(options.pause);
      else if (options.chunk !== undefined) await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  #write(content: Uint8Array, limit: number): Promise<boolean> {
    if (!this.#socket.writable) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the receiver did not take ${content.length} bytes in time`)),
        Math.max(limit, 1),
      );
      const finish = (sent: boolean) => {
        clearTimeout(timer);
        this.#socket.off('close', closed);
        resolve(sent);
      };
      const closed = () => finish(false);
      this.#socket.once('close', closed);
      this.#socket.write(content, (error) => finish(!error));
    });
  }

  /** The next PDU; with a type, fails unless it is of that type. */
  async expect(): Promise<RawPdu>;
  async expect<Type extends RawPdu['type']>(type: Type, timeout?: number): Promise<PduOf<Type>>;
  async expect(type?: RawPdu['type'], timeout?: number): Promise<RawPdu> {
    await this.#until(() => this.#pdus.length > 0, `${type ?? 'a PDU'}`, timeout);
    const next = this.#pdus.shift();
    if (!next) throw new Error(`expected ${type ?? 'a PDU'}, but ${this.#state()}`);
    if (type !== undefined && next.type !== type) throw new Error(`expected ${type}, got ${describe(next)}`);
    return next;
  }

  /** The next PDU, which stays there for the next `expect`. */
  async peek(timeout?: number): Promise<RawPdu> {
    await this.#until(() => this.#pdus.length > 0, 'a PDU', timeout);
    const next = this.#pdus[0];
    if (!next) throw new Error(`expected a PDU, but ${this.#state()}`);
    return next;
  }

  /** The next DIMSE message, which must be a command without a data set, as every response here is. */
  async expectMessage(timeout?: number): Promise<PeerMessage> {
    const parts: Buffer[] = [];
    for (;;) {
      const { pdvs } = await this.expect('P-DATA-TF', timeout);
      for (const [index, value] of pdvs.entries()) {
        if (!value.command) throw new Error('expected a command, got a data set');
        parts.push(value.value);
        if (!value.last) continue;
        if (index < pdvs.length - 1) throw new Error('another PDV follows the last one of a response');
        return { contextId: value.contextId, command: parseCommand(Buffer.concat(parts)) };
      }
    }
  }

  /** The status of the next response. */
  async expectStatus(timeout?: number): Promise<number> {
    const { command } = await this.expectMessage(timeout);
    if (command.Status === undefined) throw new Error('the response has no Status');
    return command.Status;
  }

  /** Waits until the receiver closes; anything it says before is a failure. */
  async expectClose(timeout?: number): Promise<'closed' | 'reset'> {
    await this.#until(() => this.#ended || this.#pdus.length > 0, 'the end of the connection', timeout);
    const next = this.#pdus[0];
    if (next) throw new Error(`expected the end of the connection, got ${describe(next)}`);
    if (this.#splitter.pending.length > 0) {
      throw new Error(`${this.#splitter.pending.length} bytes of an unfinished PDU came before the end`);
    }
    return this.#problem ? 'reset' : 'closed';
  }

  /** Fails when the receiver says anything or closes within the time. */
  async expectSilence(ms: number): Promise<void> {
    await delay(ms);
    const next = this.#pdus[0];
    if (next) throw new Error(`expected silence, got ${describe(next)}`);
    if (this.#ended) throw new Error('expected silence, but the receiver closed the connection');
  }

  wait(ms: number): Promise<void> {
    return delay(ms);
  }

  /** A-RELEASE-RQ, A-RELEASE-RP, close. */
  async release(): Promise<void> {
    await this.send(releaseRequest());
    await this.expect('A-RELEASE-RP');
    await this.close();
  }

  /** Sends FIN and goes on reading. */
  end(): void {
    this.#socket.end();
  }

  /** Closes the socket in an orderly way; safe to call twice. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.destroySoon();
    // An unread answer must not keep the test waiting.
    const timer = setTimeout(() => this.#socket.destroy(), 500);
    this.#socket.resume();
    await closed;
    clearTimeout(timer);
  }

  /** Sends RST. */
  async reset(): Promise<void> {
    const closed = this.#socket.closed || new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.resetAndDestroy();
    await closed;
  }

  async #until(ready: () => boolean, what: string, timeout = this.#timeout): Promise<void> {
    const limit = performance.now() + timeout;
    while (!ready()) {
      if (this.#ended || (this.#problem && this.#pdus.length === 0)) return;
      const left = limit - performance.now();
      if (left <= 0) throw new Error(`no ${what} within ${timeout} ms (${this.#state()})`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  #state(): string {
    const pending = this.#splitter.pending;
    const rest = pending.length > 0 ? `, ${pending.length} bytes pending: ${pending.toString('hex', 0, 32)}` : '';
    if (this.#problem) return `the connection failed: ${this.#problem.message}${rest}`;
    return `${this.#ended ? 'the receiver closed' : 'the connection is open'}${rest}`;
  }
}

function describe(pdu: RawPdu): string {
  return JSON.stringify(pdu, (_key, value: unknown) =>
    // Buffers arrive here already turned into { type: 'Buffer', data }.
    typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
      ? Buffer.from(value.data.slice(0, 64)).toString('hex')
      : value,
  );
}

/** One whole C-ECHO association that must succeed: used after every bad input to prove that the receiver is well. */
export async function echo(
  port: number,
  options: PeerOptions & Pick<RawAssociateRequest, 'calledAeTitle' | 'callingAeTitle'> = {},
): Promise<void> {
  const { host, timeout, ...titles } = options;
  const peerOptions = { ...(host !== undefined && { host }), ...(timeout !== undefined && { timeout }) };
  const { peer, accept } = await ScriptedPeer.associate(
    port,
    {
      ...titles,
      contexts: [{ id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] }],
    },
    peerOptions,
  );
  try {
    if (accept.contexts[0]?.result !== 0) throw new Error('the Verification context was not accepted');
    await peer.send(message(1, echoRequest(7)));
    const { contextId, command } = await peer.expectMessage();
    if (contextId !== 1 || command.Status !== 0 || command.MessageIDBeingRespondedTo !== 7) {
      throw new Error(`C-ECHO was answered with ${JSON.stringify({ contextId, command })}`);
    }
    if (command.CommandField !== 0x8030) throw new Error('the answer is no C-ECHO-RSP');
    await peer.release();
  } finally {
    await peer.close();
  }
}
