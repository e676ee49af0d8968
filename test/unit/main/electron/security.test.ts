import { describe, expect, test } from 'vitest';
import {
  isOwnUrl,
  mayDownload,
  mayHave,
  mayNavigate,
  mayRequest,
  maySend,
} from '../../../../src/main/electron/security.ts';

const OWN = 'app://studyport/index.html';
const FOREIGN = [
  'https://studyport/index.html',
  'app://studyport.example.com/index.html',
  'app://example.com/index.html',
  'file:///index.html',
  'javascript:alert(1)',
  'about:blank',
  'nothing',
  '',
];

describe('security', () => {
  test.each(FOREIGN)('%s is not ours', (url) => {
    expect(isOwnUrl(url)).toBe(false);
    expect(mayNavigate(url)).toBe(false);
    expect(maySend({ url, parent: null }, true)).toBe(false);
    expect(mayHave('clipboard-sanitized-write', url)).toBe(false);
    expect(mayRequest(url, true)).toBe(false);
    expect(mayDownload(url)).toBe(false);
  });

  test('the page may reload itself, whatever screen it shows, and go nowhere else of ours', () => {
    expect(mayNavigate(OWN)).toBe(true);
    expect(mayNavigate(`${OWN}#/settings`)).toBe(true);
    expect(mayNavigate('app://studyport/')).toBe(true);
    expect(mayNavigate('app://studyport/frame/1/0')).toBe(false);
  });

  test('only the main frame of our own window may call', () => {
    expect(maySend({ url: OWN, parent: null }, true)).toBe(true);
    expect(maySend({ url: OWN, parent: {} }, true)).toBe(false);
    expect(maySend({ url: OWN, parent: null }, false)).toBe(false);
    expect(maySend(null, true)).toBe(false);
  });

  test('copying is all that is permitted', () => {
    expect(mayHave('clipboard-sanitized-write', OWN)).toBe(true);
    for (const name of ['clipboard-read', 'media', 'notifications', 'unknown']) expect(mayHave(name, OWN)).toBe(false);
  });

  test('requests stay inside; developer tools in a checkout only', () => {
    expect(mayRequest('app://studyport/assets/x.js', false)).toBe(true);
    expect(mayRequest('data:image/png;base64,AA==', false)).toBe(true);
    expect(mayRequest('blob:app://studyport/1-2-3', false)).toBe(true);
    expect(mayRequest('blob:https://example.com/1-2-3', false)).toBe(false);
    expect(mayRequest('devtools://devtools/x.html', true)).toBe(true);
    expect(mayRequest('devtools://devtools/x.html', false)).toBe(false);
  });
});
