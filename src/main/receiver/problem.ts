/** Failures with words for people, thrown inside the receiver and turned into a Result at its border. */

import type { Problem, Result } from '#shared/contract.ts';

/** One or more problems that end a command. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];

  constructor(...problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join(' '));
    this.name = 'ProblemError';
    this.problems = problems;
  }
}

/** The problem as something to throw. */
export function problem(code: string, message: string, field?: string): ProblemError {
  return new ProblemError({ code, message, ...(field !== undefined && { field }) });
}

/** The value of a result that was a success. @throws ProblemError where it was none */
export function need<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new ProblemError(result.error, ...(result.more ?? []));
}

/** The `code` of a failed system call; '' for other errors. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Name, code and place of an error without its message, which may quote what a peer sent. */
export function withoutWords(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  const code = errnoOf(error);
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return [error.name, code && `(${code})`, place?.trim()].filter(Boolean).join(' ');
}
