/** One association over a pair of streams in memory: states, timers, and what the user is told. */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  AssociationEnd,
  AssociationLimits,
  AssociationUser,
  RequestAnswer,
} from '#main/engine/upper-layer/association.ts';
import { Association } from '#main/engine/upper-layer/association.ts';
import { ProtocolError, rejection } from '#main/engine/upper-layer/errors.ts';
import type { AAssociateRq, PdvFragment } from '#main/engine/upper-layer/pdu.ts';
import {
  abort,
  associateRequest,
  bytes,
  PduSplitter,
  pData,
  pdu,
  pdv,
  type RawPdu,
  releaseRequest,
  releaseResponse,
} from '../../../../support/raw-pdu.ts';

const LIMITS: AssociationLimits = {
  maxPDataLength: 4096,
  artimTimeout: 30,
  idleTimeout: 60,
  minimumRate: 1024,
  rateWindow: 60,
};
const REQUEST = associateRequest({ contexts: [], maxPdu: 16 });
const ACCEPT_PDU = pdu(0x02, Buffer.alloc(70));
const data = (text: string, last = true) => pData(pdv(1, Buffer.from(text), { command: false, last }));

const accept = (request: AAssociateRq): RequestAnswer => ({
  contexts: [],
  accept: {
    type: 'A-ASSOCIATE-AC',
    titlesAsReceived: request.titlesAsReceived,
    presentationContexts: [],
    userInformation: {
      maximumLength: 4096,
      implementationClassUid: '1.2',
      implementationVersionName: 'T',
      roleSelections: [],
      extendedNegotiations: [],
    },
  },
});

/** A user that records what it is told; a test replaces what it needs. */
class TestUser implements AssociationUser {
  readonly fragments: string[] = [];
  readonly ends: AssociationEnd[] = [];
  insideMessage = false;
  judge: (request: AAssociateRq) => Promise<RequestAnswer> = async (request) => accept(request);
  take: (fragment: PdvFragment) => Promise<void> | undefined = () => undefined;

  request(request: AAssociateRq): Promise<RequestAnswer> {
    return this.judge(request);
  }

  fragment(fragment: PdvFragment): Promise<void> | undefined {
    this.fragments.push(Buffer.from(fragment.value).toString());
    return this.take(fragment);
  }

  ended(end: AssociationEnd): void {
    this.ends.push(end);
  }
}

/** The peer's side: what it has been sent, and a way to send. */
class Setup {
  readonly user = new TestUser();
  readonly pdus: RawPdu[] = [];
  readonly ours: Duplex;
  readonly theirs: Duplex;
  readonly association: Association;
  readonly run: Promise<void>;
  finished = false;

  constructor(limits: Partial<AssociationLimits> = {}) {
    [this.ours, this.theirs] = duplexPair();
    const splitter = new PduSplitter();
    this.theirs.on('data', (chunk: Buffer) => this.pdus.push(...splitter.push(chunk)));
    this.association = new Association(this.ours, { ...LIMITS, ...limits }, this.user);
    this.run = this.association.run().finally(() => {
      this.finished = true;
    });
    this.run.catch(() => {});
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    this.theirs.write(bytes(...parts));
    await seconds(0);
  }

  /** What came since the last time: `A-ABORT 2/6`, `A-ASSOCIATE-RJ 1/1/3`. */
  answers(): string[] {
    return this.pdus.splice(0).map((answer) => {
      if (answer.type === 'A-ABORT') return `A-ABORT ${answer.source}/${answer.reason}`;
      if (answer.type === 'A-ASSOCIATE-RJ') return `A-ASSOCIATE-RJ ${answer.result}/${answer.source}/${answer.reason}`;
      return answer.type;
    });
  }

  async establish(): Promise<this> {
    await this.send(REQUEST);
    expect(this.answers()).toEqual(['A-ASSOCIATE-AC']);
    expect(this.association.established).toBe(true);
    return this;
  }

