/** The self-test: what a modality would do, step by step, and in words what is wrong when it does not work. */

import type { ProfileOptions, TestStep } from '#shared/contract.ts';

/** A running profile, as its own test needs to know it. */
export interface TestTarget {
  /** For the messages. */
  readonly profileName: string;
  /** Where it really listens (`options.port` may be 0). */
  readonly port: number;
  /** The options with which it runs. */
  readonly options: ProfileOptions;
  /**
   * The path or `s3://bucket/key` under which an instance was stored, as soon as `onFileStored` has told it; undefined
   * when the receiver has not told it within a time that the caller chooses (5 seconds, say).
   */
  stored(sopInstanceUid: string): Promise<string | undefined>;
}

/** Tells of a step as soon as it has ended. Steps come in order; the last one is `done`. */
export type ReportStep = (step: TestStep, done: boolean) => void;

/**
 * Connects, verifies and stores one image of each kind. Never rejects: what goes wrong is a step.
 * @returns every step that was reported
 */
export async function runSelfTest(_target: TestTarget, _report: ReportStep): Promise<readonly TestStep[]> {
  throw new Error('not yet');
}

/**
 * Sends whole synthetic studies, at a pace that one can watch. Never rejects: what goes wrong is a step.
 * @returns how many images were stored
 */
export async function sendTestImages(_target: TestTarget, _studies: number, _report: ReportStep): Promise<number> {
  throw new Error('not yet');
}
