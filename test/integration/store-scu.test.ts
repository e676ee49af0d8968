/** The requestor against a scripted acceptor: every answer at every split, every way to refuse, and every silence. */
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeResponse } from '#main/engine/dimse/command-set.ts';
import { ScuError, StoreScu, type StoreScuOptions } from '#main/engine/index.ts';
import {
  abort,
  associateRequest,
  bytes,
  commandSet,
  EXPLICIT_VR_LITTLE_ENDIAN,
  echoRequest,
  IMPLICIT_VR_LITTLE_ENDIAN,
  item,
  message,
  parseCommand,
  pdu,
  type RawPdu,
  releaseRequest,
  releaseResponse,
  uint32,
  VERIFICATION,
} from '../support/raw-pdu.ts';
import { type Script, type ScriptedAcceptor, startAcceptor } from '../support/scripted-acceptor.ts';
import { startTestReceiver } from '../support/test-receiver.ts';
import { freePort } from '../support/tools.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const CONTEXTS = [
  { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
  { abstractSyntax: CT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
];
const INSTANCE = {
  sopClassUid: CT,
  sopInstanceUid: '1.2.3.4',
  transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
  dataSet: Uint8Array.from({ length: 1000 }, (_, index) => index % 251),
};

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function acceptor(script: Script): Promise<ScriptedAcceptor> {
  const started = await startAcceptor(script);
  ends.push(started.stop);
  return started;
}

function options(port: number, more: Partial<StoreScuOptions> = {}): StoreScuOptions {
  return {
    host: '127.0.0.1',
    port,
    calledAeTitle: 'CALLED',
    callingAeTitle: 'CALLING',
    contexts: CONTEXTS,
    ...more,
  };
}

type ContextResults = readonly (readonly [id: number, result: number, transferSyntax: string])[];

function accept(
  contexts: ContextResults = [
    [1, 0, IMPLICIT_VR_LITTLE_ENDIAN],
    [3, 0, EXPLICIT_VR_LITTLE_ENDIAN],
  ],
  maximumLength = 16384,
): Buffer {
  return pdu(
    0x02,
    bytes(
      Buffer.from([0, 1, 0, 0]),
      Buffer.alloc(64, 0x20),
      item(0x10, '1.2.840.10008.3.1.1.1'),
      ...contexts.map(([id, result, uid]) => item(0x21, bytes(Buffer.from([id, 0, result, 0]), item(0x40, uid)))),
      item(0x50, bytes(item(0x51, uint32(maximumLength)), item(0x52, '1.2'))),
    ),
  );
}

/** The last command that came whole. */
function commandOf(received: RawPdu) {
  if (received.type !== 'P-DATA-TF') return undefined;
  const [first] = received.pdvs;
  return first?.command ? { contextId: first.contextId, ...parseCommand(first.value) } : undefined;
}

/** Accepts, answers C-ECHO and C-STORE with a status, and a release. */
function polite(status = 0, comment?: string): (received: RawPdu) => Buffer | undefined {
  let messageId = 0;
  let contextId = 0;
  const answer = (field: number) =>
    message(
      contextId,
      encodeResponse(
        { CommandField: field, MessageID: messageId, hasDataSet: false, AffectedSOPClassUID: CT },
        { status, ...(comment !== undefined && { comment }) },
      ),
    );
  return (received) => {
    if (received.type === 'A-ASSOCIATE-RQ') return accept();
    if (received.type === 'A-RELEASE-RQ') return releaseResponse();
    if (received.type !== 'P-DATA-TF') return undefined;
    const command = commandOf(received);
    if (command) {
      contextId = command.contextId;
      messageId += 1;
      return command.CommandField === 0x30 ? answer(0x30) : undefined;
    }
    return received.pdvs.at(-1)?.last ? answer(0x01) : undefined;
  };
}

async function failure(work: Promise<unknown>): Promise<ScuError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ScuError);
  return error as ScuError;
}

