/** May this request pass, and to what? Every such decision about the page's HTTP server, without doing anything. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { pageFile } from '#shared/page-files.ts';

/** What opens the door: the token of the link, and the cookie that it is exchanged for. */
export interface Gate {
  readonly port: number;
  readonly token: string;
  /** Cookies ignore ports, so the name has it. */
  readonly cookieName: string;
  /** Made from the token, so that it outlives a restart with the same token; the token cannot be made from it. */
  readonly cookieValue: string;
}

/** The parts of a request that decide. */
export interface RequestFacts {
  readonly method: string;
  /** As it was sent: path and query. */
  readonly target: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly cookie: string | undefined;
  readonly contentType: string | undefined;
  /** `Sec-Fetch-Site`: what the browser says of who asks. */
  readonly fetchSite: string | undefined;
}

export type RefusalCode =
  | 'bad-request'
  | 'no-token'
  | 'host-refused'
  | 'origin-refused'
  | 'not-found'
  | 'method-refused'
  | 'json-needed';

export type Decision =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: RefusalCode }
  /** The token was right: set the cookie and redirect to the page, whose address does not show the token. */
  | { readonly kind: 'exchange' }
  /** Another page led here, so the browser keeps the cookie back: let it come again from a page of ours. */
  | { readonly kind: 'come-again' }
  | { readonly kind: 'command'; readonly name: string }
  /** Open to every program of this machine: codes only. */
  | { readonly kind: 'health' }
  /** Needs a token of its own, which is not ours to judge. */
  | { readonly kind: 'metrics' }
  | { readonly kind: 'events' }
  | { readonly kind: 'bytes'; readonly pathname: string }
  | { readonly kind: 'file'; readonly file: string };

/** 256 bits in letters that need no escape in a URL. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Is this a token that {@link createToken} could have made? */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

export function createGate(token: string, port: number): Gate {
  const cookieValue = createHmac('sha256', token).update('studyport page cookie').digest('base64url');
  return { port, token, cookieName: `studyport-${port}`, cookieValue };
}

/** Compares without telling by its time how much was right. */
export function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

const refuse = (status: number, code: RefusalCode): Decision => ({ kind: 'refuse', status, code });

/** The one decision about a request. */
export function decide(request: RequestFacts, gate: Gate): Decision {
  // A name that somebody else's DNS points at this machine (DNS rebinding) arrives with that name.
  const host = request.host?.toLowerCase();
  if (host !== `127.0.0.1:${gate.port}` && host !== `localhost:${gate.port}`) return refuse(403, 'host-refused');
  if (!request.target.startsWith('/')) return refuse(400, 'bad-request');
  const [pathname = '/', query = ''] = split(request.target, '?');
  const reading = request.method === 'GET' || request.method === 'HEAD';

  if (pathname === '/' && reading) {
    const token = new URLSearchParams(query).get('token');
    if (token !== null) return sameText(token, gate.token) ? { kind: 'exchange' } : refuse(401, 'no-token');
  }
  if (pathname === '/health' || pathname === '/metrics') {
    if (!reading) return refuse(405, 'method-refused');
    return pathname === '/health' ? { kind: 'health' } : { kind: 'metrics' };
  }
  if (!hasCookie(request.cookie, gate)) {
    // SameSite=Strict: a link in a mail, in a terminal in a browser, in the file that opens the browser.
    const led = request.target === '/' && request.method === 'GET' && request.fetchSite === 'cross-site';
    return led ? { kind: 'come-again' } : refuse(401, 'no-token');
  }

  if (pathname.startsWith('/api/')) {
    if (request.method !== 'POST') return refuse(405, 'method-refused');
    // Another port of this machine is "the same site": only the origin tells it from us.
    if (request.origin !== `http://${host}`) return refuse(403, 'origin-refused');
    if (!isJson(request.contentType)) return refuse(415, 'json-needed');
    const name = /^\/api\/([a-z0-9-]{1,60})$/.exec(pathname)?.[1];
    return name === undefined ? refuse(404, 'not-found') : { kind: 'command', name };
  }
  if (!reading) return refuse(405, 'method-refused');
  const data = pathname === '/events' || pathname.startsWith('/frame/') || pathname.startsWith('/value/');
  if (data) {
    const foreign = request.fetchSite === 'cross-site' || request.fetchSite === 'same-site';
    const origin = request.origin !== undefined && request.origin !== `http://${host}`;
    if (foreign || origin) return refuse(403, 'origin-refused');
    return pathname === '/events' ? { kind: 'events' } : { kind: 'bytes', pathname };
  }
  const file = pageFile(pathname);
  return file === undefined ? refuse(404, 'not-found') : { kind: 'file', file };
}

function hasCookie(header: string | undefined, gate: Gate): boolean {
  // More than one of a name can be sent: another server of this machine may have set one, too.
  return (header ?? '')
    .split(';')
    .map((part) => split(part.trim(), '='))
    .some(([name, value = '']) => name === gate.cookieName && sameText(value, gate.cookieValue));
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json(\s*;\s*charset="?utf-8"?)?$/i.test(contentType?.trim() ?? '');
}

function split(text: string, at: string): [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