  /** The connection has been given up and the user has heard of it once. */
  async expectOver(): Promise<void> {
    await seconds(0);
    expect(this.ours.destroyed).toBe(true);
    expect(this.finished).toBe(true);
    expect(this.association.signal.aborted).toBe(true);
    expect(this.user.ends).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  }
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1000);
  // A stream needs a few turns to carry bytes over and back.
  for (let turn = 0; turn < 5; turn++) await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the life of an association', () => {
  test('request, data, release, close', async () => {
    const setup = await new Setup().establish();
    await setup.send(data('one', false), data('two'));
    expect(setup.user.fragments).toEqual(['one', 'two']);
    await setup.send(releaseRequest());
    expect(setup.answers()).toEqual(['A-RELEASE-RP']);
    expect(setup.user.ends).toEqual([{ kind: 'released' }]);
    expect(setup.finished).toBe(false);
    setup.theirs.end();
    await setup.expectOver();
  });

  test('a peer that does not close after the release is cut off by ARTIM', async () => {
    const setup = await new Setup().establish();
    await setup.send(releaseRequest());
    await seconds(29);
    expect(setup.finished).toBe(false);
    await seconds(1);
    expect(setup.answers()).toEqual(['A-RELEASE-RP']);
    await setup.expectOver();
  });

  test('a refused request', async () => {
    const setup = new Setup();
    const refused = rejection('calling-ae-title-not-recognized', 'who are you');
    setup.user.judge = async () => ({ reject: refused });
    await setup.send(REQUEST);
    expect(setup.answers()).toEqual(['A-ASSOCIATE-RJ 1/1/3']);
    expect(setup.user.ends).toEqual([{ kind: 'rejected', rejection: refused }]);
    expect(setup.association.established).toBe(false);
    await seconds(30);
    await setup.expectOver();
  });

  test('the whole life in one chunk', async () => {
    const setup = new Setup();
    await setup.send(REQUEST, data('all at once'), releaseRequest());
    expect(setup.answers()).toEqual(['A-ASSOCIATE-AC', 'A-RELEASE-RP']);
    expect(setup.user.fragments).toEqual(['all at once']);
  });

  test('A-ABORT of the peer', async () => {
    const setup = await new Setup().establish();
    await setup.send(abort(0, 0));
    expect(setup.answers()).toEqual([]);
    expect(setup.user.ends).toEqual([{ kind: 'aborted', by: 'peer', reason: 'A-ABORT 0/0' }]);
    await setup.expectOver();
  });

  test('a connection that is closed, before the request and after', async () => {
    const before = new Setup();
    before.theirs.end();
    await seconds(0);
    expect(before.user.ends).toEqual([{ kind: 'no-association', reason: 'the connection was closed' }]);
    await before.expectOver();
    const after = await new Setup().establish();
    after.theirs.end();
    await seconds(0);
    expect(after.user.ends).toEqual([{ kind: 'aborted', by: 'connection', reason: 'the connection was lost' }]);
    await after.expectOver();
  });

  test('a connection that breaks is no error of ours', async () => {
    const setup = await new Setup().establish();
    setup.ours.destroy(new Error('ECONNRESET'));
    await seconds(0);
    expect(setup.user.ends).toMatchObject([{ kind: 'aborted', by: 'connection' }]);
    await setup.expectOver();
    await setup.run;
  });
});

