/** The numbers with which peers refuse, in words that say what to do (PS3.8 9.3.3.2, 9.3.4, 9.3.8; PS3.7 C; PS3.4 B.2.3). */

import { statusText } from '#main/engine/dimse/status.ts';

/** The three numbers of an A-ASSOCIATE-RJ. */
export interface RejectionNumbers {
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

const REJECTIONS: Readonly<Record<string, string>> = {
  '1/1': 'it gives no reason: look into its log, and ask whether it accepts this computer and these AE titles',
  '1/2': 'it does not know the application context of DICOM: it may be no DICOM service',
  '1/3': 'it does not know the calling AE title: add that title to the ones it accepts',
  '1/7': 'the called AE title is not one of its own: correct that title, or change it there',
  '2/1': 'it gives no reason: look into its log',
  '2/2': 'it does not support the protocol version: it may be no DICOM service',
  '3/1': 'it is busy or short of space: try again later, or free some space there',
  '3/2': 'it has as many associations as it allows: try again later, or let it allow more',
};

const SOURCES: Readonly<Record<number, string>> = {
  1: 'its application',
  2: 'its protocol',
  3: 'its connection layer',
};

/** Why a request was rejected. */
export function rejectionWords({ result, source, reason }: RejectionNumbers): string {
  const lasting = result === 2 ? 'for now' : 'for good';
  const words = REJECTIONS[`${source}/${reason}`] ?? 'it gives a reason that the standard does not know';
  const by = SOURCES[source] ?? 'something unknown';
  return `${words} (rejected ${lasting} by ${by}: A-ASSOCIATE-RJ ${result}/${source}/${reason})`;
}

/** Why a presentation context was refused. */
export function contextResultWords(result: number): string {
  switch (result) {
    case 1:
      return 'its user refused the context (1)';
    case 2:
      return 'it gives no reason (2)';
    case 3:
      return 'it does not accept this kind of object (3, abstract syntax not supported)';
    case 4:
      return 'it accepts this kind of object in no transfer syntax that was offered (4, transfer syntaxes not supported)';
    default:
      return `its answer has no meaning (${result})`;
  }
}

const ABORT_REASONS: Readonly<Record<number, string>> = {
  0: 'it gives no reason',
  1: 'it received something that it does not know',
  2: 'it received something that it did not expect',
  4: 'it received a parameter that it does not know',
  5: 'it received a parameter that it did not expect',
  6: 'it received a value that is not valid',
};

/** Why a peer broke an association off. */
export function abortWords(source: number, reason: number): string {
  const words = source === 2 ? (ABORT_REASONS[reason] ?? 'its reason has no meaning') : 'its application gave up';
  return `${words} (A-ABORT ${source}/${reason})`;
}

/** Exact codes first, then the ranges of PS3.4 Table B.2-1. */
const STATUSES: Readonly<Record<number, string>> = {
  0: 'success',
  262: 'an attribute has a value that is not valid',
  272: 'it failed to process the object',
  273: 'it has an instance with this UID already',
  274: 'it knows no such instance',
  279: 'the SOP Instance UID is not valid',
  280: 'it knows no such SOP class',
  290: 'it does not support the SOP class',
  292: 'the sender is not authorized: let it accept this sender',
  528: 'it has seen the message ID before',
  529: 'it does not know the operation',
  530: 'the command has an argument of the wrong kind',
  531: 'it is short of a resource',
  45056: 'stored, but some values were changed',
  45062: 'stored, but some elements were left out',
  45063: 'stored, but the data set does not match its SOP class',
};

/** What a status means. */
export function statusWords(status: number): string {
  return `${STATUSES[status] ?? rangeWords(status)} (${statusText(status)})`;
}

function rangeWords(status: number): string {
  if (status >>> 8 === 0xa7) return 'it is out of resources: look for free space there';
  if (status >>> 8 === 0xa9) return 'the data set does not match its SOP class';
  if (status >>> 12 === 0xc) return 'it cannot understand the object';
  if (isWarning(status)) return 'stored, with a warning';
  return 'it failed';
}

/** Statuses with which an object was stored all the same (PS3.7 C.4). */
export function isWarning(status: number): boolean {
  return status === 0x0001 || status === 0x0107 || status === 0x0116 || status >>> 12 === 0xb;
}
