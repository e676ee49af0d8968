import { describe, expect, test } from 'vitest';
import { createGate, createToken, type Decision, decide, isToken, type RequestFacts } from '#headless/access.ts';

const TOKEN = createToken();
const gate = createGate(TOKEN, 11180);
const cookie = `${gate.cookieName}=${gate.cookieValue}`;

const page: RequestFacts = {
  method: 'GET',
  target: '/',
  host: '127.0.0.1:11180',
  origin: undefined,
  cookie,
  contentType: undefined,
  fetchSite: undefined,
};
const command: RequestFacts = {
  ...page,
  method: 'POST',
  target: '/api/snapshot',
  origin: 'http://127.0.0.1:11180',
  contentType: 'application/json',
};
const refused = (status: number, code: string) => ({ kind: 'refuse', status, code });

describe('the token', () => {
  test('has 256 bits, is new every time and is recognised by its form', () => {
    expect(Buffer.from(TOKEN, 'base64url')).toHaveLength(32);
    expect(createToken()).not.toBe(TOKEN);
    expect(isToken(TOKEN)).toBe(true);
    for (const text of ['', 'short', `${TOKEN}x`, `${TOKEN.slice(1)}%`]) expect(isToken(text)).toBe(false);
  });

  test('is exchanged for a cookie, which is not the token and is named by the port', () => {
    expect(decide({ ...page, cookie: undefined, target: `/?token=${TOKEN}` }, gate)).toEqual({ kind: 'exchange' });
    expect(gate.cookieName).toBe('studyport-11180');
    expect(gate.cookieValue).not.toContain(TOKEN);
    expect(createGate(TOKEN, 11180)).toEqual(gate);
    expect(createGate(createToken(), 11180).cookieValue).not.toBe(gate.cookieValue);
  });

  test.each([
    ['is missing', '/'],
    ['is empty', '/?token='],
    ['is wrong', `/?token=${createToken()}`],
    ['is only begun', `/?token=${TOKEN.slice(0, -1)}`],
    ['goes on', `/?token=${TOKEN}A`],
    ['is given for another path', `/index.html?token=${TOKEN}`],
    ['is given for a command', `/api/snapshot?token=${TOKEN}`],
  ])('opens nothing when it %s', (_, target) => {
    expect(decide({ ...page, cookie: undefined, target }, gate)).toEqual(refused(401, 'no-token'));
  });

  test('is refused when it is wrong, even with a cookie', () => {
    expect(decide({ ...page, target: '/?token=wrong' }, gate)).toEqual(refused(401, 'no-token'));
  });
});

describe('the cookie', () => {
  test.each([
    ['none', undefined],
    ['the token itself', `${gate.cookieName}=${TOKEN}`],
    ['that of another port', `studyport-11181=${gate.cookieValue}`],
    ['an empty one', `${gate.cookieName}=`],
    ['a name without a value', gate.cookieName],
    ['a longer one', `${cookie}A`],
  ])('%s opens nothing', (_, wrong) => {
    for (const request of [
      page,
      command,
      { ...page, target: '/events' },
      { ...page, target: '/frame/1/0' },
      { ...page, target: '/favicon.ico' },
      { ...page, target: '/nothing' },
    ]) {
      expect(decide({ ...request, cookie: wrong }, gate)).toEqual(refused(401, 'no-token'));
    }
  });

  test('is kept back when another site leads here: the page is asked for again, and nothing else is', () => {
    const led = { ...page, cookie: undefined, fetchSite: 'cross-site' };
    expect(decide(led, gate)).toEqual({ kind: 'come-again' });
    for (const again of [
      { ...led, fetchSite: 'same-origin' },
      { ...led, fetchSite: 'none' },
      { ...led, target: '/index.html' },
      { ...led, target: '/events' },
      { ...led, method: 'POST' },
    ]) {
      expect(decide(again, gate)).toEqual(refused(401, 'no-token'));
    }
  });

  test('is found among others, and among others of its name', () => {
    expect(decide({ ...page, cookie: `a=b; ${gate.cookieName}=old; ${cookie}; c` }, gate).kind).toBe('file');
  });
});

