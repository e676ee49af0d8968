import { expect, test } from 'vitest';
import { handshakeFailure } from '#main/engine/tls/handshake-words.ts';
import { oneLine } from '#main/engine/tls/material.ts';
import { validityProblem } from '#main/engine/tls/validity.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };

test.each([
  ['2025-12-31T23:59:59Z', 'certificate-not-yet-valid'],
  ['2026-01-01T00:00:00Z', undefined],
  ['2026-12-01T23:59:59Z', undefined],
  ['2026-12-02T00:00:00Z', 'certificate-expires'],
  ['2026-12-31T23:59:59Z', 'certificate-expires'],
  ['2027-01-01T00:00:00Z', 'certificate-expired'],
])('on %s: %s', (now, code) => {
  const problem = validityProblem(dates, new Date(now));
  expect(problem?.code).toBe(code);
  if (code?.startsWith('certificate-expire')) expect(problem?.message).toContain('2027-01-01');
});

test.each([
  // As OpenSSL says it, and BoringSSL, which Electron has.
  ['ERR_SSL_WRONG_VERSION_NUMBER', undefined, 'tls-expected'],
  ['ERR_SSL_HTTP_REQUEST', undefined, 'tls-expected'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', undefined, 'tls-version'],
  ['ERR_SSL_NO_SHARED_CIPHER', undefined, 'tls-cipher'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', undefined, 'tls-certificate-missing'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', undefined, 'tls-own-certificate-refused'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', undefined, 'tls-own-certificate-refused'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', undefined, 'tls-own-certificate-refused'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', undefined, 'tls-timed-out'],
  ['ECONNRESET', undefined, 'tls-failed'],
  ['ECONNRESET', 'CERT_HAS_EXPIRED', 'tls-certificate-refused'],
  ['', 'SOMETHING_NEW', 'tls-certificate-refused'],
  ['', undefined, 'tls-failed'],
])('the failure %s (%s) is %s', (error, authorization, code) => {
  const failure = handshakeFailure(error, authorization);
  expect(failure.code).toBe(code);
  expect(failure.reason).toMatch(/^(it|its|the) /);
});

test('the name in the certificate of a peer stands on one line, printable and not endless', () => {
  expect(oneLine('CN=a\nO=b\n')).toBe('CN=a, O=b');
  expect(oneLine('CN=\u0007a')).toBe('CN=?a');
  expect(oneLine('x'.repeat(1000))).toHaveLength(200);
});
