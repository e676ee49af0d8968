/** What the terminal says of the profiles: which values a modality needs, and why one does not receive. */

import type { ReceiverForHost } from '#main/receiver/host.ts';
import type { EventBatch } from '#shared/contract.ts';
import { applyEvents, type ProfileState, type ReceiverState } from '#shared/state.ts';

/** The lines for one profile as it is now; none for a state that passes. */
export function runLines({ profile, run }: ProfileState, addresses: readonly string[]): readonly string[] {
  switch (run.phase) {
    case 'listening': {
      if (!run.address) return [];
      const { aeTitle, host, port, storage, tls } = run.address;
      const everywhere = host === '::' || host === '0.0.0.0' || host === '';
      return [
        `${profile.name} is receiving. Give these values to the administrator of your modality:`,
        `  AE title  ${aeTitle}`,
        `  Address   ${everywhere ? addresses.join(', ') || '127.0.0.1' : host}`,
        `  Port      ${port}`,
        `  Folder    ${storage}`,
        ...(tls ? [`  TLS       on, certificate ${tls.fingerprint}`] : []),
      ];
    }
    case 'failed':
    case 'restarting':
      return run.problem ? [`${profile.name} does not receive: ${run.problem.message}`] : [];
    case 'stopped':
      return [`${profile.name} is stopped.`];
    default:
      return [];
  }
}

/** The lines of every profile whose state changed in a way that is worth a line. */
export function changedLines(before: ReceiverState | undefined, now: ReceiverState): readonly string[] {
  const addresses = now.host.addresses.map(({ address }) => address);
  const runs = new Map(before?.profiles.map(({ profile, run }) => [profile.id, run]));
  return now.profiles
    .filter(({ profile, run }) => {
      const old = runs.get(profile.id);
      return old === undefined ? run.phase !== 'stopped' : old !== run && !sameRun(old, run);
    })
    .flatMap((state) => runLines(state, addresses));
}

function sameRun(one: ProfileState['run'], other: ProfileState['run']): boolean {
  return one.phase === other.phase && one.since === other.since && one.problem?.message === other.problem?.message;
}

/** Prints what is, and what becomes of it. Returns the function that ends this. */
export async function followRuns(receiver: ReceiverForHost, print: (line: string) => void): Promise<() => void> {
  let state: ReceiverState | undefined;
  let sequence = 0;
  const early: EventBatch[] = [];
  const show = (next: ReceiverState) => {
    for (const line of changedLines(state, next)) print(line);
    state = next;
  };
  const follow = (batch: EventBatch) => {
    if (!state) early.push(batch);
    else if (batch.sequence > sequence) show(applyEvents(state, batch.events));
  };
  const unsubscribe = receiver.subscribe(follow);
  const snapshot = await receiver.call('snapshot', undefined);
  if (snapshot.ok) {
    const value = snapshot.value as { readonly sequence: number; readonly state: ReceiverState };
    sequence = value.sequence;
    show(value.state);
    for (const batch of early) follow(batch);
  }
  return unsubscribe;
}
