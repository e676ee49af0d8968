/** Which launch a module belongs to: every launch has a number, which is in the address of each of its modules. */

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Electron } from './electron.ts';

const launches = new Map<string, { readonly electron: Electron; readonly root: string }>();
const STAND_IN = new URL('./electron-module.ts', import.meta.url).href;
const NAMES = new Set(['electron', 'electron/main', 'electron/common']);

let count = 0;
let areHooked = false;

/** The address at which a file of this launch is imported, afresh. */
export function register(electron: Electron, root: string, file: string): string {
  hook();
  const run = String(++count);
  launches.set(run, { electron, root: pathToFileURL(root).href });
  return `${pathToFileURL(file).href}?run=${run}`;
}

/** What the module at this address gets as Electron. */
export function electronOf(url: string): Electron {
  const launch = launches.get(runOf(url) ?? '');
  if (launch === undefined) throw new Error('The stand-in was imported without having been launched.');
  return launch.electron;
}

function runOf(url: string | undefined): string | undefined {
  return (url && URL.parse(url)?.searchParams.get('run')) || undefined;
}

function hook(): void {
  if (areHooked) return;
  areHooked = true;
  registerHooks({
    resolve: (specifier, context, next) => {
      const run = runOf(context.parentURL);
      if (NAMES.has(specifier)) {
        if (run === undefined) throw new Error(`${context.parentURL} imports Electron, which is not there.`);
        return { url: `${STAND_IN}?run=${run}`, format: 'module-typescript', shortCircuit: true };
      }
      const resolved = next(specifier, context);
      const launch = run === undefined ? undefined : launches.get(run);
      if (launch === undefined || !resolved.url.startsWith(launch.root)) return resolved;
      return { ...resolved, url: `${resolved.url.split('?')[0]}?run=${run}` };
    },
  });
}
