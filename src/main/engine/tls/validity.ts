/** Until when a certificate is good, and when somebody should see to it. Pure. */

import type { CertificateFacts } from './material.ts';

const DAY = 24 * 3600 * 1000;
/** How long before the end it is time for a new one. */
const WARNING_DAYS = 30;

/** Something about the certificate that a person should see to, although connections are still taken. */
export interface CertificateProblem {
  readonly code:
    | 'certificate-expires'
    | 'certificate-expired'
    | 'certificate-not-yet-valid'
    | 'certificate-not-reloaded';
  readonly message: string;
}

/** What is to be said of a certificate's dates at a time; undefined: nothing. */
export function validityProblem(
  { notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>,
  now: Date,
): CertificateProblem | undefined {
  const left = notAfter.getTime() - now.getTime();
  const end = dayOf(notAfter);
  if (left <= 0) {
    return {
      code: 'certificate-expired',
      message: `The certificate expired on ${end}: most senders refuse it. Put a new one in its place; no restart is needed.`,
    };
  }
  if (now < notBefore) {
    return {
      code: 'certificate-not-yet-valid',
      message: `The certificate is valid from ${dayOf(notBefore)} only: most senders refuse it. Check the clock of this computer, or get another certificate.`,
    };
  }
  if (left > WARNING_DAYS * DAY) return undefined;
  return {
    code: 'certificate-expires',
    message: `The certificate expires on ${end}. Put a new one in its place before that; no restart is needed.`,
  };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
