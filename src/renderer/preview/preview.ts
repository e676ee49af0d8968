/** Pictures of frames for the page: a bounded queue in front of one worker, with cancellation. */

import type { ImageInfo } from '#shared/contract.ts';
import type { DrawAnswer, DrawRequest } from './messages.ts';
import { PreviewError } from './samples.ts';

export interface DrawTask {
  /** Called when it is this task's turn, so that no bytes wait in the queue. */
  readonly fetchFrame: (signal: AbortSignal) => Promise<ArrayBuffer>;
  readonly image: ImageInfo;
  /** The longer side of the picture at most; absent: as large as the frame. */
  readonly fit?: number;
  readonly signal: AbortSignal;
}

export interface Preview {
  /**
   * Draws one frame. The caller closes the bitmap.
   * @throws PreviewError that says why there is no picture; the signal's reason when it was cancelled
   */
  draw(task: DrawTask): Promise<ImageBitmap>;
  close(): void;
}

export interface PreviewSettings {
  readonly createWorker: () => Worker;
  /** A frame that takes longer is given up, with its worker. */
  readonly timeLimit?: number;
  /** A worker without work gives its memory back after this time. */
  readonly idleLimit?: number;
}

type Waiting = DrawTask & {
  readonly resolve: (bitmap: ImageBitmap) => void;
  readonly reject: (error: unknown) => void;
};

/** The worker, as Vite builds it into a file of its own. */
export function createPreviewWorker(): Worker {
  return new Worker(new URL('./preview-worker.ts', import.meta.url), { type: 'module', name: 'preview' });
}

/** Starts nothing before the first picture is asked for. */
export function createPreview(settings: PreviewSettings): Preview {
  const { createWorker, timeLimit = 20_000, idleLimit = 60_000 } = settings;
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  let busy = false;
  let closed = false;
  let number = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;

  function endWorker(): void {
    worker?.terminate();
    worker = undefined;
  }

  /** One frame through the worker; whatever happens, this settles. */
  function ask(current: Worker, request: DrawRequest): Promise<DrawAnswer> {
    return new Promise((resolve) => {
      const end = (answer: DrawAnswer): void => {
        clearTimeout(timer);
        current.onmessage = null;
        current.onerror = null;
        resolve(answer);
      };
      const fail = (code: 'timeout' | 'crashed'): void => {
        endWorker();
        end({ number: request.number, ok: false, code });
      };
      const timer = setTimeout(() => fail('timeout'), timeLimit);
      current.onmessage = ({ data }: MessageEvent<DrawAnswer>) => {
        if (data.number === request.number) end(data);
      };
      current.onerror = () => fail('crashed');
      current.postMessage(request, [request.bytes]);
    });
  }

  async function perform(task: Waiting): Promise<void> {
    try {
      const bytes = await task.fetchFrame(task.signal);
      task.signal.throwIfAborted();
      worker ??= createWorker();
      number += 1;
      const { image, fit } = task;
      const answer = await ask(worker, { number, bytes, image, ...(fit === undefined ? {} : { fit }) });
      if (!answer.ok) throw new PreviewError(answer.code);
      if (task.signal.aborted || closed) {
        answer.bitmap.close();
        throw task.signal.reason;
      }
      task.resolve(answer.bitmap);
    } catch (error) {
      task.reject(task.signal.aborted ? task.signal.reason : error);
    }
  }

  async function work(): Promise<void> {
    if (busy) return;
    busy = true;
    clearTimeout(idle);
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await perform(task);
    busy = false;
    if (!closed) idle = setTimeout(endWorker, idleLimit);
  }

  return {
    draw: (task) =>
      new Promise((resolve, reject) => {
        if (task.signal.aborted || closed) return reject(task.signal.reason);
        const waiting: Waiting = { ...task, resolve, reject };
        queue.push(waiting);
        task.signal.addEventListener(
          'abort',
          () => {
            const index = queue.indexOf(waiting);
            if (index === -1) return;
            queue.splice(index, 1);
            reject(task.signal.reason);
          },
          { once: true },
        );
        void work();
      }),
    close: () => {
      closed = true;
      clearTimeout(idle);
      for (const task of queue.splice(0)) task.reject(new DOMException('The preview was closed.', 'AbortError'));
      endWorker();
    },
  };
}
