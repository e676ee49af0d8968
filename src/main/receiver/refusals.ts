/** Who or what was not accepted, as one list of counted refusals, and how one click changes the profile to accept it. */

import { createHash } from 'node:crypto';
import type { ConnectionData, ErrorData, StorageCommitmentData } from '#main/engine/index.ts';
import type { FixKind, ProfileOptions } from '#shared/contract.ts';
import {
  STORAGE_COMMITMENT_SOP_CLASS,
  sopClassName,
  storageSopClasses,
  transferSyntaxesOfModeAll,
  transferSyntaxName,
} from '#shared/dicom/uids.ts';
import type { Refusal } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import { parsePeerAddress } from '#shared/peer-address.ts';
import { LIMITS } from '#shared/state.ts';

/** A refusal before it is counted. */
export type NewRefusal = Omit<Refusal, 'refusalId' | 'time' | 'count'>;

type Fixes = Refusal['fixes'];

/** More kinds of refused contexts of one association say nothing new. */
const CONTEXTS = 20;
const MOST_ASSOCIATIONS = 1000;

/** What of an association was refused: all of it, or some of its presentation contexts. */
export function refusalsOfConnection(data: ConnectionData, options: ProfileOptions): readonly NewRefusal[] {
  switch (data.state) {
    case 'rejected':
      return [refusedAssociation(data, options)];
    case 'accepted':
      return refusedContexts(data);
    case 'aborted':
      return isBeforeAssociation(data) ? [refusedConnection(data)] : [];
    case 'released':
      return [];
  }
}

/** What of an object was refused; nothing for failures that are no refusal. */
export function refusalOfError(data: ErrorData, message: string): NewRefusal | undefined {
  if (!data.association) return undefined;
  const { callingAeTitle, calledAeTitle, remoteAddress } = data.association;
  const caller = { callingAeTitle, calledAeTitle, remoteAddress };
  switch (data.code) {
    case 'refused':
    case 'storage':
    case 'before-store':
      return { ...caller, code: 'object-refused', value: message, message, fixes: [] };
    // The message says where in the object: too many different ones.
    case 'malformed':
      return { ...caller, code: 'object-refused', value: data.code, message, fixes: [] };
    case 'quarantined':
      return { ...caller, code: 'object-quarantined', value: message, message, fixes: [] };
    case 'server':
    case 'incomplete':
    case 'handler':
      return undefined;
  }
}

/** The connection ended before it requested an association: it has no AE titles. */
export function isBeforeAssociation({ state, code = '' }: ConnectionData): boolean {
  return state === 'aborted' && (code === 'no-association' || code === 'locked-out' || code.startsWith('tls-'));
}

function refusedConnection(data: ConnectionData): NewRefusal {
  const { code = 'no-association', reason } = data;
  const caller = callerOf(data);
  const refused = { ...caller, code, value: '', message: words(reason) };
  return code === 'locked-out'
    ? { ...refused, fixes: [{ kind: 'end-lockout', value: caller.remoteAddress }] }
    : { ...refused, fixes: [] };
}

/**
 * A report that has no way to its sender.
 * @param peers addresses that other profiles know: one of this sender is a fix
 */
export function refusalOfCommitment(data: StorageCommitmentData, peers: readonly string[]): NewRefusal {
  const { callingAeTitle, remoteAddress, problem = '' } = data;
  const known = peers.find((peer) => parsePeerAddress(peer)?.aeTitle === callingAeTitle);
  return {
    callingAeTitle,
    calledAeTitle: data.association?.calledAeTitle ?? '',
    remoteAddress,
    code: 'commitment-peer-unknown',
    value: callingAeTitle,
    message: problem,
    fixes: known === undefined ? [] : [{ kind: 'add-commitment-peer', value: known }],
  };
}

function callerOf({ association }: ConnectionData) {
  const { callingAeTitle, calledAeTitle, remoteAddress } = association;
  return { callingAeTitle, calledAeTitle, remoteAddress };
}

