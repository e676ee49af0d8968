/** Fragments to messages: puts Command Sets together and passes Data Sets on as they arrive (PS3.7 6.3, PS3.8 Annex E). */

import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import type { PdvFragment } from '#main/engine/upper-layer/pdu.ts';
import type { CommandSet } from './command-set.ts';
import { decodeCommandSet } from './command-set.ts';

/** A Command Set has a dozen short elements; more than this is not one. */
const MAX_COMMAND_SET = 64 * 1024;

export type MessagePart =
  | { readonly type: 'command'; readonly presentationContextId: number; readonly command: CommandSet }
  | { readonly type: 'data'; readonly value: Uint8Array; readonly isLast: boolean };

/** Holds which part of a message is due on an association. */
export class MessageReader {
  #due: 'command' | 'data' = 'command';
  #presentationContextId = 0;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #begun = false;

  /** True while a message has begun and not ended. */
  get insideMessage(): boolean {
    return this.#begun;
  }

  /**
   * Takes the next fragment. Returns what it completes, if anything.
   * @throws ProtocolError when the order of the parts is broken, or the command is none
   */
  push(fragment: PdvFragment): MessagePart | undefined {
    const expected = fragment.isCommand === (this.#due === 'command');
    if (!expected || (this.#begun && fragment.presentationContextId !== this.#presentationContextId)) {
      throw new ProtocolError(
        'unexpected-parameter',
        `a ${fragment.isCommand ? 'command' : 'data'} fragment came where ${this.#due} was due`,
      );
    }
    this.#presentationContextId = fragment.presentationContextId;
    this.#begun = true;
    return fragment.isCommand ? this.#command(fragment) : this.#data(fragment);
  }

  #command(fragment: PdvFragment): MessagePart | undefined {
    this.#length += fragment.value.length;
    if (this.#length > MAX_COMMAND_SET) {
      throw new ProtocolError('invalid-parameter-value', `the command is longer than ${MAX_COMMAND_SET} bytes`);
    }
    if (!fragment.isLast) {
      // A copy: the memory of a fragment is used again.
      this.#pieces.push(new Uint8Array(fragment.value));
      return undefined;
    }
    const bytes = this.#pieces.length === 0 ? fragment.value : Buffer.concat([...this.#pieces, fragment.value]);
    this.#pieces = [];
    this.#length = 0;
    const command = decodeCommandSet(bytes);
    if (command.hasDataSet) this.#due = 'data';
    else this.#begun = false;
    return { type: 'command', presentationContextId: fragment.presentationContextId, command };
  }

  #data(fragment: PdvFragment): MessagePart {
    if (fragment.isLast) {
      this.#due = 'command';
      this.#begun = false;
    }
    return { type: 'data', value: fragment.value, isLast: fragment.isLast };
  }
}
