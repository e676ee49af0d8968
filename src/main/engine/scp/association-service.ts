/** The service user above one association: judges the request, serves C-ECHO and C-STORE, reports what happened. */

import type { HeaderTransform } from '#main/engine/dataset/header-transform.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import type { CommandSet } from '#main/engine/dimse/command-set.ts';
import { COMMAND_FIELD, encodeCommitmentReport, encodeResponse, isResponse } from '#main/engine/dimse/command-set.ts';
import { MessageReader } from '#main/engine/dimse/message-reader.ts';
import type { Answer } from '#main/engine/dimse/status.ts';
import { STATUS } from '#main/engine/dimse/status.ts';
import type {
  Association,
  AssociationEnd,
  AssociationUser,
  RequestAnswer,
} from '#main/engine/upper-layer/association.ts';
import type { Rejection } from '#main/engine/upper-layer/errors.ts';
import { ProtocolError, rejection } from '#main/engine/upper-layer/errors.ts';
import type { AcceptancePolicy, NegotiatedContext } from '#main/engine/upper-layer/negotiation.ts';
import { acceptRequest, negotiateContexts, refuseRequest } from '#main/engine/upper-layer/negotiation.ts';
import type { AAssociateRq, PdvFragment } from '#main/engine/upper-layer/pdu.ts';
import { STORAGE_COMMITMENT_SOP_CLASS, sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import type { AccessCheck } from './access.ts';
import type { StoreService } from './c-store.ts';
import { IncomingInstance } from './c-store.ts';
import { EventReports } from './event-reports.ts';
import type { AssociationInfo, ConnectionData, OpenAssociation } from './events.ts';
import type { Lockout } from './lockout.ts';
import type { StorageCommitment } from './storage-commitment.ts';
import { IncomingAction } from './storage-commitment-action.ts';
import type { CommitmentResult } from './storage-commitment-data.ts';
import { encodeEventInformation, eventTypeOf } from './storage-commitment-data.ts';
import type { Users } from './user-identity.ts';

/** What the associations of a receiver share, besides the storing of instances. */
export interface ReceiverService extends StoreService {
  readonly policy: AcceptancePolicy;
  readonly checkAccess: AccessCheck;
  readonly users: Users;
  readonly lockout: Lockout;
  /** The rule set for associations that begin now. */
  rules(): HeaderTransform | undefined;
  /** Undefined: storage commitment is not served. */
  readonly commitment: StorageCommitment | undefined;
  /** Established associations at this moment; with a title, those of that caller. */
  openAssociations(callingAeTitle?: string): number;
}

/** Where the data fragments of the message in progress go. */
interface DataConsumer {
  push(value: Uint8Array): Promise<void> | undefined;
  end(): Promise<Answer>;
  /** The answer is on its way, or cannot be sent any more. */
  answered?(): void;
}

export class AssociationService implements AssociationUser {
  readonly #receiver: ReceiverService;
  #info: AssociationInfo;
  readonly #reader = new MessageReader();
  #association: Association | undefined;
  #contexts = new Map<number, NegotiatedContext>();
  #proposed = new Map<number, readonly string[]>();
  #accepted = false;
  #request: CommandSet | undefined;
  #contextId = 0;
  #consumer: DataConsumer | undefined;
  #instance: IncomingInstance | undefined;
  #rules: HeaderTransform | undefined;
  #stored = 0;
  #stopping = false;
  readonly #reports = new EventReports(this);

  constructor(receiver: ReceiverService, connection: Pick<AssociationInfo, 'id' | 'remoteAddress' | 'tls'>) {
    this.#receiver = receiver;
    this.#info = { callingAeTitle: '', calledAeTitle: '', ...connection };
  }

  /** The association below; given once, before it runs. */
  attach(association: Association): void {
    this.#association = association;
  }

  get accepted(): boolean {
    return this.#accepted;
  }

  get id(): number {
    return this.#info.id;
  }

  get callingAeTitle(): string {
    return this.#info.callingAeTitle;
  }

  /** What can be said of it at this moment. */
  describe(): OpenAssociation {
    return { ...this.#info, bytesReceived: this.#association?.bytesReceived ?? 0, stored: this.#stored };
  }

  /** The association is over, or was never there. */
  get over(): boolean {
    return !this.#association?.established;
  }

  /** Something may be asked of the peer. */
  get idle(): boolean {
    return !this.over && !this.insideMessage;
  }

  get insideMessage(): boolean {
    return this.#reader.insideMessage || this.#consumer !== undefined;
  }

  /** Ends the association with A-ABORT: at once, or after the message in progress has been answered. */
  stop(): void {
    this.#stopping = true;
    if (!this.insideMessage) this.abort();
  }

  abort(why = 'the receiver stops'): void {
    this.#association?.abort('not-specified', why, 0);
    this.#association?.close();
  }

  async request(request: AAssociateRq): Promise<RequestAnswer> {
    const { log, policy } = this.#receiver;
    const { callingAeTitle, calledAeTitle } = request;
    this.#info = { ...this.#info, callingAeTitle, calledAeTitle };
    this.#log(() => `Association request from ${this.#info.remoteAddress}`);
    this.#log(() => `Calling AE: ${callingAeTitle}, Called AE: ${calledAeTitle}`);
    const refused = await this.#judge(request);
    const titles = refused?.code.includes('ae-title') ? 'Rejected' : 'Accepted';
    this.#log(() => `AE titles: ${callingAeTitle} calls ${calledAeTitle} - ${titles}`);
    if (refused) return { reject: refused };
    this.#receiver.lockout.clear(this.#info.remoteAddress);
    // What holds when it begins holds to its end.
    this.#rules = this.#receiver.rules();
    const contexts = negotiateContexts(request, policy);
    this.#contexts = new Map(contexts.map((context) => [context.id, context]));
    this.#proposed = new Map(request.presentationContexts.map(({ id, transferSyntaxes }) => [id, transferSyntaxes]));
    for (const context of contexts) this.#logContext(request, context);
    this.#emitConnection('accepted', `Association accepted from ${callingAeTitle || this.#info.remoteAddress}`);
    log.detail('association', () => 'Association accepted', { association: this.#info.id });
    return { accept: acceptRequest(request, contexts, policy, this.#info.user !== undefined), contexts };
  }

  fragment(fragment: PdvFragment): Promise<void> | undefined {
    this.#reports.touch();
    const part = this.#reader.push(fragment);
    if (!part) return undefined;
    if (part.type === 'command') return this.#command(part.presentationContextId, part.command);
    const consumer = this.#consumer;
    const pending = consumer?.push(part.value);
    if (!part.isLast) return pending;
    return this.#dataComplete(consumer, pending);
  }

  async ended(end: AssociationEnd): Promise<void> {
    const why =
      end.kind === 'rejected' ? end.rejection.message : end.kind === 'released' ? 'it was released' : end.reason;
    const instance = this.#instance;
    this.#instance = undefined;
    this.#consumer = undefined;
    this.#reports.end();
    await instance?.cancel(why);
    switch (end.kind) {
      case 'released':
        this.#emitConnection('released', 'Association released');
        break;
      case 'rejected': {
        const { result, source, reason, code } = end.rejection;
        if (code === 'user-identity-refused') this.#failed();
        const text = `${why} (A-ASSOCIATE-RJ ${result}/${source}/${reason})`;
        this.#emitConnection('rejected', `Association rejected: ${why}`, { reason: text, code });
        break;
      }
      case 'aborted':
        this.#emitConnection('aborted', `Association aborted: ${why}`, { reason: why, code: `aborted-by-${end.by}` });
        break;
      case 'no-association': {
        const isClosed = why === 'the connection was closed';
        if (!isClosed || (this.#association?.bytesReceived ?? 0) > 0) this.#failed();
        const reason =
          end.spoken === 'TLS'
            ? 'it speaks TLS, which this port does not: turn TLS on in the settings of this receiver, or off at the sender'
            : why;
        const code = end.spoken === 'TLS' ? 'tls-not-offered' : 'no-association';
        // Port scanners and health checks connect and close: that is no event.
        if (!isClosed) this.#emitConnection('aborted', `No association: ${reason}`, { reason, code });
        break;
      }
    }
    this.#accepted = false;
  }

  /** Nothing good came of this connection. */
  #failed(): void {
    const { lockout, log } = this.#receiver;
    const { id, remoteAddress } = this.#info;
    if (lockout.failed(remoteAddress)) {
      log.warn('association', `${remoteAddress} is locked out: it brought nothing but garbage`, { association: id });
    }
  }

  async #judge(request: AAssociateRq): Promise<Rejection | undefined> {
    const { checkAccess, openAssociations, options, freeSpace, users } = this.#receiver;
    const refused = refuseRequest(request) ?? checkAccess(request, this.#info.remoteAddress);
    if (refused) return refused;
    const identity = await users.check(request.userInformation.userIdentity);
    if (identity.kind === 'refused') return rejection('user-identity-refused', identity.reason);
    if (identity.kind === 'busy') return rejection('temporary-congestion', identity.reason);
    if (identity.user !== undefined) this.#info = { ...this.#info, user: identity.user };
    const shortage = await freeSpace.refresh();
    if (openAssociations() >= options.maxAssociations) {
      return rejection('local-limit-exceeded', `${options.maxAssociations} associations are open, which is the limit`);
    }
    const most = options.maxAssociationsPerCallingAe;
    if (most !== undefined && openAssociations(request.callingAeTitle) >= most) {
      return rejection(
        'caller-limit-exceeded',
        `${most} ${most === 1 ? 'association' : 'associations'} of "${request.callingAeTitle}" are open, which is the limit of one caller`,
      );
    }
    if (shortage) return rejection('temporary-congestion', shortage.message);
    // Here, with nothing awaited since the count: requests that come together must not all see the same last place.
    this.#accepted = true;
    return undefined;
  }

  #command(contextId: number, command: CommandSet): Promise<void> | undefined {
    const context = this.#contexts.get(contextId);
    if (context?.result !== 0) {
      throw new ProtocolError(
        'invalid-parameter-value',
        `a command came on context ${contextId}, which is not accepted`,
      );
    }
    if (isResponse(command) && this.#reports.takes(command)) {
      this.#request = undefined;
      return undefined;
    }
    if (isResponse(command)) throw new ProtocolError('unexpected-parameter', 'a response came that nobody asked for');
    this.#request = command;
    this.#contextId = contextId;
    this.#consumer = this.#serve(context, command);
    return command.hasDataSet ? undefined : this.#dataComplete(this.#consumer, undefined);
  }

  /** What takes the data set of a request, and its answer in the end. */
  #serve(context: NegotiatedContext, command: CommandSet): DataConsumer {
    if (command.CommandField === COMMAND_FIELD['C-ECHO-RQ']) return answering({ status: STATUS.Success });
    const { commitment } = this.#receiver;
    if (command.CommandField === COMMAND_FIELD['N-ACTION-RQ'] && commitment && isCommitment(context)) {
      const report = (result: CommitmentResult) => this.#report(context, result);
      return new IncomingAction(commitment, command, encodingOf(context.transferSyntax), {
        association: this.#info,
        report,
      });
    }
    if (command.CommandField !== COMMAND_FIELD['C-STORE-RQ'] || (commitment && isCommitment(context))) {
      const comment = 'Only C-ECHO and C-STORE are served here';
      return answering({ status: STATUS.UnrecognizedOperation, comment });
    }
    this.#instance = new IncomingInstance(this.#receiver, this.#info, context, command, this.#rules);
    return this.#instance;
  }

  async #dataComplete(consumer: DataConsumer | undefined, pending: Promise<void> | undefined): Promise<void> {
    if (pending) await pending;
    const request = this.#request;
    if (!consumer || !request) return;
    const answer = await consumer.end();
    if (consumer === this.#instance && (answer.status === 0 || answer.status >> 12 === 0xb)) this.#stored++;
    this.#instance = undefined;
    this.#consumer = undefined;
    let slow: Promise<void> | undefined;
    try {
      // PS3.7 9.3.2.3: C-CANCEL-RQ has no response.
      if (request.CommandField !== COMMAND_FIELD['C-CANCEL-RQ']) {
        slow = this.#association?.send(this.#contextId, encodeResponse(request, answer));
      }
    } finally {
      // Also when the peer is gone: what is stored is stored.
      consumer.answered?.();
    }
    if (slow) await slow;
    this.#reports.touch();
    if (this.#stopping) this.abort();
  }

  /** Storage commitment: N-EVENT-REPORT from us, the SCP of it, needs no negotiation of roles (PS3.7 D.3.3.4). */
  #report({ id, transferSyntax }: NegotiatedContext, result: CommitmentResult): Promise<number | undefined> {
    const dataSet = encodeEventInformation(result, encodingOf(transferSyntax));
    return this.#reports.report((messageId) => {
      void this.#association?.sendWithDataSet(id, encodeCommitmentReport(messageId, eventTypeOf(result)), dataSet);
    });
  }

  #emitConnection(
    state: ConnectionData['state'],
    message: string,
    detail: Pick<ConnectionData, 'reason' | 'code'> = {},
  ): void {
    if (state !== 'accepted') this.#log(() => message);
    const contexts = [...this.#contexts.values()].map((context) => ({
      ...context,
      proposedTransferSyntaxes: this.#proposed.get(context.id) ?? [],
    }));
    this.#receiver.observers.emit('connection', null, {
      message,
      data: {
        state,
        association: this.#info,
        ...detail,
        contexts,
        stored: this.#stored,
        bytesReceived: this.#association?.bytesReceived ?? 0,
      },
    });
  }

  #logContext(request: AAssociateRq, context: NegotiatedContext): void {
    const name = sopClassName(context.abstractSyntax) ?? context.abstractSyntax;
    const accepted = context.result === 0;
    this.#log(() => `Presentation context: ${name} - ${accepted ? 'Accepted' : `Rejected (${context.result})`}`);
    if (accepted) {
      this.#log(() => `Transfer syntax: ${syntaxName(context.transferSyntax)} - Accepted`);
    } else if (context.result === 4) {
      const proposed = request.presentationContexts.find(({ id }) => id === context.id);
      for (const uid of proposed?.transferSyntaxes ?? [])
        this.#log(() => `Transfer syntax: ${syntaxName(uid)} - Rejected`);
    }
  }

  #log(message: () => string): void {
    this.#receiver.log.detail('association', message, { association: this.#info.id });
  }
}

function answering(answer: Answer): DataConsumer {
  return { push: () => undefined, end: async () => answer };
}

function isCommitment({ abstractSyntax }: NegotiatedContext): boolean {
  return abstractSyntax === STORAGE_COMMITMENT_SOP_CLASS;
}

function syntaxName(uid: string): string {
  return transferSyntaxName(uid) ?? uid;
}
