/** One association of an acceptor from connection to close: drives the state machine, the timers and the socket (PS3.8 9.2). */

import type { Duplex } from 'node:stream';
import { readChunks } from './byte-source.ts';
import type { AbortReason, Rejection } from './errors.ts';
import { ABORT_REASON, ProtocolError } from './errors.ts';
import type { NegotiatedContext } from './negotiation.ts';
import type { AAssociateAc, AAssociateRq, DecodedItem, PdvFragment } from './pdu.ts';
import { PduDecoder } from './pdu-decoder.ts';
import {
  dataSetPdus,
  encodeAbort,
  encodeAssociateAc,
  encodeAssociateRj,
  encodeCommandPdus,
  encodeReleaseRp,
} from './pdu-encoder.ts';
import type { State, StateEvent } from './state-machine.ts';
import { transition } from './state-machine.ts';

/** How long a peer may take to read an A-ABORT before the receiver stops, in milliseconds. */
const CLOSE_TIMEOUT = 1000;

export interface AssociationLimits {
  /** Longest P-DATA-TF tolerated, in bytes. */
  readonly maxPDataLength: number;
  /** Total time for the request, and for the close at the end, in seconds (PS3.8 9.1.5). */
  readonly artimTimeout: number;
  /** What is left of it for the request, where a handshake has used some; in seconds. */
  readonly requestTimeout?: number;
  /** Longest silence of an established association, in seconds. */
  readonly idleTimeout: number;
  /** Least bytes a second of a message in transfer, measured over `rateWindow`; 0: no check. */
  readonly minimumRate: number;
  /** In seconds. */
  readonly rateWindow: number;
}

/** The answer to a request. */
export type RequestAnswer =
  | { readonly accept: AAssociateAc; readonly contexts: readonly NegotiatedContext[] }
  | { readonly reject: Rejection };

