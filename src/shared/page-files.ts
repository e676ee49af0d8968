/** How the built page is given out, the same under both hosts: which of its files a request means, and under what policy. */

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
};

/** One part of a path: nothing that has to be decoded, nothing that begins with a dot. */
const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/** The decoders are WebAssembly; they live in this one worker, whose file Vite names after its source. */
const PREVIEW_WORKER = /^assets\/preview-worker-[A-Za-z0-9_-]+\.js$/;

/** The file of the page folder that a path asks for (`/` is index.html); undefined for anything that is none. */
export function pageFile(pathname: string): string | undefined {
  if (pathname === '/') return 'index.html';
  const segments = pathname.slice(1).split('/');
  if (!pathname.startsWith('/') || segments.length > 4 || !segments.every((segment) => SEGMENT.test(segment))) {
    return undefined;
  }
  return extension(pathname) in TYPES ? segments.join('/') : undefined;
}

/** The headers under which a file of the page is given out. */
export function pageHeaders(file: string): Record<string, string> {
  const script = PREVIEW_WORKER.test(file) ? `'self' 'wasm-unsafe-eval'` : `'self'`;
  return {
    'Content-Type': TYPES[extension(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': `default-src 'self'; script-src ${script}; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    // Names under assets hold a hash of what is in the file.
    'Cache-Control': file.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
    ...COMMON_HEADERS,
  };
}

/** What every answer carries, whatever it is. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

function extension(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}
