/** A small requestor: one association, one request at a time (PS3.8 7.1, PS3.7 9.1.1 and 9.1.5). */

import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions, TLSSocket } from 'node:tls';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '#main/engine/dataset/file-meta.ts';
import {
  type CommandSet,
  encodeCommitmentReport,
  encodeEchoRequest,
  encodeStoreRequest,
  isResponse,
} from '#main/engine/dimse/command-set.ts';
import { MessageReader } from '#main/engine/dimse/message-reader.ts';
import { ABORT_REASON, type AbortReason, ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type {
  AssociationAccepted,
  DecodedItem,
  PdvFragment,
  ProposedContext,
  RoleSelection,
} from '#main/engine/upper-layer/pdu.ts';
import { decodeAssociateAc, PduDecoder } from '#main/engine/upper-layer/pdu-decoder.ts';
import {
  dataSetPdus,
  encodeAbort,
  encodeAssociateRq,
  encodeCommandPdus,
  encodeReleaseRp,
  encodeReleaseRq,
} from '#main/engine/upper-layer/pdu-encoder.ts';
import { type Action, type State, type StateEvent, transition } from '#main/engine/upper-layer/state-machine.ts';
import {
  STORAGE_COMMITMENT_SOP_CLASS,
  sopClassName,
  transferSyntaxName,
  VERIFICATION_SOP_CLASS,
} from '#shared/dicom/uids.ts';
import { connectionError, isTlsFailure, ScuError } from './scu-error.ts';
import { abortWords, contextResultWords, isWarning, rejectionWords, statusWords } from './words.ts';

const MAX_PDU = 16384;
const MOST_CONTEXTS = 128;
/** How long a peer may take to read our last words. */
const CLOSE_TIMEOUT = 1000;

export interface StoreScuOptions {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** What is going to be sent: at most 128 presentation contexts. */
  readonly contexts: readonly { readonly abstractSyntax: string; readonly transferSyntaxes: readonly string[] }[];
  /** Roles other than the default, which is to be the SCU of everything (PS3.7 D.3.3.4). */
  readonly roleSelections?: readonly RoleSelection[];
  /** Breaks the association off, also while it is being established. */
  readonly signal?: AbortSignal;
  /** Encrypts the connection; left out, it is not encrypted. */
  readonly tls?: StoreScuTls;
  /** Milliseconds until the association stands. Default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds until an answer, or until the peer takes the next bytes. Default 30,000. */
  readonly responseTimeout?: number;
}

/** TLS to a receiver whose certificate is known. */
export interface StoreScuTls {
  /** SHA-256 of the only certificate that is accepted, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** Protocol versions and cipher suites; certificate and key are presented where the receiver asks for one. */
  readonly context: SecureContextOptions;
}

/** One object to store. */
export interface InstanceToStore {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** In which the data set is encoded; a context must have been accepted with it. */
  readonly transferSyntaxUid: string;
  readonly dataSet: Uint8Array;
}

/** The answer to a C-STORE that succeeded, a warning included. */
export interface StoreAnswer {
  readonly status: number;
  /** The status in words. */
  readonly meaning: string;
  readonly comment?: string;
}

/** A context as the peer answered it. */
export interface ContextAnswer {
  readonly abstractSyntax: string;
  readonly accepted: boolean;
  /** PS3.8 9.3.3.2; undefined: the peer did not answer this one. */
  readonly result: number | undefined;
  /** '' unless accepted. */
  readonly transferSyntax: string;
}

interface AcceptedContext extends ContextAnswer {
  readonly id: number;
}

/** What is being waited for. */
type Answer =
  | { readonly type: 'accepted'; readonly association: AssociationAccepted }
  | { readonly type: 'response'; readonly command: CommandSet }
  | { readonly type: 'released' };

interface Waiting {
  readonly for: Answer['type'];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ScuError) => void;
  /** Starts again with every sign of life. */
  readonly timer: NodeJS.Timeout;
}

