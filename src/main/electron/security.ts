/** What the page may do, decided without Electron: where it may go, who may call, what it may ask for. */

export const PAGE_SCHEME = 'app';
/** The only place our page comes from. */
export const PAGE_ORIGIN = `${PAGE_SCHEME}://studyport`;
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`;

/** True for an address of our own page. `URL#origin` is "null" for such schemes, so the parts are compared. */
export function isOwnUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && parsed.protocol === `${PAGE_SCHEME}:` && parsed.host === 'studyport';
}

/** The page may reload itself and go nowhere else. */
export function mayNavigate(url: string): boolean {
  const path = URL.parse(url)?.pathname;
  return isOwnUrl(url) && (path === '/index.html' || path === '/');
}

/** What a frame that calls looks like; Electron has none for a frame that has gone. */
export interface CallingFrame {
  readonly url: string;
  /** null for the main frame. */
  readonly parent: unknown;
}

/** Only the main frame of our own window, showing our own page, may call. */
export function maySend(frame: CallingFrame | null, fromOwnWindow: boolean): boolean {
  return fromOwnWindow && frame !== null && frame.parent === null && isOwnUrl(frame.url);
}

/** Copying to the clipboard is all that the page ever asks for. */
export function mayHave(permission: string, url: string): boolean {
  return permission === 'clipboard-sanitized-write' && isOwnUrl(url);
}

/** Nothing is loaded from anywhere but our own protocol and what the page made itself. */
export function mayRequest(url: string, developing: boolean): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  if (developing && parsed.protocol === 'devtools:') return true;
  if (parsed.protocol === 'blob:') return isOwnUrl(parsed.pathname);
  return parsed.protocol === 'data:' || isOwnUrl(url);
}

/** A download is always something the page made: an exported log, a diagnostics bundle. */
export function mayDownload(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  return parsed.protocol === 'blob:' ? isOwnUrl(parsed.pathname) : isOwnUrl(url);
}