describe('before an association (Sta2)', () => {
  test.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['one byte that is no PDU type', Buffer.of(0x47)],
    ['A-ASSOCIATE-AC', ACCEPT_PDU],
    ['A-ASSOCIATE-RJ', pdu(0x03, Buffer.alloc(4))],
    ['P-DATA-TF', data('x')],
    ['P-DATA-TF of length 0', pdu(0x04, Buffer.alloc(0))],
    ['A-RELEASE-RQ', releaseRequest()],
    ['A-RELEASE-RP', releaseResponse()],
    ['A-ASSOCIATE-RQ of ten bytes', pdu(0x01, Buffer.alloc(10))],
    ['A-ASSOCIATE-RQ of length FFFFFFFFH', pdu(0x01, Buffer.alloc(0), { length: 0xffffffff })],
  ])('%s: A-ABORT 0/0, then ARTIM', async (_, bytesOfIt) => {
    const setup = new Setup();
    await setup.send(bytesOfIt);
    expect(setup.answers()).toEqual(['A-ABORT 0/0']);
    expect(setup.user.ends).toMatchObject([{ kind: 'no-association' }]);
    await seconds(29.9);
    expect(setup.finished).toBe(false);
    await seconds(0.1);
    expect(setup.answers()).toEqual([]);
    expect(setup.user.fragments).toEqual([]);
    await setup.expectOver();
  });

  test('A-ABORT: closed without a word', async () => {
    const setup = new Setup();
    await setup.send(abort());
    expect(setup.answers()).toEqual([]);
    expect(setup.user.ends).toEqual([{ kind: 'no-association', reason: 'A-ABORT 0/0' }]);
    await setup.expectOver();
  });

  test('silence: ARTIM closes without a PDU', async () => {
    const setup = new Setup();
    await seconds(29.9);
    expect(setup.finished).toBe(false);
    await seconds(0.1);
    expect(setup.answers()).toEqual([]);
    expect(setup.user.ends).toEqual([{ kind: 'no-association', reason: 'no association request came in time' }]);
    await setup.expectOver();
  });

  test('ARTIM counts total time: a byte now and then does not help', async () => {
    const setup = new Setup({ artimTimeout: 10 });
    for (let at = 0; at < 5; at++) {
      await setup.send(REQUEST.subarray(at, at + 1));
      await seconds(2);
    }
    expect(setup.answers()).toEqual([]);
    await setup.expectOver();
  });

  test('ARTIM stops with the request, however long judging takes (AE-6)', async () => {
    const setup = new Setup();
    const { promise, resolve } = Promise.withResolvers<void>();
    setup.user.judge = async (request) => {
      await promise;
      return accept(request);
    };
    await setup.send(REQUEST);
    await seconds(45);
    expect(setup.finished).toBe(false);
    resolve();
    await seconds(0);
    expect(setup.answers()).toEqual(['A-ASSOCIATE-AC']);
  });
});

describe('while the request is judged (Sta3)', () => {
  const judging = () => {
    const setup = new Setup();
    const { promise, resolve } = Promise.withResolvers<void>();
    setup.user.judge = async (request) => {
      await promise;
      return accept(request);
    };
    return { setup, resolve };
  };

  test('what the peer sends waits for the answer', async () => {
    const { setup, resolve } = judging();
    await setup.send(REQUEST, data('early'));
    expect(setup.user.fragments).toEqual([]);
    resolve();
    await seconds(0);
    expect(setup.answers()).toEqual(['A-ASSOCIATE-AC']);
    expect(setup.user.fragments).toEqual(['early']);
  });

  test('our abort wins over the answer', async () => {
    const { setup, resolve } = judging();
    await setup.send(REQUEST);
    setup.association.abort('not-specified', 'the receiver stops', 0);
    await seconds(0);
    expect(setup.user.ends, 'told while its own judging is going on').toEqual([]);
    resolve();
    await seconds(0);
    expect(setup.answers()).toEqual(['A-ABORT 0/0']);
    expect(setup.user.ends).toEqual([{ kind: 'aborted', by: 'us', reason: 'the receiver stops' }]);
  });

  test('a peer that is gone gets no answer, and the user hears of it', async () => {
    const { setup, resolve } = judging();
    await setup.send(REQUEST);
    setup.ours.destroy();
    await seconds(0);
    expect(setup.association.signal.aborted).toBe(true);
    resolve();
    await seconds(0);
    expect(setup.answers()).toEqual([]);
    await setup.expectOver();
  });
});

