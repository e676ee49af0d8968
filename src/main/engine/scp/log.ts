/** Structured log records: to the injected logger, or as `[StoreScp] …` lines on stderr. */

import type { Logger, LogRecord } from '#shared/options.ts';

type Detail = Partial<Pick<LogRecord, 'association' | 'error'>>;

/** The log of one receiver. Messages are built only when somebody listens. */
export class Log {
  readonly #logger: Logger | undefined;
  readonly #verbose: boolean;

  /**
   * @param verbose records below warnings go out too
   * @param logger where records go; without one, stderr
   */
  constructor(verbose: boolean, logger: Logger | undefined) {
    this.#verbose = verbose;
    this.#logger = logger;
  }

  /** A step of the protocol. The message is a function because most receivers are not verbose. */
  detail(component: LogRecord['component'], message: () => string, detail?: Detail): void {
    if (this.#verbose || this.#logger) this.#write('info', component, message(), detail);
  }

  /** Something that a person who runs the receiver should look at. */
  warn(component: LogRecord['component'], message: string, detail?: Detail): void {
    this.#write('warn', component, message, detail);
  }

  /** A failure; the stack trace is shown where `verbose` is on. */
  error(component: LogRecord['component'], message: string, detail?: Detail): void {
    this.#write('error', component, message, detail);
  }

  #write(level: LogRecord['level'], component: LogRecord['component'], message: string, detail?: Detail): void {
    if (this.#logger) {
      try {
        this.#logger({ time: new Date(), level, component, message, ...detail });
      } catch {
        // A logger that throws must not end an association, and there is nowhere left to say so.
      }
      return;
    }
    const stack = this.#verbose && detail?.error?.stack ? `\n${detail.error.stack}` : '';
    process.stderr.write(
      `[StoreScp] ${level === 'error' ? 'Error: ' : level === 'warn' ? 'Warning: ' : ''}${message}${stack}\n`,
    );
  }
}
