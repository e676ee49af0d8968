/** Ends the threads of running profiles from outside, as a crash would: at once here, or on SIGUSR2 when preloaded by `--import`. */
import type { Worker } from 'node:worker_threads';

const workers = new Set<Worker>();

process.on('worker', (worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

/** How many were ended. */
export function endProfileThreads(): number {
  const profiles = [...workers].filter(({ threadName }) => threadName === 'profile');
  for (const worker of profiles) void worker.terminate();
  return profiles.length;
}

process.on('SIGUSR2', endProfileThreads);
