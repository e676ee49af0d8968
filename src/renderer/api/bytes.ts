/** Frames and raw values, which travel as bytes beside the contract; the same addresses under both hosts. */

import type { Problem } from '#shared/contract.ts';
import { UNREACHABLE } from './connect.ts';

/** Carries what the receiver said. */
export class BytesError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'BytesError';
    this.problem = problem;
  }
}

/** @throws BytesError; the signal's reason when it was cancelled */
export async function fetchFrame(instanceId: number, frame: number, signal: AbortSignal): Promise<ArrayBuffer> {
  return fetchBytes(`/frame/${instanceId}/${frame}`, signal);
}

/** @param path tags, and between them the number of an item: `00081140.0.00081155` */
export async function fetchValue(instanceId: number, path: string, signal: AbortSignal): Promise<ArrayBuffer> {
  return fetchBytes(`/value/${instanceId}/${path}`, signal);
}

async function fetchBytes(address: string, signal: AbortSignal): Promise<ArrayBuffer> {
  try {
    const response = await fetch(address, { signal });
    if (response.ok) return await response.arrayBuffer();
    throw new BytesError(problemIn(await response.json().catch(() => undefined)));
  } catch (error) {
    if (error instanceof BytesError || signal.aborted) throw error;
    throw new BytesError(UNREACHABLE);
  }
}

/** A host answers with a failed Result. */
function problemIn(body: unknown): Problem {
  const { error } = (body ?? {}) as { error?: Partial<Problem> };
  if (typeof error?.code === 'string' && typeof error.message === 'string') {
    return { code: error.code, message: error.message };
  }
  return UNREACHABLE;
}
