/** Reports a storage commitment on an association of our own, to a peer that we know (PS3.4 J.3.3). */

import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { StoreScu } from '#main/engine/scu/store-scu.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, STORAGE_COMMITMENT_SOP_CLASS } from '#shared/dicom/uids.ts';
import type { PeerAddress } from '#shared/peer-address.ts';
import type { CommitmentResult } from './storage-commitment-data.ts';
import { encodeEventInformation, eventTypeOf } from './storage-commitment-data.ts';

const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** Resolves when the peer has taken the report. @throws ScuError with what is wrong and what to do */
export async function reportToPeer(
  peer: PeerAddress,
  aeTitle: string,
  result: CommitmentResult,
  signal: AbortSignal,
): Promise<void> {
  const scu = await StoreScu.connect({
    host: peer.host,
    port: peer.port,
    calledAeTitle: peer.aeTitle,
    callingAeTitle: aeTitle,
    contexts: [
      {
        abstractSyntax: STORAGE_COMMITMENT_SOP_CLASS,
        transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN],
      },
    ],
    // It is we who ask for the association, and still are the provider (PS3.7 D.3.3.4).
    roleSelections: [{ sopClassUid: STORAGE_COMMITMENT_SOP_CLASS, scuRole: false, scpRole: true }],
    signal,
  });
  try {
    await scu.reportCommitment(eventTypeOf(result), (uid) => encodeEventInformation(result, encodingOf(uid)));
    // The report is theirs: how they part with us changes nothing any more.
    await scu.release().catch(() => undefined);
  } finally {
    if (!scu.ended) scu.abort();
  }
}
