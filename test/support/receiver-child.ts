/**
 * A receiver in a process of its own, for tests that need another user, or that look at how the process ends:
 * `node receiver-child.ts OPTIONS [STEP…]`, with the options as JSON. Steps: `start`, `stop`, `wait` (for a line on
 * stdin). Prints one line of JSON per step; ends by itself, never by process.exit.
 */
import { once } from 'node:events';
import { StoreScp } from '#main/engine/index.ts';

const [options = '{}', ...steps] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const scp = new StoreScp({ logger: () => {}, ...JSON.parse(options) });
scp.onServerStarted((error, { data }) => say(error ? { failed: error.message } : { port: data.port }));
scp.onError((error) => say({ error: error?.message }));
scp.onStudyCompleted((_, { data }) => say({ study: data.study.studyInstanceUid, quiet: data.quiet }));

for (const step of steps) {
  if (step === 'start') await scp.start().catch((error: Error) => say({ rejected: error.message }));
  else if (step === 'stop') await scp.stop();
  else {
    await once(process.stdin, 'data');
    process.stdin.destroy();
  }
  say({ done: step });
}
