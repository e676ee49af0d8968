/** How late the event loop of this thread is, over the last one to two minutes. */

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Figures } from '#shared/figures.ts';

type Delay = Figures['eventLoopDelay'];

/** Milliseconds that one measurement covers. */
const WINDOW = 60_000;
const RESOLUTION = 20;

export class EventLoopWatch {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #timer: NodeJS.Timeout;
  #before: Delay = { mean: 0, p99: 0, max: 0 };

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#before = this.#now();
      this.#histogram.reset();
    }, WINDOW).unref();
  }

  /** The worse of the minute before and the one that goes on. */
  read(): Delay {
    const now = this.#now();
    const worse = (name: keyof Delay) => Math.max(now[name], this.#before[name]);
    return { mean: worse('mean'), p99: worse('p99'), max: worse('max') };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #now(): Delay {
    const { mean, max } = this.#histogram;
    // The histogram measures whole intervals, and says NaN before the first.
    const late = (nanoseconds: number) => Math.max(0, (nanoseconds || 0) / 1e6 - RESOLUTION) / 1000;
    return { mean: late(mean), p99: late(this.#histogram.percentile(99)), max: late(max) };
  }
}
