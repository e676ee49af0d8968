/** Storage commitment, Push Model: takes requests, and reports them when it is known what is stored (PS3.4 J.3). */

import type { Answer } from '#main/engine/dimse/status.ts';
import { STATUS } from '#main/engine/dimse/status.ts';
import { ScuError } from '#main/engine/scu/scu-error.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import type { PeerAddress } from '#shared/peer-address.ts';
import { reportToPeer } from './commitment-report.ts';
import type { AssociationInfo, StorageCommitmentData } from './events.ts';
import type { InstanceIndex } from './storage-commitment-check.ts';
import { checkReferences } from './storage-commitment-check.ts';
import type { CommitmentRequest, CommitmentResult } from './storage-commitment-data.ts';
import { FAILURE } from './storage-commitment-data.ts';
import type { CommitmentJournal, Transaction } from './storage-commitment-journal.ts';
import { transactionKey } from './storage-commitment-journal.ts';

/** Requests that wait at once; more are refused for now (0213H). */
const MOST_PENDING = 1000;
/** Instances that the waiting requests may name, all together: they are in memory. */
const MOST_PENDING_REFERENCES = 1_000_000;
/** How long a report is tried, in milliseconds. */
const LONGEST_WAIT = 24 * 60 * 60 * 1000;
/** How long one request may be looked into, in milliseconds: for the search, and for each instance on top of it. */
const SEARCH_TIMEOUT = 60_000;
const INSTANCE_TIMEOUT = 20;
const SECOND = 1000;
const IN_USE = 'The Transaction UID is in use by an earlier request of this sender.';
const PAUSES = [1, 5, 30, 60, 300].map((seconds) => seconds * SECOND);
const LAST_PAUSE = 600 * SECOND;

/** Milliseconds before the next attempt to report, after so many have failed. */
export function pauseAfterTries(tries: number): number {
  return PAUSES[tries - 1] ?? LAST_PAUSE;
}

/** The association on which a request came, as long as it stands. */
export interface ReportChannel {
  readonly association: AssociationInfo;
  /** @returns the status that the peer answers; undefined when the association cannot carry it any more */
  report(result: CommitmentResult): Promise<number | undefined>;
}

export interface StorageCommitmentHost {
  readonly storage: StorageBackend;
  /** Where instances may be, quickest first. */
  readonly indexes: () => readonly InstanceIndex[];
  readonly journal: CommitmentJournal;
  /** Whom reports may be sent to on an association of our own. */
  readonly peers: readonly PeerAddress[];
  /** Our own AE title. */
  readonly aeTitle: string;
  /** Whether the disk has room for one more request. Never rejects. */
  hasRoom(): Promise<boolean>;
  tell(data: StorageCommitmentData): void;
}

interface Pending {
  readonly transaction: Transaction;
  /** Whether a restart would not lose it. */
  readonly kept: Promise<boolean>;
  /** On which it was asked for last. */
  association: AssociationInfo | undefined;
  /** Where the next attempt reports, once. */
  channel: ReportChannel | undefined;
  tries: number;
  /** Until the next attempt; undefined while one is under way. */
  timer: NodeJS.Timeout | undefined;
}

/** An accepted request: what to answer, and what to do once the answer is out. */
export interface AcceptedRequest {
  readonly answer: Answer;
  readonly begin?: () => void;
}

