/** What is worth saying aloud when the state changes. Pure; never a patient's name. */

import { text } from '#renderer/text/en.ts';
import type { Condition, ProfileState, ReceiverState } from '#shared/state.ts';
import { conditionOf } from '#shared/state.ts';

export interface Said {
  readonly message: string;
  /** At once: somebody has to act. */
  readonly assertive: boolean;
}

const LOUD: ReadonlySet<Condition> = new Set(['error', 'degraded']);

/** The differences between two states in words. */
export function changesInWords(before: ReceiverState, after: ReceiverState): readonly Said[] {
  if (before.profiles === after.profiles) return [];
  return after.profiles.flatMap((profile) => {
    const old = before.profiles.find((other) => other.profile.id === profile.profile.id);
    return old && old !== profile ? profileChanges(old, profile) : [];
  });
}

function profileChanges(before: ProfileState, after: ProfileState): readonly Said[] {
  const { name } = after.profile;
  const condition = conditionOf(after);
  const said: Said[] = [];
  // Associations come and go too quickly to be read out.
  if (condition !== conditionOf(before) && condition !== 'receiving' && conditionOf(before) !== 'receiving') {
    const problem = after.run.problem ?? after.degraded[0];
    said.push({
      message: text.receiver.said.condition(name, text.common.condition[condition], problem?.message),
      assertive: LOUD.has(condition),
    });
  }
  if (after.studies !== before.studies) {
    const complete = after.studies.filter(
      ({ studyInstanceUid, status }) =>
        status === 'complete' &&
        before.studies.find((old) => old.studyInstanceUid === studyInstanceUid)?.status !== 'complete',
    );
    for (const { modality, instances } of complete) {
      said.push({ message: text.receiver.said.study(modality, instances), assertive: false });
    }
  }
  const refusal = after.refusals[0];
  if (refusal && after.totals.refused > before.totals.refused) {
    said.push({ message: text.receiver.said.refused(refusal.callingAeTitle), assertive: false });
  }
  return said;
}
