/** The shell around the receiver: puts window, tray, menu, notifications and the rest together. */

import { join } from 'node:path';
import type { BrowserWindow, MessageBoxOptions } from 'electron';
import { app, dialog, Menu, nativeTheme, powerMonitor, powerSaveBlocker } from 'electron';
import { defaultDataFolder, lockDataFolder } from '#main/receiver/data-folder.ts';
import type { Host, ReceiverForHost } from '#main/receiver/host.ts';
import type { Settings } from '#shared/contract.ts';
import { defaultSettings } from '#shared/contract.ts';
import type { ReceiverState } from '#shared/state.ts';
import { handlePageScheme, registerPageScheme } from './app-protocol.ts';
import { newsOf } from './digest.ts';
import { createElectronHost } from './host.ts';
import { acceptCommands, sendBatches } from './ipc.ts';
import { createLeaving } from './leaving.ts';
import { HIDDEN, setStartAtLogin, startsHidden } from './login-item.ts';
import { applicationMenu } from './menu.ts';
import { createNotifier } from './notifier.ts';
import type { Question } from './quit.ts';
import { hiddenExplanation, onClose, QUIT_BUTTON, quitQuestion } from './quit.ts';
import { PAGE_URL } from './security.ts';
import { followState } from './state-mirror.ts';
import { text } from './text.ts';
import { createTray } from './tray.ts';
import { openAssociations, trayState } from './tray-state.ts';
import { guardPages, openWindow, showWindow } from './window.ts';

export type OpenReceiver = (host: Host) => Promise<ReceiverForHost>;

/** Starts the application, or shows the window of the one that already runs. */
export function startShell(openReceiver: OpenReceiver): void {
  const dataFolder =
    app.commandLine.getSwitchValue('data') || defaultDataFolder(process.platform, process.env, app.getPath('home'));
  // Chromium's own files are kept apart; applications with different data folders run side by side.
  app.setPath('userData', join(dataFolder, 'desktop'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.setAppUserModelId('org.studyport.desktop');
  registerPageScheme();
  app
    .whenReady()
    .then(() => run(openReceiver, dataFolder))
    .catch((error: unknown) => {
      dialog.showErrorBox(
        text.failed.title,
        text.failed.detail(error instanceof Error ? error.message : String(error)),
      );
      app.exit(1);
    });
}

async function run(openReceiver: OpenReceiver, dataFolder: string): Promise<void> {
  const lock = await lockDataFolder(dataFolder);
  guardPages();
  const receiver = await openReceiver(await createElectronHost(dataFolder));
  const root = app.getAppPath();
  const resources = join(root, 'resources');

  let window: BrowserWindow | undefined;
  let state: ReceiverState | undefined;
  let isExplained = false;
  const settings = (): Settings => state?.settings ?? defaultSettings;

  function open(screen?: string): void {
    const url = screen === undefined ? PAGE_URL : `${PAGE_URL}#/${screen}`;
    if (window !== undefined) {
      // Only the part after the # is new: the page stays as it is, and shows another screen.
      if (screen !== undefined) void window.loadURL(url);
      showWindow(window);
      return;
    }
    window = openWindow({
      url,
      preload: join(root, 'out', 'preload', 'index.cjs'),
      icon: join(resources, 'icon.png'),
      stateFile: join(dataFolder, 'window.json'),
      mayClose,
      onSessionEnd: () => leaving.atOnce(),
    });
  }

  async function ask({ message, detail, buttons }: Question): Promise<boolean> {
    const options: MessageBoxOptions = {
      type: 'question',
      title: text.name,
      message,
      detail,
      buttons: [...buttons],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    };
    const isSeen = window?.isVisible() === true;
    const { response } = await (isSeen ? dialog.showMessageBox(window!, options) : dialog.showMessageBox(options));
    return response === QUIT_BUTTON;
  }

  function mayClose(): boolean {
    if (leaving.isDone()) return true;
    const action = onClose(settings());
    if (action === 'quit') {
      app.quit();
      return false;
    }
    window?.hide();
    // The settings say so only a batch of events later.
    if (action === 'explain' && !isExplained) void explain();
    return false;
  }

  async function explain(): Promise<void> {
    isExplained = true;
    await receiver.call('settings-save', { closeToTrayExplained: true });
    if (await ask(hiddenExplanation())) app.quit();
  }

  const leaving = createLeaving({
    question: () => quitQuestion(state),
    ask,
    close: async () => {
      notifier.stop();
      await receiver.close();
      await lock.release();
    },
    quit: () => app.quit(),
  });
  app.on('before-quit', leaving.beforeQuit);
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    // The system waits a little for what is prevented; the declaration of Electron forgets the argument.
    event?.preventDefault();
    leaving.atOnce();
  });

  handlePageScheme(receiver, join(root, 'out', 'renderer'));
  acceptCommands(receiver, () => window);
  sendBatches(receiver, () => window);

  const notifier = createNotifier({
    settings,
    isWatched: () => window?.isFocused() === true,
    onClick: () => open(),
  });
  const tray = createTray(resources, {
    open: () => open(),
    quit: () => app.quit(),
    command: (name, id) => void receiver.call(name, { id }),
  });
  const menu = applicationMenu(process.platform, !app.isPackaged, {
    go: open,
    press: (keyCode, modifiers) => {
      open();
      for (const type of ['keyDown', 'keyUp'] as const) {
        window?.webContents.sendInputEvent({ type, keyCode, modifiers: [...modifiers] });
      }
    },
    close: () => window?.close(),
    quit: () => app.quit(),
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu));

  const keepAwake = createPowerBlocker();
  const apply = createSettingsApplier();
  await followState(receiver, {
    onEvent: (event, before) => notifier.add(newsOf(event, before)),
    onState: (next) => {
      state = next;
      tray.update(trayState(next));
      keepAwake(openAssociations(next) > 0);
      apply(next.settings);
    },
  });

  app.on('second-instance', (_event, commandLine) => {
    if (!commandLine.includes(HIDDEN)) open();
  });
  app.on('activate', () => open());
  if (!startsHidden()) open();
}

/** Keeps the system from sleeping while something is received; the screen may go dark. */
function createPowerBlocker(): (isReceiving: boolean) => void {
  let blocker: number | undefined;
  return (isReceiving) => {
    if (isReceiving) blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
  };
}

/** Does what the settings say about the desktop, when they change. */
function createSettingsApplier(): (settings: Settings) => void {
  let startAtLogin: boolean | undefined;
  return (settings) => {
    if (nativeTheme.themeSource !== settings.theme) nativeTheme.themeSource = settings.theme;
    if (!app.isPackaged || startAtLogin === settings.startAtLogin) return;
    startAtLogin = settings.startAtLogin;
    try {
      setStartAtLogin(startAtLogin);
    } catch (error) {
      dialog.showErrorBox(text.loginItem.title, text.loginItem.detail((error as Error).message));
    }
  };
}
