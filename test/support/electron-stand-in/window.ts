/** BrowserWindow and its contents, shown in a page of Chromium that Playwright drives. */

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { BrowserContext, CDPSession, Page, Route } from 'playwright-core';
import { strict } from './strict.ts';
import { wire } from './wire.ts';

const BRIDGE = readFileSync(new URL('./page-bridge.js', import.meta.url), 'utf8').replaceAll(/^export /gm, '');
const BINDING = 'postToMain';
const WORLD = 'preload';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowOptions extends Partial<Rectangle> {
  readonly minWidth?: number;
  readonly minHeight?: number;
  readonly show?: boolean;
  readonly title?: string;
  readonly icon?: string;
  readonly backgroundColor?: string;
  readonly webPreferences: Readonly<Record<string, unknown>> & { readonly preload: string };
}

/** A request of a page, as the protocol handler and the session see it. */
export interface Surroundings {
  readonly context: BrowserContext;
  readonly onContents: (contents: Contents) => void;
  readonly invoke: (channel: string, values: unknown[], event: InvokeEvent) => Promise<unknown>;
  /** The test has ended; what still opens may fail. */
  readonly isOver: () => boolean;
  readonly onClosed: (window: StandInWindow) => void;
  readonly navigations: { readonly url: string; readonly prevented: boolean }[];
  readonly popups: { readonly url: string; readonly action: string }[];
}

