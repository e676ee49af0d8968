/** The desktop application: a receiver, and the shell around it. */

import { startShell } from './electron/shell.ts';
import { openReceiver } from '#main/receiver/receiver.ts';

startShell(openReceiver);
