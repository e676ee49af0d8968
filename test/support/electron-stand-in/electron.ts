/** The part of Electron's main process that the shell uses, and the driver that a test holds. */

import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Route } from 'playwright-core';
import { strict } from './strict.ts';
import type { InvokeEvent, Rectangle, WindowOptions } from './window.ts';
import { fromHttps, navigationOf, preventable, StandInWindow } from './window.ts';

export interface MenuItem {
  readonly label?: string;
  readonly type?: string;
  readonly role?: string;
  readonly accelerator?: string;
  readonly enabled: boolean;
  readonly click?: () => void;
  readonly submenu?: { readonly items: readonly MenuItem[] };
}

type Template = readonly (Omit<MenuItem, 'submenu' | 'enabled'> & { enabled?: boolean; submenu?: Template })[];

export interface StandInOptions {
  readonly context: BrowserContext;
  /** What package.json and `out` are in. */
  readonly appPath: string;
  readonly home: string;
  readonly switches: Readonly<Record<string, string>>;
  readonly isPackaged: boolean;
  readonly isFirst: boolean;
  readonly displays: readonly Rectangle[];
  /** '' : no keychain at all. */
  readonly keychain: string;
}

export type Electron = ReturnType<typeof createElectron>['electron'];
export type Driver = ReturnType<typeof createElectron>['driver'];

const MARK = 'encrypted by the stand-in:';

