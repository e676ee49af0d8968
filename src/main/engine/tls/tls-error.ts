/** Why certificate and key of a receiver cannot be used. */

/** The option that names the file at fault. */
export type TlsOption = 'tlsCertificateFile' | 'tlsKeyFile' | 'tlsPkcs12File' | 'tlsPassphrase' | 'tlsCaFile';

export type TlsErrorCode =
  | 'tls-file-not-found'
  | 'tls-file-not-readable'
  | 'tls-file-malformed'
  | 'tls-key-mismatch'
  | 'tls-passphrase'
  | 'tls-key-too-weak';

/** Its message says what is wrong and what to do, and never holds anything of a key. */
export class TlsError extends Error {
  readonly code: TlsErrorCode;
  readonly option: TlsOption;

  constructor(code: TlsErrorCode, option: TlsOption, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TlsError';
    this.code = code;
    this.option = option;
  }
}
