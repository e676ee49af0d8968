/** Presentation contexts and user information answered: pure functions of the request and a policy (PS3.8 9.3.3, PS3.7 D.3). */

import type { Rejection } from './errors.ts';
import { rejection } from './errors.ts';
import type { AAssociateAc, AAssociateRq, AnsweredContext, ContextResult, ProposedContext } from './pdu.ts';
import { APPLICATION_CONTEXT } from './pdu.ts';

/** What the service user accepts. */
export interface AcceptancePolicy {
  acceptsAbstractSyntax(uid: string): boolean;
  acceptsTransferSyntax(uid: string, abstractSyntax: string): boolean;
  /** Transfer syntaxes that win over the requestor's order, best first. */
  readonly transferSyntaxPreference: readonly string[];
  /** The answer to a SOP class extended negotiation item, or undefined to leave it unanswered (PS3.7 D.3.3.5). */
  extendedNegotiation(sopClassUid: string): Uint8Array | undefined;
  /** Largest P-DATA-TF taken, in bytes. */
  readonly maximumLength: number;
  readonly implementationClassUid: string;
  readonly implementationVersionName: string;
}

/** A context of an established association, as it was negotiated. */
export interface NegotiatedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly result: ContextResult;
  /** The accepted transfer syntax; '' unless accepted. */
  readonly transferSyntax: string;
}

/** The default transfer syntax, named where a refused context needs one. */
const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** Refusals that follow from the request alone (PS3.8 9.3.2: protocol version, application context). */
export function refuseRequest(request: AAssociateRq): Rejection | undefined {
  // PS3.8 9.3.2: only bit 0 is tested.
  if ((request.protocolVersion & 1) === 0) {
    return rejection('protocol-version-not-supported', `protocol version ${request.protocolVersion} is not supported`);
  }
  if (request.applicationContext !== APPLICATION_CONTEXT) {
    return rejection('application-context-not-supported', 'the application context is not that of DICOM');
  }
  return undefined;
}

/** Answers every proposed context; ids that are even or used twice are refused with "no reason" (PS3.8 9.3.2.2). */
export function negotiateContexts(request: AAssociateRq, policy: AcceptancePolicy): NegotiatedContext[] {
  const uses = new Map<number, number>();
  for (const { id } of request.presentationContexts) uses.set(id, (uses.get(id) ?? 0) + 1);
  return request.presentationContexts.map((context) => {
    const { id, abstractSyntax } = context;
    const legal = id % 2 === 1 && uses.get(id) === 1;
    const refused = (result: ContextResult) => ({ id, abstractSyntax, result, transferSyntax: '' });
    if (!legal) return refused(2);
    if (!policy.acceptsAbstractSyntax(abstractSyntax)) return refused(3);
    const transferSyntax = chooseTransferSyntax(context, policy);
    return transferSyntax === undefined ? refused(4) : { id, abstractSyntax, result: 0, transferSyntax };
  });
}

/**
 * The A-ASSOCIATE-AC that tells the requestor what was negotiated.
 * @param knowsUser the user identity of the request was checked and found right
 */
export function acceptRequest(
  request: AAssociateRq,
  contexts: readonly NegotiatedContext[],
  policy: AcceptancePolicy,
  knowsUser = false,
): AAssociateAc {
  const accepted = new Set(contexts.filter(({ result }) => result === 0).map(({ abstractSyntax }) => abstractSyntax));
  const user = request.userInformation;
  return {
    type: 'A-ASSOCIATE-AC',
    titlesAsReceived: request.titlesAsReceived,
    presentationContexts: contexts.map(
      ({ id, result, transferSyntax }): AnsweredContext => ({
        id,
        result,
        transferSyntax: transferSyntax || IMPLICIT_VR_LITTLE_ENDIAN,
      }),
    ),
    userInformation: {
      maximumLength: policy.maximumLength,
      implementationClassUid: policy.implementationClassUid,
      implementationVersionName: policy.implementationVersionName,
      // PS3.7 D.3.3.3: we perform one operation at a time and invoke none beyond the default of one.
      ...(user.asynchronousOperationsWindow && { asynchronousOperationsWindow: { invoked: 1, performed: 1 } }),
      // PS3.7 D.3.3.4: a role may only be accepted as proposed or refused; we are never the SCU.
      roleSelections: user.roleSelections
        .filter(({ sopClassUid }) => accepted.has(sopClassUid))
        .map(({ sopClassUid, scuRole }) => ({ sopClassUid, scuRole, scpRole: false })),
      extendedNegotiations: user.extendedNegotiations.flatMap(({ sopClassUid }) => {
        const information = accepted.has(sopClassUid) ? policy.extendedNegotiation(sopClassUid) : undefined;
        return information ? [{ sopClassUid, information }] : [];
      }),
      // PS3.7 D.3.3.7.2: an answer only where one was asked for, and none from who does not look at identities.
      ...(knowsUser && user.userIdentity?.positiveResponseRequested && { userIdentityAccepted: true }),
    },
  };
}

function chooseTransferSyntax(context: ProposedContext, policy: AcceptancePolicy): string | undefined {
  const acceptable = context.transferSyntaxes.filter((uid) =>
    policy.acceptsTransferSyntax(uid, context.abstractSyntax),
  );
  return policy.transferSyntaxPreference.find((uid) => acceptable.includes(uid)) ?? acceptable[0];
}
