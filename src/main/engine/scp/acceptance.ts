/** Modes and lists of the options, as the policy that negotiation asks. */

import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '#main/engine/dataset/file-meta.ts';
import type { AcceptancePolicy } from '#main/engine/upper-layer/negotiation.ts';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  STORAGE_COMMITMENT_SOP_CLASS,
  storageSopClasses,
  transferSyntaxesOfModeAll,
  uidOfKeyword,
  VERIFICATION_SOP_CLASS,
} from '#shared/dicom/uids.ts';
import type { ResolvedOptions } from '#shared/options.ts';

/** Implicit and Explicit VR Little Endian. */
const UNCOMPRESSED: readonly string[] = ['1.2.840.10008.1.2', EXPLICIT_VR_LITTLE_ENDIAN];

type AcceptanceOptions = Pick<
  ResolvedOptions,
  | 'abstractSyntaxMode'
  | 'abstractSyntaxes'
  | 'transferSyntaxMode'
  | 'transferSyntaxes'
  | 'transferSyntaxPreference'
  | 'maxPduLength'
  | 'storageCommitment'
>;

/**
 * Builds the policy of a receiver.
 * @param editsObjects an onBeforeStore is registered, so that attributes may be coerced (PS3.4 B.3.1)
 */
export function acceptancePolicy(options: AcceptanceOptions, editsObjects: boolean): AcceptancePolicy {
  const sopClasses = acceptedSopClasses(options);
  const transferSyntaxes = acceptedTransferSyntaxes(options);
  const isCommitment = (uid: string) => options.storageCommitment && uid === STORAGE_COMMITMENT_SOP_CLASS;
  return {
    acceptsAbstractSyntax: (uid) =>
      uid === VERIFICATION_SOP_CLASS || isCommitment(uid) || (sopClasses?.has(uid) ?? uid !== ''),
    // A request for commitment is no object to be stored: whatever those may be in, it is plain (PS3.5 10.1).
    acceptsTransferSyntax: (uid, abstractSyntax) =>
      isCommitment(abstractSyntax) ? UNCOMPRESSED.includes(uid) : transferSyntaxes.has(uid),
    transferSyntaxPreference: uids(options.transferSyntaxPreference),
    // PS3.4 Table B.3-2: level 2 (full), reserved, digital signature level, reserved, element coercion, reserved.
    extendedNegotiation: () => Uint8Array.of(2, 0, editsObjects ? 0 : 3, 0, editsObjects ? 1 : 0, 0),
    maximumLength: options.maxPduLength,
    implementationClassUid: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
  };
}

/** Undefined: any. */
function acceptedSopClasses(options: AcceptanceOptions): ReadonlySet<string> | undefined {
  switch (options.abstractSyntaxMode) {
    case 'All':
      return undefined;
    case 'AllStorage':
      return new Set(storageSopClasses());
    case 'Custom':
      return new Set(uids(options.abstractSyntaxes));
  }
}

function acceptedTransferSyntaxes(options: AcceptanceOptions): ReadonlySet<string> {
  switch (options.transferSyntaxMode) {
    case 'All':
      return new Set(transferSyntaxesOfModeAll());
    case 'UncompressedOnly':
      return new Set(UNCOMPRESSED);
    case 'Custom':
      return new Set(uids(options.transferSyntaxes));
  }
}

function uids(list: readonly string[]): string[] {
  return list.map((text) => uidOfKeyword(text) ?? text);
}
