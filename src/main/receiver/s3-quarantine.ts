/** The quarantine of a profile that stores in S3, in the words and with the codes of the one in a folder. */

import { S3Quarantine, StorageError } from '#main/engine/index.ts';
import type { S3Config } from '#shared/options.ts';
import type { QuarantineRow } from '#shared/rule-commands.ts';
import { recordOfHead } from './folder-walk.ts';
import type { InstanceRecord } from './history-records.ts';
import { type ProblemError, problem } from './problem.ts';
import { gone, isFileable, noInstance } from './quarantine.ts';

const MB = 1024 * 1024;
/** Bytes of an object that are read to find its UIDs: nearly always the first are enough, deflated ones need all of it. */
const HEADS = [MB, 64 * MB];

/** Newest first. @throws ProblemError */
export function s3QuarantineRows(config: S3Config): Promise<readonly QuarantineRow[]> {
  return inWords(config, (quarantine) => quarantine.list());
}

/** An object that is in the archive now; `left`: and in quarantine as well. */
export interface ReleasedFromS3 {
  readonly record: InstanceRecord;
  readonly left?: ProblemError;
}

/** Moves an object into the archive of the bucket under its own UIDs, never over what is there. @throws ProblemError */
export function releaseFromS3(config: S3Config, profileId: string, name: string): Promise<ReleasedFromS3> {
  return inWords(config, async (quarantine) => {
    const record = await recordIn(quarantine, profileId, name);
    if (!isFileable(record)) throw noInstance();
    const released = await quarantine.release(name, record);
    if (!released) throw gone();
    const { location, left } = released;
    return { record: { ...record, file: location }, ...(left && { left: stillThere(left) }) };
  });
}

/** @throws ProblemError when the object is gone */
async function recordIn(
  quarantine: S3Quarantine,
  profileId: string,
  name: string,
): Promise<InstanceRecord | undefined> {
  for (const length of HEADS) {
    const head = await quarantine.head(name, length);
    if (!head) throw gone();
    const record = recordOfHead(profileId, head.bytes, head.size);
    if (isFileable(record) || head.bytes.length === head.size) return record;
  }
  return undefined;
}

function stillThere(error: StorageError): ProblemError {
  return problem(
    'quarantine-not-removed',
    `The object is in the archive now, but could not be removed from quarantine: ${error.message} When that is mended, release it once more: nothing is stored twice.`,
    'name',
  );
}

/** Deletes an object for good: a bucket has no trash. @throws ProblemError */
export async function discardFromS3(config: S3Config, name: string): Promise<void> {
  if (!(await inWords(config, (quarantine) => quarantine.discard(name)))) throw gone();
}

async function inWords<Value>(config: S3Config, work: (quarantine: S3Quarantine) => Promise<Value>): Promise<Value> {
  try {
    return await S3Quarantine.use(config, work);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw problem('quarantine-s3', `The quarantine in the bucket could not be reached or changed: ${error.message}`);
  }
}
