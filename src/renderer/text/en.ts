/** Every string that a person reads, in English. A translation is one more file of the same type. */

import { common } from './en/common.ts';
import { firstRun } from './en/first-run.ts';
import { guards } from './en/guards.ts';
import { log } from './en/log.ts';
import { monitoring } from './en/monitoring.ts';
import { receiver } from './en/receiver.ts';
import { rules } from './en/rules.ts';
import { settings } from './en/settings.ts';
import { studies } from './en/studies.ts';

export const text = { common, receiver, firstRun, studies, rules, settings, log, monitoring, guards } as const;