describe('a whole conversation', () => {
  test('says what it means to, in order', async () => {
    const peer = await acceptor(polite());
    const scu = await StoreScu.connect(options(peer.port));
    expect(scu.contexts.map(({ accepted, transferSyntax }) => [accepted, transferSyntax])).toEqual([
      [true, IMPLICIT_VR_LITTLE_ENDIAN],
      [true, EXPLICIT_VR_LITTLE_ENDIAN],
    ]);
    await scu.echo();
    await expect(scu.store(INSTANCE)).resolves.toEqual({ status: 0, meaning: 'success (0000H)' });
    expect(scu.ended).toBeUndefined();
    await scu.release();
    await peer.closed();
    expect(peer.pdus.map(({ type }) => type)).toEqual([
      'A-ASSOCIATE-RQ',
      'P-DATA-TF',
      'P-DATA-TF',
      'P-DATA-TF',
      'A-RELEASE-RQ',
    ]);
    const data = peer.pdus[3];
    expect(data?.type === 'P-DATA-TF' && data.pdvs).toEqual([
      { contextId: 3, command: false, last: true, value: Buffer.from(INSTANCE.dataSet) },
    ]);
    expect(await failure(scu.echo())).toMatchObject({ code: 'closed', message: 'The association has been released.' });
  });

  test('works however the answers are cut', async () => {
    const script = polite();
    const length = accept().length;
    let cut = 1;
    const cutting: Script = (received, socket) => {
      const answer = script(received);
      if (!answer) return undefined;
      const at = Math.min(cut, answer.length - 1);
      socket.write(answer.subarray(0, at));
      setImmediate(() => socket.write(answer.subarray(at)));
      return undefined;
    };
    const peer = await acceptor(cutting);
    for (; cut < length; cut += 1) {
      const scu = await StoreScu.connect(options(peer.port));
      await scu.release();
    }
    expect(peer.pdus).toHaveLength(2 * (length - 1));
  });

  test('works when the answers come byte by byte', async () => {
    const script = polite();
    const peer = await acceptor((received, socket) => {
      for (const byte of script(received) ?? []) socket.write(Uint8Array.of(byte));
      return undefined;
    });
    const scu = await StoreScu.connect(options(peer.port));
    await scu.echo();
    await scu.store(INSTANCE);
    await scu.release();
    expect(peer.pdus.at(-1)?.type).toBe('A-RELEASE-RQ');
  });

  test('sends in PDUs no longer than the peer takes', async () => {
    const script = polite();
    const peer = await acceptor((received) =>
      received.type === 'A-ASSOCIATE-RQ' ? accept(undefined, 206) : script(received),
    );
    const scu = await StoreScu.connect(options(peer.port));
    await scu.store(INSTANCE);
    const pdvs = peer.pdus.flatMap((received) => (received.type === 'P-DATA-TF' ? received.pdvs : []));
    const data = pdvs.filter(({ command }) => !command);
    expect(data.map(({ value, last }) => [value.length, last])).toEqual([
      ...Array.from({ length: 4 }, () => [200, false]),
      [200, true],
    ]);
    expect(Buffer.concat(data.map(({ value }) => value))).toEqual(Buffer.from(INSTANCE.dataSet));
    scu.abort();
    await peer.closed();
    expect(peer.pdus.at(-1)).toEqual({ type: 'A-ABORT', source: 0, reason: 0 });
    expect(scu.ended?.code).toBe('closed');
  });

  test('a warning is success with words', async () => {
    const peer = await acceptor(polite(0xb007, 'put aside'));
    const scu = await StoreScu.connect(options(peer.port));
    expect(await scu.store(INSTANCE)).toEqual({
      status: 0xb007,
      meaning: 'stored, but the data set does not match its SOP class (B007H)',
      comment: 'put aside',
    });
    await scu.release();
  });

  test('a release that both sides ask for at once is answered and ends well (PS3.8 Sta9, Sta11)', async () => {
    const peer = await acceptor((received) => {
      if (received.type === 'A-ASSOCIATE-RQ') return accept();
      if (received.type === 'A-RELEASE-RQ') return releaseRequest();
      if (received.type === 'A-RELEASE-RP') return releaseResponse();
      return undefined;
    });
    const scu = await StoreScu.connect(options(peer.port));
    await scu.release();
    expect(peer.pdus.map(({ type }) => type)).toEqual(['A-ASSOCIATE-RQ', 'A-RELEASE-RQ', 'A-RELEASE-RP']);
  });

  test('our own receiver stores what it sends', async () => {
    const receiver = await startTestReceiver();
    ends.push(receiver.stop);
    const scu = await StoreScu.connect(options(receiver.port));
    await scu.echo();
    const error = await failure(scu.store(INSTANCE));
    // These bytes are no data set; the association goes on.
    expect(error).toMatchObject({ code: 'status', details: { status: 0xc000 } });
    expect(error.details.comment).not.toBe('');
    await scu.echo();
    await scu.release();
    expect(receiver.connections.at(-1)?.data.state).toBe('released');
  });
});