export function createElectron(options: StandInOptions) {
  const { context, appPath, home } = options;
  let phase: 'starting' | 'ready' | 'exited' = 'starting';
  let resolveExit: (code: number) => void = () => {};
  const exited = new Promise<number>((resolve) => {
    resolveExit = resolve;
  });
  const afterReady = (what: string) => {
    if (phase === 'starting') throw new Error(`${what} cannot be used before the app is ready.`);
  };

  const record = {
    windows: [] as StandInWindow[],
    navigations: [] as { url: string; prevented: boolean }[],
    popups: [] as { url: string; action: string }[],
    /** Requests that neither the page nor its protocol should ever make. */
    strays: [] as string[],
    dialogs: [] as { kind: string; options: Record<string, unknown> }[],
    answers: [] as unknown[],
    notifications: [] as { title: string; body: string; click: () => void }[],
    revealed: [] as string[],
    opened: [] as string[],
    trashed: [] as string[],
    blockers: new Map<number, string>(),
    loginItems: [] as Record<string, unknown>[],
    schemes: [] as { scheme: string; privileges: Record<string, boolean> }[],
    tray: undefined as { image: string; tooltip: string; menu: readonly MenuItem[]; isDestroyed: boolean } | undefined,
    menu: [] as readonly MenuItem[],
    paths: {
      home,
      appData: join(home, 'app-data'),
      userData: join(home, 'user-data'),
      exe: '/opt/Studyport/studyport',
    } as Record<string, string>,
  };
  const handlers = new Map<string, (event: InvokeEvent, ...values: unknown[]) => unknown>();
  const schemes = new Map<string, (request: Request) => Promise<Response> | Response>();

  // --- app
  let isQuitting = false;
  const appEvents = new EventEmitter();
  let ready: () => void = () => {};
  const whenReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const app = strict(
    'app',
    Object.assign(appEvents, {
      isPackaged: options.isPackaged,
      commandLine: strict('commandLine', {
        getSwitchValue: (name: string) => options.switches[name] ?? '',
        hasSwitch: (name: string) => name in options.switches,
      }),
      whenReady: () => whenReady,
      requestSingleInstanceLock: () => options.isFirst,
      getPath: (name: string) => {
        const path = record.paths[name];
        if (path === undefined) throw new Error(`The stand-in has no path "${name}".`);
        return path;
      },
      setPath: (name: string, path: string) => {
        record.paths[name] = path;
      },
      getAppPath: () => appPath,
      getVersion: () =>
        (JSON.parse(readFileSync(join(appPath, 'package.json'), 'utf8')) as { version: string }).version,
      setAppUserModelId: (_id: string) => {},
      setLoginItemSettings: (item: Record<string, unknown>) => void record.loginItems.push(item),
      getLoginItemSettings: () => ({ wasOpenedAtLogin: false }),
      exit: (code = 0) => {
        for (const window of [...record.windows]) window.destroy();
        phase = 'exited';
        resolveExit(code);
      },
      quit: () => {
        if (phase === 'exited' || isQuitting) return;
        const before = preventable({});
        appEvents.emit('before-quit', before);
        if (before.defaultPrevented) return;
        isQuitting = true;
        for (const window of [...record.windows]) {
          if (!window.close()) {
            isQuitting = false;
            return;
          }
        }
        const will = preventable({});
        appEvents.emit('will-quit', will);
        isQuitting = false;
        if (will.defaultPrevented) return;
        phase = 'exited';
        resolveExit(0);
      },
    }),
  );

  // --- windows
  const around = {
    context,
    onContents: (contents: unknown) => void appEvents.emit('web-contents-created', {}, contents),
    invoke: async (channel: string, values: unknown[], event: InvokeEvent) => {
      const handler = handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      return handler(event, ...values);
    },
    isOver: () => phase === 'exited',
    onClosed: (window: StandInWindow) => {
      record.windows = record.windows.filter((other) => other !== window);
      if (record.windows.length === 0 && !isQuitting) appEvents.emit('window-all-closed');
    },
    navigations: record.navigations,
    popups: record.popups,
  };
  // A function, so that `new` gives the strict object itself.
  function BrowserWindow(windowOptions: WindowOptions): StandInWindow {
    afterReady('BrowserWindow');
    const window = new StandInWindow(around, windowOptions);
    record.windows.push(window);
    return window.self;
  }

  // --- menus and tray
  const toItems = (template: Template): MenuItem[] =>
    template.map(({ submenu, ...item }) => {
      if (item.accelerator && !/^((CmdOrCtrl|Shift|Alt)\+)*([A-Z0-9,?]|F\d+)$/.test(item.accelerator)) {
        throw new Error(`"${item.accelerator}" is not an accelerator.`);
      }
      return { enabled: true, ...item, ...(submenu ? { submenu: { items: toItems(submenu) } } : {}) };
    });
  const Menu = strict('Menu', {
    buildFromTemplate: (template: Template) => ({ items: toItems(template) }),
    setApplicationMenu: ({ items }: { items: readonly MenuItem[] }) => {
      record.menu = items;
    },
  });
  type Image = { readonly path: string; isTemplate: boolean; setTemplateImage(isTemplate: boolean): void };
  const nativeImage = strict('nativeImage', {
    createFromPath: (path: string): Image => {
      const isPng = existsSync(path) && readFileSync(path).subarray(1, 4).toString('latin1') === 'PNG';
      if (!isPng) throw new Error(`${path} is not a picture.`);
      const image: Image = {
        path,
        isTemplate: false,
        setTemplateImage: (isTemplate) => {
          image.isTemplate = isTemplate;
        },
      };
      return image;
    },
  });
  function Tray(image: Image) {
    afterReady('Tray');
    const tray = { image: image.path, tooltip: '', menu: [] as readonly MenuItem[], isDestroyed: false };
    record.tray = tray;
    return strict(
      'Tray',
      Object.assign(new EventEmitter(), {
        setImage: (next: Image) => {
          tray.image = next.path;
        },
        setToolTip: (tooltip: string) => {
          tray.tooltip = tooltip;
        },
        setContextMenu: ({ items }: { items: readonly MenuItem[] }) => {
          tray.menu = items;
        },
      }),
    );
  }
  function click(items: readonly MenuItem[], path: readonly string[]): void {
    const [label, ...rest] = path;
    const item = items.find((one) => one.label === label);
    if (item === undefined)
      throw new Error(`There is no "${label}", only ${items.map((one) => one.label).join(', ')}.`);
    if (!item.enabled) throw new Error(`"${label}" is disabled.`);
    if (rest.length > 0) click(item.submenu?.items ?? [], rest);
    else item.click?.();
  }

  // --- session and protocol
  const sessionEvents = new EventEmitter();
  let requestPermission:
    | ((contents: unknown, permission: string, callback: (granted: boolean) => void) => void)
    | undefined;
  let checkPermission: ((contents: unknown, permission: string, origin: string) => boolean) | undefined;
  let devicePermission: ((details: object) => boolean) | undefined;
  let beforeRequest: ((details: { url: string }, callback: (answer: { cancel: boolean }) => void) => void) | undefined;
  const session = strict('session', {
    get defaultSession() {
      afterReady('session');
      return defaultSession;
    },
  });
  const defaultSession = strict(
    'defaultSession',
    Object.assign(sessionEvents, {
      setPermissionRequestHandler: (handler: typeof requestPermission) => {
        requestPermission = handler;
      },
      setPermissionCheckHandler: (handler: typeof checkPermission) => {
        checkPermission = handler;
      },
      setDevicePermissionHandler: (handler: typeof devicePermission) => {
        devicePermission = handler;
      },
      webRequest: strict('webRequest', {
        onBeforeRequest: (listener: typeof beforeRequest) => {
          beforeRequest = listener;
        },
      }),
    }),
  );
  const protocol = strict('protocol', {
    registerSchemesAsPrivileged: (list: typeof record.schemes) => {
      if (phase !== 'starting') throw new Error('Schemes must be registered before the app is ready.');
      record.schemes.push(...list);
    },
    handle: (scheme: string, handler: (request: Request) => Promise<Response> | Response) => {
      afterReady('protocol.handle');
      schemes.set(scheme, handler);
    },
  });

  /** Whether the shell lets a request through. */
  function passes(url: string): boolean {
    let isCancelled = false;
    beforeRequest?.({ url }, ({ cancel }) => {
      isCancelled = cancel;
    });
    return !isCancelled;
  }

  async function fetchOwn(url: string, method = 'GET'): Promise<Response> {
    const handler = schemes.get(new URL(url).protocol.slice(0, -1));
    if (handler === undefined) throw new Error(`Nobody handles ${url}`);
    return handler(new Request(url, { method }));
  }

  async function answer(route: Route): Promise<void> {
    const request = route.request();
    const url = fromHttps(request.url());
    const window = record.windows[0];
    const navigation = navigationOf(route, window?.ownPage);
    if (navigation === 'popup') return route.abort('aborted');
    if (navigation === 'main' && !window!.contents.mayNavigate(url.split('#')[0]!)) return route.abort('aborted');
    if (!passes(url)) return route.abort('blockedbyclient');
    if (!url.startsWith('app:')) {
      record.strays.push(url);
      return route.abort('failed');
    }
    const response = await fetchOwn(url, request.method());
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  }

  // --- the rest
  const ask = (kind: string) => async (first: object, second?: object) => {
    record.dialogs.push({ kind, options: (second ?? first) as Record<string, unknown> });
    if (record.answers.length === 0) throw new Error(`Nobody answers this dialog: ${JSON.stringify(second ?? first)}`);
    return record.answers.shift();
  };
  const themeEvents = new EventEmitter();
  let themeSource = 'system';
  const theme = Object.assign(themeEvents, { shouldUseDarkColors: false });
  Object.defineProperty(theme, 'themeSource', {
    get: () => themeSource,
    set: (value: 'system' | 'light' | 'dark') => {
      themeSource = value;
      theme.shouldUseDarkColors = value === 'dark';
      const colorScheme = value === 'system' ? null : value;
      for (const page of context.pages()) void page.emulateMedia({ colorScheme }).catch(() => {});
    },
  });
  const power = new EventEmitter();
  const keychain = { backend: options.keychain };

  const electron = strict('electron', {
    app,
    BrowserWindow: BrowserWindow as unknown as new (options: WindowOptions) => StandInWindow,
    Tray: Tray as unknown as new (image: Image) => ReturnType<typeof Tray>,
    Menu,
    nativeImage,
    session,
    protocol,
    ipcMain: strict('ipcMain', {
      handle: (channel: string, handler: (event: InvokeEvent, ...values: unknown[]) => unknown) => {
        if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
        handlers.set(channel, handler);
      },
    }),
    dialog: strict('dialog', {
      showMessageBox: ask('message') as (first: object, second?: object) => Promise<{ response: number }>,
      showOpenDialog: ask('open') as (first: object) => Promise<{ canceled: boolean; filePaths: string[] }>,
      showErrorBox: (title: string, detail: string) =>
        void record.dialogs.push({ kind: 'error', options: { title, detail } }),
    }),
    shell: strict('shell', {
      showItemInFolder: (path: string) => void record.revealed.push(path),
      openPath: async (path: string) => {
        record.opened.push(path);
        return '';
      },
      trashItem: async (path: string) => {
        if (!existsSync(path)) throw new Error('Failed to move item to trash');
        record.trashed.push(path);
        rmSync(path, { recursive: true });
      },
    }),
    safeStorage: strict('safeStorage', {
      isAsyncEncryptionAvailable: async () => phase !== 'starting' && keychain.backend !== '',
      getSelectedStorageBackend: () => keychain.backend || 'unknown',
      encryptStringAsync: async (text: string) => Buffer.from(MARK + [...text].reverse().join('')),
      decryptStringAsync: async (bytes: Buffer) => {
        const text = bytes.toString();
        if (!text.startsWith(MARK)) throw new Error('Error while decrypting the ciphertext');
        return { shouldReEncrypt: false, result: [...text.slice(MARK.length)].reverse().join('') };
      },
    }),
    nativeTheme: strict('nativeTheme', theme as typeof theme & { themeSource: string }),
    Notification: Object.assign(
      function Notification({ title, body }: { title: string; body: string }) {
        const events = new EventEmitter();
        return strict(
          'Notification',
          Object.assign(events, {
            show: () => void record.notifications.push({ title, body, click: () => events.emit('click') }),
          }),
        );
      } as unknown as new (options: {
        title: string;
        body: string;
      }) => EventEmitter & { show(): void },
      { isSupported: () => true },
    ),
    powerMonitor: strict('powerMonitor', power),
    powerSaveBlocker: strict('powerSaveBlocker', {
      start: (kind: string) => {
        const id = record.blockers.size + 1;
        record.blockers.set(id, kind);
        return id;
      },
      stop: (id: number) => record.blockers.delete(id),
    }),
    screen: strict('screen', {
      getAllDisplays: () => {
        afterReady('screen');
        return options.displays.map((workArea) => ({ workArea }));
      },
    }),
  });

  const driver = {
    ...record,
    get windows() {
      return record.windows;
    },
    get tray() {
      return record.tray ?? { image: '', tooltip: '', menu: [] as readonly MenuItem[], isDestroyed: false };
    },
    get menu() {
      return record.menu;
    },
    get themeSource() {
      return themeSource;
    },
    exited,
    answer,
    fetchOwn,
    passes,
    ready: () => {
      phase = 'ready';
      ready();
    },
    clickTray: (...path: string[]) => click(record.tray?.menu ?? [], path),
    clickMenu: (...path: string[]) => click(record.menu, path),
    quit: () => app.quit(),
    secondInstance: (argv: readonly string[] = []) => void appEvents.emit('second-instance', {}, argv, home),
    shutdown: () => void power.emit('shutdown', preventable({})),
    /** Calls as if a frame with this address had called. */
    invokeFrom: (
      frame: { url: string; parent?: object } | null,
      channel: string,
      values: unknown[],
      sender: object = record.windows[0]!.contents.self,
    ) => around.invoke(channel, values, { sender, senderFrame: frame && { parent: null, ...frame } }),
    permissions: {
      request: (permission: string, url: string) =>
        new Promise<boolean>((resolve) => {
          if (requestPermission === undefined) resolve(true);
          else requestPermission({ getURL: () => url }, permission, resolve);
        }),
      check: (permission: string, origin: string) => checkPermission?.(null, permission, origin) ?? true,
      device: () => devicePermission?.({}) ?? true,
    },
    /** True: the download goes on. */
    download: (url: string) => {
      const event = preventable({});
      sessionEvents.emit('will-download', event, { getURL: () => url });
      return !event.defaultPrevented;
    },
    /** An event of the contents of the window that can be prevented; true: it was not. */
    contentsEvent: (name: string, details: object = {}) => {
      const event = preventable(details);
      record.windows[0]!.contents.emit(name, event);
      return !event.defaultPrevented;
    },
  };
  return { electron, driver };
}
