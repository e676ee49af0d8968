/** The worker threads of the history: one for the database, one that reads files, one that walks a folder, one that verifies. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Problem } from '#shared/contract.ts';
import type { FolderWalk } from './folder-walk.ts';
import { HistoryDatabase, isDamage, writeProblem } from './history-database.ts';
import type { DatabaseCalls, HistoryRecord, InstanceRecord } from './history-records.ts';
import { ProblemError } from './problem.ts';
import type { VerificationRow } from './verification.ts';
import type { WorkerAnswer, WorkerRequest } from './worker-client.ts';

/** What a thread is for. */
export type HistoryWorkerData =
  | { readonly role: 'database'; readonly folder: string }
  | { readonly role: 'files' }
  | { readonly role: 'walk'; readonly profileId: string; readonly folder: string }
  | { readonly role: 'verify' };

type Handler = (name: string, argument: unknown) => unknown;

const port = parentPort!;
const data = workerData as HistoryWorkerData;

const answer = (value: WorkerAnswer, transfer: ArrayBuffer[] = []) => port.postMessage(value, transfer);

function databaseHandler(folder: string): Handler {
  const opened = HistoryDatabase.open(folder);
  let { database } = opened;
  if (opened.notice) answer({ notice: opened.notice });

  const guarded = <Value>(work: () => Value): Value => {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const fresh = HistoryDatabase.replace(database, folder);
      database = fresh.database;
      answer({ notice: fresh.notice });
      return work();
    }
  };
  const writing = <Value>(work: () => Value): Value => {
    try {
      return guarded(work);
    } catch (error) {
      throw new ProblemError(writeProblem(error, folder));
    }
  };

  return (name, argument) => {
    switch (name) {
      case 'open':
        return null;
      case 'write':
        return writing(() => database.write(argument as readonly HistoryRecord[]));
      case 'add-missing':
        return writing(() => database.addMissing(argument as readonly InstanceRecord[]));
      case 'close':
        database.close();
        return null;
      default:
        return guarded(() => database.call(name as keyof DatabaseCalls, argument as never));
    }
  };
}

// Only threads that read objects load the engine: the database is there sooner.
async function filesHandler(): Promise<Handler> {
  const { InstanceReader } = await import('./instance-reader.ts');
  const reader = new InstanceReader();
  return (name, argument) => {
    const { path, at } = argument as { path: string; at: string };
    switch (name) {
      case 'instance-tags':
        return reader.tags(path);
      case 'instance-image':
        return reader.image(path);
      case 'frame':
        return reader.frame(path, at);
      case 'value':
        return reader.value(path, at);
      default:
        throw new Error(`there is no ${name}`);
    }
  };
}

/** Whoever asks for the next step has dealt with the last one: the walk cannot run ahead of the database. */
async function walkHandler(profileId: string, folder: string): Promise<Handler> {
  const { FolderWalk } = await import('./folder-walk.ts');
  let walk: FolderWalk | undefined;
  return () => {
    walk ??= new FolderWalk(profileId, folder);
    return walk.next();
  };
}

async function verifyHandler(): Promise<Handler> {
  const { verifyFiles } = await import('./verification-reader.ts');
  return (_name, argument) => verifyFiles(argument as readonly VerificationRow[]);
}

function handlerFor(role: HistoryWorkerData): Handler | Promise<Handler> {
  switch (role.role) {
    case 'database':
      return databaseHandler(role.folder);
    case 'files':
      return filesHandler();
    case 'walk':
      return walkHandler(role.profileId, role.folder);
    case 'verify':
      return verifyHandler();
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problems[0]!;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'history-failed', message: `The history could not answer: ${message}` };
}

const handler = await handlerFor(data);

port.on('message', ({ id, name, argument }: WorkerRequest) => {
  try {
    const value = handler(name, argument);
    answer({ id, ok: true, value }, buffersOf(value));
  } catch (error) {
    answer({ id, ok: false, error: problemOf(error) });
  }
});

/** Bytes are handed over, not copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const bytes = typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : undefined;
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
