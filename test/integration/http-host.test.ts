/** The page's server on a real socket: who is refused, and what those get who are not. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHttpHost, type HttpHost } from '#headless/http-host.ts';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import type { EventBatch } from '#shared/contract.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let folder: TempFolder;
let host: HttpHost;
let cookie = '';
let calls: { name: string; argument: unknown }[];
let metricsToken: string | undefined;
let figures: object;
let listeners: Set<(batch: EventBatch) => void>;

const receiver: ReceiverForHost = {
  call: async (name, argument) => {
    if (name === 'boom') throw new Error('a mistake of ours');
    calls.push({ name, argument });
    if (name === 'figures') return { ok: true, value: figures };
    return { ok: true, value: { name } };
  },
  subscribe: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  bytes: async (pathname) =>
    pathname === '/frame/1/0'
      ? { ok: true, bytes: new Uint8Array([60, 98, 62, 0, 255]), type: 'text/html' }
      : { ok: false, error: { code: 'no-such-frame', message: 'There is no such frame.' } },
  close: async () => {},
};

const batch = (sequence: number, text = ''): EventBatch => ({
  sequence,
  events: [{ type: 'notice', notice: { code: 'test', message: text } }],
});

beforeEach(async () => {
  folder = await createTempFolder('page');
  cookie = '';
  calls = [];
  listeners = new Set();
  const pageFolder = folder.join('page');
  await mkdir(folder.join('page/assets'), { recursive: true });
  await writeFile(folder.join('secret.json'), 'not for you');
  await writeFile(folder.join('page/index.html'), '<title>page</title>');
  await writeFile(folder.join('page/assets/preview-worker-1.js'), '1');
  metricsToken = undefined;
  figures = { version: '0.1.0', profiles: [], eventLoopDelay: {} };
  const metrics = async (token: string) => (metricsToken === undefined ? undefined : token === metricsToken);
  host = await createHttpHost({ receiver, pageFolder, port: 0, heartbeatMilliseconds: 50, metrics });
  const { pathname, search } = new URL(host.url);
  cookie = (await ask({ path: pathname + search, headers: {} })).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
});

afterEach(async () => {
  await host.close();
  await folder.remove();
});

/** With the cookie, unless the headers are given. */
async function ask(options: RequestOptions, body?: string): Promise<Answer> {
  const sent = request({
    port: host.port,
    host: '127.0.0.1',
    agent: false,
    ...options,
    headers: { cookie, ...options.headers },
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('latin1')) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

const origin = () => `http://127.0.0.1:${host.port}`;
const command = (name: string, body: string, headers: Record<string, string> = {}) =>
  ask(
    {
      method: 'POST',
      path: `/api/${name}`,
      headers: { origin: origin(), 'content-type': 'application/json', ...headers },
    },
    body,
  );

test('the link is exchanged for a cookie and an address without the token', async () => {
  const { pathname, search, host: address } = new URL(host.url);
  expect(address).toBe(`127.0.0.1:${host.port}`);
  const answer = await ask({ path: pathname + search, headers: { cookie: '' } });
  expect(answer).toMatchObject({
    status: 303,
    headers: { location: '/', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
  expect(answer.headers['set-cookie']).toEqual([
    expect.stringMatching(new RegExp(`^studyport-${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
  ]);
  expect(await ask({ path: '/' })).toMatchObject({ status: 200, body: '<title>page</title>' });
});

test('health is open to every program of this machine, and to no other name', async () => {
  const open = { path: '/health', headers: { cookie: '' } };
  const good = await ask(open);
  expect(good).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
  expect(JSON.parse(good.body)).toEqual({ status: 'ok' });
  figures = { profiles: [{ autoStart: true, phase: 'failed', problems: ['port-in-use'], name: 'Ward 3' }] };
  const bad = await ask(open);
  expect(bad.status).toBe(503);
  expect(JSON.parse(bad.body)).toEqual({ status: 'failing', problems: ['not-listening', 'port-in-use'] });
  expect((await ask({ path: '/health', headers: { cookie: '', host: 'evil.example:80' } })).status).toBe(403);
  expect((await ask({ ...open, method: 'POST' })).status).toBe(405);
});

test('metrics want a token of their own; while they are off there are none', async () => {
  const get = (authorization?: string) =>
    ask({ path: '/metrics', headers: { cookie: '', ...(authorization !== undefined && { authorization }) } });
  expect((await get('Bearer secret')).status).toBe(404);
  metricsToken = 'secret';
  // The cookie of the page is no token, and the token of the metrics opens nothing else.
  expect(await ask({ path: '/metrics' })).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  for (const wrong of ['secret', 'Bearer', 'Bearer wrong', 'Basic secret', 'Bearer secret x']) {
    expect((await get(wrong)).status, wrong).toBe(401);
  }
  expect((await ask({ path: '/', headers: { cookie: '', authorization: 'Bearer secret' } })).status).toBe(401);
  calls = [];
  const answer = await get('Bearer secret');
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  });
  expect(answer.body).toContain('# TYPE studyport_info gauge\n');
  expect(calls).toEqual([{ name: 'figures', argument: undefined }]);
  expect((await ask({ path: '/metrics', headers: { authorization: 'Bearer secret', host: 'evil:1' } })).status).toBe(
    403,
  );
});

test('the page comes with its policy, its worker with one more right, and a favicon', async () => {
  const { headers } = await ask({ path: '/' });
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'self'; script-src 'self'; .*frame-ancestors 'none'/,
  );
  const worker = await ask({ path: '/assets/preview-worker-1.js' });
  expect(worker.headers['content-security-policy']).toContain(`script-src 'self' 'wasm-unsafe-eval'`);
  expect(await ask({ path: '/favicon.ico' })).toMatchObject({
    status: 200,
    headers: { 'content-type': 'image/svg+xml' },
  });
  expect(await ask({ method: 'HEAD', path: '/' })).toMatchObject({ status: 200, body: '' });
});

describe('refused', () => {
  test.each(['/', '/favicon.ico', '/assets/preview-worker-1.js', '/events', '/frame/1/0', '/nothing', '/?token=wrong'])(
    '%s without the cookie: 401',
    async (path) => {
      const answer = await ask({ path, headers: { cookie: '' } });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({ ok: false, error: { code: 'no-token' } });
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  test('a person without the link reads where to get it, and nothing of the page', async () => {
    const answer = await ask({ path: '/', headers: { cookie: '', accept: 'text/html,*/*' } });
    expect(answer.status).toBe(401);
    expect(answer.body).toContain(`http://127.0.0.1:${host.port}/?token=`);
    expect(answer.body).toContain('studyport page-url');
    expect(answer.body).not.toContain(new URL(host.url).searchParams.get('token'));
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
  });

  test('another Host: 403, with the right cookie and with the right token', async () => {
    for (const path of ['/', new URL(host.url).search.replace('?', '/?')]) {
      expect((await ask({ path, headers: { host: `evil.example:${host.port}` } })).status).toBe(403);
    }
  });

  test('a command from another origin, from none, without JSON or by GET reaches nobody', async () => {
    const answers = [
      await command('snapshot', '{}', { origin: 'http://evil.example' }),
      await ask({ method: 'POST', path: '/api/snapshot', headers: { 'content-type': 'application/json' } }, '{}'),
      await command('snapshot', '{}', { 'content-type': 'text/plain' }),
      await ask({ path: '/api/snapshot', headers: { origin: origin() } }),
      await command('snapshot', '{}', { cookie: '' }),
      await command('snapshot', '{"half":'),
      await command('../snapshot', ''),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 415, 405, 401, 400, 404]);
    for (const { body } of answers)
      expect(JSON.parse(body)).toMatchObject({ ok: false, error: { code: expect.any(String) } });
    expect(calls).toEqual([]);
  });

  test('a body that is too long is refused by its announced length, and while it comes', async () => {
    const announced = request({
      host: '127.0.0.1',
      port: host.port,
      method: 'POST',
      path: '/api/snapshot',
      headers: { cookie, origin: origin(), 'content-type': 'application/json', 'content-length': 9_000_000 },
    });
    announced.on('error', () => {});
    announced.flushHeaders();
    const [response] = await once(announced, 'response');
    expect(response.statusCode).toBe(413);
    announced.destroy();

    const endless = connect(host.port, '127.0.0.1');
    endless.on('error', () => {});
    endless.write(
      `POST /api/snapshot HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nCookie: ${cookie}\r\nOrigin: ${origin()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `${(1_000_000).toString(16)}\r\n${' '.repeat(1_000_000)}\r\n`;
    for (let count = 0; count < 9; count++) endless.write(chunk);
    const [first] = await once(endless, 'data');
    expect(String(first)).toMatch(/^HTTP\/1.1 413 /);
    endless.destroy();
    expect(calls).toEqual([]);
  });

  test('a lookup table may be longer than other commands', async () => {
    const text = 'x'.repeat(9_000_000);
    const answer = await fetch(`${origin()}/api/rule-table-import`, {
      method: 'POST',
      headers: { cookie, origin: origin(), 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'subjects', text }),
    });
    expect(answer.status).toBe(200);
    const [call, ...others] = calls as [{ name: string; argument: { text: string } }];
    expect(others).toEqual([]);
    expect(call.name).toBe('rule-table-import');
    expect(call.argument.text).toHaveLength(text.length);
  });

  test.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/assets/nothing.js',
    '/assets',
  ])('%s: 404', async (path) => {
    // As it is, byte for byte: a client library would tidy the path.
    const socket = connect(host.port, '127.0.0.1');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    let text = '';
    for await (const data of socket) text += String(data);
    expect(text).toMatch(/^HTTP\/1.1 404 /);
    expect(text).not.toContain('not for you');
  });

  test('what is not HTTP does no harm', async () => {
    const socket = connect(host.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('\x01\x00\x00\x00\x00\xcd hello\r\n\r\n');
    await once(socket.resume(), 'close');
    expect((await ask({ path: '/' })).status).toBe(200);
  });
});

describe('commands', () => {
  test('go to the receiver with their argument, and its result comes back', async () => {
    const answer = await command('study-get', '{"studyId":1}');
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
    });
    expect(JSON.parse(answer.body)).toEqual({ ok: true, value: { name: 'study-get' } });
    await command('snapshot', '');
    expect(calls).toEqual([
      { name: 'study-get', argument: { studyId: 1 } },
      { name: 'snapshot', argument: undefined },
    ]);
  });

  test('a mistake of ours is an answer, not an end', async () => {
    const answer = await command('boom', '');
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ ok: false, error: { code: 'page-server' } });
    expect(answer.body).not.toContain('a mistake of ours');
    expect((await command('snapshot', '')).status).toBe(200);
  });
});

test('frames and values are bytes that no browser runs', async () => {
  const answer = await ask({ path: '/frame/1/0' });
  expect(answer).toMatchObject({
    status: 200,
    body: '<b>\0\xff',
    headers: { 'content-type': 'text/html', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
  });
  expect(answer.headers['content-security-policy']).toContain('sandbox');
  expect(await ask({ path: '/value/1/x' })).toMatchObject({
    status: 404,
    body: expect.stringContaining('no-such-frame'),
  });
});

describe('events', () => {
  /** Reads until a pattern has come. */
  async function read(pattern: RegExp): Promise<string> {
    const sent = request({ host: '127.0.0.1', port: host.port, path: '/events', agent: false, headers: { cookie } });
    sent.end();
    const [response] = await once(sent, 'response');
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
    queueMicrotask(() => {
      for (const listener of listeners) {
        listener(batch(41));
        listener(batch(42, 'two\nlines'));
      }
    });
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (pattern.test(text)) break;
    }
    sent.destroy();
    return text;
  }

  test('come as numbered batches, to every reader', async () => {
    const texts = await Promise.all([read(/"sequence":42.*\n\n/), read(/"sequence":42.*\n\n/)]);
    for (const text of texts) {
      expect(text).toContain(`id: 41\ndata: ${JSON.stringify(batch(41))}\n\n`);
      expect(text).toContain(`id: 42\ndata: ${JSON.stringify(batch(42, 'two\nlines'))}\n\n`);
    }
  });

  test('a heartbeat tells that the connection is alive', async () => {
    expect(await read(/event: heartbeat\n/)).toContain('event: heartbeat\ndata:\n\n');
  });

  test('a reader that does not read is dropped, and may come back', async () => {
    const slow = connect(host.port, '127.0.0.1');
    slow.pause();
    slow.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nCookie: ${cookie}\r\n\r\n`);
    slow.on('error', () => {});
    const closed = once(slow, 'close');
    // Far more than every buffer in between takes.
    for (let count = 0; count < 60; count++) {
      for (const listener of listeners) listener(batch(count, 'x'.repeat(1_000_000)));
      await nextTurn();
    }
    // It reads what is left, and then the end of a connection that was not its own doing.
    slow.resume();
    await closed;
    expect(await read(/"sequence":42/)).toContain('id: 42');
  });
});

test('a port that is taken is an error with its code', async () => {
  await expect(createHttpHost({ receiver, pageFolder: folder.path, port: host.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('closing ends the readers, forgets the receiver and frees the port', async () => {
  const sent = request({ host: '127.0.0.1', port: host.port, path: '/events', agent: false, headers: { cookie } });
  sent.end();
  const [response] = await once(sent, 'response');
  const ended = once(response.resume(), 'end');
  await host.close();
  await ended;
  expect(listeners.size).toBe(0);
  host = await createHttpHost({ receiver, pageFolder: folder.path, port: host.port });
});
