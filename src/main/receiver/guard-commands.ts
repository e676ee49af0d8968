/** The commands about retention and verification. Arguments have been parsed. */

import type { CommandResults, ParsedArgument, Profile } from '#shared/contract.ts';
import type { guardCommandArguments } from '#shared/guards.ts';
import { need, problem } from './problem.ts';
import type { Receiver } from './receiver.ts';
import { previewOf } from './retention.ts';

type GuardCommands = {
  readonly [Name in keyof typeof guardCommandArguments]: (
    receiver: Receiver,
    argument: ParsedArgument<Name>,
  ) => Promise<CommandResults[Name]>;
};

export const guardCommands: GuardCommands = {
  'guards-save': (receiver, { id, retention, verifyEvery }) =>
    receiver.inTurn(async () => {
      const { retention: _, verifyEvery: __, ...rest } = receiver.managed(id).profile;
      const profile: Profile = {
        ...rest,
        ...(retention !== null && { retention }),
        ...(verifyEvery !== null && { verifyEvery }),
      };
      const managed = await receiver.update(profile);
      if (retention) void receiver.guards.retention.run(managed);
      return profile;
    }),

  'retention-preview': async (receiver, { id, retention }) =>
    previewOf(await receiver.guards.retention.plan(receiver.managed(id), retention)),

  'verification-start': async (receiver, { id, studyId }) => {
    receiver.managed(id);
    if (studyId !== undefined) {
      const { study } = need(await receiver.history.call('study-get', { studyId }));
      if (study.profileId !== id) throw problem('not-found', 'This study belongs to another profile.', 'studyId');
    }
    receiver.guards.verification.start(id, studyId);
    return null;
  },

  'verification-cancel': async (receiver, { id }) => {
    await receiver.guards.verification.cancel(id);
    return null;
  },
};
