import { expect, test } from 'vitest';
import { pageFile, pageHeaders } from '#shared/page-files.ts';

test.each([
  ['/', 'index.html'],
  ['/index.html', 'index.html'],
  ['/assets/index-DiwrgTda.js', 'assets/index-DiwrgTda.js'],
  ['/assets/codec.wasm', 'assets/codec.wasm'],
])('%s is the file %s', (pathname, file) => {
  expect(pageFile(pathname)).toBe(file);
});

test.each([
  '',
  'index.html',
  '//index.html',
  '/..',
  '/../package.json',
  '/assets/../../profiles.json',
  '/assets/..%2f..%2fprofiles.json',
  '/%2e%2e/profiles.json',
  '/..\\..\\profiles.json',
  '/assets\\index.js',
  '/.env.js',
  '/assets/.hidden.js',
  '/index.html\0.js',
  '/C:/windows/win.ini',
  '/assets/',
  '/assets',
  '/a/b/c/d/e.js',
  '/index.js.map',
  '/main.ts',
  `/${'a'.repeat(300)}.js`,
])('%j is no file of the page', (pathname) => {
  expect(pageFile(pathname)).toBeUndefined();
});

test('only the preview worker may compile WebAssembly', () => {
  const policy = (file: string) => pageHeaders(file)['Content-Security-Policy'] ?? '';
  const scripts = (file: string) => /script-src ([^;]*)/.exec(policy(file))?.[1];
  expect(scripts('assets/preview-worker-B3xq_-9.js')).toBe(`'self' 'wasm-unsafe-eval'`);
  for (const file of [
    'index.html',
    'assets/index-1.js',
    'assets/preview-workers.html',
    'preview-worker-1.js',
    'assets/other-preview-worker-1.js',
  ]) {
    expect(scripts(file), file).toBe(`'self'`);
  }
  expect(policy('index.html')).toMatch(/^default-src 'self';/);
  expect(policy('index.html')).toContain(`frame-ancestors 'none'`);
});

test('types are named and never guessed, and only what carries a hash is kept', () => {
  expect(pageHeaders('index.html')).toMatchObject({
    'Content-Type': 'text/html; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  });
  expect(pageHeaders('assets/a-1.js')['Cache-Control']).toContain('immutable');
});
