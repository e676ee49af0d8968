/** One call of a webhook: what is sent, how it is signed, and what an answer means. */

import { createHmac } from 'node:crypto';
import type { Profile, StudyRow } from '#shared/contract.ts';

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 10_000;
const MINUTE = 60_000;
const PAUSES = [10_000, MINUTE, 5 * MINUTE, 15 * MINUTE];
const LAST_PAUSE = 60 * MINUTE;

/** Milliseconds before the next attempt, after so many have failed. */
export function pauseAfterTries(tries: number): number {
  return PAUSES[tries - 1] ?? LAST_PAUSE;
}

/** `t=…,v1=…`: HMAC-SHA256 over the time in seconds, a point, and the body, so that an old call cannot be sent again. */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

export interface Completion {
  /** The same for every attempt: whoever has seen it can pass it over. */
  readonly id: string;
  /** When the study was complete, in milliseconds since 1970. */
  readonly time: number;
  readonly studyInstanceUid: string;
}

/** What is told of a completed study; without identifiers nothing of the patient but its UIDs. */
export function studyBody(completion: Completion, profile: Profile, study: StudyRow | undefined): string {
  const { id, time, studyInstanceUid } = completion;
  return JSON.stringify({
    event: 'study-completed',
    id,
    time: new Date(time).toISOString(),
    profile: { id: profile.id, name: profile.name },
    studyInstanceUid,
    ...(study && {
      series: study.series,
      instances: study.instances,
      bytes: study.bytes,
      modalities: study.modalities,
      location: study.location,
      test: study.test,
    }),
    ...(study &&
      profile.webhook?.includeIdentifiers && {
        patientName: study.patientName,
        patientId: study.patientId,
        accessionNumber: study.accessionNumber,
        studyDate: study.studyDate,
        description: study.description,
      }),
  });
}

export type Answer =
  | { readonly kind: 'taken' }
  /** `lasting`: it will hardly get better by waiting. */
  | { readonly kind: 'failed'; readonly problem: string; readonly lasting: boolean };

/** What a status means. Redirects are not followed: who is told is who was chosen. */
export function answerOf(status: number, host: string): Answer {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const failed = (what: string, lasting: boolean): Answer => ({
    kind: 'failed',
    problem: `${host} answered ${status}: ${what}`,
    lasting,
  });
  if (status >= 300 && status < 400)
    return failed('it redirects, which is not followed. Enter the final address.', true);
  if (status === 401 || status === 403)
    return failed('it does not accept the call. Check the secret on both sides.', true);
  if (status === 404 || status === 410) return failed('there is nothing at this address. Check it.', true);
  if (status === 408 || status === 425 || status === 429) return failed('it is busy.', false);
  if (status < 500) return failed('it does not understand the call.', true);
  return failed('it has a problem of its own.', false);
}

export interface Call {
  readonly url: string;
  readonly id: string;
  readonly body: string;
  readonly secret: string | undefined;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Sends a call once. Never rejects. */
export async function send({ url, id, body, secret, version, signal }: Call): Promise<Answer> {
  // The rest of an address may hold a token.
  const host = URL.parse(url)?.host;
  if (host === undefined) {
    return {
      kind: 'failed',
      problem: 'The address is none that can be called. Correct it in the settings.',
      lasting: true,
    };
  }
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': `Studyport/${version}`,
        'Idempotency-Key': id,
        ...(secret !== undefined && { 'Studyport-Signature': signature(secret, Math.floor(Date.now() / 1000), body) }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    await response.body?.cancel();
    return answerOf(response.status, host);
  } catch (error) {
    return { kind: 'failed', problem: `${host} ${reasonOf(error)}`, lasting: false };
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `has not answered within ${TIMEOUT / 1000} seconds.`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? name;
  switch (code) {
    case 'ECONNREFUSED':
      return 'does not listen. Check the address and whether it runs.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'is not a name that can be found. Check the address and the network.';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_HAS_EXPIRED':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `has a certificate that is not trusted (${code}). Give this program its authority by NODE_EXTRA_CA_CERTS.`;
    default:
      return `cannot be reached (${code}).`;
  }
}
