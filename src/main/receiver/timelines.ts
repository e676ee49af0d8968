/** The steps of each association, told in words; bounded in steps and in associations. */

import type { ConnectionData, ErrorData, FileStoredData } from '#main/engine/index.ts';
import type { TimelineStep } from '#shared/contract.ts';
import { sopClassName, transferSyntaxName, VERIFICATION_SOP_CLASS } from '#shared/dicom/uids.ts';

/** Associations that are remembered in detail. */
const ASSOCIATIONS = 300;
const STEPS = 400;

interface Timeline {
  readonly steps: TimelineStep[];
  /** Files of one SOP class in a row are one step that counts. */
  run: { readonly sopClassUid: string; readonly at: number; count: number; bytes: number } | undefined;
}

const CONTEXT_RESULTS: Readonly<Record<number, string>> = {
  0: 'accepted',
  1: 'refused by the user',
  2: 'refused: its number is even or occurs twice',
  3: 'refused: this SOP class is not accepted',
  4: 'refused: none of its transfer syntaxes is accepted',
};

export class Timelines {
  readonly #known = new Map<string, Timeline>();

  connection(associationId: string, time: number, data: ConnectionData): void {
    if (data.state === 'accepted' || data.state === 'rejected') this.#request(associationId, time, data);
    const step = (kind: TimelineStep['kind'], message: string) => this.#add(associationId, { time, kind, message });
    switch (data.state) {
      case 'accepted': {
        for (const context of data.contexts) step('context', contextWords(context));
        const accepted = data.contexts.filter(({ result }) => result === 0).length;
        step('accept', `Accepted, with ${accepted} of ${data.contexts.length} presentation contexts.`);
        break;
      }
      case 'rejected':
        step('reject', `Rejected: ${data.reason ?? 'no reason is known'}.`);
        break;
      case 'released':
        step('release', `The sender released the association; ${objects(data.stored)} stored.`);
        break;
      case 'aborted':
        step('abort', `Aborted: ${data.reason ?? 'no reason is known'}; ${objects(data.stored)} stored.`);
        break;
    }
  }

  stored(associationId: string, time: number, { sopClassUid, size, outcome }: FileStoredData): void {
    const timeline = this.#known.get(associationId);
    if (!timeline) return;
    if (timeline.run?.sopClassUid === sopClassUid) {
      timeline.run.count++;
      timeline.run.bytes += size;
    } else if (timeline.steps.length < STEPS) {
      timeline.run = { sopClassUid, at: timeline.steps.length, count: 1, bytes: size };
      timeline.steps.push({ time, kind: 'message', message: '' });
    } else return;
    const { at, count, bytes } = timeline.run;
    const name = sopClassName(sopClassUid) ?? sopClassUid;
    const again = count === 1 && outcome === 'equal' ? ' It was there already.' : '';
    const what = `C-STORE: ${count} × ${name}, ${bytes.toLocaleString('en')} bytes, answered 0000 (success).${again}`;
    timeline.steps[at] = { ...timeline.steps[at]!, message: what };
  }

  failed(associationId: string, time: number, message: string, { status }: ErrorData): void {
    const answer = status === undefined ? '' : ` Answered ${status.toString(16).toUpperCase().padStart(4, '0')}.`;
    this.#add(associationId, { time, kind: 'problem', message: `${message}.${answer}` });
  }

  commitment(associationId: string, time: number, message: string, bad: boolean): void {
    const step = {
      time,
      kind: bad ? 'problem' : 'message',
      message: /[.]$/.test(message) ? message : `${message}.`,
    } as const;
    this.#add(associationId, step);
  }

  lost(associationId: string, time: number): void {
    this.#add(associationId, {
      time,
      kind: 'problem',
      message: 'The receiver stopped by itself: the connection was lost.',
    });
  }

  /** The steps of an association of this run; undefined when they have been forgotten. */
  steps(associationId: string): readonly TimelineStep[] | undefined {
    return this.#known.get(associationId)?.steps;
  }

  #request(associationId: string, time: number, { association, contexts }: ConnectionData): void {
    this.#known.set(associationId, { steps: [], run: undefined });
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > ASSOCIATIONS && oldest !== undefined) this.#known.delete(oldest);
    const { callingAeTitle, calledAeTitle, remoteAddress, tls, user } = association;
    if (tls) {
      const peer = tls.peerCertificate === undefined ? '' : ` Its certificate: ${tls.peerCertificate}.`;
      this.#add(associationId, { time, kind: 'request', message: `${tls.protocol}, ${tls.cipher}.${peer}` });
    }
    const proposed = contexts.length === 0 ? '' : ` It proposes ${contexts.length} presentation contexts.`;
    const message = `${callingAeTitle || '(no title)'} from ${remoteAddress} calls ${calledAeTitle || '(no title)'}.${proposed}`;
    this.#add(associationId, { time, kind: 'request', message });
    if (user !== undefined)
      this.#add(associationId, { time, kind: 'request', message: `The user ${user} was identified.` });
  }

  #add(associationId: string, step: TimelineStep): void {
    const timeline = this.#known.get(associationId);
    if (!timeline) return;
    timeline.run = undefined;
    // The end of the association is worth more than its four hundredth problem.
    const end = step.kind === 'release' || step.kind === 'abort';
    if (timeline.steps.length >= STEPS) {
      if (end) timeline.steps[STEPS - 1] = step;
      return;
    }
    timeline.steps.push(step);
  }
}

function contextWords({
  id,
  abstractSyntax,
  transferSyntax,
  result,
  proposedTransferSyntaxes,
}: ConnectionData['contexts'][number]): string {
  const name =
    abstractSyntax === VERIFICATION_SOP_CLASS
      ? 'Verification (C-ECHO)'
      : (sopClassName(abstractSyntax) ?? abstractSyntax);
  const syntax = (uid: string) => transferSyntaxName(uid) ?? uid;
  const proposed = proposedTransferSyntaxes.map(syntax).join(', ');
  const words = CONTEXT_RESULTS[result] ?? `refused (${result})`;
  return result === 0
    ? `Context ${id}: ${name}, accepted in ${syntax(transferSyntax)}${proposedTransferSyntaxes.length > 1 ? ` (proposed: ${proposed})` : ''}.`
    : `Context ${id}: ${name}, ${words} (proposed: ${proposed || 'none'}).`;
}

function objects(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`;
}
