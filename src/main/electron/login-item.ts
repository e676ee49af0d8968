/** Starting at login, hidden: by Electron on Windows and macOS, by an autostart file on Linux, where Electron offers nothing. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app } from 'electron';
import { text } from './text.ts';

/** Tells a start that shows no window. */
export const HIDDEN = '--hidden';

/** Exec of a desktop file: in quotes, with what is special in quotes escaped. */
export function desktopEntry(executable: string): string {
  // A backslash is escaped once for the quotes and once for the file format; a percent sign begins a field code.
  const quoted = executable
    .replace(/["`$\\]/g, (letter) => `\\\\${letter === '\\' ? '\\\\' : letter}`)
    .replaceAll('%', '%%');
  return [
    '[Desktop Entry]',
    'Type=Application',
    `Name=${text.name}`,
    `Exec="${quoted}" ${HIDDEN}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/** Makes the system do what the settings say. @throws when the autostart file cannot be written */
export function setStartAtLogin(wanted: boolean): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: wanted, args: [HIDDEN] });
    return;
  }
  const file = join(app.getPath('appData'), 'autostart', 'studyport.desktop');
  if (!wanted) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  // An AppImage is mounted somewhere else at every start; this is the file itself.
  writeFileSync(file, desktopEntry(process.env.APPIMAGE ?? app.getPath('exe')));
}

/** Was this start made to be hidden? */
export function startsHidden(): boolean {
  return (
    app.commandLine.hasSwitch('hidden') ||
    (process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin)
  );
}
