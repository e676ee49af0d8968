/** What ends an association: the reasons of A-ABORT and A-ASSOCIATE-RJ as typed values and errors. */

/** Reasons of an A-ABORT from the service-provider, source 2 (PS3.8 9.3.8). */
export const ABORT_REASON = {
  'not-specified': 0,
  'unrecognized-pdu': 1,
  'unexpected-pdu': 2,
  'unrecognized-parameter': 4,
  'unexpected-parameter': 5,
  'invalid-parameter-value': 6,
} as const;

export type AbortReason = keyof typeof ABORT_REASON;

/** A peer broke the protocol so that its framing or its meaning is lost; carries the reason of the A-ABORT that answers. */
export class ProtocolError extends Error {
  readonly reason: AbortReason;
  /** What the peer speaks instead, where that can be told. */
  readonly spoken: 'TLS' | undefined;

  constructor(reason: AbortReason, message: string, spoken?: 'TLS') {
    super(message);
    this.name = 'ProtocolError';
    this.reason = reason;
    this.spoken = spoken;
  }
}

/** Why a request is refused: the three numbers of A-ASSOCIATE-RJ (PS3.8 9.3.4) and words for people. */
export interface Rejection {
  /** 1 permanent, 2 transient. */
  readonly result: 1 | 2;
  /** 1 service-user, 2 service-provider (ACSE), 3 service-provider (presentation). */
  readonly source: 1 | 2 | 3;
  readonly reason: number;
  readonly code: RejectionCode;
  readonly message: string;
}

export type RejectionCode =
  | 'protocol-version-not-supported'
  | 'application-context-not-supported'
  | 'calling-ae-title-not-recognized'
  | 'called-ae-title-not-recognized'
  | 'address-not-accepted'
  | 'user-identity-refused'
  | 'temporary-congestion'
  | 'caller-limit-exceeded'
  | 'local-limit-exceeded';

const REJECTIONS: Readonly<Record<RejectionCode, readonly [1 | 2, 1 | 2 | 3, number]>> = {
  'protocol-version-not-supported': [1, 2, 2],
  'application-context-not-supported': [1, 1, 2],
  'calling-ae-title-not-recognized': [1, 1, 3],
  'called-ae-title-not-recognized': [1, 1, 7],
  'address-not-accepted': [1, 1, 1],
  // PS3.7 D.3.3.7.3 leaves the reason open; PS3.8 has none for it.
  'user-identity-refused': [1, 2, 1],
  'temporary-congestion': [2, 3, 1],
  'caller-limit-exceeded': [2, 3, 2],
  'local-limit-exceeded': [2, 3, 2],
};

/** The A-ASSOCIATE-RJ that stands for a code (PS3.8 Table 9-21). */
export function rejection(code: RejectionCode, message: string): Rejection {
  const [result, source, reason] = REJECTIONS[code];
  return { result, source, reason, code, message };
}
