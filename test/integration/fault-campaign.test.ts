/** Every fault of the campaign, once, under load: nothing that was acknowledged is lost. `npm run campaign` does it at length. */
import { expect, test } from 'vitest';
import { Campaign, complaints, figures } from '../campaign/campaign.ts';
import { endAtCalls } from '../campaign/faults.ts';
import { runCampaign } from '../campaign/run.ts';
import { spoolFaults } from '../campaign/spool-faults.ts';
import { requireRgw } from '../support/rgw.ts';

test('faults of every kind lose nothing that was acknowledged', { timeout: 300_000 }, async () => {
  // Every call of the second and third commit: file, writes, fsync, rename, fsync of the folders. One is acknowledged by then.
  const calls = Array.from({ length: 16 }, (_, index) => 18 + index);
  const campaign = await runCampaign({ rounds: 1, calls });
  console.log(figures(campaign));
  expect(campaign.rows.flatMap(complaints)).toEqual([]);
  expect(campaign.growth.every((bytes) => bytes < 100e6)).toBe(true);
  // A fault that troubles nobody proves nothing.
  const quiet = campaign.rows.filter(
    ({ isHarmless, refused, unanswered }) => !isHarmless && refused + unanswered === 0,
  );
  expect(quiet.map(({ fault }) => fault)).toEqual([]);
});

test.skipIf(requireRgw())('S3 that is down, slow or refuses loses nothing either', { timeout: 300_000 }, async () => {
  const campaign = new Campaign();
  await spoolFaults(campaign, 1);
  console.log(figures(campaign));
  expect(campaign.rows.map(({ injected }) => injected)).toEqual([1, 1, 1, 1]);
  expect(campaign.rows.flatMap(complaints)).toEqual([]);
});

test('the campaign would find what is lost: a power failure without fsync', { timeout: 120_000 }, async () => {
  const campaign = new Campaign();
  await endAtCalls(campaign, [60], false);
  expect(campaign.rows[0]!.acknowledged).toBeGreaterThan(0);
  expect(campaign.rows[0]!.audit.lost).not.toEqual([]);
});