describe('the Host header', () => {
  test.each([
    undefined,
    '',
    '127.0.0.1',
    '127.0.0.1:80',
    'localhost',
    'evil.example:11180',
    '127.0.0.1:11180.evil',
    '[::1]:11180',
    '0.0.0.0:11180',
    '127.0.0.1:11180@evil',
  ])('%s is refused whatever else is right', (host) => {
    for (const request of [page, command, { ...page, target: `/?token=${TOKEN}` }]) {
      expect(decide({ ...request, host }, gate)).toEqual(refused(403, 'host-refused'));
    }
  });

  test('localhost and letters of any case are the same machine', () => {
    expect(decide({ ...page, host: 'LocalHost:11180' }, gate).kind).toBe('file');
    expect(decide({ ...command, host: 'localhost:11180', origin: 'http://localhost:11180' }, gate).kind).toBe(
      'command',
    );
  });
});

describe('a command', () => {
  test('passes with everything right', () => {
    expect(decide(command, gate)).toEqual({ kind: 'command', name: 'snapshot' });
    expect(decide({ ...command, contentType: 'application/json; charset=utf-8' }, gate).kind).toBe('command');
  });

  test.each([
    undefined,
    'null',
    'http://evil.example',
    'http://127.0.0.1:11181',
    'http://127.0.0.1',
    'https://127.0.0.1:11180',
    'http://localhost:11180',
    'http://127.0.0.1:11180.evil.example',
  ])('from origin %s is refused', (origin) => {
    expect(decide({ ...command, origin }, gate)).toEqual(refused(403, 'origin-refused'));
  });

  test.each([
    undefined,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain; application/json',
    'application/json-patch+json',
    'application/json; charset=latin1',
  ])('as %s is refused', (contentType) => {
    expect(decide({ ...command, contentType }, gate)).toEqual(refused(415, 'json-needed'));
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('by %s is refused', (method) => {
    expect(decide({ ...command, method }, gate)).toEqual(refused(405, 'method-refused'));
  });

  test.each(['/api/', '/api/Snapshot', '/api/a/b', '/api/__proto__', '/api/%73napshot', `/api/${'a'.repeat(61)}`])(
    'at %s is none',
    (target) => {
      expect(decide({ ...command, target }, gate)).toEqual(refused(404, 'not-found'));
    },
  );
});

describe('events, frames and values', () => {
  const targets: [string, Decision][] = [
    ['/events', { kind: 'events' }],
    ['/frame/7/0', { kind: 'bytes', pathname: '/frame/7/0' }],
    ['/value/7/00091010?x=1', { kind: 'bytes', pathname: '/value/7/00091010' }],
  ];
  test.each(targets)('%s passes for our own page', (target, decision) => {
    expect(decide({ ...page, target }, gate)).toEqual(decision);
    expect(decide({ ...page, target, fetchSite: 'same-origin', origin: 'http://127.0.0.1:11180' }, gate)).toEqual(
      decision,
    );
  });

  test.each(targets)('%s is refused to a page of another port or site', (target) => {
    for (const wrong of [
      { fetchSite: 'same-site' },
      { fetchSite: 'cross-site' },
      { origin: 'http://127.0.0.1:9' },
      { origin: 'null' },
    ]) {
      expect(decide({ ...page, target, ...wrong }, gate)).toEqual(refused(403, 'origin-refused'));
    }
  });
});

describe('files', () => {
  test.each([
    ['/', 'index.html'],
    ['/?a=b', 'index.html'],
    ['/assets/index-abc.js', 'assets/index-abc.js'],
    ['/favicon.ico', 'favicon.ico'],
  ])('%s is %s', (target, file) => {
    expect(decide({ ...page, target }, gate)).toEqual({ kind: 'file', file });
  });

  test.each(['POST', 'PUT', 'DELETE', 'TRACE'])('are not there for %s', (method) => {
    expect(decide({ ...page, method }, gate)).toEqual(refused(405, 'method-refused'));
  });

  test.each(['*', 'http://127.0.0.1:11180/', 'index.html', ''])('target %s is no path', (target) => {
    expect(decide({ ...page, target }, gate)).toEqual(refused(400, 'bad-request'));
  });
});
