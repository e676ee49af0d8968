/** Our own protocol: the files of the page, and frames and raw values as bytes. Nothing else has an address. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { protocol } from 'electron';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import { COMMON_HEADERS, pageFile, pageHeaders } from '#shared/page-files.ts';
import { isOwnUrl, PAGE_SCHEME } from './security.ts';

/** Must run before Electron is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

export function handlePageScheme(receiver: ReceiverForHost, pageFolder: string): void {
  protocol.handle(PAGE_SCHEME, (request) => answer(request, receiver, pageFolder));
}

async function answer(
  { method, url }: Pick<Request, 'method' | 'url'>,
  receiver: ReceiverForHost,
  pageFolder: string,
): Promise<Response> {
  if (!isOwnUrl(url)) return problem(404, 'not-found', 'There is nothing at this address.');
  if (method !== 'GET' && method !== 'HEAD') return problem(405, 'method-refused', 'Addresses can only be read.');
  const { pathname } = new URL(url);
  if (pathname.startsWith('/frame/') || pathname.startsWith('/value/')) return bytes(receiver, pathname);
  const file = pageFile(pathname);
  if (file === undefined) return problem(404, 'not-found', 'There is nothing at this address.');
  try {
    return new Response(await readFile(join(pageFolder, file)), { headers: pageHeaders(file) });
  } catch {
    return problem(404, 'not-found', 'This file is not part of the page.');
  }
}

async function bytes(receiver: ReceiverForHost, pathname: string): Promise<Response> {
  const result = await receiver.bytes(pathname);
  if (!result.ok) return problem(404, result.error.code, result.error.message);
  return new Response(new Uint8Array(result.bytes), {
    headers: {
      ...COMMON_HEADERS,
      'Content-Type': result.type,
      // Bytes of a peer: whatever they are, they must not run.
      'Content-Security-Policy': `default-src 'none'; sandbox; frame-ancestors 'none'`,
      'Cache-Control': 'no-store',
    },
  });
}

function problem(status: number, code: string, message: string): Response {
  return Response.json(
    { ok: false, error: { code, message } },
    {
      status,
      headers: { ...COMMON_HEADERS, 'Content-Security-Policy': `default-src 'none'`, 'Cache-Control': 'no-store' },
    },
  );
}
