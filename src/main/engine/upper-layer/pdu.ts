/** Protocol data units as plain data (PS3.8 9.3 and PS3.7 Annex D). */

export const PDU_TYPE = {
  'A-ASSOCIATE-RQ': 0x01,
  'A-ASSOCIATE-AC': 0x02,
  'A-ASSOCIATE-RJ': 0x03,
  'P-DATA-TF': 0x04,
  'A-RELEASE-RQ': 0x05,
  'A-RELEASE-RP': 0x06,
  'A-ABORT': 0x07,
} as const;

/** The one application context of DICOM (PS3.7 A.2.1). */
export const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';

/** A presentation context as proposed (PS3.8 9.3.2.2). */
export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** Result of one presentation context (PS3.8 9.3.3.2): 0 accepted, 2 no reason, 3 abstract syntax, 4 transfer syntaxes. */
export type ContextResult = 0 | 2 | 3 | 4;

/** A presentation context as answered. The transfer syntax has no meaning unless accepted, but must be present. */
export interface AnsweredContext {
  readonly id: number;
  readonly result: ContextResult;
  readonly transferSyntax: string;
}

/** SCP/SCU role selection (PS3.7 D.3.3.4). */
export interface RoleSelection {
  readonly sopClassUid: string;
  readonly scuRole: boolean;
  readonly scpRole: boolean;
}

/** SOP class extended negotiation (PS3.7 D.3.3.5). */
export interface ExtendedNegotiation {
  readonly sopClassUid: string;
  readonly information: Uint8Array;
}

/** SOP class common extended negotiation (PS3.7 D.3.3.6); it has no answer. */
export interface CommonExtendedNegotiation {
  readonly sopClassUid: string;
  readonly serviceClassUid: string;
  readonly relatedGeneralSopClassUids: readonly string[];
}

/** User identity (PS3.7 D.3.3.7). The fields are secrets: they are judged with the request and go with it. */
export interface UserIdentity {
  /** 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JSON web token. */
  readonly type: number;
  readonly positiveResponseRequested: boolean;
  /** The user name in UTF-8, or the ticket, assertion or token. */
  readonly primaryField: Uint8Array;
  /** The passcode, for type 2. */
  readonly secondaryField: Uint8Array;
}

export interface UserInformation {
  /** Largest P-DATA-TF the peer takes, in bytes; 0 or absent means no limit (PS3.8 D.1). */
  readonly maximumLength: number;
  readonly implementationClassUid: string;
  readonly implementationVersionName: string;
  readonly asynchronousOperationsWindow?: { readonly invoked: number; readonly performed: number };
  readonly roleSelections: readonly RoleSelection[];
  readonly extendedNegotiations: readonly ExtendedNegotiation[];
  readonly commonExtendedNegotiations: readonly CommonExtendedNegotiation[];
  readonly userIdentity?: UserIdentity;
}

export interface AAssociateRq {
  readonly type: 'A-ASSOCIATE-RQ';
  readonly protocolVersion: number;
  /** Titles without padding; what is not printable ASCII is shown as `\xNN`. */
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** Bytes 11 to 74 as received: an A-ASSOCIATE-AC returns them unchanged (PS3.8 Table 9-17). */
  readonly titlesAsReceived: Uint8Array;
  readonly applicationContext: string;
  readonly presentationContexts: readonly ProposedContext[];
  readonly userInformation: UserInformation;
}

export interface AAssociateAc {
  readonly type: 'A-ASSOCIATE-AC';
  readonly titlesAsReceived: Uint8Array;
  readonly presentationContexts: readonly AnsweredContext[];
  readonly userInformation: Pick<
    UserInformation,
    | 'maximumLength'
    | 'implementationClassUid'
    | 'implementationVersionName'
    | 'asynchronousOperationsWindow'
    | 'roleSelections'
    | 'extendedNegotiations'
  > & {
    /** The positive response to a user identity that asked for one (PS3.7 D.3.3.7.2); it is empty for names and passcodes. */
    readonly userIdentityAccepted?: boolean;
  };
}

/** What a requestor reads of an A-ASSOCIATE-AC. */
export interface AssociationAccepted {
  /** The result is the byte of the peer, which may have no meaning; the transfer syntax has none unless it is 0. */
  readonly presentationContexts: readonly {
    readonly id: number;
    readonly result: number;
    readonly transferSyntax: string;
  }[];
  readonly userInformation: UserInformation;
}

export interface AAssociateRj {
  readonly type: 'A-ASSOCIATE-RJ';
  /** The numbers of PS3.8 Table 9-21, as they came. */
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

export interface AAbort {
  readonly type: 'A-ABORT';
  /** 0 service-user, 2 service-provider. */
  readonly source: number;
  readonly reason: number;
}

/** The header of a P-DATA-TF PDU has been read; its PDVs follow as fragments. */
export interface PDataTfStart {
  readonly type: 'P-DATA-TF';
  readonly length: number;
}

/** A piece of a presentation data value, as long as what has arrived of it (PS3.8 9.3.5.1). */
export interface PdvFragment {
  readonly type: 'PDV';
  readonly presentationContextId: number;
  readonly isCommand: boolean;
  /** Nothing of this message follows after this piece. */
  readonly isLast: boolean;
  readonly value: Uint8Array;
}

/** Everything a decoder yields. */
export type DecodedItem =
  | AAssociateRq
  | AAbort
  | PDataTfStart
  | PdvFragment
  /** Only a requestor looks into it: `decodeAssociateAc`. A view, as the fragments are. */
  | { readonly type: 'A-ASSOCIATE-AC'; readonly body: Uint8Array }
  | AAssociateRj
  | { readonly type: 'A-RELEASE-RQ' | 'A-RELEASE-RP' };
