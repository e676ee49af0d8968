/** What somebody sees who may not see the page: what is missing and where to get it, in words. */

import { createHash } from 'node:crypto';
import type { RefusalCode } from './access.ts';

const STYLE =
  'html{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:36rem;margin:12vh auto;padding:0 1.5rem}code{font-size:.95em;overflow-wrap:anywhere}';

/** The style above and nothing else. */
export const REFUSED_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'`;

/** For the tab, where the page has none of its own. */
export const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e6e"/><path d="M16 6v12m-5-5 5 5 5-5M8 21v4h16v-4" fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>';

const WORDS: Readonly<Record<RefusalCode, string>> = {
  'no-token': 'This page opens only with the link that Studyport gives to the person who runs it.',
  'host-refused': 'The page of Studyport can be reached only as 127.0.0.1 or localhost, with its own port.',
  'origin-refused': 'This request came from another page, which must not use Studyport.',
  'bad-request': 'This request cannot be understood.',
  'not-found': 'There is nothing at this address.',
  'method-refused': 'This address does not take that kind of request.',
  'json-needed': 'Commands are sent as application/json.',
};

/** Why, in one sentence. */
export function refusedWords(code: RefusalCode): string {
  return WORDS[code];
}

/** The whole page. Nothing of the request is in it. */
export function refusedPage(code: RefusalCode, port: number): string {
  const help =
    code === 'no-token'
      ? `<p>To get it, look where Studyport was started: it prints a line that begins with
<code>Page: http://127.0.0.1:${port}/?token=…</code>. Open that whole address in this browser.</p>
<p>On a server, <code>sudo studyport page-url</code> prints it. If you had the page open before: its link has changed, or cookies were deleted.</p>`
      : `<p>Use the link that Studyport printed when it started: <code>http://127.0.0.1:${port}/?token=…</code></p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Studyport</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main><h1>Studyport</h1><p>${refusedWords(code)}</p>
${help}</main></body></html>
`;
}

/** Goes to the page from here: a browser keeps a strict cookie back from whoever was led here by another site. */
export function comeAgainPage(): string {
  return '<!doctype html><html lang="en"><meta charset="utf-8"><title>Studyport</title><meta http-equiv="refresh" content="0;url=/"><link rel="icon" href="data:,"></html>\n';
}
