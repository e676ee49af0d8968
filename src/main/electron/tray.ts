/** The icon beside the clock: says how the receiver is, in shape and word, and starts and stops it. */

import { join } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import { Menu, nativeImage, Tray } from 'electron';
import { text } from './text.ts';
import type { TrayState } from './tray-state.ts';
import { trayIcon } from './tray-state.ts';

export interface TrayActions {
  readonly open: () => void;
  readonly quit: () => void;
  readonly command: (name: 'receiver-start' | 'receiver-stop', id: string) => void;
}

export interface TrayHandle {
  update(state: TrayState): void;
}

export function createTray(resources: string, actions: TrayActions): TrayHandle {
  const image = (state: Pick<TrayState, 'condition'>) => {
    const icon = nativeImage.createFromPath(join(resources, trayIcon(state.condition, process.platform)));
    icon.setTemplateImage(process.platform === 'darwin');
    return icon;
  };
  const tray = new Tray(image({ condition: 'stopped' }));
  // On macOS and most of Linux a click opens the menu.
  if (process.platform === 'win32') tray.on('click', actions.open);
  let shown = '';
  return {
    update: (state) => {
      // The state changes ten times a second; what is seen here does not.
      const next = JSON.stringify(state);
      if (next === shown) return;
      shown = next;
      tray.setImage(image(state));
      tray.setToolTip(state.tooltip);
      tray.setContextMenu(Menu.buildFromTemplate(trayMenu(state, actions)));
    },
  };
}

function trayMenu(state: TrayState, { open, quit, command }: TrayActions): MenuItemConstructorOptions[] {
  const profiles = state.profiles.map(
    ({ id, label, command: name }): MenuItemConstructorOptions => ({
      label,
      submenu: [
        { label: name === 'receiver-start' ? text.tray.start : text.tray.stop, click: () => command(name, id) },
      ],
    }),
  );
  return [
    { label: text.tray.open, click: open },
    { type: 'separator' },
    ...(profiles.length > 0 ? profiles : [{ label: text.tray.noProfiles, enabled: false }]),
    { type: 'separator' },
    { label: text.tray.quit, click: quit },
  ];
}