export interface InvokeEvent {
  readonly sender: object;
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

/** Chromium knows no `app://`, so that a host which cannot exist stands for each host of it. */
export const toHttps = (url: string): string => url.replace(/^app:\/\/([^/?#]*)/, 'https://$1.app.invalid');
export const fromHttps = (url: string): string =>
  url.replace(
    /^(blob:)?https:\/\/([^/?#]*)\.app\.invalid/,
    (_all, blob: string | undefined, host) => `${blob ?? ''}app://${host}`,
  );

const { encode, decode } = wire();

/** An event of Electron that can be prevented. */
export function preventable<Details extends object>(details: Details) {
  const event = {
    ...details,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}

type Message = { channel?: string; values?: unknown; reply?: number; value?: unknown; error?: string };

export class Contents extends EventEmitter {
  readonly self: Contents;
  url = '';
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  readonly #around: Surroundings;
  #page: Page | undefined;
  #devtools: CDPSession | undefined;
  #world: number | undefined;
  #queue: Message[] = [];
  #keys: Promise<unknown> = Promise.resolve();
  #isSending = false;
  /** The address that the shell itself is loading. */
  #loading: string | undefined;
  isGone = false;

  constructor(around: Surroundings) {
    super();
    this.#around = around;
    this.self = strict('webContents', this);
  }

  async attach(page: Page, preload: string): Promise<void> {
    this.#page = page;
    const devtools = await page.context().newCDPSession(page);
    this.#devtools = devtools;
    const nonce = randomUUID();
    const start = (world: string, values: string) =>
      `(() => { ${BRIDGE}\n${world}('${nonce}', (${wire})(), ${values}); })()`;
    const text = readFileSync(preload, 'utf8');
    devtools.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === WORLD && this.#isMainFrame(context.auxData?.frameId)) {
        this.#world = context.id;
      }
    });
    devtools.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (this.#world === executionContextId) this.#world = undefined;
    });
    devtools.on('Runtime.bindingCalled', ({ payload }) => void this.#onPost(payload));
    devtools.on('Page.windowOpen', ({ url }) => {
      const { action } = this.openHandler({ url: fromHttps(url) });
      this.#around.popups.push({ url: fromHttps(url), action });
    });
    page.on('popup', (popup) => void popup.close());
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.url = fromHttps(frame.url());
    });
    const { frameTree } = (await devtools.send('Page.getFrameTree')) as { frameTree: { frame: { id: string } } };
    this.#mainFrame = frameTree.frame.id;
    await devtools.send('Page.enable');
    await devtools.send('Runtime.enable');
    await devtools.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: start('mainWorld', 'undefined') });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', {
      source: start('preloadWorld', `'${BINDING}', function (require, module, exports, process) {${text}\n}`),
      worldName: WORLD,
    });
  }

  #mainFrame = '';
  #isMainFrame(id: unknown): boolean {
    return id === this.#mainFrame;
  }

  /** True: the page goes there. Asked for every navigation of its main frame. */
  mayNavigate(url: string): boolean {
    if (url === this.#loading) {
      this.#loading = undefined;
      return true;
    }
    const event = preventable({ url, isMainFrame: true, isSameDocument: false });
    this.emit('will-navigate', event);
    this.#around.navigations.push({ url, prevented: event.defaultPrevented });
    return !event.defaultPrevented;
  }

  async load(url: string): Promise<void> {
    const [path] = url.split('#');
    // Nothing is requested when only the part after the # is new.
    if (this.url.split('#')[0] !== path || !url.includes('#')) this.#loading = path;
    // A window that is closed while it loads is no mistake of the application.
    await this.#page?.goto(toHttps(url), { waitUntil: 'load', timeout: 0 }).catch((error: unknown) => {
      if (!this.isGone && !this.#page?.isClosed()) throw error;
    });
  }

  async #onPost(payload: string): Promise<void> {
    const { id, channel, values, url } = JSON.parse(payload) as {
      id: number;
      channel: string;
      values: unknown;
      url: string;
    };
    const senderFrame = { url: fromHttps(url), parent: null };
    const answer: Message = { reply: id };
    try {
      const value = await this.#around.invoke(channel, decode(values) as unknown[], { sender: this.self, senderFrame });
      answer.value = encode(structuredClone(value));
    } catch (error) {
      answer.error = `Error invoking remote method '${channel}': ${error}`;
    }
    this.#post(answer);
  }

  #post(message: Message): void {
    this.#queue.push(message);
    if (!this.#isSending) void this.#deliver();
  }

  /** One after the other, and everything that waits at once. */
  async #deliver(): Promise<void> {
    this.#isSending = true;
    // What is sent in the same turn goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const messages = this.#queue;
      this.#queue = [];
      if (this.#world === undefined) continue;
      await this.#devtools
        ?.send('Runtime.evaluate', { expression: `deliver(${JSON.stringify(messages)})`, contextId: this.#world })
        // The page has gone in the meantime, and with it whoever waited.
        .catch(() => {});
    }
    this.#isSending = false;
  }

  send(channel: string, ...values: unknown[]): void {
    this.#post({ channel, values: encode(structuredClone(values)) });
  }

  sendInputEvent({ type, keyCode, modifiers }: { type: string; keyCode: string; modifiers: readonly string[] }): void {
    const keys = modifiers.map((name) => ({ control: 'Control', meta: 'Meta', shift: 'Shift' })[name]);
    const key = keyCode.length === 1 && !modifiers.includes('shift') ? keyCode.toLowerCase() : keyCode;
    if (type !== 'keyDown') return;
    const pressed = [...keys.filter((name) => name !== 'Shift'), key].join('+');
    // One after the other, as fingers do; a page that has gone feels nothing.
    this.#keys = this.#keys.then(() => this.#page?.keyboard.press(pressed)).catch(() => {});
  }

  getURL(): string {
    return this.url;
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  setWindowOpenHandler(handler: Contents['openHandler']): void {
    this.openHandler = handler;
  }
}

export class StandInWindow extends EventEmitter {
  readonly options: WindowOptions;
  readonly contents: Contents;
  readonly self: StandInWindow;
  /** The page in Chromium, when it is there. */
  readonly page: Promise<Page>;
  ownPage: Page | undefined;
  readonly #around: Surroundings;
  #bounds: Rectangle;
  #isVisible = false;
  #isFocused = false;
  #isMaximized = false;
  #isDestroyed = false;

  constructor(around: Surroundings, options: WindowOptions) {
    super();
    const { sandbox, nodeIntegration } = options.webPreferences;
    if (sandbox === false) throw new Error('The stand-in opens no window without a sandbox.');
    if (nodeIntegration === true) throw new Error('The stand-in opens no window with Node in the page.');
    this.options = options;
    this.#around = around;
    this.#bounds = {
      x: options.x ?? 100,
      y: options.y ?? 100,
      width: options.width ?? 800,
      height: options.height ?? 600,
    };
    this.contents = new Contents(around);
    this.self = strict('BrowserWindow', this);
    this.page = this.#open();
    this.page.catch(() => {});
    if (options.show !== false) this.show();
    around.onContents(this.contents.self);
  }

  async #open(): Promise<Page> {
    const page = await this.#around.context.newPage();
    this.ownPage = page;
    await page.setViewportSize({ width: this.#bounds.width, height: this.#bounds.height });
    await this.contents.attach(page, this.options.webPreferences.preload);
    return page;
  }

  get webContents(): Contents {
    return this.contents.self;
  }

  async loadURL(url: string): Promise<void> {
    try {
      await this.page;
    } catch (error) {
      if (this.#around.isOver()) return;
      throw error;
    }
    await this.contents.load(url);
    this.emit('ready-to-show');
  }

  reload(): void {
    void this.page.then((page) => page.reload());
  }

  show(): void {
    this.#isVisible = true;
    this.focus();
    this.emit('show');
  }

  hide(): void {
    this.#isVisible = false;
    this.#isFocused = false;
    this.emit('hide');
  }

  focus(): void {
    this.#isFocused = this.#isVisible;
    this.emit('focus');
  }

  blur(): void {
    this.#isFocused = false;
    this.emit('blur');
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  isFocused(): boolean {
    return this.#isFocused;
  }

  isMinimized(): boolean {
    return false;
  }

  restore(): void {}

  maximize(): void {
    this.#isMaximized = true;
    this.#isVisible = true;
  }

  isMaximized(): boolean {
    return this.#isMaximized;
  }

  getNormalBounds(): Rectangle {
    return this.#bounds;
  }

  setBounds(bounds: Rectangle): void {
    this.#bounds = bounds;
    this.emit('resize');
    this.emit('move');
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** True: it is closed. */
  close(): boolean {
    const event = preventable({});
    this.emit('close', event);
    if (event.defaultPrevented) return false;
    this.destroy();
    return true;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.contents.isGone = true;
    void this.page.then((page) => page.close()).catch(() => {});
    this.#around.onClosed(this);
    this.emit('closed');
  }
}

/** Is this request one for a new document, and of whom: our own main frame, a frame in it, or a window that was just opened? */
export function navigationOf(route: Route, own: Page | undefined): 'none' | 'main' | 'frame' | 'popup' {
  const request = route.request();
  if (!request.isNavigationRequest()) return 'none';
  try {
    const frame = request.frame();
    if (frame.page() !== own) return 'popup';
    return frame.parentFrame() === null ? 'main' : 'frame';
  } catch {
    // A window that is only being opened has no frame yet.
    return 'popup';
  }
}
