/** The one window: locked down, in the place where it was, hidden instead of closed. */

import type { Session, WebContents } from 'electron';
import { app, BrowserWindow, nativeTheme, screen, session } from 'electron';
import { mayDownload, mayHave, mayNavigate, mayRequest } from './security.ts';
import { text } from './text.ts';
import type { WindowState } from './window-state.ts';
import { clampBounds, readWindowState, SMALLEST, USUAL, writeWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly url: string;
  readonly preload: string;
  readonly icon: string;
  readonly stateFile: string;
  /** Somebody closes it; `false`: it stays. */
  readonly mayClose: () => boolean;
  /** Windows only: the user signs out or the system goes down. */
  readonly onSessionEnd: () => void;
}

/** Every page of this process, whoever opened it, is bound to what ours may do. Once, before any window. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents));
  guardSession(session.defaultSession);
}

function guardContents(contents: WebContents): void {
  const stay = (event: { readonly url: string; preventDefault(): void }) => {
    if (!mayNavigate(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

function guardSession(own: Session): void {
  own.setPermissionRequestHandler((contents, permission, callback) => callback(mayHave(permission, contents.getURL())));
  own.setPermissionCheckHandler((_contents, permission, origin) => mayHave(permission, origin));
  own.setDevicePermissionHandler(() => false);
  own.webRequest.onBeforeRequest(({ url }, callback) => callback({ cancel: !mayRequest(url, !app.isPackaged) }));
  own.on('will-download', (event, item) => {
    if (!mayDownload(item.getURL())) event.preventDefault();
  });
}

/** Opens the window; it shows itself when the page has drawn something. */
export function openWindow({ url, preload, icon, stateFile, mayClose, onSessionEnd }: WindowOptions): BrowserWindow {
  const { bounds, maximized } = readWindowState(stateFile);
  const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
  const place = bounds && clampBounds(bounds, screens);
  const window = new BrowserWindow({
    ...(place ?? USUAL),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: text.name,
    icon,
    show: false,
    // The colours of the page's background, so that nothing flashes before it is there.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0e141b' : '#f3f5f8',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      devTools: !app.isPackaged,
      // Dictionaries would be fetched from the internet.
      spellcheck: false,
    },
  });
  if (maximized) window.maximize();

  const state = (): WindowState => ({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const remember = () => {
    clearTimeout(timer);
    timer = setTimeout(() => writeWindowState(stateFile, state()), 500);
  };
  window.on('resize', remember);
  window.on('move', remember);
  window.on('close', (event) => {
    clearTimeout(timer);
    writeWindowState(stateFile, state());
    if (!mayClose()) event.preventDefault();
  });
  window.on('session-end', onSessionEnd);
  window.once('ready-to-show', () => window.show());
  // A page that crashed comes back, not faster than it can crash.
  window.webContents.on('render-process-gone', () => setTimeout(() => window.isDestroyed() || window.reload(), 1_000));
  // The title is the application's, whatever the page calls itself.
  window.on('page-title-updated', (event) => event.preventDefault());
  void window.loadURL(url);
  return window;
}

/** Brings the window to the front, from wherever it is. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
