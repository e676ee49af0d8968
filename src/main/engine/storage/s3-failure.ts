/** What a failed S3 request means, in words that say what is wrong and what to do about it. */

import { StorageError, type StorageErrorCode } from './storage-backend.ts';

/** Where the request went, for the messages. */
export interface S3Place {
  readonly bucket: string;
  /** The endpoint, or 'AWS'. */
  readonly service: string;
}

interface Meaning {
  readonly code: StorageErrorCode;
  readonly comment: string;
  readonly message: (place: S3Place, failure: Failure) => string;
}

const DENIED: Meaning = {
  code: 'access-denied',
  comment: 'S3: access denied',
  message: ({ bucket }) =>
    `S3 denies access to the bucket ${bucket}: the key needs ListBucket, GetObject, PutObject, DeleteObject and AbortMultipartUpload there (for tags PutObjectTagging as well).`,
};
const NO_BUCKET: Meaning = {
  code: 'not-found',
  comment: 'S3: bucket does not exist',
  message: ({ bucket, service }) =>
    `The bucket does not exist: ${bucket} at ${service}. Create it, or correct its name.`,
};
const UNREACHABLE: Meaning = {
  code: 'unreachable',
  comment: 'S3: cannot be reached',
  message: ({ service }) => `S3 at ${service} cannot be reached: check the endpoint, the network and that it runs.`,
};
const TIMED_OUT: Meaning = {
  code: 'timed-out',
  comment: 'S3: no answer in time',
  message: ({ service }) => `S3 at ${service} has not answered in time: check the network and the load of the server.`,
};
const BUSY: Meaning = {
  code: 'unreachable',
  comment: 'S3: server is overloaded',
  message: ({ service }) => `S3 at ${service} could not serve the request: it is overloaded or has a fault of its own.`,
};
const REGION: Meaning = {
  code: 'wrong-place',
  comment: 'S3: wrong region or endpoint',
  message: ({ bucket }) => `The bucket ${bucket} is in another region: correct the region, or the endpoint.`,
};
const CREDENTIALS: Meaning = {
  code: 'access-denied',
  comment: 'S3: no credentials',
  message: () =>
    'There are no credentials for S3: give accessKey and secretKey, or set up the default credentials of AWS.',
};
const EXPIRED: Meaning = {
  code: 'access-denied',
  comment: 'S3: credentials have expired',
  message: () => 'The session token for S3 has expired or is not valid: get a new one.',
};
const CERTIFICATE: Meaning = {
  code: 'unreachable',
  comment: 'S3: certificate not trusted',
  message: ({ service }) =>
    `The certificate of S3 at ${service} is not trusted: install the authority's certificate (NODE_EXTRA_CA_CERTS).`,
};
const NO_TLS: Meaning = {
  code: 'unreachable',
  comment: 'S3: no TLS',
  message: ({ service }) =>
    `S3 at ${service} does not speak TLS: write http:// in place of https://, or correct the port.`,
};
const FULL: Meaning = {
  code: 'disk-full',
  comment: 'S3: storage full',
  message: ({ bucket }) => `S3 has no space left for the bucket ${bucket}: free some, or raise its quota.`,
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  SignatureDoesNotMatch: {
    ...DENIED,
    comment: 'S3: wrong secret key',
    message: () => 'S3 does not accept the secret key (SignatureDoesNotMatch): correct it.',
  },
  InvalidAccessKeyId: {
    ...DENIED,
    comment: 'S3: unknown access key',
    message: () => 'S3 does not know the access key (InvalidAccessKeyId): correct it.',
  },
  RequestTimeTooSkewed: {
    ...DENIED,
    comment: 'S3: clock is wrong',
    message: (_, failure) =>
      `The clock of this machine differs too much from that of S3 (RequestTimeTooSkewed): set the clock. Here it is ${new Date().toISOString()}, there ${serverTime(failure)}.`,
  },
  AccessDenied: DENIED,
  Forbidden: DENIED,
  CredentialsProviderError: CREDENTIALS,
  ExpiredToken: EXPIRED,
  InvalidToken: EXPIRED,
  NoSuchBucket: NO_BUCKET,
  InvalidBucketName: NO_BUCKET,
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  TimeoutError: TIMED_OUT,
  AbortError: TIMED_OUT,
  RequestTimeout: TIMED_OUT,
  ETIMEDOUT: TIMED_OUT,
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  EPIPE: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: CERTIFICATE,
  EPROTO: NO_TLS,
  SlowDown: BUSY,
  ServiceUnavailable: BUSY,
  InternalError: BUSY,
  QuotaExceeded: FULL,
  XMinioStorageFull: FULL,
};

/** What the SDK and Node attach to their errors. */
interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  /** Of RequestTimeTooSkewed. */
  readonly ServerTime?: string | Date;
}

/** The HTTP status of an answer that was an error, or undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as Failure | undefined)?.$metadata?.httpStatusCode;
}

/** The StorageError for a request that failed; one that is a StorageError already stays as it is. */
export function s3Failure(error: unknown, place: S3Place): StorageError {
  if (error instanceof StorageError) return error;
  const failure = error as Failure;
  const status = statusOf(error);
  const meaning = MEANINGS[failure.name ?? ''] ?? MEANINGS[failure.code ?? ''] ?? byStatus(status);
  const detail = failure.message ?? String(error);
  if (meaning === undefined) {
    const message = `S3 at ${place.service} failed: ${detail}`;
    return new StorageError('failed', message, 'S3: storage failed', { cause: error });
  }
  return new StorageError(meaning.code, `${meaning.message(place, failure)} (${detail})`, meaning.comment, {
    cause: error,
  });
}

function byStatus(status: number | undefined): Meaning | undefined {
  if (status === 301 || status === 307) return REGION;
  if (status === 401 || status === 403) return DENIED;
  if (status === 507) return FULL;
  return status !== undefined && status >= 500 ? BUSY : undefined;
}

/** What S3 takes the time to be, in the words of its answer. */
function serverTime({ ServerTime, $response }: Failure): string {
  const given = ServerTime ?? $response?.headers?.date;
  const time = given === undefined ? Number.NaN : new Date(given).getTime();
  return Number.isNaN(time) ? 'another time, which its answer does not tell' : new Date(time).toISOString();
}
