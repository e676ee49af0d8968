/** The TLS profiles of PS3.15 as Node takes them: protocol versions and cipher suites. */

import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** RFC 9325 4.2 (TLS 1.2), RFC 8446 B.4 (TLS 1.3). Forward secrecy and authenticated encryption, nothing else. */
const RECOMMENDED = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/**
 * What PS3.15 B.13 lists besides. Its suites of Camellia are not in OpenSSL, and those of CCM_8, whose tag has only 64
 * bits, are below the security level of Node.
 */
const MODIFIED = [
  'TLS_AES_128_CCM_SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-CCM',
  'ECDHE-ECDSA-AES128-CCM',
];

export type TlsProfile = 'bcp195' | 'bcp195-modified';

/**
 * What a profile allows: TLS 1.2 and 1.3 in both, as RFC 8996 forbids what is older.
 * Sessions are not resumed: a resumed one would outlive a certificate that was withdrawn, and associations are long.
 */
export function profileContext(profile: TlsProfile): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: (profile === 'bcp195' ? RECOMMENDED : [...RECOMMENDED, ...MODIFIED]).join(':'),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
