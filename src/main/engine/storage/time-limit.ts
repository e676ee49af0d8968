/** Nothing in storage waits for ever: every call ends in time, and what comes too late can still be cleaned up after. */

import { StorageError } from './storage-backend.ts';

/** The call may still be at work in the system: `late` resolves when it has really ended, whatever came of it. */
export class TimedOutError extends StorageError {
  readonly late: Promise<void>;

  constructor(message: string, late: Promise<void>) {
    super('timed-out', message, 'storage did not answer in time');
    this.late = late;
  }
}

/** Settles as `operation` does, or rejects with a TimedOutError after `limit` milliseconds. */
export function withTimeLimit<T>(operation: Promise<T>, limit: number, message: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const late = operation.then(
        () => undefined,
        () => undefined,
      );
      reject(new TimedOutError(message(), late));
    }, limit);
    operation.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** Resolves when a call that failed has really ended: at once, unless it had timed out. */
export function reallyEnded(error: unknown): Promise<void> {
  return error instanceof TimedOutError ? error.late : Promise.resolve();
}
