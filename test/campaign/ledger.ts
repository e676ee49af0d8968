/** The books of the campaign: what was sent, what was acknowledged, and whether the archive agrees. */
import { createHash } from 'node:crypto';
import { filesBelow, readReceived } from '../support/reception.ts';

/** What became of the objects that were sent while a fault was there. */
export interface Tally {
  sent: number;
  acknowledged: number;
  /** Answered with a failure. */
  refused: number;
  /** Never answered. */
  unanswered: number;
}

/** What is wrong with an archive; nothing, all the lists are empty. */
export interface Audit {
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** There more than once. */
  readonly twice: readonly string[];
  /** Under a final name, and not byte for byte what was sent. */
  readonly wrong: readonly string[];
  /** Unfinished files outside the folder for them. */
  readonly strays: readonly string[];
}

export class Ledger {
  /** SHA-256 of each data set: the data sets of a long run would not fit into memory. */
  readonly #sent = new Map<string, string>();
  readonly #acknowledged = new Set<string>();

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  sent(sopInstanceUid: string, dataSet: Uint8Array): void {
    this.#sent.set(sopInstanceUid, digestOf(dataSet));
  }

  acknowledge(sopInstanceUid: string): void {
    this.#acknowledged.add(sopInstanceUid);
  }

  /** Compares the folders of an archive, taken together, with the books. */
  audit(folders: readonly string[]): Audit {
    const files = folders.flatMap(filesBelow);
    const isHidden = (file: string) => file.includes('/.');
    const seen = new Map<string, number>();
    const wrong: string[] = [];
    for (const file of files.filter((path) => !isHidden(path))) {
      try {
        const { sopInstanceUid, dataSet } = readReceived(file);
        if (this.#sent.get(sopInstanceUid) !== digestOf(dataSet)) wrong.push(file);
        seen.set(sopInstanceUid, (seen.get(sopInstanceUid) ?? 0) + 1);
      } catch {
        wrong.push(file);
      }
    }
    return {
      lost: [...this.#acknowledged].filter((uid) => !seen.has(uid)),
      twice: [...seen].filter(([, count]) => count > 1).map(([uid]) => uid),
      wrong,
      strays: files.filter((file) => file.endsWith('.part') && !file.includes('/.incoming/')),
    };
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
