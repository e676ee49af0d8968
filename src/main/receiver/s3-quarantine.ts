/** The quarantine of a profile that stores in S3, in the words and with the codes of the one in a folder. */

import { S3Quarantine, StorageError } from '#main/engine/index.ts';
import type { S3Config } from '#shared/options.ts';
import type { QuarantineRow } from '#shared/rule-commands.ts';
import { recordOfHead } from './folder-walk.ts';
import type { InstanceRecord } from './history-records.ts';
import { problem } from './problem.ts';
import { gone, isFileable, noInstance } from './quarantine.ts';

/** No header is longer; a deflated object has to be read as a whole. */
const HEAD = 64 * 1024 * 1024;

/** Newest first. @throws ProblemError */
export function s3QuarantineRows(config: S3Config): Promise<readonly QuarantineRow[]> {
  return inWords(config, (quarantine) => quarantine.list());
}

/** Moves an object into the archive of the bucket under its own UIDs, never over what is there. @throws ProblemError */
export function releaseFromS3(config: S3Config, profileId: string, name: string): Promise<InstanceRecord> {
  return inWords(config, async (quarantine) => {
    const head = await quarantine.head(name, HEAD);
    if (!head) throw gone();
    const record = recordOfHead(profileId, '', head.bytes, head.size);
    if (!isFileable(record)) throw noInstance();
    const file = await quarantine.release(name, record);
    if (file === undefined) throw gone();
    return { ...record, file };
  });
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