function refusedAssociation(data: ConnectionData, options: ProfileOptions): NewRefusal {
  const caller = callerOf(data);
  const code = data.code ?? 'rejected';
  const refused = (value: string, fixes: Fixes): NewRefusal => ({
    ...caller,
    code,
    value,
    message: words(data.reason),
    fixes,
  });
  switch (code) {
    case 'called-ae-title-not-recognized':
      return refused(caller.calledAeTitle, titleFix('accept-called-title', caller.calledAeTitle));
    case 'calling-ae-title-not-recognized':
      return refused(caller.callingAeTitle, titleFix('accept-calling-title', caller.callingAeTitle));
    case 'address-not-accepted':
      return refused(caller.remoteAddress, [{ kind: 'accept-address', value: caller.remoteAddress }]);
    case 'local-limit-exceeded': {
      const now = options.maxAssociations ?? optionDefaults.maxAssociations;
      const more = Math.min(MOST_ASSOCIATIONS, now * 2);
      return refused(String(now), more > now ? [{ kind: 'allow-more-associations', value: String(more) }] : []);
    }
    case 'caller-limit-exceeded': {
      const now = options.maxAssociationsPerCallingAe ?? 1;
      const most = options.maxAssociations ?? optionDefaults.maxAssociations;
      const more = Math.min(most, now * 2);
      return refused(String(now), more > now ? [{ kind: 'allow-more-per-caller', value: String(more) }] : []);
    }
    default:
      return refused('', []);
  }
}

/** A title that no option could hold cannot be accepted by a click. */
function titleFix(kind: FixKind, title: string): Fixes {
  return /^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(title) && title.trim() !== '' ? [{ kind, value: title }] : [];
}

function refusedContexts(data: ConnectionData): readonly NewRefusal[] {
  const caller = callerOf(data);
  const refusals = new Map<string, NewRefusal>();
  for (const { abstractSyntax, result, proposedTransferSyntaxes } of data.contexts) {
    const sopClass = sopClassName(abstractSyntax) ?? abstractSyntax;
    if (result === 3) {
      refusals.set(`class ${abstractSyntax}`, {
        ...caller,
        code: 'sop-class-refused',
        value: abstractSyntax,
        message: `The SOP class ${sopClass} is not accepted.`,
        fixes: isUid(abstractSyntax) ? [{ kind: 'accept-sop-class', value: abstractSyntax }] : [],
      });
    } else if (result === 4) {
      const names = proposedTransferSyntaxes.map((uid) => transferSyntaxName(uid) ?? uid);
      refusals.set(`syntax ${proposedTransferSyntaxes.join(' ')}`, {
        ...caller,
        code: 'transfer-syntax-refused',
        value: proposedTransferSyntaxes.join(' ').slice(0, 256),
        message: `${sopClass}: none of the proposed transfer syntaxes is accepted (${names.join(', ').slice(0, 400)}).`,
        fixes: proposedTransferSyntaxes
          .filter(isUid)
          .slice(0, 5)
          .map((value) => ({ kind: 'accept-transfer-syntax', value })),
      });
    } else if (result === 2) {
      refusals.set('context', {
        ...caller,
        code: 'context-refused',
        value: '',
        message: 'A presentation context has an even number, or one that occurs twice: a mistake of the sender.',
        fixes: [],
      });
    }
  }
  return [...refusals.values()].slice(0, CONTEXTS);
}

const isUid = (text: string) => /^\d+(\.\d+)*$/.test(text) && text.length <= 64;

function words(reason = 'It was refused'): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!]$/.test(text) ? text : `${text}.`;
}

/** The same text for equal refusals. */
export function refusalIdOf(refusal: NewRefusal): string {
  const { code, callingAeTitle, remoteAddress, value } = refusal;
  return createHash('sha256')
    .update(JSON.stringify([code, callingAeTitle, remoteAddress, value]))
    .digest('hex')
    .slice(0, 16);
}

/** Counts equal refusals; forgets the oldest of more than the page shows. */
export class RefusalCounter {
  readonly #known = new Map<string, Refusal>();