export class StorageCommitment {
  readonly #host: StorageCommitmentHost;
  readonly #mostReferences: number;
  readonly #pending = new Map<string, Pending>();
  readonly #working = new Set<Promise<void>>();
  /** By AE title: when the last report to a peer is through. */
  readonly #turns = new Map<string, Promise<void>>();
  /** When the last judgement is made that nobody waits for on his association. */
  #judged: Promise<unknown> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(host: StorageCommitmentHost, mostReferences = MOST_PENDING_REFERENCES) {
    this.#host = host;
    this.#mostReferences = mostReferences;
  }

  /** Reads what an earlier run has accepted and not reported. @throws Error when the journal cannot be read */
  async open(): Promise<void> {
    for (const transaction of await this.#host.journal.load()) {
      this.#pending.set(transactionKey(transaction), pendingOf(transaction, undefined, Promise.resolve(true)));
    }
  }

  /** Goes on with what `open` has read. */
  begin(): void {
    for (const pending of this.#pending.values()) this.#work(pending);
  }

  /** Takes a request: the answer 0000H is given only when a restart would not lose it. Never rejects. */
  async accept(request: CommitmentRequest, channel: ReportChannel): Promise<AcceptedRequest> {
    const { association } = channel;
    const { callingAeTitle, remoteAddress } = association;
    const transaction: Transaction = { ...request, callingAeTitle, remoteAddress, received: Date.now() };
    const key = transactionKey(transaction);
    const answer: Answer = { status: STATUS.Success };
    // Asked again before it was reported: one report will do, and this association may carry it.
    const earlier = this.#pending.get(key);
    if (earlier) {
      if (!(await earlier.kept)) return { answer: tooBusy('The request cannot be kept') };
      return { answer, begin: () => this.#takeUp(key, earlier, channel) };
    }
    const others = [...this.#pending.values()].map((pending) => pending.transaction);
    const named = others.reduce((sum, { references }) => sum + references.length, request.references.length);
    if (others.length >= MOST_PENDING || named > this.#mostReferences) {
      return { answer: tooBusy('Too many commitments wait') };
    }
    const inUse = others.some(
      (other) => other.callingAeTitle === callingAeTitle && other.transactionUid === request.transactionUid,
    );
    if (inUse) return { answer, begin: () => this.#hold(this.#refuse(transaction, channel)) };
    const pending = pendingOf(transaction, channel, this.#keep(transaction));
    this.#pending.set(key, pending);
    if (!(await pending.kept)) {
      this.#pending.delete(key);
      return { answer: tooBusy('The request cannot be kept') };
    }
    this.#tell(pending, 'requested');
    return { answer, begin: () => this.#work(pending) };
  }

  /** Stops reporting; what is pending stays in the journal. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    await Promise.all(this.#working);
  }

  /** Never rejects. */
  async #keep(transaction: Transaction): Promise<boolean> {
    try {
      if (!(await this.#host.hasRoom())) return false;
      await this.#host.journal.add(transaction);
      return true;
    } catch {
      return false;
    }
  }

  /** Another association can carry the report: at once if it is waited for, else when the attempt under way fails. */
  #takeUp(key: string, pending: Pending, channel: ReportChannel): void {
    if (this.#pending.get(key) !== pending) return;
    pending.channel = channel;
    pending.association = channel.association;
    if (pending.timer) this.#work(pending);
  }

  #work(pending: Pending): void {
    clearTimeout(pending.timer);
    pending.timer = undefined;
    this.#hold(this.#attempt(pending));
  }

  /** Reports, on its own association only, that the Transaction UID is in use. */
  async #refuse(transaction: Transaction, channel: ReportChannel): Promise<void> {
    const { transactionUid, references } = transaction;
    const failed = references.map((one) => ({ ...one, reason: FAILURE.DuplicateTransactionUID }));
    const result = { transactionUid, committed: [], failed };
    const status = await channel.report(result).catch(() => undefined);
    if (status !== STATUS.Success) return;
    this.#tell({ transaction, association: channel.association }, 'reported', result, IN_USE, 'duplicate-transaction');
  }

  /** Keeps `close` waiting for what is under way. */
  #hold(work: Promise<void>): void {
    const held = work.finally(() => this.#working.delete(held));
    this.#working.add(held);
  }

  async #attempt(pending: Pending): Promise<void> {
    const { transaction } = pending;
    const { callingAeTitle } = transaction;
    const peer = this.#host.peers.find(({ aeTitle }) => aeTitle === callingAeTitle);
    if (!pending.channel && !peer) return this.#later(pending, undefined, unknownPeer(callingAeTitle), 'unknown-peer');
    const result = await (pending.channel ? this.#judge(transaction) : this.#judgeInTurn(transaction));
    if (!result || this.#closed.signal.aborted) return;
    const { channel } = pending;
    pending.channel = undefined;
    try {
      const status = await channel?.report(result);
      if (status === STATUS.Success) return await this.#reported(pending, result);
      if (!peer) {
        if (this.#closed.signal.aborted) return;
        return this.#later(pending, result, unknownPeer(callingAeTitle), 'unknown-peer');
      }
      await this.#inTurn(peer, () => reportToPeer(peer, this.#host.aeTitle, result, this.#closed.signal));
      await this.#reported(pending, result);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#later(pending, result, error instanceof ScuError ? error.message : 'The report could not be sent.');
    }
  }

  /** One association at a time to each peer. */
  #inTurn(peer: PeerAddress, report: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(peer.aeTitle) ?? Promise.resolve();
    const turn = before.then(report, report);
    this.#turns.set(peer.aeTitle, turn);
    return turn;
  }

  /** One after the other: after a restart there may be many. Undefined when closed meanwhile. */
  #judgeInTurn(transaction: Transaction): Promise<CommitmentResult | undefined> {
    const judged = this.#judged.then(() => (this.#closed.signal.aborted ? undefined : this.#judge(transaction)));
    this.#judged = judged;
    return judged;
  }

  async #judge({ transactionUid, references }: Transaction): Promise<CommitmentResult> {
    const { storage, indexes } = this.#host;
    const limit = SEARCH_TIMEOUT + references.length * INSTANCE_TIMEOUT;
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(limit)]);
    return { transactionUid, ...(await checkReferences(references, storage, indexes(), signal)) };
  }

  async #reported(pending: Pending, result: CommitmentResult): Promise<void> {
    await this.#forget(pending);
    this.#tell(pending, 'reported', result);
  }

  /** An unknown peer is not tried again, but kept: whoever lists it starts the receiver anew. */
  #later(pending: Pending, result: CommitmentResult | undefined, problem: string, code?: 'unknown-peer'): void {
    // Its sender has asked again meanwhile, and is there to be told.
    if (pending.channel) {
      this.#work(pending);
      return;
    }
    const left = pending.transaction.received + LONGEST_WAIT - Date.now();
    if (left <= 0) {
      this.#hold(this.#forget(pending));
      this.#tell(pending, 'given-up', result, problem, code);
      return;
    }
    pending.tries++;
    const pause = code === 'unknown-peer' ? left : Math.min(left, pauseAfterTries(pending.tries));
    pending.timer = setTimeout(() => this.#work(pending), pause);
    this.#tell(pending, 'retrying', result, problem, code);
  }

  async #forget({ transaction }: Pending): Promise<void> {
    this.#pending.delete(transactionKey(transaction));
    // Should it not go away now, it is reported once more after the next start: harmless.
    await this.#host.journal.remove(transaction).catch(() => undefined);
  }

  #tell(
    { transaction, association }: Pick<Pending, 'transaction' | 'association'>,
    state: StorageCommitmentData['state'],
    result?: CommitmentResult,
    problem?: string,
    code?: StorageCommitmentData['code'],
  ): void {
    const { transactionUid, references, callingAeTitle, remoteAddress, received } = transaction;
    this.#host.tell({
      state,
      transactionUid,
      callingAeTitle,
      remoteAddress,
      received,
      requested: references.length,
      committed: result?.committed.length ?? 0,
      failed: result?.failed.length ?? 0,
      ...(problem !== undefined && { problem }),
      ...(code !== undefined && { code }),
      ...(association && { association }),
    });
  }
}

function pendingOf(transaction: Transaction, channel: ReportChannel | undefined, kept: Promise<boolean>): Pending {
  return { transaction, kept, association: channel?.association, channel, tries: 0, timer: undefined };
}

function tooBusy(comment: string): Answer {
  return { status: STATUS.ResourceLimitation, comment };
}

function unknownPeer(title: string): string {
  return `"${title}" did not take the report on its own association, and it is not known where it can be reached: add it to commitmentPeers.`;
}
