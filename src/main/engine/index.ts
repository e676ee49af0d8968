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
export type * from './scp/events.ts';
export { StoreScp } from './scp/store-scp.ts';
export type { S3TestStep } from './storage/s3-test.ts';
export { testS3 } from './storage/s3-test.ts';
export type { StorageErrorCode } from './storage/storage-backend.ts';
export { StorageError } from './storage/storage-backend.ts';
