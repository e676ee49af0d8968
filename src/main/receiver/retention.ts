/** Which old studies of a profile go: decided from rows of the history, without touching anything. */

import { isAbsolute, relative, sep } from 'node:path';
import type { KeptBecause, Retention, RetentionPreview } from '#shared/guards.ts';
import { KEPT_BECAUSE } from '#shared/guards.ts';

const DAY = 24 * 60 * 60 * 1000;

/** A study, as far as retention is concerned. */
export interface RetentionRow {
  readonly studyId: number;
  readonly instances: number;
  readonly bytes: number;
  readonly lastReceived: number;
  readonly status: string;
  readonly location: string;
  /** Instances that wait to be uploaded. */
  readonly waiting: number;
}

export interface RetentionPlan {
  /** Oldest first. */
  readonly remove: readonly RetentionRow[];
  /** Old enough, or in the way of the size, but not to be touched. */
  readonly kept: readonly { readonly row: RetentionRow; readonly because: KeptBecause }[];
  readonly staying: { readonly studies: number; readonly bytes: number };
}

/**
 * Decides for the studies of one profile. Whole studies only; never one of which something may still be coming or wait to
 * be uploaded, and never one that lies outside the profile's folder.
 * @param folder where the profile stores; undefined: not in a folder
 */
export function planRetention(
  rows: readonly RetentionRow[],
  { days, maxBytes }: Retention,
  folder: string | undefined,
  now: number,
): RetentionPlan {
  const oldestFirst = rows.toSorted((a, b) => a.lastReceived - b.lastReceived || a.studyId - b.studyId);
  const remove: RetentionRow[] = [];
  const kept: RetentionPlan['kept'][number][] = [];
  let bytes = oldestFirst.reduce((sum, row) => sum + row.bytes, 0);
  for (const row of oldestFirst) {
    const isOld = days !== undefined && row.lastReceived < now - days * DAY;
    const isTooMuch = maxBytes !== undefined && bytes > maxBytes;
    if (!isOld && !isTooMuch) continue;
    const because = reasonToKeep(row, folder);
    if (because !== undefined) {
      kept.push({ row, because });
      continue;
    }
    remove.push(row);
    bytes -= row.bytes;
  }
  return { remove, kept, staying: { studies: rows.length - remove.length, bytes } };
}

/** Why a study must not go, whatever its age. */
export function reasonToKeep(
  { status, waiting, location }: RetentionRow,
  folder: string | undefined,
): KeptBecause | undefined {
  if (status === 'receiving') return 'receiving';
  if (waiting > 0) return 'not-uploaded';
  return folder !== undefined && isWithin(folder, location) ? undefined : 'elsewhere';
}

/** Whether a path lies in a folder, and not in one of those beginning with a dot: quarantine, spool, what is on its way. */
export function isWithin(folder: string, path: string): boolean {
  const inner = relative(folder, path);
  return inner !== '' && !isAbsolute(inner) && !inner.split(sep).some((part) => part.startsWith('.'));
}

/** The plan in numbers. */
export function previewOf({ remove, kept, staying }: RetentionPlan): RetentionPreview {
  const oldest = remove.at(0);
  const newest = remove.at(-1);
  return {
    ...sumOf(remove),
    instances: remove.reduce((sum, { instances }) => sum + instances, 0),
    ...(oldest && { oldest: oldest.lastReceived }),
    ...(newest && { newest: newest.lastReceived }),
    staying,
    kept: KEPT_BECAUSE.map((because) => ({
      because,
      ...sumOf(kept.filter((one) => one.because === because).map(({ row }) => row)),
    })).filter(({ studies }) => studies > 0),
  };
}

function sumOf(rows: readonly RetentionRow[]): { readonly studies: number; readonly bytes: number } {
  return { studies: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) };
}
