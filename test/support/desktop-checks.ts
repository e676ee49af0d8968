/**
 * What the built desktop application must do, each check on a launch of its own. They are run against `out`, where all must
 * pass, and against copies of `out` with one fault each, where the one that is named must fail.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandName } from '../../src/shared/contract.ts';
import { launchForCheck, type Place, PROFILE, preparePlace } from './desktop.ts';
import type { Launched, LaunchOptions, MenuItem } from './electron-stand-in/index.ts';
import { associateRequest, EXPLICIT_VR_LITTLE_ENDIAN, releaseRequest } from './raw-pdu.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { associate, ctObject, INSTANCE, nextAnswer, PATIENT_DATA, store } from './test-receiver.ts';

export interface Bench {
  readonly place: Place;
  /** Launches it; everything is given back when the check is over. */
  launch(options?: LaunchOptions): Promise<Launched>;
}

type Check = (bench: Bench) => Promise<void>;

/** Runs a check with a place of its own. @param appPath the folder in which `out` is */
export async function runCheck(check: Check, appPath: string, limit?: number): Promise<void> {
  const place = await preparePlace({ studyTimeout: 0.2 });
  const launched: Launched[] = [];
  try {
    await check({
      place,
      launch: async (options) => {
        const one = await launchForCheck(appPath, {
          dataFolder: place.dataFolder,
          ...(limit === undefined ? {} : { limit }),
          ...options,
        });
        launched.push(one);
        return one;
      },
    });
    for (const { driver } of launched) expect(driver.strays, 'requests that left the application').toEqual([]);
  } finally {
    for (const one of launched.reverse()) await one.dispose();
    await place.remove();
  }
}

type Answer = { ok: boolean; value: never; error: { code: string; message: string; field?: string } };

/** Asks the receiver as the page does. */
async function ask(app: Launched, name: CommandName, argument?: unknown): Promise<Answer> {
  const page = await app.page();
  return (await page.evaluate(
    ([command, value]) =>
      (globalThis as never as { receiver: { call(...values: unknown[]): unknown } }).receiver.call(command, value),
    [name, argument] as const,
  )) as Answer;
}

/** Runs JavaScript on the page: its own world, without what a test runner may do. */
async function inPage<Value>(app: Launched, script: string): Promise<Value> {
  return (await (await app.page()).evaluate(script)) as Value;
}

const listening = (app: Launched) =>
  app.until(() => app.driver.tray.tooltip === 'Studyport: Listening', 'the receiver to listen');

async function release(peer: ScriptedPeer): Promise<void> {
  await peer.send(releaseRequest());
  await nextAnswer(peer);
  await peer.close();
}

/** The window is there, and the user looks at something else. */
async function lookAway(app: Launched): Promise<void> {
  await app.until(() => app.driver.windows[0]!.isVisible(), 'the window');
  app.driver.windows[0]!.blur();
}

/** How often somebody was refused. */
async function refusals(app: Launched): Promise<number> {
  const { value } = await ask(app, 'snapshot');
  const { state } = value as { state: { profiles: { refusals: { count: number }[] }[] } };
  return state.profiles[0]?.refusals.length ?? 0;
}

const find = (items: readonly MenuItem[], label: string): MenuItem | undefined =>
  items.flatMap((item) => [item, ...(item.submenu?.items ?? [])]).find((item) => item.label === label);

