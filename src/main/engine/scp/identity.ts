/** The UIDs by which an instance is filed, read from its header. */

import type { ElementList } from '#main/engine/dataset/elements.ts';
import { uidText } from '#main/engine/dataset/uid-text.ts';
import { parseUid } from '#main/engine/storage/instance-key.ts';

export const SOP_CLASS_UID = 0x00080016;
export const SOP_INSTANCE_UID = 0x00080018;
export const STUDY_INSTANCE_UID = 0x0020000d;
export const SERIES_INSTANCE_UID = 0x0020000e;

/** UIDs as the data set has them; undefined: absent or empty. */
export interface Identity {
  readonly sopClassUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
}

/** The identity of an instance that can be filed. */
export type CompleteIdentity = { readonly [Name in keyof Identity]: string };

/** Reads the UIDs of a header. They are what the peer wrote: not yet checked. */
export function identify(header: ElementList): Identity {
  let sopClassUid: string | undefined;
  let sopInstanceUid: string | undefined;
  let studyInstanceUid: string | undefined;
  let seriesInstanceUid: string | undefined;
  for (const { tag, valueStart, valueEnd } of header.elements) {
    if (tag === SOP_CLASS_UID) sopClassUid = uidText(header.bytes, valueStart, valueEnd) || undefined;
    else if (tag === SOP_INSTANCE_UID) sopInstanceUid = uidText(header.bytes, valueStart, valueEnd) || undefined;
    else if (tag === STUDY_INSTANCE_UID) studyInstanceUid = uidText(header.bytes, valueStart, valueEnd) || undefined;
    else if (tag === SERIES_INSTANCE_UID) seriesInstanceUid = uidText(header.bytes, valueStart, valueEnd) || undefined;
  }
  return { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid };
}

/** The identity with the class of the command where the data set names none; undefined when a UID is missing. */
export function completeIdentity(identity: Identity, sopClassUid: string): CompleteIdentity | undefined {
  const { sopInstanceUid, studyInstanceUid, seriesInstanceUid } = identity;
  if (sopInstanceUid === undefined || studyInstanceUid === undefined || seriesInstanceUid === undefined)
    return undefined;
  return { sopClassUid: identity.sopClassUid ?? sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid };
}

/** Whether a text of a peer may name a file: a UID, digits and dots that go on for too long, or something else. */
export function judgeUid(text: string): 'uid' | 'too-long' | 'not-a-uid' {
  if (parseUid(text) !== undefined) return 'uid';
  return text.length > 64 && /^[\d.]+$/.test(text) ? 'too-long' : 'not-a-uid';
}
