/** What the newest events say about a study in the list, which comes from the history a little later. Pure. */

import type { StudyRow } from '#shared/contract.ts';
import type { LiveStudy } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import type { ProfileState } from '#shared/state.ts';

/** The study as it is known best. */
export function withLive(row: StudyRow, profiles: readonly ProfileState[]): StudyRow {
  const live = profiles
    .find(({ profile }) => profile.id === row.profileId)
    ?.studies.find(({ studyInstanceUid }) => studyInstanceUid === row.studyInstanceUid);
  return live && live.lastReceived >= row.lastReceived ? merged(row, live) : row;
}

function merged(row: StudyRow, live: LiveStudy): StudyRow {
  return {
    ...row,
    instances: Math.max(row.instances, live.instances),
    lastReceived: live.lastReceived,
    status: live.status,
  };
}

export interface Countdown {
  /** Milliseconds since something came. */
  readonly quiet: number;
  /** Milliseconds until the study counts as complete. */
  readonly left: number;
  /** 0 to 1. */
  readonly part: number;
}

/** How long a study that is being received has been quiet, measured by the profile's studyTimeout. */
export function countdownOf(row: StudyRow, profiles: readonly ProfileState[], now: number): Countdown {
  const options = profiles.find(({ profile }) => profile.id === row.profileId)?.profile.options;
  const limit = (options?.studyTimeout ?? optionDefaults.studyTimeout) * 1000;
  const quiet = Math.max(0, now - row.lastReceived);
  const left = Math.max(0, limit - quiet);
  return { quiet, left, part: Math.min(1, quiet / limit) };
}
