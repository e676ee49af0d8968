/** Keeps one profile running in a worker thread of its own: start, stop, and restart with growing pauses after a crash. */

import { Worker } from 'node:worker_threads';
import type { KnownInstance, ServerStartedData } from '#main/engine/index.ts';
import type { LogLevel, Problem, ProfileOptions } from '#shared/contract.ts';
import type { RunState } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import type { AppliedRules } from './applied-rules.ts';
import { ProblemError, withoutWords } from './problem.ts';

import type { FromWorker, Report, ToWorker, WorkerStart } from './worker-messages.ts';
import { workerUrl } from './worker-url.ts';

/** A worker that has run this long without a crash has recovered. */
const RECOVERED = 60_000;
const LONGEST_PAUSE = 60_000;
/** How long a start may still take once somebody wants it stopped (S3 may not answer), in milliseconds. */
const START_PATIENCE = 3000;
/** How long a worker may take to end after its associations had their `stopTimeout`, in milliseconds. */
const STOP_MARGIN = 10_000;

export interface RunnerHost {
  /** The options with their secrets. @throws ProblemError */
  options(): Promise<ProfileOptions>;
  /** What treats the objects. @throws ProblemError: then it does not start */
  rules(): Promise<AppliedRules | undefined>;
  readonly displayTags: readonly string[];
  logLevel(): LogLevel;
  changed(run: RunState): void;
  /** Where instances are, as far as it is known; may reject. */
  locate(sopInstanceUids: readonly string[]): Promise<readonly KnownInstance[]>;
  /** `run` is the same for all reports of one worker and different for each worker. */
  reports(run: string, reports: readonly Report[]): void;
  /** The worker has ended, one way or the other: what it had open is gone. */
  ended(run: string, crashed: boolean): void;
  crashed(problem: Problem): void;
}

interface Running {
  readonly worker: Worker;
  readonly run: string;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  /** In seconds. */
  readonly stopTimeout: number;
}

/** Milliseconds before the next attempt: 1 s, 2 s, 4 s … 60 s. */
export function pauseAfter(crashes: number): number {
  return Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.max(0, crashes - 1));
}

export class ProfileRunner {
  readonly #host: RunnerHost;
  #state: RunState = { phase: 'stopped', since: Date.now() };
  #running: Running | undefined;
  /** Starts and stops of one profile follow each other. */
  #queue: Promise<unknown> = Promise.resolve();
  #crashes = 0;
  #retry: NodeJS.Timeout | undefined;
  /** A start that nobody waits for any more has been ended. */
  #abandoned = false;

  constructor(host: RunnerHost) {
    this.#host = host;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Resolves when it listens, or to the problem why it does not. */
  start(): Promise<Problem | undefined> {
    return this.#inTurn(async () => {
      if (this.#running) return undefined;
      this.#crashes = 0;
      return this.#start();
    });
  }

