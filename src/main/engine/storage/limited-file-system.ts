/** The file system with a time limit on every call that does not block. */

import type { FileSystem } from './file-system.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * The same calls; each rejects with a TimedOutError after `limit` milliseconds, naming `folder`. A file that is opened
 * too late is closed again.
 */
export function limitedFileSystem(fileSystem: FileSystem, limit: number, folder: string): FileSystem {
  const message = () =>
    `The disk or network share that holds ${folder} has not answered for ${limit / 1000} s: check that it is connected.`;
  type Call = (...argument: unknown[]) => Promise<unknown>;
  const limited: Record<string, unknown> = { ...fileSystem };
  for (const [name, call] of Object.entries(fileSystem)) {
    if (typeof call === 'function') {
      limited[name] = (...argument: unknown[]) => withTimeLimit((call as Call)(...argument), limit, message);
    }
  }
  return {
    ...(limited as FileSystem),
    open: (path, flags) => {
      let given = false;
      const opening = fileSystem.open(path, flags);
      const result = withTimeLimit(opening, limit, message);
      result.then(
        () => undefined,
        () => {
          given = true;
        },
      );
      opening.then(
        (fd) => {
          if (given) void fileSystem.close(fd).catch(() => undefined);
        },
        () => undefined,
      );
      return result;
    },
  };
}
