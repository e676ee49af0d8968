/**
 * Peers that are slow or silent, on real sockets. The cases run side by side, because one of them needs the whole minute
 * over which the minimum rate is measured.
 */
import { describe, test } from 'vitest';
import type { StoreScpOptions } from '#main/engine/index.ts';
import {
  abort,
  associateRequest,
  bytes,
  fragments,
  pData,
  pdv,
  releaseRequest,
  storeRequest,
} from '../support/raw-pdu.ts';
import { RawSender } from '../support/raw-sender.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import {
  archived,
  associate,
  CONTEXT,
  CONTEXTS,
  ctObject,
  goodStore,
  INSTANCE,
  nextAnswer,
  startTestReceiver,
  store,
  until,
} from '../support/test-receiver.ts';

const REQUEST = associateRequest({ contexts: CONTEXTS });
const DATA_SET = ctObject({ pixels: 4000 });
const STORE = storeRequest({ sopClassUid: CONTEXTS[0]!.abstractSyntax, sopInstanceUid: INSTANCE });
const [COMMAND] = fragments(CONTEXT.explicit, true, STORE);
const beginning = (length: number) => bytes(COMMAND!, firstData(length));
const firstData = (length: number) =>
  pData(pdv(CONTEXT.explicit, DATA_SET.subarray(0, length), { command: false, last: false }));

type Finish = (cleanUp: () => Promise<void>) => void;

async function start(onTestFinished: Finish, options: Partial<StoreScpOptions>) {
  const receiver = await startTestReceiver(options);
  onTestFinished(receiver.stop);
  return receiver;
}

async function connected(onTestFinished: Finish, peer: Promise<ScriptedPeer>): Promise<ScriptedPeer> {
  const open = await peer;
  onTestFinished(() => open.close());
  return open;
}

describe.concurrent('before an association: ARTIM on total time closes without a PDU', () => {
  test.for<readonly [string, (peer: ScriptedPeer) => unknown]>([
    ['connects and says nothing', () => undefined],
    ['three bytes of a PDU header', (peer) => peer.send(REQUEST.subarray(0, 3))],
    ['all but the last byte of a request', (peer) => peer.send(REQUEST.subarray(0, -1))],
    // Not awaited: it goes on for much longer than the time-out.
    ['a byte now and then', (peer) => void peer.send(REQUEST, { chunk: 1, pause: 100 }).catch(() => {})],
  ])('%s', async ([, behave], { expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { artimTimeout: 1, idleTimeout: 3600 });
    const peer = await connected(onTestFinished, ScriptedPeer.connect(receiver.port));
    await behave(peer);
    // Which of the two depends on whether the peer was just sending.
    expect(await peer.expectClose(20_000)).toMatch(/closed|reset/);
    await until(() => receiver.connections.length > 0, 'it is reported');
    expect(receiver.connections).toMatchObject([
      { data: { state: 'aborted', code: 'no-association', reason: 'no association request came in time' } },
    ]);
    await echo(receiver.port);
  });
});

describe.concurrent('a peer that does not close at the end is closed by ARTIM', () => {
  test.for<readonly [string, boolean, Uint8Array, string]>([
    ['after A-RELEASE-RP', true, releaseRequest(), 'A-RELEASE-RP'],
    ['after our A-ABORT', true, Buffer.of(0xff), 'A-ABORT 2/1'],
    [
      'after A-ASSOCIATE-RJ',
      false,
      associateRequest({ contexts: CONTEXTS, protocolVersion: 2 }),
      'A-ASSOCIATE-RJ 1/2/2',
    ],
    ['after garbage before the association', false, Buffer.of(0xff), 'A-ABORT 0/0'],
  ])('%s', async ([, established, send, answer], { expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { artimTimeout: 1 });
    const peer = await connected(
      onTestFinished,
      established ? associate(receiver.port) : ScriptedPeer.connect(receiver.port),
    );
    await peer.send(send);
    expect(await nextAnswer(peer)).toBe(answer);
    expect(await peer.expectClose(20_000)).toBe('closed');
    await echo(receiver.port);
  });

  test('and one that has sent A-ABORT is closed at once', async ({ expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { artimTimeout: 3600 });
    const peer = await connected(onTestFinished, associate(receiver.port));
    await peer.send(abort());
    expect(await peer.expectClose()).toBe('closed');
  });
});

