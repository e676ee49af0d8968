/** The onBeforeStore callback: runs it within its time limit and turns what it returns into edits. */

import type { Edit } from '#main/engine/dataset/header-editor.ts';
import type { OnBeforeStoreCallback } from './events.ts';
import { asError } from './events.ts';
import type { TagPlan } from './tags.ts';

/**
 * The callback failed, took too long or returned something unusable. The message may be shown to the user; only
 * `comment` goes to the sender.
 */
export class BeforeStoreError extends Error {
  /** The status to answer; undefined: C001. */
  readonly status: number | undefined;
  readonly comment: string;

  constructor(message: string, comment: string, options: ErrorOptions & { status?: number | undefined } = {}) {
    super(message, options);
    this.name = 'BeforeStoreError';
    this.comment = comment;
    this.status = options.status;
  }
}

/** The statuses with which a gate may refuse: A7xx, A9xx, Cxxx, 0124 (store-scp-decisions, "onBeforeStore fails"). */
function isRefusalStatus(status: unknown): status is number {
  if (typeof status !== 'number' || !Number.isInteger(status)) return false;
  return status === 0x0124 || status >> 8 === 0xa7 || status >> 8 === 0xa9 || status >> 12 === 0xc;
}

/**
 * Runs the callback on extracted tags.
 * @param timeout in seconds
 * @returns the edits that its result asks for; none when nothing changed
 * @throws BeforeStoreError, whatever went wrong
 */
export async function runBeforeStore(
  callback: OnBeforeStoreCallback,
  tags: Readonly<Record<string, string>>,
  plan: TagPlan,
  timeout: number,
): Promise<Edit[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BeforeStoreError(`onBeforeStore took longer than ${timeout} seconds`, 'Refused: rule time-out')),
      timeout * 1000,
    );
  });
  let result: unknown;
  try {
    // A callback that is not async may throw at once: that is a rejection too.
    result = await Promise.race([(async () => callback({ ...tags }))(), late]);
  } catch (reason) {
    if (reason instanceof BeforeStoreError) throw reason;
    const status = (reason as { status?: unknown } | null)?.status;
    throw new BeforeStoreError('onBeforeStore refused the instance or failed', 'Refused before storing', {
      cause: asError(reason),
      status: isRefusalStatus(status) ? status : undefined,
    });
  } finally {
    clearTimeout(timer);
  }
  return editsOf(tags, result, plan);
}

/**
 * The edits that turn the extracted tags into what the callback returned. A key left out, or with the value it had, is
 * unchanged; '' empties, null deletes.
 * @throws BeforeStoreError for a result that is not an object of texts, or names no attribute
 */
export function editsOf(tags: Readonly<Record<string, string>>, result: unknown, plan: TagPlan): Edit[] {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw unusable('onBeforeStore must return an object with tags');
  }
  const edits: Edit[] = [];
  for (const [name, value] of Object.entries(result)) {
    if (value === undefined || (Object.hasOwn(tags, name) && tags[name] === value)) continue;
    if (typeof value !== 'string' && value !== null) {
      throw unusable(`onBeforeStore returned a ${typeof value} for ${name}; it must be text or null`);
    }
    const target = plan.resolve(name);
    if (target === undefined) throw unusable(`onBeforeStore returned "${name}", which names no attribute`);
    const { tag, creator } = target;
    edits.push({ tag, value, ...(creator !== undefined && { privateCreator: creator }) });
  }
  return edits;
}

function unusable(message: string): BeforeStoreError {
  return new BeforeStoreError(message, 'Refused before storing: unusable result');
}
