/** What can go wrong with a request to another receiver. */

import type { RejectionNumbers } from './words.ts';

export type ScuErrorCode =
  /** No connection: nothing listens, no such host, no route. */
  | 'unreachable'
  | 'timed-out'
  /** A-ASSOCIATE-RJ: `rejection` has the numbers. */
  | 'rejected'
  /** The peer broke the association off. */
  | 'aborted'
  /** The connection was lost, or the association has ended already. */
  | 'closed'
  /** The peer does not accept objects of this kind; `contextResult` says why, where it was asked. */
  | 'context-refused'
  /** The answer was not success: `status` and `comment`. */
  | 'status'
  /** What came is not DICOM. */
  | 'protocol';

export interface ScuErrorDetails {
  readonly rejection?: RejectionNumbers;
  readonly contextResult?: number;
  readonly status?: number;
  /** The Error Comment of the peer. Not part of the message: it may say anything. */
  readonly comment?: string;
}

/** Its message says what happened and what to do about it. */
export class ScuError extends Error {
  readonly code: ScuErrorCode;
  readonly details: ScuErrorDetails;

  constructor(code: ScuErrorCode, message: string, details: ScuErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ScuError';
    this.code = code;
    this.details = details;
  }
}

/** What a failed connection attempt means. @param place `host:port` */
export function connectionError(error: Error & { readonly code?: string }, place: string): ScuError {
  const words =
    CONNECTION_ERRORS[error.code ?? ''] ?? tlsWords(error.code ?? '') ?? `the connection failed (${error.message})`;
  return new ScuError('unreachable', `${place} cannot be reached: ${words}.`, {}, { cause: error });
}

/** An error of TLS and not of the connection below. */
export function isTlsFailure({ code = '' }: Error & { readonly code?: string }): boolean {
  return code.startsWith('ERR_SSL_');
}

function tlsWords(code: string): string | undefined {
  if (!code.startsWith('ERR_SSL_')) return undefined;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP/.test(code)) return 'it does not speak TLS. Check the port';
  if (code.includes('CERTIFICATE_REQUIRED')) return 'it requires a client certificate, and there is none to present';
  if (/ALERT.*(UNKNOWN_CA|CERTIFICATE|ACCESS_DENIED)/.test(code)) {
    return 'it does not accept the client certificate presented: let it trust its authority';
  }
  return `the TLS handshake failed (${code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')})`;
}

const CONNECTION_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on this port. Check that the receiver runs, the port, and the firewall',
  ECONNRESET: 'the connection was closed at once. Check that this is the port of a DICOM receiver',
  ENOTFOUND: 'there is no host of this name. Check the name',
  EAI_AGAIN: 'the name of the host cannot be looked up. Check the name and the network',
  EHOSTUNREACH: 'there is no way to this host. Check the address and the network',
  ENETUNREACH: 'there is no way to its network. Check the address and the network',
  ETIMEDOUT: 'it does not answer. Check the address, and the firewall there',
  EADDRNOTAVAIL: 'the address cannot be used from here. Check the address',
  EACCES: 'this system does not allow the connection. Check the firewall here',
  EPERM: 'this system does not allow the connection. Check the firewall here',
};
