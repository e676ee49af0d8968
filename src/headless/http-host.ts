/**
 * The page in a browser: HTTP on loopback for one person who has the link. Files of the page, commands by
 * `POST /api/<command>` (body: the argument as JSON, empty for none; answer: a Result), events by `GET /events`
 * (server-sent, one EventBatch each, its number as `id`), frames and raw values by `GET /frame/…` and `/value/…`. For
 * monitoring `GET /health`, open to this machine, and `GET /metrics`, with a token of its own.
 */

import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import type { EventBatch, Problem } from '#shared/contract.ts';
import type { Figures } from '#shared/figures.ts';
import { COMMON_HEADERS, pageHeaders } from '#shared/page-files.ts';
import type { Decision, Gate, RefusalCode } from './access.ts';
import { createGate, createToken, decide } from './access.ts';
import { healthOf } from './health.ts';
import { METRICS_TYPE, metricsText } from './metrics.ts';
import { comeAgainPage, FAVICON, REFUSED_PAGE_POLICY, refusedPage, refusedWords } from './refused-page.ts';

/** A profile to import may have a million characters, each up to six bytes in JSON. */
const LONGEST_BODY = 8_000_000;
/** A lookup table may have twenty million characters, most of them one byte each. */
const LONGEST_TABLE = 32_000_000;
/** A reader that is further behind is dropped; it comes back, sees the gap and fetches the snapshot. */
const LONGEST_BACKLOG = 4_000_000;
const HEARTBEAT = 15_000;

export interface HttpHostOptions {
  readonly receiver: ReceiverForHost;
  /** Where index.html is. */
  readonly pageFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** An address of this machine itself; the page is never meant for a network. */
  readonly host?: '127.0.0.1';
  /** Default: a new one. */
  readonly token?: string;
  /** Whether a token opens `/metrics`; undefined, or no answer: there is no such address. */
  readonly metrics?: (token: string) => Promise<boolean | undefined>;
  /** @default 15000 */
  readonly heartbeatMilliseconds?: number;
}

export interface HttpHost {
  /** The link with the token in it. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** Starts serving. @throws the error of listen, EADDRINUSE above all */
export async function createHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const { receiver, pageFolder, host = '127.0.0.1', token = createToken() } = options;
  const readers = new Set<ServerResponse>();
  let gate: Gate | undefined;

  const server = createServer({ requestTimeout: 60_000 }, (request, response) => {
    if (!gate) return void response.destroy();
    answer(request, response, gate).catch((error: unknown) => {
      // The other side went away, or a mistake of ours: never the end of the receiver.
      if (response.headersSent || response.destroyed) response.destroy();
      else sendProblem(response, 500, { code: 'page-server', message: `The page server failed: ${codeOf(error)}.` });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse, open: Gate): Promise<void> {
    const { method = '', url: target = '', headers } = request;
    const decision = decide(
      {
        method,
        target,
        host: headers.host,
        origin: headers.origin,
        cookie: headers.cookie,
        contentType: headers['content-type'],
        fetchSite: headers['sec-fetch-site'] as string | undefined,
      },
      open,
    );
    switch (decision.kind) {
      case 'refuse':
        return sendRefusal(request, response, decision, open.port);
      case 'exchange':
        response.writeHead(303, {
          ...COMMON_HEADERS,
          Location: '/',
          'Set-Cookie': `${open.cookieName}=${open.cookieValue}; Path=/; HttpOnly; SameSite=Strict`,
          'Cache-Control': 'no-store',
        });
        return void response.end();
      case 'come-again':
        return sendPage(response, 200, comeAgainPage());
      case 'command':
        return sendResult(request, response, decision.name);
      case 'health':
        return sendHealth(response);
      case 'metrics':
        return sendMetrics(response, headers.authorization);
      case 'events':
        return sendEvents(response);
      case 'bytes':
        return sendBytes(response, decision.pathname);
      case 'file':
        return sendFile(response, decision.file);
    }
  }

  async function sendResult(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const limit = name === 'rule-table-import' ? LONGEST_TABLE : LONGEST_BODY;
    const body = await readBody(request, limit);
    if (body === undefined) {
      // Nobody reads the rest.
      response.setHeader('Connection', 'close');
      return sendProblem(response, 413, {
        code: 'too-long',
        message: `A command can have at most ${limit / 1e6} MB.`,
      });
    }
    let argument: unknown;
    try {
      argument = body === '' ? undefined : JSON.parse(body);
    } catch {
      return sendProblem(response, 400, { code: 'bad-json', message: 'The argument of the command is not JSON.' });
    }
    sendJson(response, 200, await receiver.call(name, argument));
  }

  async function readFigures(response: ServerResponse): Promise<Figures | undefined> {
    const result = await receiver.call('figures', undefined);
    if (result.ok) return result.value as Figures;
    sendProblem(response, 503, result.error);
    return undefined;
  }

  async function sendHealth(response: ServerResponse): Promise<void> {
    const figures = await readFigures(response);
    if (!figures) return;
    const health = healthOf(figures);
    sendJson(response, health.status === 'ok' ? 200 : 503, health);
  }

  async function sendMetrics(response: ServerResponse, authorization = ''): Promise<void> {
    const token = /^Bearer +([\w.~+/=-]{1,200})$/i.exec(authorization)?.[1] ?? '';
    const allowed = await options.metrics?.(token);
    if (allowed === undefined) return sendProblem(response, 404, METRICS_OFF);
    if (!allowed) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      return sendProblem(response, 401, METRICS_REFUSED);
    }
    const figures = await readFigures(response);
    if (!figures) return;
    const text = metricsText(figures);
    response.writeHead(200, { ...COMMON_HEADERS, 'Content-Type': METRICS_TYPE, 'Cache-Control': 'no-store' });
    response.end(text);
  }

  async function sendBytes(response: ServerResponse, pathname: string): Promise<void> {
    const result = await receiver.bytes(pathname);
    if (!result.ok) return sendProblem(response, 404, result.error);
    response.writeHead(200, {
      ...COMMON_HEADERS,
      'Content-Type': result.type,
      'Content-Length': result.bytes.byteLength,
      // Bytes of a peer: whatever they are, a browser must not run them.
      'Content-Security-Policy': `default-src 'none'; sandbox; frame-ancestors 'none'`,
      'Cache-Control': 'no-store',
    });
    response.end(result.bytes);
  }

  async function sendFile(response: ServerResponse, file: string): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await readFile(join(pageFolder, file));
    } catch (error) {
      if (!['ENOENT', 'EISDIR', 'ENOTDIR'].includes(codeOf(error))) throw error;
      if (file === 'favicon.ico') return void response.writeHead(200, pageHeaders('favicon.svg')).end(FAVICON);
      return sendProblem(response, 404, problemOf('not-found'));
    }
    response.writeHead(200, { ...pageHeaders(file), 'Content-Length': bytes.byteLength });
    response.end(bytes);
  }

