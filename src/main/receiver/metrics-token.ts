/** The token with which monitoring reads the figures. Only its digest is kept: whoever loses it makes another one. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecretStore } from './host.ts';

const KEY = 'metrics.token';

/** Makes a token, which replaces the one before. @throws Error when its digest cannot be kept */
export async function makeMetricsToken(secrets: SecretStore): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await secrets.set(KEY, digest(token).toString('hex'));
  return token;
}

/** Whether a token has been made. */
export async function hasMetricsToken(secrets: SecretStore): Promise<boolean> {
  return (await secrets.get(KEY)) !== undefined;
}

/** Whether this is the token, compared without telling by its time how much was right. */
export async function isMetricsToken(secrets: SecretStore, token: string): Promise<boolean> {
  const kept = Buffer.from((await secrets.get(KEY)) ?? '', 'hex');
  const given = digest(token);
  return kept.length === given.length && timingSafeEqual(kept, given);
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