/** How an association ended. */
export type AssociationEnd =
  | { readonly kind: 'released' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** By the peer's A-ABORT, ours (`reason`), or a lost connection. */
  | { readonly kind: 'aborted'; readonly by: 'peer' | 'us' | 'connection'; readonly reason: string }
  /** The connection never became an association. */
  | { readonly kind: 'no-association'; readonly reason: string; readonly spoken?: 'TLS' };

/** The service user above the association. */
export interface AssociationUser {
  /** A-ASSOCIATE indication (PS3.8 7.1). */
  request(request: AAssociateRq): Promise<RequestAnswer>;
  /** P-DATA indication. A promise holds back everything that follows. @throws ProtocolError to abort */
  fragment(fragment: PdvFragment): Promise<void> | undefined;
  /** True while a message has begun and not ended. */
  readonly insideMessage: boolean;
  /** Called once, after the last other call has settled. */
  ended(end: AssociationEnd): Promise<void> | void;
}

/** An established or prospective association on a connection that has just been accepted. */
export class Association {
  readonly #socket: Duplex;
  readonly #limits: AssociationLimits;
  readonly #user: AssociationUser;
  readonly #decoder: PduDecoder;
  readonly #gone = new AbortController();
  #state: State = 'Sta1';
  #end: AssociationEnd | undefined;
  #told: Promise<void> | undefined;
  #busy = false;
  #consuming: Promise<void> | undefined;
  #maximumLengthOfPeer = 0;
  /** After lost framing nothing of the stream can be understood; it is read and ignored until the close. */
  #deaf = false;
  #artim: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Monotonic time of the last byte, or of the moment we began to wait for one; undefined while the peer waits for us. */
  #waitingSince: number | undefined;
  #windowWaited = 0;
  #windowBytes = 0;
  #windowChecked = 0;
  #received = 0;

  constructor(socket: Duplex, limits: AssociationLimits, user: AssociationUser) {
    this.#socket = socket;
    this.#limits = limits;
    this.#user = user;
    this.#decoder = new PduDecoder(limits.maxPDataLength);
    socket.on('close', () => this.#gone.abort());
    // A reset is a close with a reason that nobody needs; without a listener it would end the process.
    socket.on('error', () => {});
  }

  /** Aborted once the association has ended: nothing can be sent to the peer any more. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** True between acceptance and the beginning of the end. */
  get established(): boolean {
    return this.#state === 'Sta6';
  }

  /** Bytes that the peer has sent so far. */
  get bytesReceived(): number {
    return this.#received;
  }

  /** Reads until the connection is closed. Never rejects for what a peer does. */
  async run(): Promise<void> {
    this.#step('Evt5');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#socket.on('end', resolve);
        this.#socket.on('close', resolve);
        readChunks(this.#socket, (chunk) => this.#consume(chunk, reject));
      });
    } finally {
      await this.#consuming;
      this.#step('Evt17');
      clearTimeout(this.#artim);
      clearInterval(this.#watch);
      this.#socket.destroy();
      this.#finish({ kind: 'no-association', reason: 'the connection was closed' });
      await this.#told;
    }
  }

  /** P-DATA request: sends one command message. A promise means that the peer is slow to read. */
  send(contextId: number, command: Uint8Array): Promise<void> | undefined {
    if (!this.#step('Evt9') || this.#gone.signal.aborted) return undefined;
    return this.#write(encodeCommandPdus(contextId, command, this.#maximumLengthOfPeer));
  }

  /** The same for a command that a data set follows. */
  sendWithDataSet(contextId: number, command: Uint8Array, dataSet: Uint8Array): Promise<void> | undefined {
    if (!this.#step('Evt9') || this.#gone.signal.aborted) return undefined;
    const most = this.#maximumLengthOfPeer;
    const pdus = [...dataSetPdus(contextId, dataSet, most)].flat();
    return this.#write(Buffer.concat([encodeCommandPdus(contextId, command, most), ...pdus]));
  }

  /**
   * A-ABORT request. Source 2 is our choice for reasons that the receiver itself finds (docs/conformance.md).
   * @param source 0 service-user (the receiver stops), 2 service-provider
   */
  abort(reason: AbortReason, why: string, source: 0 | 2 = 2): void {
    this.#step('Evt15', { source, reason, why });
  }

  /** Closes the connection as soon as what was sent is out, without waiting for the peer to do it. */
  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end(() => this.#socket.destroy());
    // A peer that does not read would keep `end` waiting.
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT).unref();
  }

  /** Handles all that a chunk completes; a promise holds back the next chunk. */
  #consume(chunk: Uint8Array, failed: (error: unknown) => void): Promise<void> | undefined {
    this.#countWaiting();
    this.#windowBytes += chunk.length;
    this.#received += chunk.length;
    if (this.#deaf || this.#stopped) return undefined;
    try {
      this.#decoder.push(chunk);
      const pending = this.#work();
      if (pending) {
        this.#consuming = pending.catch(failed).then(() => this.#startWaiting());
        return this.#consuming;
      }
    } catch (error) {
      failed(error);
    }
    this.#startWaiting();
    return undefined;
  }

  #work(): Promise<void> | undefined {
    for (let item = this.#decode(); item; item = this.#decode()) {
      const pending = this.#handle(item);
      if (pending) return this.#whileBusy(pending).then(() => (this.#stopped ? undefined : this.#work()));
      if (this.#stopped) return undefined;
    }
    return undefined;
  }

  get #stopped(): boolean {
    return this.#state === 'Sta1';
  }

  #decode(): DecodedItem | undefined {
    if (this.#deaf) return undefined;
    try {
      return this.#decoder.next();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#deaf = true;
      const { reason, message: why, spoken } = error;
      this.#step('Evt19', { source: 2, reason, why, ...(spoken && { spoken }) });
      return undefined;
    }
  }

  /** The user hears of the end only after what it was doing for the association has settled. */
  async #whileBusy(pending: Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await pending;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.abort(error.reason, error.message);
    } finally {
      this.#busy = false;
      this.#tell();
    }
  }

  #finish(end: AssociationEnd): void {
    this.#end ??= end;
    this.#gone.abort();
    this.#tell();
  }

  #tell(): void {
    if (this.#end && !this.#busy) this.#told ??= Promise.resolve(this.#user.ended(this.#end));
  }

  #handle(item: DecodedItem): Promise<void> | undefined {
    switch (item.type) {
      case 'A-ASSOCIATE-RQ':
        return this.#requested(item);
      case 'PDV':
        // Fragments of a P-DATA-TF that came in the wrong state are ignored with it (AA-6).
        return this.#state === 'Sta6' ? this.#fragment(item) : undefined;
      case 'P-DATA-TF':
        this.#step('Evt10', unexpected('P-DATA-TF'));
        return undefined;
      case 'A-RELEASE-RQ':
        this.#step('Evt12', unexpected('A-RELEASE-RQ'));
        if (this.#state !== 'Sta8') return undefined;
        this.#step('Evt14');
        return undefined;
      case 'A-ABORT':
        this.#step('Evt16', { source: 0, reason: 'not-specified', why: `A-ABORT ${item.source}/${item.reason}` });
        return undefined;
      case 'A-ASSOCIATE-AC':
        this.#step('Evt3', unexpected(item.type));
        return undefined;
      case 'A-ASSOCIATE-RJ':
        this.#step('Evt4', unexpected(item.type));
        return undefined;
      case 'A-RELEASE-RP':
        this.#step('Evt13', unexpected(item.type));
        return undefined;
    }
  }

  #fragment(fragment: PdvFragment): Promise<void> | undefined {
    try {
      return this.#user.fragment(fragment);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.abort(error.reason, error.message);
      return undefined;
    }
  }

  async #requested(request: AAssociateRq): Promise<void> {
    if (!this.#step('Evt6', unexpected('A-ASSOCIATE-RQ')) || this.#state !== 'Sta3') return;
    const answer = await this.#user.request(request);
    if (this.#state !== 'Sta3') return; // aborted while the request was being judged
    if ('reject' in answer) {
      this.#step('Evt8');
      void this.#write(encodeAssociateRj(answer.reject));
      this.#finish({ kind: 'rejected', rejection: answer.reject });
    } else {
      this.#maximumLengthOfPeer = request.userInformation.maximumLength;
      this.#step('Evt7');
      void this.#write(encodeAssociateAc(answer.accept));
      this.#startWatch();
    }
  }

  /** Performs one cell of Table 9-10. Returns false when the cell is empty. */
  #step(event: StateEvent, detail: AbortDetail = unexpected(event)): boolean {
    const step = transition(this.#state, event);
    if (!step) return false;
    const before = this.#state;
    this.#state = step.next;
    switch (step.action) {
      case 'AE-5':
        this.#startArtim(this.#limits.requestTimeout);
        break;
      case 'AE-6':
        clearTimeout(this.#artim);
        break;
      case 'AE-8':
        this.#startArtim();
        break;
      case 'AR-4':
        this.#startArtim();
        void this.#write(encodeReleaseRp());
        this.#finish({ kind: 'released' });
        break;
      case 'AA-1':
        // Before an association exists the abort is that of a service-user (Sta2); later it says what the user said.
        this.#sendAbort(before === 'Sta2' ? { ...detail, source: 0, reason: 'not-specified' } : detail, before);
        break;
      case 'AA-7':
        // ARTIM goes on: nobody keeps a connection open by asking again and again.
        this.#writeAbort(detail);
        break;
      case 'AA-8':
        this.#sendAbort(detail, before);
        break;
      case 'AA-2':
      case 'AA-3':
        this.#socket.destroy();
        this.#finish(
          before === 'Sta2'
            ? { kind: 'no-association', reason: event === 'Evt18' ? 'no association request came in time' : detail.why }
            : { kind: 'aborted', by: 'peer', reason: detail.why },
        );
        break;
      case 'AA-4':
        this.#finish({ kind: 'aborted', by: 'connection', reason: 'the connection was lost' });
        break;
      case 'AE-7':
      case 'DT-1':
      case 'DT-2':
      case 'AR-2':
      case 'AR-5':
      case 'AR-7':
      case 'AA-5':
      case 'AA-6':
        break;
      case 'AE-1':
      case 'AE-2':
      case 'AE-3':
      case 'AE-4':
      case 'AR-1':
      case 'AR-3':
      case 'AR-6':
      case 'AR-8':
      case 'AR-9':
        throw new Error(`${step.action} is an action of a requestor`);
    }
    return true;
  }

  #sendAbort(detail: AbortDetail, before: State): void {
    const { why, spoken } = detail;
    clearInterval(this.#watch);
    this.#startArtim();
    this.#writeAbort(detail);
    this.#finish(
      before === 'Sta2'
        ? { kind: 'no-association', reason: why, ...(spoken && { spoken }) }
        : { kind: 'aborted', by: 'us', reason: why },
    );
  }

  #writeAbort({ source, reason }: AbortDetail): void {
    void this.#write(encodeAbort({ source, reason: source === 0 ? 0 : ABORT_REASON[reason] }));
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#socket.destroyed || this.#socket.writableEnded) return undefined;
    if (this.#socket.write(bytes)) return undefined;
    this.#waitingSince = performance.now();
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        this.#waitingSince = undefined;
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #startArtim(seconds = this.#limits.artimTimeout): void {
    clearTimeout(this.#artim);
    this.#artim = setTimeout(() => this.#step('Evt18'), seconds * 1000);
  }

  #startWatch(): void {
    const { idleTimeout, rateWindow } = this.#limits;
    const period = Math.min(1000, Math.max(20, (Math.min(idleTimeout, rateWindow) * 1000) / 8));
    this.#windowChecked = performance.now();
    this.#watch = setInterval(() => this.#checkPeer(), period);
  }

  /** Time that passes while the peer waits for us (storage, callback) never counts against the peer. */
  #checkPeer(): void {
    if (this.#state !== 'Sta6') return;
    const { idleTimeout, minimumRate, rateWindow } = this.#limits;
    const now = performance.now();
    if (this.#waitingSince !== undefined && now - this.#waitingSince >= idleTimeout * 1000) {
      this.abort('not-specified', `nothing came for ${idleTimeout} seconds`);
      return;
    }
    if (!this.#decoder.insidePdu && !this.#user.insideMessage) {
      this.#startWindow(now);
      return;
    }
    const waiting = this.#waitingSince === undefined ? 0 : now - Math.max(this.#waitingSince, this.#windowChecked);
    const waited = (this.#windowWaited + waiting) / 1000;
    if (waited < rateWindow) return;
    if (this.#windowBytes < minimumRate * waited) {
      this.abort('not-specified', `less than ${minimumRate} bytes a second came for ${rateWindow} seconds`);
    }
    this.#startWindow(now);
  }

  #startWindow(now: number): void {
    this.#windowChecked = now;
    this.#windowWaited = 0;
    this.#windowBytes = 0;
  }

  #startWaiting(): void {
    this.#waitingSince = performance.now();
  }

  #countWaiting(): void {
    if (this.#waitingSince === undefined) return;
    this.#windowWaited += performance.now() - Math.max(this.#waitingSince, this.#windowChecked);
    this.#waitingSince = undefined;
  }
}

interface AbortDetail {
  readonly source: 0 | 2;
  readonly reason: AbortReason;
  readonly why: string;
  readonly spoken?: 'TLS';
}

function unexpected(what: string): AbortDetail {
  return { source: 2, reason: 'unexpected-pdu', why: `${what} came where it is not expected` };
}
