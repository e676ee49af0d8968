/** `npm run campaign`: the long one. CAMPAIGN_ROUNDS says how often each fault is injected (default 5). */
import { complaints, figures } from './campaign.ts';
import { runCampaign } from './run.ts';
import { spoolFaults } from './spool-faults.ts';

const rounds = Number(process.env.CAMPAIGN_ROUNDS ?? 5);
const calls = Array.from({ length: 60 * rounds }, (_, index) => 1 + index);
const campaign = await runCampaign({ rounds, calls }, (line) => console.log(line));
await spoolFaults(campaign, rounds);
const wrong = campaign.rows.flatMap(complaints);
console.log(figures(campaign));
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
