/** Storage commitment requests that were accepted and not yet reported, one small file each: they outlive a restart. */

import { hashedName, parseUid } from '#main/engine/storage/instance-key.ts';
import type { PendingFiles } from '#main/engine/storage/pending-files.ts';
import type { CommitmentRequest } from './storage-commitment-data.ts';

/** A request for storage commitment that has been accepted. */
export interface Transaction extends CommitmentRequest {
  readonly callingAeTitle: string;
  readonly remoteAddress: string;
  /** When it came, in milliseconds since 1970. */
  readonly received: number;
}

const VERSION = 1;

/** Equal for a request that is sent again: made of the sender, the Transaction UID and what it asks for. */
export function transactionKey(transaction: Pick<Transaction, 'callingAeTitle' | keyof CommitmentRequest>): string {
  const { callingAeTitle, transactionUid, references } = transaction;
  const list = references.map(({ sopInstanceUid, sopClassUid }) => `${sopInstanceUid} ${sopClassUid}`).sort();
  return hashedName(JSON.stringify([callingAeTitle, transactionUid, list]));
}

export class CommitmentJournal {
  readonly #files: PendingFiles | undefined;

  /** @param files undefined: nothing is kept, a restart forgets what is pending */
  constructor(files: PendingFiles | undefined) {
    this.#files = files;
  }

  /** What is pending, oldest first. What is none of ours is passed over. */
  async load(): Promise<readonly Transaction[]> {
    const texts = (await this.#files?.load()) ?? [];
    return texts.flatMap((text) => parseTransaction(text) ?? []).sort((one, other) => one.received - other.received);
  }

  /** Resolves when a power failure cannot take it away any more. */
  async add(transaction: Transaction): Promise<void> {
    await this.#files?.put(transactionKey(transaction), JSON.stringify({ version: VERSION, ...transaction }));
  }

  async remove(transaction: Transaction): Promise<void> {
    await this.#files?.remove(transactionKey(transaction));
  }
}

function parseTransaction(text: string): Transaction | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { version, transactionUid, references, callingAeTitle, remoteAddress, received } = (value ?? {}) as Partial<
    Record<string, unknown>
  >;
  const isUid = (uid: unknown): uid is string => typeof uid === 'string' && parseUid(uid) === uid;
  if (version !== VERSION || !isUid(transactionUid) || !Array.isArray(references)) return undefined;
  if (typeof callingAeTitle !== 'string' || typeof remoteAddress !== 'string' || typeof received !== 'number') {
    return undefined;
  }
  const list = references.flatMap((one: unknown) => {
    const { sopClassUid, sopInstanceUid } = (one ?? {}) as Partial<Record<string, unknown>>;
    return isUid(sopClassUid) && isUid(sopInstanceUid) ? [{ sopClassUid, sopInstanceUid }] : [];
  });
  if (list.length !== references.length) return undefined;
  return { transactionUid, references: list, callingAeTitle, remoteAddress, received };
}
