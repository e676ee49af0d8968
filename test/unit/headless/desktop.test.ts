import { expect, test } from 'vitest';
import { hasDesktop, openCommand, revealCommand } from '#headless/desktop.ts';

test.each([
  ['linux', {}, false],
  ['linux', { DISPLAY: '' }, false],
  ['linux', { DISPLAY: ':0' }, true],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
  ['darwin', {}, true],
  ['win32', {}, true],
])('%s with %j has a desktop: %s', (platform, environment, has) => {
  expect(hasDesktop(platform, environment)).toBe(has);
});

test('files are shown in their folder, selected where the system can', () => {
  expect(openCommand('linux', '/a')).toEqual(['xdg-open', '/a']);
  expect(revealCommand('linux', '/a/b.dcm', false)).toEqual(['xdg-open', '/a']);
  expect(revealCommand('linux', '/a', true)).toEqual(['xdg-open', '/a']);
  expect(revealCommand('darwin', '/a/b.dcm', false)).toEqual(['open', '-R', '/a/b.dcm']);
  expect(revealCommand('win32', 'C:\\a\\b.dcm', false)).toEqual(['explorer.exe', '/select,C:\\a\\b.dcm']);
});