  /** @param times how often since it was counted last */
  count(refusal: NewRefusal, time: number, times = 1): Refusal {
    const refusalId = refusalIdOf(refusal);
    const counted = { ...refusal, refusalId, time, count: (this.#known.get(refusalId)?.count ?? 0) + times };
    this.#known.delete(refusalId);
    this.#known.set(refusalId, counted);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > LIMITS.refusals && oldest !== undefined) this.#known.delete(oldest);
    return counted;
  }

  clear(): void {
    this.#known.clear();
  }
}

/** The options after a fix. What they accept already stays accepted; a fix that changes nothing gives equal options. */
export function applyFix(options: ProfileOptions, kind: FixKind, value: string): ProfileOptions {
  switch (kind) {
    case 'accept-called-title':
      return widen(options, 'acceptedCalledAeTitles', value);
    case 'accept-calling-title':
      return widen(options, 'acceptedCallingAeTitles', value);
    case 'accept-address':
      return widen(options, 'acceptedAddresses', value);
    case 'add-commitment-peer':
      return { ...options, commitmentPeers: joined(options.commitmentPeers, value) };
    case 'accept-sop-class':
      return acceptSopClass(options, value);
    case 'accept-transfer-syntax':
      return acceptTransferSyntax(options, value);
    case 'allow-more-associations': {
      const now = options.maxAssociations ?? optionDefaults.maxAssociations;
      return { ...options, maxAssociations: Math.max(now, Math.min(MOST_ASSOCIATIONS, Number(value) || 0)) };
    }
    case 'allow-more-per-caller': {
      const now = options.maxAssociationsPerCallingAe;
      if (now === undefined) return options;
      return {
        ...options,
        maxAssociationsPerCallingAe: Math.max(now, Math.min(MOST_ASSOCIATIONS, Number(value) || 0)),
      };
    }
    // No matter of the options: it is over by itself, or by a word to the run.
    case 'end-lockout':
      return options;
  }
}

/** An empty list accepts everyone already: adding to it would shut everyone else out. */
function widen(
  options: ProfileOptions,
  name: 'acceptedCalledAeTitles' | 'acceptedCallingAeTitles' | 'acceptedAddresses',
  value: string,
): ProfileOptions {
  const list = options[name] ?? [];
  if (list.length === 0 || list.includes(value)) return options;
  return { ...options, [name]: [...list, value] };
}

function acceptSopClass(options: ProfileOptions, uid: string): ProfileOptions {
  // No class of objects, and of no use in a list of them.
  if (uid === STORAGE_COMMITMENT_SOP_CLASS) return { ...options, storageCommitment: true };
  switch (options.abstractSyntaxMode ?? optionDefaults.abstractSyntaxMode) {
    case 'All':
      return options;
    case 'AllStorage':
      return { ...options, abstractSyntaxMode: 'Custom', abstractSyntaxes: joined([...storageSopClasses()], uid) };
    case 'Custom':
      return { ...options, abstractSyntaxes: joined(options.abstractSyntaxes, uid) };
  }
}

function acceptTransferSyntax(options: ProfileOptions, uid: string): ProfileOptions {
  switch (options.transferSyntaxMode ?? optionDefaults.transferSyntaxMode) {
    case 'All':
      return {
        ...options,
        transferSyntaxMode: 'Custom',
        transferSyntaxes: joined([...transferSyntaxesOfModeAll()], uid),
      };
    case 'UncompressedOnly': {
      // What the mode has accepted until now (store-scp: implicit and explicit little endian).
      const uncompressed = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
      return { ...options, transferSyntaxMode: 'Custom', transferSyntaxes: joined(uncompressed, uid) };
    }
    case 'Custom':
      return { ...options, transferSyntaxes: joined(options.transferSyntaxes, uid) };
  }
}

function joined(list: readonly string[] = [], value: string): string[] {
  return list.includes(value) ? [...list] : [...list, value];
}
