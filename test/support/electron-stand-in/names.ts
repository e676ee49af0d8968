/** Checked by the compiler alone: everything that the stand-in offers is a name of Electron's own. */

import type * as Real from 'electron';
import type { Electron } from './electron.ts';

/** Names that Electron does not have: none. */
type Invented<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs>;

type Checked = {
  [Name in keyof Electron & keyof typeof Real]: Electron[Name] extends abstract new (
    ...values: never
  ) => unknown
    ? never
    : Invented<Electron[Name], (typeof Real)[Name]>;
}[keyof Electron & keyof typeof Real];

true satisfies [Checked | Exclude<keyof Electron, keyof typeof Real>] extends [never] ? true : never;
