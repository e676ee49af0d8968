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
export { DataSetError } from './dataset/data-set-error.ts';
export type { ByteSource, StoredElement } from './dataset/stored-file.ts';
export { StoredFile } from './dataset/stored-file.ts';
export type { PixelLayout } from './dataset/stored-frames.ts';
export { FrameError, frameBits, pixelLayoutOf, readFrame } from './dataset/stored-frames.ts';
export type * from './scp/events.ts';
export { StoreScp } from './scp/store-scp.ts';
export type { ScuErrorCode, ScuErrorDetails } from './scu/scu-error.ts';
export { ScuError } from './scu/scu-error.ts';
export type { ContextAnswer, InstanceToStore, StoreAnswer, StoreScuOptions } from './scu/store-scu.ts';
export { StoreScu } from './scu/store-scu.ts';
export type { S3TestStep } from './storage/s3-test.ts';
export { testS3 } from './storage/s3-test.ts';
export type { StorageErrorCode } from './storage/storage-backend.ts';
export { StorageError } from './storage/storage-backend.ts';
