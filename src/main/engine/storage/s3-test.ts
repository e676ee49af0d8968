/** Tries an S3 configuration: writes, reads back and removes a small object, and says exactly what goes wrong. */

import type { S3Config } from '#shared/options.ts';

/** One step of the test: `write`, `read`, `delete`. */
export interface S3TestStep {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly milliseconds: number;
}

/**
 * Writes, reads and deletes an object under the prefix. Never rejects: the first step that fails is the last one.
 * @param timeLimit milliseconds that each step may take
 */
export async function testS3(_config: S3Config, _timeLimit = 10_000): Promise<readonly S3TestStep[]> {
  throw new Error('not yet');
}
