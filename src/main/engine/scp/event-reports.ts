/** N-EVENT-REPORTs on an association that its peer has opened: sent when it is idle, answered or given up (PS3.7 10.1.1). */

import type { CommandSet } from '#main/engine/dimse/command-set.ts';
import { COMMAND_FIELD } from '#main/engine/dimse/command-set.ts';

/** A peer that is about to release the association does so within this time, in milliseconds: its release must not cross a report. */
const SETTLE = 500;
/** How long a peer may take to answer, in milliseconds. */
const ANSWER_TIMEOUT = 30_000;

interface Report {
  readonly send: (messageId: number) => void;
  readonly resolve: (status: number | undefined) => void;
}

/** What the reports have to know of their association. */
export interface ReportingAssociation {
  /** No message has begun or waits for its answer, and the association stands. */
  readonly idle: boolean;
  /** It has ended, or was never there. */
  readonly over: boolean;
}

export class EventReports {
  readonly #association: ReportingAssociation;
  readonly #waiting: Report[] = [];
  /** Message IDs that may be answered; of those given up as well, whose answer may come late. */
  readonly #sent = new Set<number>();
  #current: (Report & { readonly messageId: number }) | undefined;
  #messageId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(association: ReportingAssociation) {
    this.#association = association;
  }

  /**
   * Sends a report as soon as it may be sent: one at a time, never into a message of the peer.
   * @returns the status of the answer; undefined when the association ended before there was one
   */
  report(send: (messageId: number) => void): Promise<number | undefined> {
    if (this.#association.over) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push({ send, resolve });
      this.touch();
    });
  }

  /** Something came or went: the association has to be quiet anew before a report is sent. */
  touch(): void {
    if (this.#current || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), SETTLE);
  }

  /** Takes a response. @returns false when nobody has asked for it */
  takes({ CommandField, MessageID, Status }: CommandSet): boolean {
    if (CommandField !== (COMMAND_FIELD['N-EVENT-REPORT-RQ'] | 0x8000) || !this.#sent.delete(MessageID)) return false;
    if (this.#current?.messageId === MessageID) this.#done(Status);
    return true;
  }

  /** The association is over: what has no answer will have none. */
  end(): void {
    const current = this.#current;
    this.#current = undefined;
    clearTimeout(this.#timer);
    for (const { resolve } of [...(current ? [current] : []), ...this.#waiting.splice(0)]) resolve(undefined);
  }

  #next(): void {
    if (!this.#association.idle) return;
    const report = this.#waiting.shift();
    if (!report) return;
    this.#messageId = (this.#messageId % 0xffff) + 1;
    this.#current = { ...report, messageId: this.#messageId };
    this.#sent.add(this.#messageId);
    report.send(this.#messageId);
    this.#timer = setTimeout(() => this.#done(undefined), ANSWER_TIMEOUT);
  }

  #done(status: number | undefined): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = undefined;
    current?.resolve(status);
    this.touch();
  }
}
