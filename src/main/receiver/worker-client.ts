/** Calls to a worker thread: started when it is first needed, and again after it has died. */

import { Worker } from 'node:worker_threads';
import type { Problem } from '#shared/contract.ts';
import { ProblemError } from './problem.ts';

/** What goes to the worker. */
export interface WorkerRequest {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** What comes back; without an `id` it answers nothing. */
export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Problem }
  | { readonly notice: Problem };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ProblemError): void;
}

export class WorkerClient {
  readonly #file: URL;
  readonly #data: unknown;
  readonly #onNotice: (notice: Problem) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #count = 0;
  #closed = false;

  /** `file`: the worker. `data`: its workerData. */
  constructor(file: URL, data: unknown, onNotice: (notice: Problem) => void = () => {}) {
    this.#file = file;
    this.#data = data;
    this.#onNotice = onNotice;
  }

  /** Resolves with the worker's answer, or rejects with a ProblemError. */
  request(name: string, argument: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ProblemError(CLOSED));
    this.#worker ??= this.#start();
    // Only an answer that somebody waits for keeps the process alive.
    this.#worker.ref();
    const id = ++this.#count;
    const request: WorkerRequest = { id, name, argument };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker!.postMessage(request);
    });
  }

  /** Ends the worker; requests that wait are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#fail(CLOSED);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#data });
    worker.on('message', (answer: WorkerAnswer) => this.#receive(answer));
    // 'exit' follows; only the last error says why.
    let reason = '';
    worker.on('error', (error) => {
      reason = ` (${error instanceof Error ? error.message : String(error)})`;
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail({
        code: 'worker-ended',
        message: `A background thread ended${reason}. Try again.`,
      });
    });
    return worker;
  }

  #receive(answer: WorkerAnswer): void {
    if (!('id' in answer)) {
      this.#onNotice(answer.notice);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new ProblemError(answer.error));
  }

  #fail(problem: Problem): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new ProblemError(problem));
  }
}

const CLOSED: Problem = { code: 'closed', message: 'The application is about to end.' };
