/** One N-ACTION-RQ of storage commitment from its command to its answer (PS3.4 J.3.2, PS3.7 10.1.4). */

import { joinBytes } from '#main/engine/dataset/byte-list.ts';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import type { CommandSet } from '#main/engine/dimse/command-set.ts';
import { OFFENDING } from '#main/engine/dimse/command-set.ts';
import type { Answer } from '#main/engine/dimse/status.ts';
import { STATUS } from '#main/engine/dimse/status.ts';
import { ProtocolError } from '#main/engine/upper-layer/errors.ts';
import { STORAGE_COMMITMENT_INSTANCE, STORAGE_COMMITMENT_SOP_CLASS } from '#shared/dicom/uids.ts';
import type { ReportChannel, StorageCommitment } from './storage-commitment.ts';
import { LONGEST_ACTION_INFORMATION, parseActionInformation } from './storage-commitment-data.ts';

/** Request Storage Commitment (PS3.4 Table J.3-1); there is no other action. */
const REQUEST_STORAGE_COMMITMENT = 1;
/** What is too long is read to its end, so that the association can go on; but not for ever. */
const DRAIN = 4;

/** A request for storage commitment on its way in. `push` the Action Information, then `end`. */
export class IncomingAction {
  readonly #commitment: StorageCommitment;
  readonly #command: CommandSet;
  readonly #encoding: Encoding;
  readonly #channel: ReportChannel;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;
  #begin: (() => void) | undefined;

  constructor(commitment: StorageCommitment, command: CommandSet, encoding: Encoding, channel: ReportChannel) {
    this.#commitment = commitment;
    this.#command = command;
    this.#encoding = encoding;
    this.#channel = channel;
  }

  /** @throws ProtocolError past the hard limit of what is read of a request that is too long */
  push(value: Uint8Array): undefined {
    this.#length += value.length;
    if (this.#length > DRAIN * LONGEST_ACTION_INFORMATION) {
      throw new ProtocolError('not-specified', 'a request for storage commitment does not end');
    }
    // A copy: the memory of a fragment is used again.
    if (this.#length <= LONGEST_ACTION_INFORMATION) this.#pieces.push(new Uint8Array(value));
    else this.#pieces.length = 0;
  }

  /** The request is complete: says what to answer. Never rejects. */
  async end(): Promise<Answer> {
    const refused = refusalOf(this.#command);
    if (refused) return refused;
    if (this.#length > LONGEST_ACTION_INFORMATION) return tooMany();
    try {
      const request = parseActionInformation(joinBytes(this.#pieces), this.#encoding);
      if (request === 'too-many') return tooMany();
      const { answer, begin } = await this.#commitment.accept(request, this.#channel);
      this.#begin = begin;
      return answer;
    } catch (error) {
      if (!(error instanceof DataSetError)) throw error;
      return { status: STATUS.InvalidArgumentValue, comment: `Action Information: ${error.code.replaceAll('-', ' ')}` };
    }
  }

  /** The report must not overtake the answer. */
  answered(): void {
    this.#begin?.();
  }
}

/** Why a request cannot be one, whatever its Action Information says (PS3.7 10.1.4.1.10). */
function refusalOf(command: CommandSet): Answer | undefined {
  const { AffectedSOPClassUID, RequestedSOPInstanceUID, ActionTypeID, hasDataSet } = command;
  const missing = (offendingElement: number, comment: string): Answer => ({
    status: STATUS.MistypedArgument,
    comment,
    offendingElement,
  });
  if (RequestedSOPInstanceUID === undefined) {
    return missing(OFFENDING.RequestedSOPInstanceUID, 'Requested SOP Instance UID is missing');
  }
  if (ActionTypeID === undefined) return missing(OFFENDING.ActionTypeID, 'Action Type ID is missing');
  if (AffectedSOPClassUID !== STORAGE_COMMITMENT_SOP_CLASS) {
    return { status: STATUS.NoSuchSOPClass, comment: 'SOP class is not that of the presentation context' };
  }
  if (RequestedSOPInstanceUID !== STORAGE_COMMITMENT_INSTANCE) {
    return { status: STATUS.NoSuchSOPInstance, comment: 'There is one instance, 1.2.840.10008.1.20.1.1' };
  }
  if (ActionTypeID !== REQUEST_STORAGE_COMMITMENT) {
    return { status: STATUS.NoSuchAction, comment: 'The one action is 1, Request Storage Commitment' };
  }
  if (!hasDataSet) return missing(OFFENDING.CommandDataSetType, 'N-ACTION without Action Information');
  return undefined;
}

function tooMany(): Answer {
  return { status: STATUS.ResourceLimitation, comment: 'Too many instances in one request' };
}
