/** The commands about webhooks. Arguments have been parsed. */

import type { CommandResults, ParsedArgument, Profile } from '#shared/contract.ts';
import type { webhookCommandArguments } from '#shared/webhook.ts';
import type { Host } from './host.ts';
import { problem } from './problem.ts';
import type { Receiver } from './receiver.ts';

type WebhookCommands = {
  readonly [Name in keyof typeof webhookCommandArguments]: (
    receiver: Receiver,
    argument: ParsedArgument<Name>,
  ) => Promise<CommandResults[Name]>;
};

export const webhookCommands: WebhookCommands = {
  'webhook-save': (receiver, { id, webhook, secret }) =>
    receiver.inTurn(async () => {
      const { webhook: before, ...rest } = receiver.managed(id).profile;
      const kept = webhook === null ? null : secret;
      if (kept !== undefined && (kept !== null || before?.signed)) await keepSecret(receiver.host, id, kept);
      const signed = kept === undefined ? (before?.signed ?? false) : kept !== null;
      const profile: Profile = { ...rest, ...(webhook !== null && { webhook: { ...webhook, signed } }) };
      await receiver.update(profile);
      receiver.webhooks.settingsChanged(id);
      return profile;
    }),

  'webhook-test': async (receiver, { id }) => {
    const { profile } = receiver.managed(id);
    if (!profile.webhook) throw problem('webhook-off', 'Save an address first.', 'url');
    const failure = await receiver.webhooks.test(profile);
    if (failure !== undefined) throw problem('webhook-failed', failure);
    return null;
  },
};

/** The key under which the host keeps the secret of a profile's webhook. */
export function webhookSecretKey(profileId: string): string {
  return `${profileId}.webhookSecret`;
}

async function keepSecret(host: Host, id: string, secret: string | null): Promise<void> {
  await host.secrets.set(webhookSecretKey(id), secret ?? undefined).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : 'it is not known why';
    throw problem('secret-not-kept', `The secret could not be kept: ${reason}`, 'secret');
  });
}