describe('what is refused', () => {
  test.each([
    [[1, 1, 7], 'the called AE title is not one of its own: correct that title, or change it there'],
    [[1, 1, 3], 'it does not know the calling AE title: add that title to the ones it accepts'],
    [[1, 1, 1], 'it gives no reason: look into its log'],
    [[2, 3, 2], 'it has as many associations as it allows: try again later'],
    [[2, 3, 1], 'it is busy or short of space: try again later'],
    [[1, 2, 2], 'it does not support the protocol version'],
    [[1, 9, 9], 'it gives a reason that the standard does not know'],
  ] as const)('the association, with %j', async ([result, source, reason], words) => {
    const peer = await acceptor(() => pdu(0x03, Buffer.from([0, result, source, reason])));
    const error = await failure(StoreScu.connect(options(peer.port)));
    expect(error).toMatchObject({ code: 'rejected', details: { rejection: { result, source, reason } } });
    expect(error.message).toContain(`127.0.0.1:${peer.port} rejected the association: ${words}`);
    expect(error.message).toContain(`A-ASSOCIATE-RJ ${result}/${source}/${reason}`);
    await peer.closed();
  });

  test.each([
    [3, 'it does not accept this kind of object'],
    [4, 'it accepts this kind of object in no transfer syntax that was offered'],
    [2, 'it gives no reason'],
    [1, 'its user refused the context'],
    [77, 'its answer has no meaning'],
  ])('a context, with %i', async (result, words) => {
    const peer = await acceptor((received) =>
      received.type === 'A-ASSOCIATE-RQ'
        ? accept([
            [1, 0, IMPLICIT_VR_LITTLE_ENDIAN],
            [3, result, ''],
          ])
        : polite()(received),
    );
    const scu = await StoreScu.connect(options(peer.port));
    const error = await failure(scu.store(INSTANCE));
    expect(error).toMatchObject({ code: 'context-refused', details: { contextResult: result } });
    expect(error.message).toContain(`does not accept CT Image Storage: ${words}`);
    await scu.echo();
  });

  test('a context that is not answered, or with a transfer syntax that nobody offered', async () => {
    const peer = await acceptor(() => accept([[3, 0, '1.2.3']]));
    const scu = await StoreScu.connect(options(peer.port));
    expect((await failure(scu.store(INSTANCE))).code).toBe('context-refused');
    expect((await failure(scu.echo())).message).toContain('it does not answer the question');
  });

  test('a transfer syntax that was not negotiated, and a class that was not asked for', async () => {
    const peer = await acceptor(polite());
    const scu = await StoreScu.connect(options(peer.port));
    const other = { ...INSTANCE, transferSyntaxUid: IMPLICIT_VR_LITTLE_ENDIAN };
    expect((await failure(scu.store(other))).message).toContain(
      'accepts CT Image Storage in Explicit VR Little Endian only, not in Implicit VR Little Endian',
    );
    expect((await failure(scu.store({ ...INSTANCE, sopClassUid: '1.2.9' }))).message).toContain(
      'was not asked whether it accepts 1.2.9',
    );
  });

  test.each([
    [0xa700, 'it is out of resources: look for free space there (A700H)'],
    [0xa900, 'the data set does not match its SOP class (A900H)'],
    [0xc123, 'it cannot understand the object (C123H)'],
    [0x0124, 'the sender is not authorized: let it accept this sender (0124H)'],
    [0xfe00, 'it failed (FE00H)'],
  ])('an object, with %i', async (status, words) => {
    const peer = await acceptor(polite(status, 'a comment'));
    const scu = await StoreScu.connect(options(peer.port));
    const error = await failure(scu.store(INSTANCE));
    expect(error.message).toBe(`127.0.0.1:${peer.port} answered the C-STORE with a failure: ${words}.`);
    expect(error).toMatchObject({ code: 'status', details: { status, comment: 'a comment' } });
    await scu.release();
  });

  test('titles and contexts that cannot be encoded are our own mistake', async () => {
    const wrong = [{ calledAeTitle: '' }, { callingAeTitle: 'SEVENTEEN LETTERS' }, { calledAeTitle: 'Ä' }];
    for (const more of [...wrong, { contexts: Array.from({ length: 129 }, () => CONTEXTS[0]!) }]) {
      await expect(StoreScu.connect(options(1, more))).rejects.toThrow(RangeError);
    }
  });
});

