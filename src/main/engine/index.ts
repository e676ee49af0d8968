/** The public API of the engine: the only file that re-exports. */

export type { CustomTag } from '#shared/dicom/sets.ts';
export {
  combineTags,
  createCustomTag,
  getAvailableTagNames,
  getCommonSopClasses,
  getCommonTagSets,
  getCommonTransferSyntaxes,
} from '#shared/dicom/sets.ts';
export type { Logger, LogRecord, OptionMistake, S3Config, StoreScpOptions } from '#shared/options.ts';
export { ConfigurationError } from '#shared/options.ts';
export type { UploadsState } from '#shared/uploads.ts';
export { DataSetError } from './dataset/data-set-error.ts';
export type { ByteSource, StoredElement } from './dataset/stored-file.ts';
export { memorySource, StoredFile } from './dataset/stored-file.ts';
export type { PixelLayout } from './dataset/stored-frames.ts';
export { FrameError, frameBits, pixelLayoutOf, readFrame } from './dataset/stored-frames.ts';
export type * from './scp/events.ts';
export type { InstanceIndex, KnownInstance } from './scp/storage-commitment-check.ts';
export { StoreScp } from './scp/store-scp.ts';
export { hashPasscode } from './scp/user-identity.ts';
export type { ScuErrorCode, ScuErrorDetails } from './scu/scu-error.ts';
export { ScuError } from './scu/scu-error.ts';
export type { ContextAnswer, InstanceToStore, StoreAnswer, StoreScuOptions, StoreScuTls } from './scu/store-scu.ts';
export { StoreScu } from './scu/store-scu.ts';
export { DataSetHash } from './storage/data-set-hash.ts';
export { isQuarantinedName, noteOf, reasonOf } from './storage/quarantine-names.ts';
export { S3Quarantine } from './storage/s3-quarantine.ts';
export type { S3TestStep } from './storage/s3-test.ts';
export { testS3 } from './storage/s3-test.ts';
export { spooledFile } from './storage/spool-paths.ts';
export { waitingUploads } from './storage/spool-queue.ts';
export type { StorageErrorCode } from './storage/storage-backend.ts';
export { StorageError } from './storage/storage-backend.ts';
export type { FileUploadedData, UploadFailedData } from './storage/uploads.ts';
export type { CertificateFacts, TlsFiles, TlsMaterial } from './tls/material.ts';
export { loadTls } from './tls/material.ts';
export type { TlsErrorCode } from './tls/tls-error.ts';
export { TlsError } from './tls/tls-error.ts';
export type { CertificateProblem } from './tls/validity.ts';
export { validityProblem } from './tls/validity.ts';
