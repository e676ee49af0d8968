/** Certificate, key and trusted authorities of a receiver, read from its files and judged before they are used. */

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { ResolvedOptions } from '#shared/options.ts';
import type { TlsProfile } from './profiles.ts';
import { profileContext } from './profiles.ts';
import type { TlsOption } from './tls-error.ts';
import { TlsError } from './tls-error.ts';

/** Of an RSA key. */
const LEAST_BITS = 2048;

/** The options from which TLS is built. */
export type TlsFiles = Pick<
  ResolvedOptions,
  'tlsCertificateFile' | 'tlsKeyFile' | 'tlsPkcs12File' | 'tlsPassphrase' | 'tlsCaFile'
> & { readonly tls: TlsProfile };

/** What a person wants to know of a certificate. */
export interface CertificateFacts {
  /** `CN=receiver, O=Clinic`. */
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Host names and addresses for which it holds. */
  readonly names: readonly string[];
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string;
}

export interface TlsMaterial {
  readonly context: SecureContextOptions;
  readonly certificate: CertificateFacts;
  /** Subjects of the authorities trusted for client certificates. */
  readonly authorities: readonly string[];
}

/** The files that the options name. */
export function tlsFileNames(options: TlsFiles): string[] {
  const { tlsCertificateFile, tlsKeyFile, tlsPkcs12File, tlsCaFile } = options;
  return [tlsCertificateFile, tlsKeyFile, tlsPkcs12File, tlsCaFile].filter((name) => name !== undefined);
}

/**
 * Reads the files and tries them out.
 * @throws TlsError that names the option at fault
 */
export async function loadTls(options: TlsFiles): Promise<TlsMaterial> {
  const { tls, tlsPkcs12File, tlsCertificateFile, tlsKeyFile, tlsPassphrase, tlsCaFile } = options;
  const passphrase = tlsPassphrase === undefined ? {} : { passphrase: tlsPassphrase };
  const ca = tlsCaFile === undefined ? undefined : await readFileOf('tlsCaFile', tlsCaFile);
  const authorities = ca && tlsCaFile !== undefined ? certificatesOf('tlsCaFile', tlsCaFile, ca) : [];
  const own =
    tlsPkcs12File === undefined
      ? {
          cert: await readFileOf('tlsCertificateFile', tlsCertificateFile ?? ''),
          key: await readFileOf('tlsKeyFile', tlsKeyFile ?? ''),
        }
      : { cert: undefined, pfx: await readFileOf('tlsPkcs12File', tlsPkcs12File) };
  if (own.cert !== undefined && tlsCertificateFile !== undefined) {
    certificatesOf('tlsCertificateFile', tlsCertificateFile, own.cert);
  }
  const context: SecureContextOptions = { ...profileContext(tls), ...own, ...passphrase, ...(ca && { ca }) };
  return {
    context,
    certificate: tryOut(context, options),
    authorities: authorities.map(({ subject }) => oneLine(subject)),
  };
}

async function readFileOf(option: TlsOption, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new TlsError('tls-file-not-found', option, `there is no file ${path}; correct ${option}`, { cause: error });
    }
    const why = code === 'EACCES' || code === 'EPERM' ? 'this program may not read it' : `reading it failed (${code})`;
    throw new TlsError('tls-file-not-readable', option, `${path} (${option}): ${why}`, { cause: error });
  }
}

/** Every certificate of a PEM file: Node itself would pass over what it cannot read. */
function certificatesOf(option: TlsOption, path: string, pem: Buffer): X509Certificate[] {
  const blocks = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new TlsError(
      'tls-file-malformed',
      option,
      `${path} (${option}) holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----")`,
    );
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    const message = `${path} (${option}) holds a certificate that cannot be read: it may be cut off`;
    throw new TlsError('tls-file-malformed', option, message, { cause: error });
  }
}

/** What a connection would present. Only a context knows what is inside a PKCS#12 file. */
function tryOut(context: SecureContextOptions, options: TlsFiles): CertificateFacts {
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  try {
    const socket = new TLSSocket(nowhere, { isServer: true, secureContext: createSecureContext(context) });
    socket.on('error', () => {});
    const certificate = socket.getX509Certificate();
    socket.destroy();
    if (!certificate) {
      const message = `${options.tlsPkcs12File} (tlsPkcs12File) holds no certificate with its key`;
      throw new TlsError('tls-file-malformed', 'tlsPkcs12File', message);
    }
    // RFC 9325 4.5; Node checks it only since version 24.
    const { modulusLength } = certificate.publicKey.asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined && modulusLength < LEAST_BITS) throw tooWeak(options);
    return certificateFacts(certificate);
  } catch (error) {
    throw error instanceof TlsError ? error : contextError(error as NodeJS.ErrnoException, options);
  }
}

function contextError(error: NodeJS.ErrnoException, options: TlsFiles): TlsError {
  const isPkcs12 = options.tlsPkcs12File !== undefined;
  const option = isPkcs12 ? 'tlsPkcs12File' : 'tlsKeyFile';
  const path = (isPkcs12 ? options.tlsPkcs12File : options.tlsKeyFile) ?? '';
  const code = error.code ?? '';
  const cause = { cause: error };
  if (/BAD_DECRYPT|BAD_PASSWORD|PASSPHRASE|INTERRUPTED/.test(code) || error.message === 'mac verify failure') {
    const message =
      options.tlsPassphrase === undefined
        ? `${path} is encrypted, and there is no passphrase (tlsPassphrase)`
        : `the passphrase (tlsPassphrase) is not that of ${path}`;
    return new TlsError('tls-passphrase', 'tlsPassphrase', message, cause);
  }
  if (code.includes('KEY_VALUES_MISMATCH') || code.includes('KEY_TYPE_MISMATCH')) {
    const message = `the key ${path} (tlsKeyFile) is not that of the certificate ${options.tlsCertificateFile}`;
    return new TlsError('tls-key-mismatch', 'tlsKeyFile', message, cause);
  }
  if (code.includes('TOO_SMALL') || code.includes('TOO_WEAK')) return tooWeak(options, error);
  const what = isPkcs12
    ? 'a PKCS#12 file of a kind that is understood (AES, not RC2 or 3DES)'
    : 'a private key in PEM form';
  return new TlsError('tls-file-malformed', option, `${path} (${option}) is not ${what}`, cause);
}

function tooWeak({ tlsPkcs12File }: TlsFiles, cause?: Error): TlsError {
  const option = tlsPkcs12File === undefined ? 'tlsCertificateFile' : 'tlsPkcs12File';
  const message = `the certificate is too weak for TLS today: it needs an RSA key of ${LEAST_BITS} bits or more, or ECDSA, and SHA-256 (BCP 195)`;
  return new TlsError('tls-key-too-weak', option, message, { cause });
}

function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { subject, issuer, validFrom, validTo, subjectAltName = '', fingerprint256 } = certificate;
  const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):("[^"]*"|[^,]+)/g)];
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    // `checkIssued` would ask for an authority, too.
    selfSigned: subject === issuer && certificate.verify(certificate.publicKey),
    notBefore: new Date(validFrom),
    notAfter: new Date(validTo),
    names: names.map(([, name = '']) => name.trim()),
    fingerprint: fingerprint256,
  };
}

/** `CN=a\nO=b` on one line, printable, not endless: a certificate of a peer may say anything. */
export function oneLine(name: string): string {
  return name
    .trim()
    .split('\n')
    .join(', ')
    .replace(/\p{Cc}/gu, '?')
    .slice(0, 200);
}
