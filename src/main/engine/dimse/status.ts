/** Status codes of C-STORE, C-ECHO and N-ACTION (PS3.7 9.1.1.1.9, 10.1.4.1.10 and Annex C, PS3.4 B.2.3). */

export const STATUS = {
  Success: 0x0000,
  ProcessingFailure: 0x0110,
  DuplicateSOPInstance: 0x0111,
  NoSuchSOPInstance: 0x0112,
  InvalidArgumentValue: 0x0115,
  InvalidSOPInstance: 0x0117,
  NoSuchSOPClass: 0x0118,
  SOPClassNotSupported: 0x0122,
  NoSuchAction: 0x0123,
  NotAuthorized: 0x0124,
  UnrecognizedOperation: 0x0211,
  MistypedArgument: 0x0212,
  ResourceLimitation: 0x0213,
  OutOfResources: 0xa700,
  DataSetDoesNotMatchSOPClass: 0xa900,
  CannotUnderstand: 0xc000,
  /** The onBeforeStore callback refused or failed. */
  RefusedBeforeStore: 0xc001,
  /** Warning: stored, but the data set does not match its SOP class (PS3.4 Table B.2-1). */
  DataSetDoesNotMatchSOPClassWarning: 0xb007,
} as const;

/** The result of an operation, as it is answered. */
export interface Answer {
  readonly status: number;
  /** (0000,0902), at most 64 characters, never patient data. */
  readonly comment?: string;
  /** (0000,0901): the tag at fault. */
  readonly offendingElement?: number;
}

/** A status as the standard writes it: `A700H`. */
export function statusText(status: number): string {
  return `${status.toString(16).toUpperCase().padStart(4, '0')}H`;
}