describe('what goes wrong', () => {
  test('nothing listens', async () => {
    const port = await freePort();
    const error = await failure(StoreScu.connect(options(port)));
    expect(error.code).toBe('unreachable');
    expect(error.message).toBe(
      `127.0.0.1:${port} cannot be reached: nothing listens on this port. Check that the receiver runs, the port, and the firewall.`,
    );
  });

  test('there is no such host', async () => {
    const error = await failure(StoreScu.connect(options(104, { host: 'studyport.invalid' })));
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('Check the name');
  });

  test('it takes the connection and says nothing', async () => {
    const peer = await acceptor(() => undefined);
    const error = await failure(StoreScu.connect(options(peer.port, { connectTimeout: 500 })));
    expect(error.code).toBe('timed-out');
    expect(error.message).toContain('does not answer as a DICOM receiver. Check the port');
    await peer.closed();
    expect(peer.pdus.at(-1)).toEqual({ type: 'A-ABORT', source: 0, reason: 0 });
  });

  test('it closes the connection at once', async () => {
    const peer = await startAcceptor(
      () => undefined,
      (socket) => socket.destroy(),
    );
    ends.push(peer.stop);
    const error = await failure(StoreScu.connect(options(peer.port)));
    expect(error.code).toBe('closed');
    expect(error.message).toContain('closed the connection without an answer');
  });

  test('it does not answer a C-STORE', async () => {
    const peer = await acceptor((received) => (received.type === 'A-ASSOCIATE-RQ' ? accept() : undefined));
    const scu = await StoreScu.connect(options(peer.port, { responseTimeout: 50 }));
    const error = await failure(scu.store(INSTANCE));
    expect(error).toMatchObject({ code: 'timed-out', message: `127.0.0.1:${peer.port} has not answered in time.` });
    expect(await failure(scu.echo())).toBe(error);
  });

  test('it stops reading', async () => {
    const peer = await acceptor((received, socket) => {
      if (received.type === 'A-ASSOCIATE-RQ') return accept();
      socket.pause();
      return undefined;
    });
    const scu = await StoreScu.connect(options(peer.port, { responseTimeout: 100 }));
    const dataSet = new Uint8Array(64 * 1024 * 1024);
    expect((await failure(scu.store({ ...INSTANCE, dataSet }))).code).toBe('timed-out');
  });

  test('it answers before it has read everything, and then stops reading', async () => {
    const peer = await acceptor((received, socket) => {
      if (received.type === 'A-ASSOCIATE-RQ') return accept();
      const command = commandOf(received);
      if (!command) {
        socket.pause();
        return undefined;
      }
      return message(
        3,
        encodeResponse({ CommandField: 1, MessageID: 1, hasDataSet: false }, { status: 0xa700, comment: 'full' }),
      );
    });
    const scu = await StoreScu.connect(options(peer.port, { responseTimeout: 1000 }));
    const dataSet = new Uint8Array(64 * 1024 * 1024);
    expect(await failure(scu.store({ ...INSTANCE, dataSet }))).toMatchObject({ code: 'status' });
    expect(scu.ended).toMatchObject({ code: 'timed-out' });
  });

  test.each([
    [0, 0, 'its application gave up (A-ABORT 0/0)'],
    [2, 2, 'it received something that it did not expect (A-ABORT 2/2)'],
    [2, 9, 'its reason has no meaning (A-ABORT 2/9)'],
  ])('it aborts with %i/%i', async (source, reason, words) => {
    const peer = await acceptor((received) =>
      received.type === 'A-ASSOCIATE-RQ' ? accept() : received.type === 'P-DATA-TF' ? abort(source, reason) : undefined,
    );
    const scu = await StoreScu.connect(options(peer.port));
    const error = await failure(scu.store(INSTANCE));
    expect(error.code).toBe('aborted');
    expect(error.message).toContain(words);
    await peer.closed();
  });

  test('it closes the connection in the middle', async () => {
    const peer = await acceptor((received, socket) => {
      if (received.type === 'A-ASSOCIATE-RQ') return accept();
      socket.destroy();
      return undefined;
    });
    const scu = await StoreScu.connect(options(peer.port));
    expect(await failure(scu.store(INSTANCE))).toMatchObject({ code: 'closed' });
    expect(scu.ended?.message).toContain('was lost');
  });

  test('it releases on its own', async () => {
    const peer = await acceptor((received) => {
      if (received.type === 'A-ASSOCIATE-RQ') return accept();
      return received.type === 'P-DATA-TF' ? releaseRequest() : undefined;
    });
    const scu = await StoreScu.connect(options(peer.port));
    expect(await failure(scu.echo())).toMatchObject({ code: 'closed', message: expect.stringContaining('has ended') });
    await peer.closed();
    expect(peer.pdus.at(-1)?.type).toBe('A-RELEASE-RP');
  });

  const answerless = commandSet([
    [0x0100, 0x8030],
    [0x0120, 1],
    [0x0800, 0x0101],
  ]);
  const strange = encodeResponse({ CommandField: 0x30, MessageID: 99, hasDataSet: false }, { status: 0 });
  test.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'P-DATA-TF'],
    ['an acceptance that is cut off inside', pdu(0x02, Buffer.alloc(10)), 'A-ASSOCIATE-RQ'],
    ['data before the acceptance', message(1, answerless), 'A-ASSOCIATE-RQ'],
    ['a request of its own in place of an acceptance', associateRequest({ contexts: [] }), 'A-ASSOCIATE-RQ'],
    ['a release before the acceptance', releaseRequest(), 'A-ASSOCIATE-RQ'],
    ['the answer to a release before the acceptance', releaseResponse(), 'A-ASSOCIATE-RQ'],
    ['a second acceptance', accept(), 'P-DATA-TF'],
    ['a late rejection', pdu(0x03, Buffer.from([0, 1, 1, 1])), 'P-DATA-TF'],
    ['the answer to a release that nobody asked for', releaseResponse(), 'P-DATA-TF'],
    ['an answer without a status', message(1, answerless), 'P-DATA-TF'],
    ['an answer to another message', message(1, strange), 'P-DATA-TF'],
    ['a request of its own', message(1, echoRequest(1)), 'P-DATA-TF'],
  ])('it sends %s', async (_, answer, when) => {
    const peer = await acceptor((received) => {
      if (received.type === when) return answer;
      return received.type === 'A-ASSOCIATE-RQ' ? accept() : undefined;
    });
    const work = StoreScu.connect(options(peer.port)).then((scu) => scu.echo());
    const error = await failure(work);
    expect(error.code).toBe('protocol');
    await peer.closed();
    expect(peer.pdus.at(-1)).toMatchObject({ type: 'A-ABORT', source: 2 });
  });

  test('two requests at once are our own mistake', async () => {
    const peer = await acceptor(polite());
    const scu = await StoreScu.connect(options(peer.port));
    const first = scu.echo();
    await expect(scu.echo()).rejects.toThrow('one thing at a time');
    await first;
    await scu.release();
  });
});

test('after an abort the peer sees a closed connection', async () => {
  const peer = await acceptor(polite());
  const scu = await StoreScu.connect(options(peer.port));
  scu.abort();
  scu.abort();
  await peer.closed();
  expect(peer.pdus.filter(({ type }) => type === 'A-ABORT')).toHaveLength(1);
  const probe = connect(peer.port, '127.0.0.1');
  await new Promise((resolve) => probe.on('connect', resolve));
  probe.destroy();
});
