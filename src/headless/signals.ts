/** Ctrl+C and its relatives: the first one asks to stop in order, the second one does not want to wait. */

/** Resolves at the first signal that asks to stop; the next one ends the process with this code. */
export function stopSignal(exitCode: number): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(exitCode);
        asked = true;
        resolve(signal);
      });
    }
  });
}
