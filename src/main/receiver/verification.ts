/** What a verification finds, and what becomes of the findings: pure. */

import type { VerificationCounts, VerificationFinding, VerificationReport } from '#shared/guards.ts';
import { KEPT_FINDINGS, reportsFileSchema, verificationReportSchema } from '#shared/guards.ts';

/** A stored file as the history knows it. */
export interface VerificationRow {
  readonly instanceId: number;
  readonly studyId: number;
  readonly sopInstanceUid: string;
  /** Path, or `s3://bucket/key`. */
  readonly file: string;
  /** Bytes of the data set. */
  readonly size: number;
  /** Of the data set, in hexadecimal digits; absent: it was received without checksums. */
  readonly sha256?: string;
}

/** What a file turned out to be. */
export type Verdict =
  | { readonly kind: 'sound'; readonly bytes: number }
  | { readonly kind: 'first-seen'; readonly bytes: number; readonly sha256: string }
  | { readonly kind: 'in-bucket' }
  | { readonly kind: VerificationFinding['kind']; readonly detail: string; readonly bytes: number };

/** Judges what was read of a file by what the history says of it. */
export function verdictOn(
  { size, sha256 }: VerificationRow,
  found: { readonly size: number; readonly sha256: string },
): Verdict {
  const bytes = found.size;
  if (found.size !== size) {
    const difference = Math.abs(found.size - size);
    const detail = found.size < size ? `${difference} of ${size} bytes are missing` : `${difference} bytes too many`;
    return { kind: 'damaged', detail, bytes };
  }
  if (sha256 === undefined) return { kind: 'first-seen', bytes, sha256: found.sha256 };
  if (sha256 !== found.sha256) return { kind: 'damaged', detail: 'its content has changed', bytes };
  return { kind: 'sound', bytes };
}

export const NOTHING_YET: VerificationCounts = {
  sound: 0,
  damaged: 0,
  missing: 0,
  unreadable: 0,
  firstSeen: 0,
  inBucket: 0,
  bytes: 0,
};

/** The counts with one more verdict. */
export function counted(counts: VerificationCounts, verdict: Verdict): VerificationCounts {
  const bytes = counts.bytes + ('bytes' in verdict ? verdict.bytes : 0);
  switch (verdict.kind) {
    case 'first-seen':
      return { ...counts, bytes, firstSeen: counts.firstSeen + 1 };
    case 'in-bucket':
      return { ...counts, inBucket: counts.inBucket + 1 };
    default:
      return { ...counts, bytes, [verdict.kind]: counts[verdict.kind] + 1 };
  }
}

/** The report without what it says of some studies: they are gone, or were looked at again. */
export function withoutStudies(report: VerificationReport, studyIds: ReadonlySet<number>): VerificationReport {
  const gone = report.findings.filter(({ studyId }) => studyIds.has(studyId));
  if (gone.length === 0) return report;
  const of = (kind: VerificationFinding['kind']) => gone.filter((finding) => finding.kind === kind).length;
  return {
    ...report,
    damaged: report.damaged - of('damaged'),
    missing: report.missing - of('missing'),
    unreadable: report.unreadable - of('unreadable'),
    findings: report.findings.filter(({ studyId }) => !studyIds.has(studyId)),
  };
}

/**
 * The report of a profile after another look: of everything, which replaces it; cut short, or of one study, which adds what it
 * has found.
 */
export function reportAfter(
  before: VerificationReport | undefined,
  now: VerificationReport,
  studyId: number | undefined,
): VerificationReport | undefined {
  if (now.outcome === 'complete' && studyId === undefined) return now;
  // What was found there now is what holds of the study.
  const base = studyId === undefined || !before ? before : withoutStudies(before, new Set([studyId]));
  if (!base) return studyId === undefined ? now : now.findings.length > 0 ? { ...now, outcome: 'partial' } : undefined;
  const known = new Set(base.findings.map(({ file }) => file));
  const fresh = now.findings.filter(({ file }) => !known.has(file));
  const of = (kind: VerificationFinding['kind']) => fresh.filter((finding) => finding.kind === kind).length;
  return {
    ...base,
    ...(studyId === undefined && { cutShort: now.ended }),
    damaged: base.damaged + of('damaged'),
    missing: base.missing + of('missing'),
    unreadable: base.unreadable + of('unreadable'),
    findings: [...base.findings, ...fresh].slice(0, KEPT_FINDINGS),
  };
}

const DAY = 24 * 60 * 60 * 1000;

/** Whether it is time to look at everything again: after so many days, or a day after a look that was cut short. */
export function isDue(every: number | undefined, report: VerificationReport | undefined, now: number): boolean {
  if (every === undefined) return false;
  if (!report) return true;
  // A clock that was ahead then must not put it off for years.
  const isOver = (time: number, days: number) => now - time >= days * DAY || time > now + DAY;
  const days = report.outcome === 'complete' ? every : 1;
  return isOver(report.ended, days) && (report.cutShort === undefined || isOver(report.cutShort, 1));
}

/** The last report of each profile, from the file that keeps them; what cannot be read is left out. */
export function parseReports(file: unknown): ReadonlyMap<string, VerificationReport> {
  const parsed = reportsFileSchema.safeParse(file);
  if (!parsed.success) return new Map();
  return new Map(
    Object.entries(parsed.data.reports).flatMap(([profileId, entry]) => {
      const report = verificationReportSchema.safeParse(entry);
      return report.success ? [[profileId, report.data] as const] : [];
    }),
  );
}

/** What the file is to hold. */
export function reportsFile(reports: ReadonlyMap<string, VerificationReport>): object {
  return { version: 1, reports: Object.fromEntries(reports) };
}
