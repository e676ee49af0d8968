/** The application menu. What concerns the page is sent to it as the keys that it already understands. */

import type { MenuItemConstructorOptions } from 'electron';
import { text } from './text.ts';

export interface MenuActions {
  /** Shows the window with this screen. */
  readonly go: (screen: string) => void;
  /** Presses a key on the page. */
  readonly press: (key: string, modifiers: readonly ('control' | 'meta' | 'shift')[]) => void;
  readonly close: () => void;
  readonly quit: () => void;
}

/** The screens in the order of the rail, as their addresses name them. */
const SCREENS = ['receiver', 'studies', 'rules', 'log', 'settings'] as const;

/** The whole menu bar, for this platform. */
export function applicationMenu(
  platform: string,
  developing: boolean,
  { go, press, close, quit }: MenuActions,
): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  // The page listens to these keys itself: elsewhere than on macOS the menu only shows them.
  const shown = { registerAccelerator: isMac };
  const main = isMac ? 'meta' : 'control';
  const settings: MenuItemConstructorOptions = {
    label: text.menu.settings,
    accelerator: 'CmdOrCtrl+,',
    ...shown,
    click: () => go('settings'),
  };
  const quitItem: MenuItemConstructorOptions = { label: text.menu.quit, accelerator: 'CmdOrCtrl+Q', click: quit };
  const closeItem: MenuItemConstructorOptions = { label: text.menu.close, accelerator: 'CmdOrCtrl+W', click: close };
  return [
    ...(isMac
      ? [
          {
            label: text.name,
            submenu: [
              { role: 'about' as const },
              { type: 'separator' as const },
              settings,
              { type: 'separator' as const },
              { role: 'hide' as const },
              { role: 'hideOthers' as const },
              { role: 'unhide' as const },
              { type: 'separator' as const },
              quitItem,
            ],
          },
        ]
      : []),
    {
      label: text.menu.file,
      submenu: isMac ? [closeItem] : [settings, { type: 'separator' }, closeItem, quitItem],
    },
    {
      label: text.menu.edit,
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        { type: 'separator' },
        { label: text.menu.find, accelerator: 'CmdOrCtrl+F', ...shown, click: () => press('F', [main]) },
        { label: text.menu.commands, accelerator: 'CmdOrCtrl+K', ...shown, click: () => press('K', [main]) },
      ],
    },
    {
      label: text.menu.view,
      submenu: [
        ...SCREENS.map(
          (screen, index): MenuItemConstructorOptions => ({
            label: text.menu.screens[index]!,
            accelerator: `CmdOrCtrl+${index + 1}`,
            ...shown,
            click: () => go(screen),
          }),
        ),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(developing ? [{ label: text.menu.developerTools, role: 'toggleDevTools' as const }] : []),
      ],
    },
    { label: text.menu.window, submenu: [{ role: 'minimize' }, { role: 'zoom' }] },
    {
      label: text.menu.help,
      role: 'help',
      submenu: [
        { label: text.menu.shortcuts, click: () => press('?', ['shift']) },
        ...(isMac ? [] : [{ label: text.menu.about, role: 'about' as const }]),
      ],
    },
  ];
}
