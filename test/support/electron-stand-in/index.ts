/**
 * The way from a test to the stand-in. The built application and the stand-in must be one module graph of Node's own, in which
 * `electron` means the stand-in; a test runner has another one. So it is loaded by `require`, which asks Node.
 */

import { createRequire } from 'node:module';
import type * as Launch from './launch.ts';

export type { MenuItem } from './electron.ts';
export type { Launched, LaunchOptions } from './launch.ts';

const native = createRequire(import.meta.url)('./launch.ts') as typeof Launch;

export const { launch } = native;