describe('in an association (Sta6)', () => {
  test.each([
    ['a second A-ASSOCIATE-RQ', REQUEST, 2],
    ['A-ASSOCIATE-AC', ACCEPT_PDU, 2],
    ['A-ASSOCIATE-RJ', pdu(0x03, Buffer.alloc(4)), 2],
    ['A-RELEASE-RP', releaseResponse(), 2],
    ['an unknown PDU type', Buffer.of(0x08), 1],
    ['P-DATA-TF of length 0', pdu(0x04, Buffer.alloc(0)), 6],
    ['P-DATA-TF of length FFFFFFFFH', pdu(0x04, Buffer.alloc(0), { length: 0xffffffff }), 6],
    ['P-DATA-TF one byte too long', pdu(0x04, Buffer.alloc(0), { length: 4097 }), 6],
    ['a PDV of length 1', pData(Buffer.of(0, 0, 0, 1, 1, 3)), 6],
    ['a PDV beyond its PDU', pData(pdv(1, Buffer.alloc(1), { command: true, last: true, length: 99 })), 6],
  ])('%s: A-ABORT 2/x, what follows is ignored, ARTIM closes', async (_, bytesOfIt, reason) => {
    const setup = await new Setup().establish();
    await setup.send(data('before'), bytesOfIt, data('after'), releaseRequest());
    expect(setup.answers()).toEqual([`A-ABORT 2/${reason}`]);
    expect(setup.user.fragments).toEqual(['before']);
    expect(setup.user.ends).toMatchObject([{ kind: 'aborted', by: 'us' }]);
    await setup.send(data('later'));
    await seconds(30);
    expect(setup.user.fragments).toEqual(['before']);
    expect(setup.answers()).toEqual([]);
    await setup.expectOver();
  });

  test.each(['throws', 'rejects'])('a user that %s a ProtocolError: A-ABORT with its reason', async (how) => {
    const setup = await new Setup().establish();
    const problem = new ProtocolError('unexpected-parameter', 'data came where a command was due');
    setup.user.take = () => {
      if (how === 'throws') throw problem;
      return Promise.reject(problem);
    };
    await setup.send(data('bad'), data('never seen'));
    expect(setup.answers()).toEqual(['A-ABORT 2/5']);
    expect(setup.user.fragments).toEqual(['bad']);
    expect(setup.user.ends).toEqual([{ kind: 'aborted', by: 'us', reason: problem.message }]);
  });

  test.each(['throws', 'rejects'])(
    'a user that %s anything else ends this association, and run says so',
    async (how) => {
      const setup = await new Setup().establish();
      setup.user.take = () => {
        if (how === 'throws') throw new TypeError('our own mistake');
        return Promise.reject(new TypeError('our own mistake'));
      };
      await setup.send(data('x'));
      await expect(setup.run).rejects.toThrow('our own mistake');
      await setup.expectOver();
    },
  );

  test('a promise of the user holds back everything that follows', async () => {
    const setup = await new Setup().establish();
    const { promise, resolve } = Promise.withResolvers<void>();
    setup.user.take = () => promise;
    await setup.send(data('one'), data('two'), releaseRequest());
    expect(setup.user.fragments).toEqual(['one']);
    expect(setup.answers()).toEqual([]);
    resolve();
    await seconds(0);
    expect(setup.user.fragments).toEqual(['one', 'two']);
    expect(setup.answers()).toEqual(['A-RELEASE-RP']);
  });

  test('the user hears of a lost connection only after its own work has settled', async () => {
    const setup = await new Setup().establish();
    const { promise, resolve } = Promise.withResolvers<void>();
    setup.user.take = () => promise;
    await setup.send(data('one'));
    setup.ours.destroy();
    await seconds(0);
    expect(setup.association.signal.aborted).toBe(true);
    expect(setup.user.ends).toEqual([]);
    resolve();
    await setup.expectOver();
  });

  test('a response goes out in PDUs that the peer takes; afterwards nothing is sent', async () => {
    const setup = await new Setup().establish();
    setup.association.send(1, Buffer.alloc(25));
    await seconds(0);
    expect(setup.answers()).toEqual(['P-DATA-TF', 'P-DATA-TF', 'P-DATA-TF']);
    await setup.send(releaseRequest());
    setup.association.send(1, Buffer.alloc(25));
    setup.association.abort('not-specified', 'too late');
    await seconds(0);
    expect(setup.answers()).toEqual(['A-RELEASE-RP']);
    expect(setup.user.ends).toEqual([{ kind: 'released' }]);
  });

  test('close: what was sent goes out, then the connection is gone without the peer', async () => {
    const setup = await new Setup().establish();
    setup.association.abort('not-specified', 'the receiver stops', 0);
    setup.association.close();
    await seconds(0);
    expect(setup.answers()).toEqual(['A-ABORT 0/0']);
    await seconds(1);
    await setup.expectOver();
  });
});

