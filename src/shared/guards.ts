/** What keeps an archive small and sound: retention and verification, as data, and what a page can ask about them. Part of the contract. */

import * as z from 'zod';

const profileId = z.string().regex(/^[\w.:-]{1,120}$/, 'is not an identifier');
const rowId = z.int().min(1);
const MiB = 1024 * 1024;

/** What becomes of old studies of a profile. At least one of `days` and `maxBytes` is given. */
export const retentionSchema = z
  .strictObject({
    /** Studies of which nothing has come for so many days go. */
    days: z.int('must be a whole number').min(1, 'must be at least 1').max(36_500, 'must be at most 36500').optional(),
    /** The oldest studies go until all of the profile together have no more bytes than this. */
    maxBytes: z
      .int('must be a whole number of bytes')
      .min(MiB, 'must be at least 1 MiB')
      .max(Number.MAX_SAFE_INTEGER)
      .optional(),
    mode: z.enum(['trash', 'delete'], "must be 'trash' or 'delete'"),
  })
  .refine(({ days, maxBytes }) => days !== undefined || maxBytes !== undefined, {
    error: 'needs an age or a size',
    path: ['days'],
  });
export type Retention = z.output<typeof retentionSchema>;

/** Days between two checks of everything that a profile has stored. */
export const VERIFY_EVERY = [7, 30, 90] as const;
export type VerifyEvery = (typeof VERIFY_EVERY)[number];
export const verifyEverySchema = z.literal(VERIFY_EVERY);

export const guardCommandArguments = {
  /** null: off. Takes effect at once, without a restart. */
  'guards-save': z.strictObject({
    id: profileId,
    retention: retentionSchema.nullable(),
    verifyEvery: verifyEverySchema.nullable(),
  }),
  /** What would go now if the profile had this retention. Nothing is touched. */
  'retention-preview': z.strictObject({ id: profileId, retention: retentionSchema }),
  /** Reads the stored files of a profile, or of one of its studies, and compares them with what was received. */
  'verification-start': z.strictObject({ id: profileId, studyId: rowId.optional() }),
  'verification-cancel': z.strictObject({ id: profileId }),
} as const;

/** Why a study stays although it is old enough, or although the whole is too large. */
export const KEPT_BECAUSE = ['receiving', 'not-uploaded', 'elsewhere'] as const;
export type KeptBecause = (typeof KEPT_BECAUSE)[number];

export interface RetentionPreview {
  /** What would go. */
  readonly studies: number;
  readonly instances: number;
  readonly bytes: number;
  /** When the last object came of the study that waited longest, and of the one that waited least, of those that would go. */
  readonly oldest?: number;
  readonly newest?: number;
  /** What stays in all. */
  readonly staying: { readonly studies: number; readonly bytes: number };
  /** Studies that would go as well, were it not for this. */
  readonly kept: readonly { readonly because: KeptBecause; readonly studies: number; readonly bytes: number }[];
}

/** Findings that a report keeps; the counts go on. */
export const KEPT_FINDINGS = 500;

const count = z.int().min(0);
const countsSchema = z.object({
  /** Files that were as they had been received. */
  sound: count,
  damaged: count,
  missing: count,
  unreadable: count,
  /** Files of which no checksum was known: that of their present content is kept from now on. */
  firstSeen: count,
  /** Objects in a bucket, which are not verified here. */
  inBucket: count,
  bytes: count,
});
export type VerificationCounts = Readonly<z.output<typeof countsSchema>>;

/** One stored file that is not as it was received. No patient data but UIDs, which are its name. */
const findingSchema = z.object({
  kind: z.enum(['damaged', 'missing', 'unreadable']),
  file: z.string(),
  sopInstanceUid: z.string(),
  studyId: z.number(),
  /** In words: "4 bytes are missing", "its content has changed". */
  detail: z.string(),
});
export type VerificationFinding = Readonly<z.output<typeof findingSchema>>;

/** How a verification went; kept in a file, so it is parsed. */
export const verificationReportSchema = countsSchema.extend({
  started: z.number(),
  ended: z.number(),
  /** `partial`: only one study has been looked at yet. */
  outcome: z.enum(['complete', 'cancelled', 'partial']),
  /** When a look at everything was cut short that came after this one. */
  cutShort: z.number().optional(),
  /** The first of them; the counts are of all. */
  findings: z.array(findingSchema).max(KEPT_FINDINGS).readonly(),
});
export type VerificationReport = Readonly<z.output<typeof verificationReportSchema>>;

/** The file of the last reports, by profile. */
export const reportsFileSchema = z.object({ version: z.literal(1), reports: z.record(z.string(), z.unknown()) });

/** The verification of one profile: what runs, and how the last one of everything went. */
export interface VerificationState {
  readonly running?: VerificationCounts & {
    readonly started: number;
    /** Files to look at in all. */
    readonly total: number;
    /** When it is about one study. */
    readonly studyId?: number;
  };
  readonly report?: VerificationReport;
}

/** Files that a report says something bad about. */
export function wrongFiles({ damaged, missing, unreadable }: VerificationCounts): number {
  return damaged + missing + unreadable;
}
