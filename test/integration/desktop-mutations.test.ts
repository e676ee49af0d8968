/**
 * Faults put into copies of the built bundles, one at a time: the check that is named must find each of them. Shows that
 * the stand-in and its checks can tell a good shell from a bad one.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { type Change, closeBrowser, copyApp } from '../support/desktop.ts';
import { CHECKS, type CheckName, runCheck } from '../support/desktop-checks.ts';

const main = (from: string, to: string): Change => ({ file: 'main', from, to });
const preload = (from: string, to: string): Change => ({ file: 'preload', from, to });

const FAULTS: readonly (readonly [Change, CheckName])[] = [
  [main('contextIsolation: true', 'contextIsolation: false'), 'the window is locked'],
  [main('sandbox: true', 'sandbox: false'), 'the window is locked'],
  [main('webviewTag: false', 'webviewTag: true'), 'the window is locked'],
  [main('spellcheck: false', 'spellcheck: true'), 'the window is locked'],
  [main('devTools: !app.isPackaged', 'devTools: true'), 'developer tools exist in a checkout only'],
  [main('contents.on("will-navigate", stay);', ''), 'the page stays where it is'],
  [main('action: "deny"', 'action: "allow"'), 'the page stays where it is'],
  [main('contents.on("will-attach-webview"', 'contents.on("x"'), 'the page stays where it is'],
  [main('frame.parent === null', 'true'), 'only the main frame of our own page may call'],
  [main('isOwnUrl(frame.url)', 'true'), 'only the main frame of our own page may call'],
  [main('fromOwnWindow &&', 'true &&'), 'only the main frame of our own page may call'],
  [
    main('(_contents, permission, origin) => mayHave(permission, origin)', '() => true'),
    'the page is allowed to copy, and nothing else',
  ],
  [
    main('setDevicePermissionHandler(() => false)', 'setDevicePermissionHandler(() => true)'),
    'the page is allowed to copy, and nothing else',
  ],
  [main('cancel: !mayRequest(url, !app.isPackaged)', 'cancel: false'), 'nothing is fetched from elsewhere'],
  [main('own.on("will-download"', 'own.on("x"'), 'nothing is fetched from elsewhere'],
  [
    main('if (!isOwnUrl(url)) return problem(404', 'if (false) return problem(404'),
    'the protocol gives out the page under its policy',
  ],
  [main('headers: pageHeaders(file)', 'headers: {}'), 'the protocol gives out the page under its policy'],
  [
    preload('exposeInMainWorld("receiver", {', 'exposeInMainWorld("receiver", { ipc: electron.ipcRenderer.invoke,'),
    'the page gets the receiver and nothing else',
  ],
  [preload('listeners.delete(own)', 'void own'), 'commands are answered and events arrive, in order'],
  [main('contents.send("receiver:batch", batch)', 'void batch'), 'commands are answered and events arrive, in order'],
  [main('powerSaveBlocker.stop(blocker);', ''), 'the computer stays awake while something is received'],
  [main('"prevent-app-suspension"', '"prevent-display-sleep"'), 'the computer stays awake while something is received'],
  [main('window?.hide();', ''), 'closing hides the window, explained once'],
  [main('closeToTrayExplained: true', 'closeToTrayExplained: false'), 'closing hides the window, explained once'],
  [main('question: () => quitQuestion(state)', 'question: () => void 0'), 'quitting asks while senders are connected'],
  [main('await lock.release();', ''), 'quitting asks nothing when nobody is connected'],
  [main('if (!app.requestSingleInstanceLock())', 'if (false)'), 'one instance'],
  [main('clampBounds(bounds, screens)', 'bounds'), 'the window opens where it was'],
  [main('backend !== "basic_text"', 'true'), 'without a keychain nothing secret is kept'],
  [main('nativeTheme.themeSource = settings.theme', 'void 0'), 'the theme of the settings is the theme of the window'],
];

afterAll(closeBrowser);

describe('faults in the built shell are found', { concurrent: true, timeout: 180_000 }, () => {
  for (const [change, name] of FAULTS) {
    test(`${change.from} → ${change.to || 'nothing'}`, async () => {
      const app = await copyApp(change);
      try {
        const outcome = await runCheck(CHECKS[name], app.path, 10_000).then(
          () => 'it was not found',
          (error: Error) => error.message,
        );
        // A window that was only slow proves nothing.
        expect(outcome).not.toMatch(/it was not found|in vain for (a window|the page|the main module)|page.waitForURL/);
      } finally {
        await app.remove();
      }
    });
  }
});