export const CHECKS = {
  'the window is locked': async ({ launch }) => {
    const app = await launch();
    await app.page();
    const { show, webPreferences, minWidth } = app.driver.windows[0]!.options;
    expect(show).toBe(false);
    expect(minWidth).toBeGreaterThan(0);
    expect(webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: true,
    });
    expect(Object.keys(webPreferences).sort()).toEqual(
      [
        'contextIsolation',
        'devTools',
        'navigateOnDragDrop',
        'nodeIntegration',
        'preload',
        'sandbox',
        'spellcheck',
        'webviewTag',
      ].sort(),
    );
    await app.until(() => app.driver.windows[0]!.isVisible(), 'the window to show itself');
  },

  'developer tools exist in a checkout only': async ({ launch }) => {
    const app = await launch({ isPackaged: true });
    await app.page();
    expect(app.driver.windows[0]!.options.webPreferences.devTools).toBe(false);
    expect(find(app.driver.menu, 'Developer Tools')).toBeUndefined();
    expect(app.driver.passes('devtools://devtools/bundled/inspector.html')).toBe(false);
  },

  'the page gets the receiver and nothing else': async ({ launch }) => {
    const app = await launch();
    const seen = await inPage<Record<string, unknown>>(
      app,
      `({ members: Object.keys(receiver).sort(), kinds: Object.values(receiver).map((one) => typeof one),
          frozen: Object.isFrozen(receiver), replaced: Reflect.set(window, 'receiver', 1),
          node: [typeof require, typeof process, typeof module, typeof Buffer, typeof electron, typeof ipcRenderer] })`,
    );
    expect(seen).toEqual({
      members: ['call', 'subscribe'],
      kinds: ['function', 'function'],
      frozen: true,
      replaced: false,
      node: Array(6).fill('undefined'),
    });
  },

  'commands are answered and events arrive, in order': async ({ launch }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    const numbers = await inPage<{ ordered: boolean; themes: string[]; after: number }>(
      app,
      `(async () => {
        const heard = [], first = [];
        const settingsIn = (batches) => batches.flatMap(({ events }) => events)
          .filter(({ type }) => type === 'settings-changed').map(({ settings }) => settings);
        const until = async (isTrue) => {
          for (let look = 0; look < 400 && !isTrue(); look++) await new Promise((resolve) => setTimeout(resolve, 25));
        };
        const stop = receiver.subscribe((batch) => first.push(batch));
        receiver.subscribe((batch) => heard.push(batch));
        for (const theme of ['dark', 'light', 'system']) await receiver.call('settings-save', { theme });
        await until(() => settingsIn(first).length === 3);
        const { length } = first;
        stop();
        await receiver.call('settings-save', { density: 'compact' });
        await until(() => settingsIn(heard).length === 4);
        return {
          ordered: heard.every((batch, index) => index === 0 || batch.sequence - batch.events.length === heard[index - 1].sequence),
          themes: settingsIn(heard).map(({ theme, density }) => theme + ' ' + density),
          after: first.length - length,
        };
      })()`,
    );
    expect(numbers).toEqual({
      ordered: true,
      themes: ['dark comfortable', 'light comfortable', 'system comfortable', 'system compact'],
      after: 0,
    });
  },

  'what a page sends is parsed again': async ({ launch }) => {
    const app = await launch();
    const rejected = async (name: string, argument: unknown) => (await ask(app, name as CommandName, argument)).error;
    expect(await rejected('settings-save', { theme: 'pink' })).toMatchObject({ code: 'bad-argument', field: 'theme' });
    expect(await rejected('settings-save', { surprise: 1 })).toMatchObject({ code: 'bad-argument' });
    expect(await rejected('constructor', undefined)).toMatchObject({ code: 'unknown-command' });
    expect(await rejected({ name: 'snapshot' } as never, undefined)).toMatchObject({ code: 'unknown-command' });
    expect((await ask(app, 'snapshot')).ok).toBe(true);
  },

  'only the main frame of our own page may call': async ({ launch }) => {
    const app = await launch();
    await app.page();
    const call = (frame: { url: string; parent?: object } | null, sender?: object) =>
      app.driver.invokeFrom(frame, 'receiver:call', ['snapshot', undefined], sender);
    const own = 'app://studyport/index.html';
    expect(await call({ url: own })).toMatchObject({ ok: true });
    for (const url of [
      'https://example.com/',
      'app://other/index.html',
      'app://studyport.example.com/index.html',
      'file:///index.html',
      'about:blank',
      'data:text/html,x',
      '',
    ]) {
      await expect(call({ url }), url).rejects.toThrow('may not call');
    }
    await expect(call(null)).rejects.toThrow('may not call');
    await expect(call({ url: own, parent: {} })).rejects.toThrow('may not call');
    await expect(call({ url: own }, {})).rejects.toThrow('may not call');
  },

  'the page stays where it is': async ({ launch }) => {
    const app = await launch();
    const page = await app.page();
    const address = page.url();
    for (const url of ['https://example.com/', 'https://studyport.app.invalid/other.html']) {
      await inPage(app, `location.href = '${url}'`);
      await app.until(() => app.driver.navigations.at(-1)?.url.endsWith(new URL(url).pathname), 'the attempt');
      expect(app.driver.navigations.at(-1)?.prevented, url).toBe(true);
    }
    expect(page.url()).toBe(address);
    await inPage(app, `window.open('https://example.com/')`);
    await app.until(() => app.driver.popups.length > 0, 'the attempt');
    expect(app.driver.popups).toEqual([{ url: 'https://example.com/', action: 'deny' }]);
    const away = { url: 'https://example.com/' };
    expect(app.driver.contentsEvent('will-redirect', away)).toBe(false);
    expect(app.driver.contentsEvent('will-frame-navigate', away)).toBe(false);
    expect(app.driver.contentsEvent('will-attach-webview')).toBe(false);
    expect((await ask(app, 'snapshot')).ok).toBe(true);
    await page.reload();
    expect((await ask(app, 'snapshot')).ok).toBe(true);
  },

  'the page is allowed to copy, and nothing else': async ({ launch }) => {
    const app = await launch();
    await app.page();
    const { permissions } = app.driver;
    const own = 'app://studyport/index.html';
    for (const name of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem']) {
      expect(await permissions.request(name, own), name).toBe(false);
      expect(permissions.check(name, own), name).toBe(false);
    }
    expect(await permissions.request('clipboard-sanitized-write', own)).toBe(true);
    expect(permissions.check('clipboard-sanitized-write', own)).toBe(true);
    expect(permissions.check('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
    expect(permissions.device()).toBe(false);
  },

  'nothing is fetched from elsewhere': async ({ launch }) => {
    const app = await launch();
    await app.page();
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1/',
      'file:///etc/passwd',
      'ws://example.com/',
      'app://other/',
    ]) {
      expect(app.driver.passes(url), url).toBe(false);
    }
    expect(app.driver.passes('app://studyport/assets/index.js')).toBe(true);
    expect(app.driver.passes('blob:app://studyport/0d5a')).toBe(true);
    expect(app.driver.download('blob:app://studyport/0d5a')).toBe(true);
    expect(app.driver.download('https://example.com/setup.exe')).toBe(false);
    expect(app.driver.download('blob:https://example.com/0d5a')).toBe(false);
  },

  'the protocol gives out the page under its policy': async ({ launch }) => {
    const app = await launch();
    const page = await app.page();
    const [scheme] = app.driver.schemes;
    expect(scheme).toEqual({ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } });
    const response = await app.driver.fetchOwn('app://studyport/index.html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`default-src 'self'`);
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const status = async (url: string, method?: string) => (await app.driver.fetchOwn(url, method)).status;
    expect(await status('app://studyport/')).toBe(200);
    for (const path of [
      '/../main/index.js',
      '/%2e%2e/main/index.js',
      '/..%2fmain%2findex.js',
      '/assets/../../main/index.js',
      '/frame/999/0',
      '/value/999/00100010',
      '/nothing.html',
    ]) {
      expect(await status(`app://studyport${path}`), path).toBe(404);
    }
    expect(await status('app://other/index.html')).toBe(404);
    expect(await status('app://studyport/index.html', 'POST')).toBe(405);
    // The policy acts: a script in the page's own text does not run.
    await page.evaluate(
      `document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))`,
    );
    expect(await page.evaluate('window.ran')).toBeUndefined();
  },

  'the tray says how the receiver is, and starts and stops it': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    expect(app.driver.tray.image).toMatch(/listening\.png$/);
    app.driver.clickTray('Main: Listening', 'Stop');
    await app.until(() => app.driver.tray.tooltip === 'Studyport: Stopped', 'the receiver to stop');
    expect(app.driver.tray.image).toMatch(/stopped\.png$/);
    await expect(ScriptedPeer.connect(place.port)).rejects.toThrow();
    app.driver.clickTray('Main: Stopped', 'Start');
    await listening(app);
    const peer = await associate(place.port);
    await app.until(() => app.driver.tray.tooltip === 'Studyport: Receiving', 'the association to be seen');
    expect(app.driver.tray.image).toMatch(/receiving\.png$/);
    expect(app.driver.tray.menu.some(({ label }) => label === 'Main: Receiving')).toBe(true);
    await release(peer);
    await listening(app);
    app.driver.windows[0]!.hide();
    app.driver.clickTray('Open Studyport');
    expect(app.driver.windows[0]!.isVisible()).toBe(true);
    app.driver.clickTray('Quit Studyport');
    expect(await app.exited()).toBe(0);
  },

  'the menu leads to every screen': async ({ launch }) => {
    const app = await launch();
    const page = await app.page();
    await app.until(
      () => page.evaluate(`document.querySelector('#root')?.childElementCount ?? document.body.childElementCount`),
      'the page',
    );
    const { menu } = app.driver;
    const accelerators = ['Receiver', 'Studies', 'Rules', 'Log', 'Settings', 'Settings…', 'Find', 'Commands…'].map(
      (label) => find(menu, label)?.accelerator,
    );
    expect(accelerators).toEqual(['1', '2', '3', '4', '5', ',', 'F', 'K'].map((key) => `CmdOrCtrl+${key}`));
    const hash = () => page.evaluate('location.hash');
    for (const [path, wanted] of [
      [['View', 'Studies'], '#/studies'],
      [['View', 'Log'], '#/log'],
      [['File', 'Settings…'], '#/settings'],
      [['View', 'Receiver'], '#/receiver'],
    ] as const) {
      app.driver.clickMenu(...path);
      await app.until(async () => (await hash()) === wanted, `${wanted} after ${path.join(', ')}`);
    }
    await page.evaluate(
      `addEventListener('keydown', ({ key, ctrlKey }) => (window.pressed ??= []).push([key, ctrlKey]), true)`,
    );
    app.driver.clickMenu('Edit', 'Find');
    app.driver.clickMenu('Edit', 'Commands…');
    app.driver.clickMenu('Help', 'Keyboard Shortcuts');
    const pressed = () => page.evaluate('JSON.stringify(window.pressed ?? [])') as Promise<string>;
    await app.until(async () => (await pressed()).includes('"?"'), 'the keys');
    expect(JSON.parse(await pressed())).toEqual(
      expect.arrayContaining([
        ['f', true],
        ['k', true],
        ['?', false],
      ]),
    );
  },

  'closing hides the window, explained once': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    const window = app.driver.windows[0]!;
    app.driver.answers.push({ response: 0 });
    expect(window.close()).toBe(false);
    expect(window.close()).toBe(false);
    expect(window.isVisible()).toBe(false);
    await app.until(() => app.driver.dialogs.length > 0, 'the explanation');
    expect(app.driver.dialogs[0]?.options.message).toContain('keeps receiving');
    await (await associate(place.port)).close();
    await app.until(async () => {
      const { value } = await ask(app, 'snapshot');
      return (value as { state: { settings: { closeToTrayExplained: boolean } } }).state.settings.closeToTrayExplained;
    }, 'the setting');
    app.driver.clickTray('Open Studyport');
    await listening(app);
    expect(window.close()).toBe(false);
    expect(window.isVisible()).toBe(false);
    expect(app.driver.dialogs).toHaveLength(1);
  },

  'closing quits when the user chose so': async ({ launch }) => {
    const app = await launch();
    await app.page();
    await ask(app, 'settings-save', { closeToTray: false, theme: 'dark' });
    // The theme shows that the shell has heard of the settings: they reach it by the next batch of events.
    await app.until(() => app.driver.themeSource === 'dark', 'the settings to reach the shell');
    app.driver.windows[0]!.close();
    await app.until(() => app.driver.windows.length === 0, 'the window to close');
    expect(await app.exited()).toBe(0);
    expect(app.driver.dialogs).toEqual([]);
  },

  'quitting asks while senders are connected': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    const peer = await associate(place.port);
    await app.until(() => app.driver.tray.tooltip === 'Studyport: Receiving', 'the association to be seen');
    app.driver.answers.push({ response: 0 });
    app.driver.quit();
    await app.until(() => app.driver.dialogs.length === 1, 'the question');
    const { message, cancelId, defaultId, buttons } = app.driver.dialogs[0]!.options;
    expect(message).toContain('A sender is still connected');
    expect([cancelId, defaultId, (buttons as string[])[0]]).toEqual([0, 0, 'Keep Receiving']);
    // It goes on as if nothing had been.
    await peer.send(store(ctObject()));
    expect(await nextAnswer(peer)).toContain('0000');
    expect(app.driver.windows).toHaveLength(1);
    app.driver.answers.push({ response: 1 });
    app.driver.quit();
    expect(await app.exited()).toBe(0);
    expect(app.driver.dialogs).toHaveLength(2);
    await peer.close();
    await expect(ScriptedPeer.connect(place.port)).rejects.toThrow();
  },

  'quitting asks while something in the window is not saved': async ({ launch }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    await ask(app, 'unsaved-edits', { count: 1 });
    await ask(app, 'settings-save', { theme: 'dark' });
    await app.until(() => app.driver.themeSource === 'dark', 'both to reach the shell');
    app.driver.answers.push({ response: 0 });
    app.driver.quit();
    await app.until(() => app.driver.dialogs.length > 0, 'the question');
    expect(app.driver.dialogs[0]!.options.message).toContain('not saved');
    expect(app.driver.windows).toHaveLength(1);
    app.driver.answers.push({ response: 1 });
    app.driver.quit();
    expect(await app.exited()).toBe(0);
  },

  'quitting asks nothing when nobody is connected': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    app.driver.quit();
    expect(await app.exited()).toBe(0);
    expect(app.driver.dialogs).toEqual([]);
    // Everything was given back: the next start finds the folder free.
    expect(existsSync(join(place.dataFolder, 'lock.pid'))).toBe(false);
    const again = await launch();
    await again.page();
    await listening(again);
    expect(again.driver.dialogs).toEqual([]);
  },

  'nobody is asked when the system goes down': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    const peer = await associate(place.port);
    await app.until(() => app.driver.tray.tooltip === 'Studyport: Receiving', 'the association to be seen');
    app.driver.shutdown();
    expect(await app.exited()).toBe(0);
    expect(app.driver.dialogs).toEqual([]);
    await peer.close();
  },

  'the computer stays awake while something is received': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    expect([...app.driver.blockers.values()]).toEqual([]);
    const peer = await associate(place.port);
    await app.until(() => app.driver.blockers.size > 0, 'the blocker');
    expect([...app.driver.blockers.values()]).toEqual(['prevent-app-suspension']);
    await release(peer);
    await app.until(() => app.driver.blockers.size === 0, 'the end of the blocker');
  },

  'notifications are a digest without names': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    await lookAway(app);
    const peer = await associate(place.port);
    await peer.send(store(ctObject()));
    await nextAnswer(peer);
    await peer.send(store(ctObject({ sopInstanceUid: `${INSTANCE}.2` }), { sopInstanceUid: `${INSTANCE}.2` }));
    await nextAnswer(peer);
    await release(peer);
    await app.until(() => app.driver.notifications.some(({ title }) => title === 'Study complete'), 'the notification');
    const { notifications } = app.driver;
    const complete = notifications.filter(({ title }) => title === 'Study complete');
    expect(complete.map(({ body }) => body)).toEqual(['2 images received.']);
    expect(notifications.filter(({ title }) => title.includes('complete'))).toHaveLength(1);
    const words = notifications.map(({ title, body }) => `${title} ${body}`).join('\n');
    for (const secret of PATIENT_DATA) expect(words).not.toContain(secret);
    app.driver.windows[0]!.hide();
    complete[0]!.click();
    expect(app.driver.windows[0]!.isVisible()).toBe(true);
  },

  'refused callers are told of, once': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    const call = async () => {
      const stranger = await ScriptedPeer.connect(place.port);
      const contexts = [{ id: 1, abstractSyntax: '1.2.3.4', transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] }];
      await stranger.send(associateRequest({ callingAeTitle: 'CT02', contexts }));
      await nextAnswer(stranger);
      await stranger.close();
    };
    // Whoever looks at the window is told nothing.
    await app.until(() => app.driver.windows[0]!.isFocused(), 'the window');
    await call();
    await app.until(async () => (await refusals(app)) > 0, 'the refusal');
    await lookAway(app);
    await call();
    await call();
    await app.until(() => app.driver.notifications.length > 0, 'the notification');
    expect(app.driver.notifications.map(({ title }) => title)).toEqual(['A caller was refused']);
    expect(app.driver.notifications[0]?.body).toContain('CT02');
  },

  'one instance': async ({ launch, place }) => {
    const second = await launch({ isFirst: false });
    expect(await second.exited()).toBe(0);
    expect(second.driver.windows).toEqual([]);
    expect(existsSync(join(place.dataFolder, 'lock.db'))).toBe(false);
    const first = await launch();
    await first.page();
    const window = first.driver.windows[0]!;
    window.hide();
    first.driver.secondInstance(['studyport', '--hidden']);
    expect(window.isVisible()).toBe(false);
    first.driver.secondInstance(['studyport']);
    expect(window.isVisible()).toBe(true);
    expect(first.driver.windows).toHaveLength(1);
  },

  'a folder that is in use is a clear message': async ({ launch }) => {
    const first = await launch();
    await first.page();
    const second = await launch();
    expect(await second.exited()).toBe(1);
    expect(JSON.stringify(second.driver.dialogs)).toContain('already runs');
    expect(second.driver.windows).toEqual([]);
  },

  'secrets are encrypted and never come out': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    const options = {
      port: place.port + 1,
      storageBackend: 'S3',
      s3Config: { bucket: 'studies', region: 'us-east-1', accessKey: 'KEY', endpoint: 'http://127.0.0.1:1' },
    };
    const argument = { name: 'Cloud', autoStart: false, options, secrets: { secretKey: 'very-secret-key' } };
    expect(await ask(app, 'profile-create', argument)).toMatchObject({ ok: true, value: { secrets: ['secretKey'] } });
    expect(JSON.stringify(await ask(app, 'snapshot'))).not.toContain('very-secret-key');
    const files = readdirSync(place.dataFolder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes('very-secret-key'), file.name).toBe(false);
    }
    const kept = readFileSync(join(place.dataFolder, 'secrets.keychain.json'), 'utf8');
    const [encrypted] = Object.values(JSON.parse(kept) as Record<string, string>);
    expect(Buffer.from(encrypted!, 'base64').toString()).toContain([...'very-secret-key'].reverse().join(''));
    const { value } = await ask(app, 'snapshot');
    expect((value as { state: { host: unknown } }).state.host).toMatchObject({
      kind: 'electron',
      secrets: { kind: 'keychain' },
    });
  },

  'without a keychain nothing secret is kept': async ({ launch, place }) => {
    const app = await launch({ keychain: 'basic_text' });
    await app.page();
    const { value } = await ask(app, 'snapshot');
    const { secrets } = (value as { state: { host: { secrets: { kind: string; message: string } } } }).state.host;
    expect(secrets.kind).toBe('none');
    expect(secrets.message).toContain('KWallet');
    const options = {
      port: place.port + 1,
      storageBackend: 'S3',
      s3Config: { bucket: 'studies', region: 'us-east-1', accessKey: 'KEY', endpoint: 'http://127.0.0.1:1' },
    };
    const argument = { name: 'Cloud', autoStart: false, options, secrets: { secretKey: 'very-secret-key' } };
    const refused = await ask(app, 'profile-create', argument);
    expect(refused.ok).toBe(false);
    expect(existsSync(join(place.dataFolder, 'secrets.keychain.json'))).toBe(false);
  },

  'the window opens where it was': async ({ launch }) => {
    const first = await launch();
    await first.page();
    first.driver.windows[0]!.setBounds({ x: 300, y: 200, width: 1100, height: 700 });
    first.driver.quit();
    await first.exited();
    const second = await launch();
    await second.page();
    expect(second.driver.windows[0]!.options).toMatchObject({ x: 300, y: 200, width: 1100, height: 700 });
    second.driver.windows[0]!.setBounds({ x: 3000, y: 200, width: 1100, height: 700 });
    second.driver.quit();
    await second.exited();
    // The second screen has gone.
    const third = await launch();
    await third.page();
    expect(third.driver.windows[0]!.options.x).toBeUndefined();
    expect(third.driver.windows[0]!.options.width).toBe(1280);
  },

  'it starts at login, hidden': async ({ launch }) => {
    const app = await launch({ isPackaged: true });
    await app.page();
    const file = join(app.driver.paths.appData!, 'autostart', 'studyport.desktop');
    await ask(app, 'settings-save', { startAtLogin: true });
    await app.until(() => existsSync(file), 'the autostart file');
    expect(readFileSync(file, 'utf8')).toContain('Exec="/opt/Studyport/studyport" --hidden\n');
    await ask(app, 'settings-save', { startAtLogin: false });
    await app.until(() => !existsSync(file), 'the autostart file to go');
    app.driver.quit();
    await app.exited();
    const hidden = await launch({ isPackaged: true, hidden: true });
    await listening(hidden);
    expect(hidden.driver.windows).toEqual([]);
    hidden.driver.clickTray('Open Studyport');
    await hidden.page();
  },

  'the theme of the settings is the theme of the window': async ({ launch }) => {
    const app = await launch();
    const page = await app.page();
    await ask(app, 'settings-save', { theme: 'dark' });
    await app.until(() => app.driver.themeSource === 'dark', 'the theme');
    await app.until(() => page.evaluate(`matchMedia('(prefers-color-scheme: dark)').matches`), 'the dark page');
  },

  'folders are picked and shown by the system': async ({ launch, place }) => {
    const app = await launch();
    await app.page();
    await listening(app);
    app.driver.answers.push({ canceled: false, filePaths: ['/chosen'] }, { canceled: true, filePaths: [] });
    expect(await ask(app, 'folder-pick', { path: '/start' })).toEqual({ ok: true, value: { path: '/chosen' } });
    expect(app.driver.dialogs[0]?.options).toMatchObject({
      defaultPath: '/start',
      properties: ['openDirectory', 'createDirectory'],
    });
    expect(await ask(app, 'folder-pick', {})).toEqual({ ok: true, value: null });
    await mkdir(place.archive, { recursive: true });
    expect((await ask(app, 'folder-open', { id: PROFILE })).ok).toBe(true);
    expect(app.driver.opened).toEqual([place.archive]);
    const peer = await associate(place.port);
    await peer.send(store(ctObject()));
    await nextAnswer(peer);
    await release(peer);
    const studies = await app.until(async () => {
      const { value } = await ask(app, 'studies-list', {});
      const { rows } = value as { rows: { studyId: number }[] };
      return rows.length > 0 && rows;
    }, 'the study in the history');
    const [{ studyId }] = studies as [{ studyId: number }];
    const { value: trashed } = await ask(app, 'study-trash', { studyId });
    expect((trashed as { files: number }).files).toBe(1);
    expect(app.driver.trashed.length).toBeGreaterThan(0);
    for (const path of app.driver.trashed) expect(path.startsWith(place.archive)).toBe(true);
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;
