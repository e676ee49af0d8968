/** Runs the whole campaign. */
import { Campaign } from './campaign.ts';
import {
  applicationFaults,
  deletedAndPowerLoss,
  endAtCalls,
  faultyCallsAndPeers,
  fewDescriptors,
  permissionLost,
  volumeFaults,
} from './faults.ts';

export interface CampaignSize {
  /** How often each fault is injected. */
  readonly rounds: number;
  /** At which calls to the file system the process ends. */
  readonly calls: readonly number[];
}

export async function runCampaign(
  { rounds, calls }: CampaignSize,
  say: (what: string) => void = () => {},
): Promise<Campaign> {
  const campaign = new Campaign();
  for (const [what, work] of [
    ['calls that fail, and peers', () => faultyCallsAndPeers(campaign, rounds)],
    ['descriptors', () => fewDescriptors(campaign, rounds)],
    ['volumes', () => volumeFaults(campaign, rounds)],
    ['permission', () => permissionLost(campaign, rounds)],
    ['SIGKILL and power loss', () => endAtCalls(campaign, calls)],
    ['a deleted folder and power loss', () => deletedAndPowerLoss(campaign)],
    ['the application', () => applicationFaults(campaign, rounds)],
  ] as const) {
    const begun = performance.now();
    await work();
    say(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  }
  return campaign;
}