describe('while waiting for the close (Sta13)', () => {
  const released = async () => {
    const setup = await new Setup().establish();
    await setup.send(releaseRequest());
    expect(setup.answers()).toEqual(['A-RELEASE-RP']);
    return setup;
  };

  test.each([
    ['P-DATA-TF', data('x')],
    ['A-RELEASE-RQ', releaseRequest()],
    ['A-RELEASE-RP', releaseResponse()],
    ['A-ASSOCIATE-AC', ACCEPT_PDU],
    ['A-ASSOCIATE-RJ', pdu(0x03, Buffer.alloc(4))],
  ])('%s is ignored (AA-6)', async (_, bytesOfIt) => {
    const setup = await released();
    await setup.send(bytesOfIt);
    expect(setup.answers()).toEqual([]);
    expect(setup.user.fragments).toEqual([]);
    expect(setup.finished).toBe(false);
  });

  test.each([
    ['A-ASSOCIATE-RQ', REQUEST],
    ['garbage', Buffer.of(0xff)],
  ])('%s is answered with A-ABORT (AA-7)', async (_, bytesOfIt) => {
    const setup = await released();
    await setup.send(bytesOfIt);
    expect(setup.answers()).toMatchObject([expect.stringMatching(/^A-ABORT 2\//)]);
    expect(setup.user.ends).toEqual([{ kind: 'released' }]);
  });

  test('AA-7 does not restart ARTIM: nobody keeps a connection by asking again and again', async () => {
    const setup = await released();
    for (let second = 0; second < 30; second++) {
      await setup.send(REQUEST);
      await seconds(1);
    }
    await setup.expectOver();
  });

  test('A-ABORT closes (AA-2)', async () => {
    const setup = await released();
    await setup.send(abort());
    await setup.expectOver();
  });
});

describe('idle time-out', () => {
  test('silence after the association: A-ABORT 2/0', async () => {
    const setup = await new Setup({ idleTimeout: 10 }).establish();
    await seconds(9);
    expect(setup.answers()).toEqual([]);
    await seconds(2);
    expect(setup.answers()).toEqual(['A-ABORT 2/0']);
    expect(setup.user.ends).toEqual([{ kind: 'aborted', by: 'us', reason: 'nothing came for 10 seconds' }]);
    await seconds(30);
    await setup.expectOver();
  });

  test('silence inside a PDU, and between the PDUs of a message', async () => {
    for (const part of [data('abc').subarray(0, 14), data('abc', false)]) {
      const setup = await new Setup({ idleTimeout: 10 }).establish();
      setup.user.insideMessage = true;
      await setup.send(part);
      await seconds(11);
      expect(setup.answers()).toEqual(['A-ABORT 2/0']);
    }
  });

  test('every byte starts it anew', async () => {
    const setup = await new Setup({ idleTimeout: 10, minimumRate: 0 }).establish();
    for (const byte of data('0123456789')) {
      await setup.send(Buffer.of(byte));
      await seconds(9);
    }
    expect(setup.answers()).toEqual([]);
  });

  test('time in which the peer waits for us never counts against it', async () => {
    const setup = await new Setup({ idleTimeout: 10, rateWindow: 10 }).establish();
    const { promise, resolve } = Promise.withResolvers<void>();
    setup.user.take = () => promise;
    setup.user.insideMessage = true;
    await setup.send(data('x'));
    await seconds(100);
    expect(setup.answers()).toEqual([]);
    setup.user.insideMessage = false;
    resolve();
    await seconds(9);
    expect(setup.answers()).toEqual([]);
    await seconds(2);
    expect(setup.answers()).toEqual(['A-ABORT 2/0']);
  });

  test('a peer that does not read our answers is idle too', async () => {
    const setup = await new Setup({ idleTimeout: 10 }).establish();
    setup.theirs.pause();
    let pending: Promise<void> | undefined;
    setup.user.take = () => {
      while (!pending) pending = setup.association.send(1, Buffer.alloc(4096));
      return pending;
    };
    await setup.send(data('x'));
    expect(pending).toBeDefined();
    await seconds(11);
    expect(setup.user.ends, 'told while its own work is going on').toEqual([]);
    expect(setup.association.established).toBe(false);
    await seconds(30);
    await setup.expectOver();
  });
});

describe('minimum rate', () => {
  const dripping = async (limits: Partial<AssociationLimits>, insideMessage: boolean, bytesPerSecond: number) => {
    const setup = await new Setup({ idleTimeout: 5, rateWindow: 10, minimumRate: 100, ...limits }).establish();
    setup.user.insideMessage = insideMessage;
    const stream = pData(pdv(1, Buffer.alloc(4000), { command: false, last: false }));
    for (let second = 0; second < 12; second++) {
      await setup.send(stream.subarray(second * bytesPerSecond, (second + 1) * bytesPerSecond));
      await seconds(1);
    }
    return setup;
  };

  test('a byte a second inside P-DATA: A-ABORT 2/0', async () => {
    const setup = await dripping({}, true, 1);
    expect(setup.answers()).toEqual(['A-ABORT 2/0']);
    expect(setup.user.ends).toEqual([
      { kind: 'aborted', by: 'us', reason: 'less than 100 bytes a second came for 10 seconds' },
    ]);
  });

  test('counts inside a PDU even before the user knows of a message', async () => {
    const setup = await dripping({}, false, 1);
    expect(setup.answers()).toEqual(['A-ABORT 2/0']);
  });

  test('fast enough, or no minimum: goes on', async () => {
    expect((await dripping({}, true, 150)).answers()).toEqual([]);
    expect((await dripping({ minimumRate: 0 }, true, 1)).answers()).toEqual([]);
  });

  test('is measured anew in every window', async () => {
    const setup = await new Setup({ idleTimeout: 5, rateWindow: 10, minimumRate: 100 }).establish();
    setup.user.insideMessage = true;
    await setup.send(data('x'.repeat(4000), false));
    for (let second = 0; second < 25; second++) {
      await setup.send(data('y', false));
      await seconds(1);
    }
    expect(setup.answers()).toEqual(['A-ABORT 2/0']);
  });

  test('between messages there is none', async () => {
    const setup = await new Setup({ idleTimeout: 5, rateWindow: 10, minimumRate: 100 }).establish();
    for (let second = 0; second < 40; second++) {
      await setup.send(data('y'));
      await seconds(1);
    }
    expect(setup.answers()).toEqual([]);
  });

  test('time in which the peer waits for us does not count', async () => {
    const setup = await new Setup({ idleTimeout: 60, rateWindow: 10, minimumRate: 100 }).establish();
    setup.user.insideMessage = true;
    for (let round = 0; round < 4; round++) {
      setup.user.take = () => new Promise((resolve) => setTimeout(resolve, 9_000));
      await setup.send(data('y'.repeat(200), false));
      await seconds(10);
    }
    expect(setup.answers()).toEqual([]);
  });
});