/** An association that we asked for. Every method rejects with a ScuError; after the end all of them do. */
export class StoreScu {
  readonly #options: StoreScuOptions;
  readonly #place: string;
  readonly #responseTimeout: number;
  readonly #socket: Socket;
  readonly #decoder = new PduDecoder(MAX_PDU);
  readonly #reader = new MessageReader();
  #state: State = 'Sta1';
  #contexts: readonly AcceptedContext[] = [];
  #maximumLength = 0;
  #messageId = 0;
  #waiting: Waiting | undefined;
  #end: ScuError | undefined;

  /**
   * Connects and negotiates.
   * @throws ScuError with what is wrong and what to do; RangeError for options that cannot be encoded
   */
  static async connect(options: StoreScuOptions): Promise<StoreScu> {
    const scu = new StoreScu(options);
    await scu.#associate();
    return scu;
  }

  private constructor(options: StoreScuOptions) {
    for (const title of [options.calledAeTitle, options.callingAeTitle]) {
      if (!/^[\x20-\x7e]{1,16}$/.test(title)) throw new RangeError(`"${title}" is not an AE title`);
    }
    if (options.contexts.length > MOST_CONTEXTS) {
      throw new RangeError(`an association has at most ${MOST_CONTEXTS} presentation contexts`);
    }
    this.#options = options;
    this.#place = `${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
    this.#responseTimeout = options.responseTimeout ?? 30_000;
    this.#step('Evt1');
    this.#socket = openConnection(options);
    this.#socket.setNoDelay(true);
    this.#socket.on(options.tls ? 'secureConnect' : 'connect', () => this.#connected());
    this.#socket.on('data', (chunk) => this.#consume(chunk));
    this.#socket.on('error', (error) => {
      // Later on the close tells enough.
      if (this.#state === 'Sta4') this.#step('Evt17', () => connectionError(error, this.#place));
      // With TLS 1.3 a receiver refuses a certificate only after the handshake.
      if (this.#state === 'Sta5' && isTlsFailure(error)) this.#finish(connectionError(error, this.#place));
    });
    this.#socket.on('end', () => this.#step('Evt17'));
    this.#socket.on('close', () => this.#step('Evt17'));
    const abort = () => this.abort();
    options.signal?.addEventListener('abort', abort);
    this.#socket.on('close', () => options.signal?.removeEventListener('abort', abort));
  }

  /** What the peer accepted, in the order of the proposal. */
  get contexts(): readonly ContextAnswer[] {
    return this.#contexts;
  }

  /** Why the association has ended; undefined while it stands. */
  get ended(): ScuError | undefined {
    return this.#end;
  }

  /** C-ECHO: asks whether the peer is there. Verification must have been proposed. */
  async echo(): Promise<void> {
    const { id } = this.#contextFor(VERIFICATION_SOP_CLASS);
    const answer = await this.#request(async (messageId) => this.#sendCommand(id, encodeEchoRequest(messageId)));
    this.#judge(answer, 'C-ECHO');
  }

  /** C-STORE. Resolves when the peer has stored the object, perhaps with a warning; any other status is a ScuError. */
  async store(instance: InstanceToStore): Promise<StoreAnswer> {
    const { id } = this.#contextFor(instance.sopClassUid, instance.transferSyntaxUid);
    const answer = await this.#request(async (MessageID) => {
      const { sopClassUid: AffectedSOPClassUID, sopInstanceUid: AffectedSOPInstanceUID } = instance;
      await this.#sendCommand(id, encodeStoreRequest({ MessageID, AffectedSOPClassUID, AffectedSOPInstanceUID }));
      for (const pdu of dataSetPdus(id, instance.dataSet, this.#maximumLength)) await this.#write(...pdu);
    });
    return this.#judge(answer, 'C-STORE');
  }