  /** Resolves when the worker has ended. */
  async stop(): Promise<void> {
    const late = setTimeout(() => {
      if (this.#state.phase !== 'starting') return;
      this.#abandoned = true;
      void this.terminate();
    }, START_PATIENCE);
    await this.#inTurn(() => this.#stop());
    clearTimeout(late);
  }

  async restart(): Promise<Problem | undefined> {
    return this.#inTurn(async () => {
      await this.#stop();
      return this.#start();
    });
  }

  /** The options have been changed since it was started. */
  markStale(): void {
    if (this.#running) this.#change({ ...this.#state, stale: true });
  }

  abort(association: number): void {
    this.#post({ type: 'abort', association });
  }

  /** Lets an address in again that was locked out. */
  endLockout(address: string): void {
    this.#post({ type: 'end-lockout', address });
  }

  retryUploads(): void {
    this.#post({ type: 'retry-uploads' });
  }

  setLogLevel(level: LogLevel): void {
    this.#post({ type: 'log-level', level });
  }

  /** Gives a run that has rules others, for associations that begin from now on. */
  setRules(rules: AppliedRules): Promise<void> {
    // In turn: a start under way may have asked for its rules before these were there.
    return this.#inTurn(async () => this.#post({ type: 'rules', rules }));
  }

  /** Ends the run because of something that must not go on. */
  fail(problem: Problem): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop();
      this.#failed(problem);
    });
  }

  /** Ends the thread at once, as a crash would; for tests and as a last resort. */
  async terminate(): Promise<void> {
    await this.#running?.worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#running?.worker.postMessage(message);
  }

  #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => {});
    return result;
  }

  #change(state: RunState): void {
    this.#state = state;
    this.#host.changed(state);
  }

  async #start(): Promise<Problem | undefined> {
    clearTimeout(this.#retry);
    this.#abandoned = false;
    this.#change({ phase: 'starting', since: Date.now() });
    let options: ProfileOptions;
    let rules: AppliedRules | undefined;
    try {
      options = await this.#host.options();
      rules = await this.#host.rules();
    } catch (error) {
      return this.#failed(problemOf(error));
    }
    return this.#launch(options, rules);
  }

  #launch(options: ProfileOptions, rules: AppliedRules | undefined): Promise<Problem | undefined> {
    const workerData: WorkerStart = {
      options,
      ...(rules && { rules }),
      displayTags: this.#host.displayTags,
      logLevel: this.#host.logLevel(),
    };
    const worker = new Worker(workerUrl('profile-worker'), { workerData, name: 'profile' });
    const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 1296)
      .toString(36)
      .padStart(2, '0')}`;
    return new Promise((answer) => {
      let failure: Problem | undefined;
      let crash: unknown;
      const ended = new Promise<void>((resolve) => {
        worker.on('message', (message: FromWorker) => {
          switch (message.type) {
            case 'started':
              this.#change({ phase: 'listening', since: Date.now(), address: addressOf(message.address) });
              answer(undefined);
              break;
            case 'failed':
              failure = message.problem;
              break;
            case 'commitment-query':
              void this.#locate(worker, message.id, message.sopInstanceUids);
              break;
            case 'reports':
              this.#host.reports(run, message.reports);
              break;
          }
        });
        worker.on('error', (error) => {
          crash = error;
        });
        worker.on('exit', (code) => {
          this.#running = undefined;
          const asked = this.#state.phase === 'stopping' || this.#abandoned;
          const crashed = failure === undefined && !asked;
          this.#host.ended(run, crashed);
          if (failure) answer(this.#failed(failure));
          else answer(crashed ? this.#crashed(crash, code) : undefined);
          resolve();
        });
      });
      this.#running = { worker, run, ended, stopTimeout: options.stopTimeout ?? optionDefaults.stopTimeout };
    });
  }

  /** A question without an answer costs its asker time: one that cannot be answered is answered with nothing. */
  async #locate(worker: Worker, id: number, sopInstanceUids: readonly string[]): Promise<void> {
    const known = await this.#host.locate(sopInstanceUids).catch(() => []);
    worker.postMessage({ type: 'commitment-answer', id, known } satisfies ToWorker);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#retry);
    const running = this.#running;
    if (running) {
      this.#change({ ...this.#state, phase: 'stopping', since: Date.now() });
      this.#post({ type: 'stop' });
      const late = setTimeout(() => void running.worker.terminate(), STOP_MARGIN + running.stopTimeout * 1000);
      await running.ended;
      clearTimeout(late);
    }
    if (this.#state.phase !== 'stopped') this.#change({ phase: 'stopped', since: Date.now() });
  }

  #failed(problem: Problem): Problem {
    this.#change({ phase: 'failed', since: Date.now(), problem });
    return problem;
  }

  #crashed(error: unknown, code: number): Problem {
    const ranLong = this.#state.phase === 'listening' && Date.now() - this.#state.since >= RECOVERED;
    this.#crashes = ranLong ? 1 : this.#crashes + 1;
    const pause = pauseAfter(this.#crashes);
    const reason = error === undefined ? `its thread ended with code ${code}` : withoutWords(error);
    const problem = {
      code: 'receiver-crashed',
      message: `The receiver stopped by itself (${reason}). What was acknowledged is stored; should the list lack its last files, "Rebuild from folder" adds them. It is started again in ${pause / 1000} s.`,
    };
    this.#host.crashed(problem);
    this.#change({ phase: 'restarting', since: Date.now(), problem, retryAt: Date.now() + pause });
    this.#retry = setTimeout(() => {
      void this.#inTurn(async () => {
        if (this.#state.phase === 'restarting') await this.#start();
      });
    }, pause);
    return problem;
  }
}

function addressOf({ certificate, ...address }: ServerStartedData): NonNullable<RunState['address']> {
  if (!certificate) return address;
  const { fingerprint, notAfter } = certificate;
  return { ...address, tls: { fingerprint, notAfter: notAfter.getTime() } };
}

function problemOf(error: unknown): Problem {
  const known = error instanceof ProblemError ? error.problems[0] : undefined;
  return known ?? { code: 'start-failed', message: `The receiver could not be started (${withoutWords(error)}).` };
}