describe.concurrent('in an association: the idle time-out answers A-ABORT 2/0', () => {
  test.for<readonly [string, Uint8Array, boolean]>([
    ['silence after the association', Buffer.alloc(0), false],
    ['silence after a part of a command', COMMAND!.subarray(0, 40), false],
    ['silence inside a PDU of an object', beginning(3000).subarray(0, -500), true],
    ['silence between the PDUs of an object', beginning(3000), true],
    ['silence inside the header of an object', beginning(60), true],
  ])('%s', async ([, send, inObject], { expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { idleTimeout: 1, fsync: true });
    const peer = await connected(onTestFinished, associate(receiver.port));
    await peer.send(send);
    expect(await nextAnswer(peer)).toBe('A-ABORT 2/0');
    peer.end();
    expect(await peer.expectClose()).toBe('closed');
    await until(() => receiver.connections.length > 1, 'the end is reported');
    expect(receiver.connections.at(-1)).toMatchObject({
      data: { state: 'aborted', code: 'aborted-by-us', reason: 'nothing came for 1 seconds' },
    });
    expect(receiver.errors.map(({ data: { code } }) => code)).toEqual(inObject ? ['incomplete'] : []);
    expect(receiver.files()).toEqual([]);
    await echo(receiver.port);
  });

  test('a peer that says something now and then is not idle', async ({ expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { idleTimeout: 2 });
    const peer = await connected(onTestFinished, associate(receiver.port));
    await peer.send(goodStore(), { chunk: 300, pause: 700 });
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #99');
    await peer.release();
  });

  test('a slow onBeforeStore or a slow disk is not the fault of the peer', async ({ expect, onTestFinished }) => {
    const receiver = await startTestReceiver({
      idleTimeout: 0.3,
      extractTags: ['PatientID'],
      prepare: (scp) =>
        scp.onBeforeStore(async (tags) => {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          return tags;
        }),
    });
    onTestFinished(receiver.stop);
    const peer = await connected(onTestFinished, associate(receiver.port));
    await peer.send(store(DATA_SET));
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
    await peer.release();
  });
});

describe.concurrent('the minimum rate, over its real minute', () => {
  test('a byte every two seconds inside P-DATA: A-ABORT 2/0', { timeout: 120_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const receiver = await start(onTestFinished, {});
    const peer = await connected(onTestFinished, associate(receiver.port));
    await peer.send(beginning(3000).subarray(0, -2500));
    void peer.send(DATA_SET.subarray(0, 60), { chunk: 1, pause: 2000 }).catch(() => {});
    expect(await nextAnswer(peer, 100_000)).toBe('A-ABORT 2/0');
    await until(() => receiver.connections.length > 1, 'the end is reported');
    expect(receiver.connections.at(-1)).toMatchObject({
      data: { reason: 'less than 1024 bytes a second came for 60 seconds' },
    });
    expect(receiver.errors).toMatchObject([{ data: { code: 'incomplete' } }]);
    expect(receiver.files()).toEqual([]);
    await echo(receiver.port);
  });

  test('with minimumRate 0 the same peer may go on', { timeout: 120_000 }, async ({ expect, onTestFinished }) => {
    const receiver = await start(onTestFinished, { minimumRate: 0 });
    const peer = await connected(onTestFinished, associate(receiver.port));
    const whole = bytes(COMMAND!, ...fragments(CONTEXT.explicit, false, DATA_SET));
    await peer.send(whole.subarray(0, -32));
    await peer.send(whole.subarray(-32), { chunk: 1, pause: 2000 });
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #1');
    await peer.release();
    expect(receiver.files()).toEqual([archived()]);
  });
});

describe.concurrent('nobody else notices', () => {
  test('ten malformed, half-open and idle peers beside good senders', { timeout: 60_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const receiver = await start(onTestFinished, {});
    const { port } = receiver;
    const nuisances: ((peer: ScriptedPeer) => Promise<unknown>)[] = [
      async () => undefined,
      (peer) => peer.send(REQUEST.subarray(0, 3)),
      (peer) => peer.send(REQUEST, { chunk: 1, pause: 50 }),
      (peer) => peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      (peer) => peer.send(bytes(REQUEST, Buffer.alloc(5000, 0xff))),
      (peer) => peer.send(bytes(REQUEST, beginning(3000))),
      (peer) => peer.send(bytes(REQUEST, beginning(3000).subarray(0, -100))),
      (peer) => peer.send(bytes(REQUEST, store(Buffer.alloc(100_000, 0xa5)))),
      async (peer) => {
        await peer.send(bytes(REQUEST, beginning(3000)));
        peer.end();
      },
      async (peer) => {
        await peer.send(bytes(REQUEST, beginning(3000)));
        await peer.reset();
      },
    ];
    for (const nuisance of nuisances) {
      const peer = await connected(onTestFinished, ScriptedPeer.connect(port, { timeout: 60_000 }));
      void nuisance(peer).catch(() => {});
    }
    const statuses = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const sender = await RawSender.connect({ port, contexts: CONTEXTS });
        const seen: number[] = [];
        for (let index = 0; index < 40; index++) {
          const sopInstanceUid = `1.2.3.${number}.${index}`;
          seen.push(
            await sender.store({
              sopClassUid: CONTEXTS[0]!.abstractSyntax,
              transferSyntaxUid: CONTEXTS[0]!.transferSyntaxes[0]!,
              sopInstanceUid,
              dataSet: ctObject({ sopInstanceUid, pixels: 50_000 }),
            }),
          );
        }
        await sender.release();
        return seen;
      }),
    );
    expect(new Set(statuses.flat())).toEqual(new Set([0]));
    const expected = [1, 2, 3].flatMap((number) =>
      Array.from({ length: 40 }, (_, index) => archived(`1.2.3.${number}.${index}`)),
    );
    expect(receiver.files().filter((name) => !name.startsWith('.incoming/'))).toEqual(expected.sort());
    await echo(port);
  });
});
