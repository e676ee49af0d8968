/** The application without a page, for tests: a receiver on a host of its own, its state, and what it said. */
import type { Receiver } from '#main/receiver/receiver.ts';
import { openReceiver } from '#main/receiver/receiver.ts';
import type { CommandArgument, CommandName, CommandResults, EventBatch, Problem, Result } from '#shared/contract.ts';
import type { HostInfo } from '#shared/events.ts';
import type { ProfileState } from '#shared/state.ts';
import { RawSender } from './raw-sender.ts';
import { createTestHost, type TestHost } from './test-host.ts';
import { CONTEXTS, ctObject, until } from './test-receiver.ts';

export type Application = {
  readonly receiver: Receiver;
  readonly host: TestHost;
  readonly batches: readonly EventBatch[];
  /** Insists on success. */
  readonly call: <Name extends CommandName>(
    name: Name,
    argument: CommandArgument<Name>,
  ) => Promise<CommandResults[Name]>;
  /** Insists on failure; gives the first problem. */
  readonly fail: <Name extends CommandName>(name: Name, argument: CommandArgument<Name>) => Promise<Problem>;
  readonly profile: (name?: string) => ProfileState;
  /** The port on which a profile listens, as soon as it does. */
  readonly port: (name?: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

/** Opens the application; give the host of one that was closed to open it again. */
export async function openApplication(
  options: { host?: TestHost; info?: Partial<HostInfo> } = {},
): Promise<Application> {
  const host = options.host ?? (await createTestHost(options.info));
  const receiver = await openReceiver(host);
  const batches: EventBatch[] = [];
  receiver.subscribe((batch) => batches.push(batch));
  const profile = (name?: string): ProfileState => {
    const { profiles } = receiver.state;
    const found = name === undefined ? profiles[0] : profiles.find((one) => one.profile.name === name);
    if (!found) throw new Error(`there is no profile ${name ?? ''}`);
    return found;
  };
  return {
    receiver,
    host,
    batches,
    call: async (name, argument) => {
      const result = (await receiver.call(name, argument)) as Result<never>;
      if (!result.ok) throw new Error(`${name}: ${JSON.stringify([result.error, ...(result.more ?? [])])}`);
      return result.value;
    },
    fail: async (name, argument) => {
      const result = await receiver.call(name, argument);
      if (result.ok) throw new Error(`${name} succeeded with ${JSON.stringify(result.value)}`);
      return result.error;
    },
    profile,
    port: async (name) => {
      await until(() => profile(name).run.phase === 'listening', `${name ?? 'the first profile'} listens`);
      return profile(name).run.address?.port ?? 0;
    },
    close: () => receiver.close(),
  };
}

/** Options of a profile that tests can run beside others. */
export function quietOptions(outDir: string) {
  return { port: 0, host: '127.0.0.1', outDir, fsync: false, minimumFreeSpace: 0 };
}

/** Sends CT images over one association that stays open. Gives the sender, to be closed. */
export async function sendImages(
  port: number,
  instances: readonly string[],
  titles: { callingAeTitle?: string; calledAeTitle?: string } = {},
): Promise<RawSender> {
  const sender = await RawSender.connect({ port, contexts: CONTEXTS, ...titles });
  for (const sopInstanceUid of instances) {
    const status = await sender.store({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid,
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      dataSet: ctObject({ sopInstanceUid }),
    });
    if (status !== 0) throw new Error(`answered with ${status}`);
  }
  return sender;
}
