/** The desktop application: a receiver, and the shell around it. */

import { openReceiver } from '#main/receiver/receiver.ts';
import { startShell } from './electron/shell.ts';

startShell(openReceiver);
