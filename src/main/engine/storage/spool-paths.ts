/** Where an instance lies in a spool, and where that is in the bucket: one follows from the other. */

import { join } from 'node:path';
import { QUARANTINE } from './filesystem.ts';
import { BUCKET_QUARANTINE } from './quarantine-names.ts';
import type { InstanceKey } from './storage-backend.ts';

/** `study/series/name.dcm` or `.quarantine/name.dcm`, with forward slashes, relative to the spool. */
export type SpoolPath = string;

/** An instance by its place in the spool. `name` is without number and extension. */
export type SpooledName =
  | { readonly place: 'archive'; readonly key: InstanceKey }
  | { readonly place: 'quarantine'; readonly name: string };

const ARCHIVE = /^([^./][^/]*)\/([^./][^/]*)\/([^./~][^/~]*)(?:~\d+)?\.dcm$/;
const ASIDE = new RegExp(`^\\${QUARANTINE}/([^./~][^/~]*)(?:~\\d+)?\\.dcm$`);

/** What a file of the spool is; undefined for anything that is no instance. */
export function spooledName(path: SpoolPath): SpooledName | undefined {
  const [, study, series, instance] = ARCHIVE.exec(path) ?? [];
  if (study !== undefined && series !== undefined && instance !== undefined) {
    return { place: 'archive', key: { studyInstanceUid: study, seriesInstanceUid: series, sopInstanceUid: instance } };
  }
  const [, name] = ASIDE.exec(path) ?? [];
  return name === undefined ? undefined : { place: 'quarantine', name };
}

/** The path without its number: uploads of the same base follow each other. */
export function baseOf(path: SpoolPath): string {
  return path.replace(/(?:~\d+)?\.dcm$/, '');
}

/** Where uploads go: what was uploaded to another place is not in this one. */
export function uploadPlace(to: {
  readonly endpoint?: string | undefined;
  readonly bucket: string;
  readonly prefix?: string | undefined;
}): string {
  return `${to.endpoint ?? ''} s3://${to.bucket}/${to.prefix ?? ''}`;
}

/** `prefix/study/series/name.dcm`: the key under which it belongs in the bucket. */
export function bucketKey(prefix: string, path: SpoolPath): string {
  return prefix + (path.startsWith(`${QUARANTINE}/`) ? BUCKET_QUARANTINE + path.slice(QUARANTINE.length + 1) : path);
}

/** The other way round; undefined for a location that is not of this bucket and prefix. */
export function spoolPathOf(bucket: string, prefix: string, location: string): SpoolPath | undefined {
  const start = `s3://${bucket}/${prefix}`;
  if (!location.startsWith(start)) return undefined;
  const key = location.slice(start.length);
  const path = key.startsWith(BUCKET_QUARANTINE) ? `${QUARANTINE}/${key.slice(BUCKET_QUARANTINE.length)}` : key;
  return spooledName(path) === undefined ? undefined : path;
}

/** The file of a spool in which an object may lie; undefined for a location that is not of this bucket and prefix. */
export function spooledFile(bucket: string, prefix: string, spoolDir: string, location: string): string | undefined {
  const path = spoolPathOf(bucket, prefix, location);
  return path === undefined ? undefined : join(spoolDir, ...path.split('/'));
}
