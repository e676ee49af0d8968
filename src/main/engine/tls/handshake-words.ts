/** Why a TLS handshake failed, in words and with a code: a pure function of what Node tells. */

/** A connection that never became an association because of TLS. */
export interface HandshakeFailure {
  readonly code: HandshakeCode;
  /** What happened and what to do, as the rest of a sentence. */
  readonly reason: string;
}

export type HandshakeCode =
  | 'tls-expected'
  | 'tls-version'
  | 'tls-cipher'
  | 'tls-certificate-missing'
  | 'tls-certificate-refused'
  | 'tls-own-certificate-refused'
  | 'tls-timed-out'
  | 'tls-failed';

/** What is wrong with the certificate of a peer (the codes of OpenSSL's verification). */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet (check the clocks)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed and not among the trusted authorities (tlsCaFile)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not among the trusted ones (tlsCaFile)',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not among the trusted ones (tlsCaFile)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not among the trusted ones (tlsCaFile)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not among the trusted ones (tlsCaFile)',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  INVALID_PURPOSE: 'it was not issued for clients',
  INVALID_CA: 'its issuer is not an authority',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  EE_KEY_TOO_SMALL: 'its key is too small',
  CA_MD_TOO_WEAK: 'it is signed with a weak hash',
};

/** The reasons of OpenSSL and BoringSSL, without what differs between them. First match wins. */
const FAULTS: readonly (readonly [pattern: RegExp, code: HandshakeCode, reason: string])[] = [
  [
    /HTTP_REQUEST|WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|PACKET_LENGTH|RECORD_LAYER|RECORD_TOO|UNEXPECTED_RECORD/,
    'tls-expected',
    'it does not speak TLS, and this port takes nothing else: turn TLS on at the sender, or give it a port without TLS',
  ],
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|PROTOCOL_VERSION/,
    'tls-version',
    'it speaks only versions of TLS that are no longer safe (1.0 or 1.1): update the sender, or set it to TLS 1.2',
  ],
  [
    /NO_SHARED_CIPHER|NO_SHARED_GROUP|NO_SUITABLE|NO_COMMON_SIGNATURE|HANDSHAKE_FAILURE/,
    'tls-cipher',
    'it has no cipher suite in common with this receiver: set the sender to BCP 195 (ECDHE with AES-GCM), and give this receiver a certificate with an RSA key if the sender knows no other',
  ],
  [
    /DID_NOT_RETURN_A_CERTIFICATE/,
    'tls-certificate-missing',
    'it presented no certificate, and this receiver requires one: give the sender a certificate of a trusted authority',
  ],
  [
    /ALERT.*(UNKNOWN_CA|CERTIFICATE|ACCESS_DENIED|DECRYPT)/,
    'tls-own-certificate-refused',
    'it does not trust the certificate of this receiver, or not for this name: give the sender the certificate of its authority, or the certificate itself where it is self-signed',
  ],
];

/**
 * Explains a failed handshake.
 * @param code of the error that Node tells
 * @param authorizationError what is wrong with the certificate of the peer, where it presented one
 */
export function handshakeFailure(code: string, authorizationError: string | undefined): HandshakeFailure {
  if (authorizationError !== undefined) return certificateRefused(authorizationError);
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    return { code: 'tls-timed-out', reason: 'the TLS handshake was not finished in time' };
  }
  const fault = FAULTS.find(([pattern]) => pattern.test(code));
  if (fault) return { code: fault[1], reason: fault[2] };
  const reason =
    code === 'ECONNRESET' || code === 'EPIPE'
      ? 'it broke off the TLS handshake: it may not trust the certificate of this receiver'
      : `the TLS handshake failed (${code || 'no reason is known'})`;
  return { code: 'tls-failed', reason };
}

function certificateRefused(authorizationError: string): HandshakeFailure {
  const fault = CERTIFICATE_FAULTS[authorizationError] ?? `it cannot be verified (${authorizationError})`;
  return { code: 'tls-certificate-refused', reason: `its certificate was refused: ${fault}` };
}
