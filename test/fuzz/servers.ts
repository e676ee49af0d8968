/** What listens, behind real sockets: a receiver and the server of the page. Afterwards they must be as well as before. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createHttpHost } from '#headless/http-host.ts';
import { openApplication } from '../support/open-receiver.ts';
import { startReceiver } from '../support/reception.ts';
import { echo } from '../support/scripted-peer.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import type { Target } from './run.ts';
import { CONVERSATIONS } from './targets.ts';

/** Milliseconds that an answer is waited for: a receiver has no word for half a PDU. */
const PATIENCE = 150;

/** Says all of it to a port, and gives what comes back within the patience. */
async function converse(port: number, words: Uint8Array, patience: number): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const heard: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => heard.push(chunk));
  const closed = once(socket, 'close');
  socket.end(words);
  const timer = setTimeout(() => socket.destroy(), patience);
  await closed;
  clearTimeout(timer);
  return Buffer.concat(heard);
}

/** A receiver on a socket: nothing but whole objects under final names. */
export async function receiverTarget(): Promise<Target> {
  const receiver = await startReceiver({ idleTimeout: 2, artimTimeout: 2 });
  const { port } = receiver;
  return {
    name: 'a receiver, on its socket',
    takes: 'bytes',
    seeds: CONVERSATIONS,
    parallel: 8,
    share: 0.1,
    run: async (input) => {
      const heard = await converse(port, input, PATIENCE);
      // The types of the PDUs that it has answered with, and the reasons of the last one.
      return heard.length === 0 ? 'nothing' : `${heard[0]} ${heard.length} ${heard.subarray(-2).toString('hex')}`;
    },
    after: async () => {
      await echo(port);
      receiver.archive();
    },
    close: () => receiver.stop(),
  };
}

/** The application behind the server of its page. Nothing but questions is asked of it: changes do not make others of them. */
export async function pageServerTarget(): Promise<Target> {
  const application = await openApplication();
  const folder = await createTempFolder('fuzz-page');
  await mkdir(folder.join('page'));
  await writeFile(folder.join('page/index.html'), '<title>page</title>');
  const { receiver } = application;
  const host = await createHttpHost({ receiver, pageFolder: folder.join('page'), port: 0 });
  const origin = `http://127.0.0.1:${host.port}`;
  const { search } = new URL(host.url);
  const cookie = (await fetch(`${origin}/${search}`, { redirect: 'manual' })).headers.getSetCookie()[0]!.split(';')[0]!;
  const head = (line: string, more: readonly string[] = []) =>
    [
      `${line} HTTP/1.1`,
      `Host: 127.0.0.1:${host.port}`,
      `Cookie: ${cookie}`,
      ...more,
      'Connection: close',
      '',
      '',
    ].join('\r\n');
  const ask = (name: string, body: unknown) => {
    const text = JSON.stringify(body);
    const headers = [`Origin: ${origin}`, 'Content-Type: application/json', `Content-Length: ${text.length}`];
    return Buffer.from(head(`POST /api/${name}`, headers) + text);
  };
  return {
    name: 'the server of the page, on its socket',
    takes: 'bytes',
    seeds: [
      Buffer.from(head('GET /')),
      Buffer.from(head('GET /frame/1/0', ['Range: bytes=0-9'])),
      Buffer.from(head('GET /health')),
      Buffer.from(head('GET /metrics', ['Authorization: Bearer x'])),
      ask('snapshot', {}),
      ask('studies-list', { offset: 0, limit: 10, search: 'a' }),
      ask('log-list', { limit: 5 }),
      ask('check-port', { port: 0 }),
    ],
    parallel: 8,
    share: 0.1,
    run: async (input) => {
      const heard = await converse(host.port, input, PATIENCE);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(heard.toString('latin1', 0, 20))?.[1];
      if (status === undefined && heard.length > 0) throw new Error(`that is no answer: ${heard.subarray(0, 40)}`);
      if (status === '500') throw new Error(`a mistake of ours: ${heard.subarray(0, 1000)}`);
      return status ?? 'nothing';
    },
    after: async () => {
      const answer = await fetch(`${origin}/health`);
      if (![200, 503].includes(answer.status)) throw new Error(`/health answers ${answer.status}`);
      await answer.json();
    },
    close: async () => {
      await host.close();
      await application.close();
      await application.host.remove();
      await folder.remove();
    },
  };
}