  /**
   * N-EVENT-REPORT of storage commitment (PS3.4 J.3.3). Its class must have been proposed, with ourselves as its SCP.
   * @param encode the Event Information in the accepted transfer syntax
   */
  async reportCommitment(eventType: 1 | 2, encode: (transferSyntaxUid: string) => Uint8Array): Promise<void> {
    const { id, transferSyntax } = this.#contextFor(STORAGE_COMMITMENT_SOP_CLASS);
    const answer = await this.#request(async (messageId) => {
      await this.#sendCommand(id, encodeCommitmentReport(messageId, eventType));
      for (const pdu of dataSetPdus(id, encode(transferSyntax), this.#maximumLength)) await this.#write(...pdu);
    });
    this.#judge(answer, 'N-EVENT-REPORT');
  }

  /** Ends the association in an orderly way. */
  async release(): Promise<void> {
    this.#checkOpen();
    const released = this.#wait('released', this.#responseTimeout, () => 'has not answered the release in time');
    this.#step('Evt11');
    await released;
  }

  /** Breaks the association off. */
  abort(): void {
    this.#step('Evt15', () => new ScuError('closed', 'The association was broken off from here.'));
  }

  #connected(): void {
    const { tls } = this.#options;
    const found = this.#socket instanceof TLSSocket ? this.#socket.getPeerX509Certificate()?.fingerprint256 : undefined;
    if (tls && found !== tls.fingerprint) {
      const words = `${this.#place} presents another certificate than the one expected. Check who answers at this address`;
      this.#step('Evt17', () => new ScuError('unreachable', `${words}.`));
      return;
    }
    this.#step('Evt2');
  }

  async #associate(): Promise<void> {
    const silence = () =>
      this.#state === 'Sta4'
        ? 'does not answer. Check the address, the port, and the firewall there'
        : 'takes the connection, but does not answer as a DICOM receiver. Check the port';
    const { association } = await this.#wait('accepted', this.#options.connectTimeout ?? 10_000, silence);
    this.#maximumLength = association.userInformation.maximumLength;
    this.#contexts = this.#proposal().map(({ id, abstractSyntax, transferSyntaxes }) => {
      const answer = association.presentationContexts.find((context) => context.id === id);
      const accepted = answer?.result === 0 && transferSyntaxes.includes(answer.transferSyntax);
      const transferSyntax = accepted ? answer.transferSyntax : '';
      return { id, abstractSyntax, accepted, result: answer?.result, transferSyntax };
    });
  }

  #proposal(): ProposedContext[] {
    return this.#options.contexts.map((context, index) => ({ ...context, id: 2 * index + 1 }));
  }

  #contextFor(abstractSyntax: string, transferSyntax?: string): AcceptedContext {
    this.#checkOpen();
    const proposed = this.#contexts.filter((context) => context.abstractSyntax === abstractSyntax);
    const usable = proposed.find(
      (context) => context.accepted && (transferSyntax === undefined || context.transferSyntax === transferSyntax),
    );
    if (usable) return usable;
    const kind = sopClassName(abstractSyntax) ?? abstractSyntax;
    const accepted = proposed.find((context) => context.accepted);
    const result = proposed.find((context) => !context.accepted)?.result;
    const why =
      accepted && transferSyntax !== undefined
        ? `accepts ${kind} in ${syntaxName(accepted.transferSyntax)} only, not in ${syntaxName(transferSyntax)}`
        : proposed.length === 0
          ? `was not asked whether it accepts ${kind}`
          : `does not accept ${kind}: ${result === undefined ? 'it does not answer the question' : contextResultWords(result)}`;
    throw new ScuError(
      'context-refused',
      `${this.#place} ${why}.`,
      result === undefined ? {} : { contextResult: result },
    );
  }

  #judge({ Status: status = 0, ErrorComment }: CommandSet, operation: string): StoreAnswer {
    const meaning = statusWords(status);
    const comment = ErrorComment?.replace(/[^\x20-\x7e]/g, '?').slice(0, 64);
    if (status !== 0 && !isWarning(status)) {
      const details = { status, ...(comment && { comment }) };
      throw new ScuError('status', `${this.#place} answered the ${operation} with a failure: ${meaning}.`, details);
    }
    return { status, meaning, ...(comment && { comment }) };
  }

  async #request(send: (messageId: number) => Promise<void>): Promise<CommandSet> {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const response = this.#wait('response', this.#responseTimeout, () => 'has not answered in time');
    // It may fail while the sending is still at it; it is awaited below all the same.
    response.catch(() => undefined);
    await send(this.#messageId);
    return (await response).command;
  }

  #checkOpen(): void {
    if (this.#end) throw this.#end;
    if (this.#waiting) throw new Error('an association does one thing at a time: await the last request first');
  }

  /** The next answer, which must be of this type. @param silence what a peer does that lets the time pass */
  #wait<Type extends Answer['type']>(
    type: Type,
    timeout: number,
    silence: () => string,
  ): Promise<Extract<Answer, { readonly type: Type }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const words = `${this.#place} ${silence()}.`;
        this.#step('Evt15', () => new ScuError('timed-out', words));
      }, timeout);
      this.#waiting = {
        for: type,
        resolve: (answer) => resolve(answer as Extract<Answer, { readonly type: Type }>),
        reject,
        timer,
      };
    });
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting;
    if (waiting?.for !== answer.type) throw new ProtocolError('unexpected-pdu', `${answer.type} was not waited for`);
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.resolve(answer);
  }

  #finish(why: ScuError): void {
    if (this.#end) return;
    this.#end = why;
    clearTimeout(this.#waiting?.timer);
    this.#waiting?.reject(why);
    this.#waiting = undefined;
  }

  #consume(chunk: Uint8Array): void {
    if (this.#end) return;
    this.#waiting?.timer.refresh();
    try {
      this.#decoder.push(chunk);
      for (let item = this.#decoder.next(); item && !this.#end; item = this.#decoder.next()) this.#handle(item);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const words = `${this.#place} sent something that is not DICOM, or not due (${error.message}). Check the port`;
      this.#step('Evt19', () => new ScuError('protocol', `${words}.`, {}, { cause: error }), error.reason);
    }
  }

  #handle(item: DecodedItem): void {
    const place = this.#place;
    const unexpected = () => new ScuError('protocol', `${place} sent ${item.type} where it is not expected.`);
    switch (item.type) {
      case 'A-ASSOCIATE-AC':
        if (this.#step('Evt3', unexpected) !== 'AE-3') return;
        this.#answer({ type: 'accepted', association: decodeAssociateAc(item.body) });
        return;
      case 'A-ASSOCIATE-RJ': {
        const rejection = { result: item.result, source: item.source, reason: item.reason };
        const words = `${place} rejected the association: ${rejectionWords(rejection)}.`;
        const rejected = () => new ScuError('rejected', words, { rejection });
        this.#step('Evt4', this.#state === 'Sta5' ? rejected : unexpected);
        return;
      }
      case 'P-DATA-TF':
        this.#step('Evt10', unexpected);
        return;
      case 'PDV':
        this.#fragment(item);
        return;
      case 'A-RELEASE-RQ':
        this.#step('Evt12', unexpected);
        this.#step('Evt14', () => new ScuError('closed', `${place} has ended the association.`));
        return;
      case 'A-RELEASE-RP': {
        const due = this.#state === 'Sta7' || this.#state === 'Sta11';
        if (due) this.#answer({ type: 'released' });
        this.#step('Evt13', due ? () => new ScuError('closed', 'The association has been released.') : unexpected);
        return;
      }
      case 'A-ABORT': {
        const words = `${place} broke the association off: ${abortWords(item.source, item.reason)}.`;
        this.#step('Evt16', () => new ScuError('aborted', words));
        return;
      }
      case 'A-ASSOCIATE-RQ':
        this.#step('Evt6', unexpected);
    }
  }

  #fragment(fragment: PdvFragment): void {
    const part = this.#reader.push(fragment);
    // An answer of C-STORE or C-ECHO has no data set; were there one, nobody would miss it.
    if (part?.type !== 'command') return;
    if (!isResponse(part.command) || part.command.MessageID !== this.#messageId) {
      throw new ProtocolError('unexpected-parameter', 'a message came that answers no request');
    }
    if (part.command.Status === undefined)
      throw new ProtocolError('invalid-parameter-value', 'an answer has no status');
    this.#answer({ type: 'response', command: part.command });
  }

  /** Performs one cell of Table 9-10. @param why the reason for whoever waits, should this be the end */
  #step(event: StateEvent, why = () => lost(this.#place), reason: AbortReason = 'unexpected-pdu'): Action | undefined {
    const step = transition(this.#state, event);
    if (!step) return undefined;
    const early = this.#state === 'Sta5';
    this.#state = step.next;
    switch (step.action) {
      case 'AE-2':
        void this.#write(this.#encodeRequest());
        break;
      case 'AR-1':
        void this.#write(encodeReleaseRq());
        break;
      case 'AR-9':
        void this.#write(encodeReleaseRp());
        break;
      case 'AR-4':
        void this.#write(encodeReleaseRp());
        this.#leave(why());
        break;
      case 'AA-1':
        void this.#write(encodeAbort({ source: 0, reason: 0 }));
        this.#leave(why());
        break;
      case 'AA-8':
        void this.#write(encodeAbort({ source: 2, reason: ABORT_REASON[reason] }));
        this.#leave(why());
        break;
      case 'AE-4':
      case 'AR-3':
        this.#leave(why());
        break;
      case 'AA-2':
      case 'AA-3':
        this.#finish(why());
        this.#socket.destroy();
        break;
      case 'AA-4':
        this.#finish(early ? closedEarly(this.#place) : why());
        this.#socket.destroy();
        break;
    }
    return step.action;
  }

  #encodeRequest(): Uint8Array {
    return encodeAssociateRq({
      calledAeTitle: this.#options.calledAeTitle,
      callingAeTitle: this.#options.callingAeTitle,
      presentationContexts: this.#proposal(),
      userInformation: {
        maximumLength: MAX_PDU,
        implementationClassUid: IMPLEMENTATION_CLASS_UID,
        implementationVersionName: IMPLEMENTATION_VERSION_NAME,
        roleSelections: this.#options.roleSelections ?? [],
      },
    });
  }

  /** Closes the connection as soon as what was sent is out. */
  #leave(why: ScuError): void {
    this.#finish(why);
    this.#socket.end(() => this.#socket.destroy());
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT).unref();
  }

  async #sendCommand(contextId: number, command: Uint8Array): Promise<void> {
    if (this.#step('Evt9')) await this.#write(encodeCommandPdus(contextId, command, this.#maximumLength));
  }

  /** Resolves when the peer is ready for more, or gone. */
  async #write(...pieces: readonly Uint8Array[]): Promise<void> {
    if (!this.#socket.writable) return;
    this.#socket.cork();
    const ready = pieces.map((piece) => this.#socket.write(piece)).every(Boolean);
    this.#socket.uncork();
    if (!ready) {
      const timer = setTimeout(() => {
        const words = `${this.#place} has stopped reading`;
        this.#step('Evt15', () => new ScuError('timed-out', `${words}. Check its network and its disk.`));
      }, this.#responseTimeout);
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#socket.off('drain', done).off('close', done);
          resolve();
        };
        this.#socket.on('drain', done).on('close', done);
      });
      clearTimeout(timer);
    }
    this.#waiting?.timer.refresh();
  }
}

function syntaxName(uid: string): string {
  return transferSyntaxName(uid) ?? uid;
}

function openConnection({ host, port, tls }: StoreScuOptions): Socket {
  if (!tls) return connect({ host, port });
  // The certificate is compared with the one that is known, whoever signed it.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, ...tls.context, ...servername, rejectUnauthorized: false });
}

function lost(place: string): ScuError {
  return new ScuError('closed', `The connection to ${place} was lost. Check whether the receiver still runs.`);
}

function closedEarly(place: string): ScuError {
  const words = 'closed the connection without an answer. Check the port, and whether it accepts this computer';
  return new ScuError('closed', `${place} ${words}.`);
}