  function sendEvents(response: ServerResponse): void {
    response.writeHead(200, {
      ...COMMON_HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; frame-ancestors 'none'`,
    });
    response.write('retry: 1000\n\n');
    readers.add(response);
    response.once('close', () => readers.delete(response));
  }

  function sendToAll(text: string): void {
    for (const reader of readers) {
      if (reader.writableLength > LONGEST_BACKLOG) reader.destroy();
      else reader.write(text);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host, exclusive: true }, resolve);
  });
  server.on('error', () => {});
  const { port } = server.address() as AddressInfo;
  gate = createGate(token, port);
  const unsubscribe = receiver.subscribe((batch: EventBatch) => {
    if (readers.size > 0) sendToAll(`id: ${batch.sequence}\ndata: ${JSON.stringify(batch)}\n\n`);
  });
  // An event of its own name, not a comment: a page can see that the connection is alive.
  const heartbeat = setInterval(
    () => sendToAll('event: heartbeat\ndata:\n\n'),
    options.heartbeatMilliseconds ?? HEARTBEAT,
  );
  return {
    port,
    url: `http://${host}:${port}/?token=${token}`,
    close: async () => {
      clearInterval(heartbeat);
      unsubscribe();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const reader of readers) reader.end();
      server.closeIdleConnections();
      const last = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(last);
    },
  };
}

/** undefined: it is too long. */
async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code }: Extract<Decision, { kind: 'refuse' }>,
  port: number,
): void {
  // Whatever it was about to send is not read.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('Connection', 'close');
  const forPeople = request.headers.accept?.includes('text/html');
  if (!forPeople) {
    sendProblem(response, status, problemOf(code));
    return;
  }
  sendPage(response, status, refusedPage(code, port));
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    ...COMMON_HEADERS,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': REFUSED_PAGE_POLICY,
    'Cache-Control': 'no-store',
  });
  response.end(html);
}

const METRICS_OFF: Problem = {
  code: 'metrics-off',
  message: 'Metrics are off. Turn them on in the settings of the application, or start it with --metrics.',
};
const METRICS_REFUSED: Problem = {
  code: 'metrics-token',
  message:
    'Metrics need a token of their own: Authorization: Bearer TOKEN. One is made in the settings of the application.',
};

const problemOf = (code: RefusalCode): Problem => ({ code, message: refusedWords(code) });

function sendProblem(response: ServerResponse, status: number, error: Problem): void {
  sendJson(response, status, { ok: false, error });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    ...COMMON_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Content-Security-Policy': `default-src 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
}
