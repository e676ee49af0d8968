/** Who may come in: user identity, limits of one caller, and addresses that bring only garbage. */
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hashPasscode } from '#main/engine/index.ts';
import { parseOptions, type StoreScpOptions } from '#shared/options.ts';
import {
  associateRequest,
  bytes,
  item,
  type RawAssociateRequest,
  releaseRequest,
  uint16,
  userIdentityItem,
} from '../support/raw-pdu.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import { CONTEXTS, startTestReceiver, type TestReceiver, until } from '../support/test-receiver.ts';

const ANNA = await hashPasscode('anna', 'Recht-1');
const PASSCODE = 'Geheimnis-4711';
const GREEK = await hashPasscode('Ωmega', PASSCODE);

async function start(options: Partial<StoreScpOptions>): Promise<TestReceiver> {
  const receiver = await startTestReceiver(options);
  onTestFinished(receiver.stop);
  return receiver;
}

/** The answer to a request as `accepted`, with `+ response` where it has a user identity item, or as `RJ 1/2/1`. */
async function ask(port: number, more: Partial<RawAssociateRequest> = {}, host?: string): Promise<string> {
  const peer = await ScriptedPeer.connect(port, { timeout: 20_000, ...(host !== undefined && { host }) });
  try {
    await peer.send(associateRequest({ contexts: CONTEXTS, ...more }));
    const answer = await peer.expect();
    if (answer.type === 'A-ASSOCIATE-RJ') return `RJ ${answer.result}/${answer.source}/${answer.reason}`;
    if (answer.type !== 'A-ASSOCIATE-AC') return answer.type;
    await peer.send(releaseRequest());
    await peer.expect('A-RELEASE-RP');
    // PS3.7 D.3.3.7.2: 59H, and a server response of length 0.
    const response = answer.userItems.find(({ type }) => type === 0x59);
    if (!response) return 'accepted';
    return Buffer.from(response.value).equals(uint16(0)) ? 'accepted + response' : 'accepted + something';
  } finally {
    await peer.close();
  }
}

const identity = (...parts: Parameters<typeof userIdentityItem>) => ({ userItems: [userIdentityItem(...parts)] });
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

describe('user identity (PS3.7 D.3.3.7)', () => {
  const NOBODY = {};
  const RIGHT = identity(2, true, 'anna', 'Recht-1');
  const QUIET = identity(2, false, 'anna', 'Recht-1');
  const WRONG = identity(2, true, 'anna', 'Falsch-2');
  const STRANGER = identity(2, true, 'eve', 'Recht-1');
  const NAME_ONLY = identity(1, true, 'anna');
  const KNOWN_BY_NAME = identity(1, true, 'bruno');
  const KERBEROS = identity(3, true, 'ticket');
  const CUT = { userItems: [item(0x58, bytes(2, 1, uint16(500), 'anna'))] };
  const OTHER_ALPHABET = identity(2, false, utf8('Ωmega'), PASSCODE);
  const RJ = 'RJ 1/2/1';

  test.each<readonly [StoreScpOptions['userIdentity'], readonly string[]]>([
    ['off', Array.from({ length: 10 }, () => 'accepted')],
    [
      'optional',
      ['accepted', 'accepted + response', 'accepted', RJ, RJ, RJ, 'accepted + response', 'accepted', RJ, 'accepted'],
    ],
    ['required', [RJ, 'accepted + response', 'accepted', RJ, RJ, RJ, 'accepted + response', RJ, RJ, 'accepted']],
  ])('%s', async (userIdentity, expected) => {
    const receiver = await start({ userIdentity, users: [ANNA, 'bruno', GREEK] });
    const requests = [NOBODY, RIGHT, QUIET, WRONG, STRANGER, NAME_ONLY, KNOWN_BY_NAME, KERBEROS, CUT, OTHER_ALPHABET];
    const answers: string[] = [];
    for (const request of requests) answers.push(await ask(receiver.port, request));
    expect(answers).toEqual(expected);
    const told = receiver.connections.filter(({ data }) => data.state === 'rejected');
    expect(told).toHaveLength(expected.filter((answer) => answer === RJ).length);
    expect(told.every(({ data }) => data.code === 'user-identity-refused')).toBe(true);
    const users = receiver.connections.flatMap(({ data }) =>
      data.state === 'accepted' ? [data.association.user] : [],
    );
    expect(users.includes('Ωmega')).toBe(userIdentity !== 'off');
    expect(JSON.stringify([receiver.connections, receiver.log])).not.toMatch(
      new RegExp(`${PASSCODE}|Recht-1|Falsch-2|scrypt`),
    );
  });

  test('many at once wait for their turn, and C-ECHO of others is answered meanwhile', async () => {
    const receiver = await start({ userIdentity: 'optional', users: [ANNA] });
    const asked = Array.from({ length: 6 }, (_, index) => ask(receiver.port, index % 2 === 0 ? RIGHT : WRONG));
    await echo(receiver.port);
    const answers = await Promise.all(asked);
    expect(answers).toEqual(answers.map((_, index) => (index % 2 === 0 ? 'accepted + response' : RJ)));
  });

  test('a hash fits the option, is another one each time, and refuses names that could not stand there', async () => {
    expect(parseOptions({ port: 0, outDir: '/x', users: [ANNA, GREEK] }).users).toEqual([ANNA, GREEK]);
    expect(await hashPasscode('anna', 'Recht-1')).not.toBe(ANNA);
    for (const name of ['', 'a:b', 'a,b', 'a\nb', 'a'.repeat(65)]) {
      await expect(hashPasscode(name, 'x')).rejects.toThrow(RangeError);
    }
  });
});

test('one caller may have only so many associations; others are not touched by it', async () => {
  const receiver = await start({ maxAssociationsPerCallingAe: 2 });
  const open: ScriptedPeer[] = [];
  onTestFinished(async () => {
    for (const peer of open) await peer.close();
  });
  for (let count = 0; count < 2; count++) {
    const { peer } = await ScriptedPeer.associate(receiver.port, { contexts: CONTEXTS, callingAeTitle: 'CT01' });
    open.push(peer);
  }
  expect(await ask(receiver.port, { callingAeTitle: 'CT01' })).toBe('RJ 2/3/2');
  expect(await ask(receiver.port, { callingAeTitle: 'MR02' })).toBe('accepted');
  await open.pop()?.close();
  await until(() => receiver.scp.associations().length === 1, 'one is gone');
  expect(await ask(receiver.port, { callingAeTitle: 'CT01' })).toBe('accepted');
  const { data } = receiver.connections.find((one) => one.data.state === 'rejected')!;
  expect(data).toMatchObject({ code: 'caller-limit-exceeded', reason: expect.stringContaining('"CT01"') });
});

/** The address of this machine in its network: what comes from loopback is never locked out. */
const OWN = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

describe.skipIf(OWN === undefined)('lockout', () => {
  const host = OWN ?? '';
  const garbage = async (port: number) => {
    const peer = await ScriptedPeer.connect(port, { host });
    await peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await peer.expect('A-ABORT');
    await peer.close();
  };
  /** Whether a connection is closed at once. */
  const isClosed = (port: number) =>
    ask(port, {}, host).then(
      () => false,
      () => true,
    );

  test('an address that brings only garbage is closed at once, told once, and let in again by a word', async () => {
    const receiver = await start({ host: '0.0.0.0', lockoutAfter: 3 });
    const { port } = receiver;
    await garbage(port);
    await garbage(port);
    // A good association begins the row anew.
    await echo(port, { host });
    for (let count = 0; count < 3; count++) await garbage(port);
    await until(() => receiver.log.some(({ message }) => message.includes('is locked out')), 'it is locked out');
    const before = receiver.connections.length;
    for (let count = 0; count < 50; count++) expect(await isClosed(port)).toBe(true);
    expect(receiver.connections.slice(before).map(({ data }) => [data.code, data.times])).toEqual([['locked-out', 1]]);
    // Others notice nothing.
    await echo(port);
    receiver.scp.endLockout(host);
    await echo(port, { host });
    expect(receiver.log.filter(({ message }) => message.includes('locked out'))).toHaveLength(1);
  });

  test('wrong passcodes count, other refusals and silent connections do not', async () => {
    const receiver = await start({
      host: '0.0.0.0',
      lockoutAfter: 2,
      userIdentity: 'optional',
      users: [ANNA],
      acceptedCalledAeTitles: ['ANY-SCP'],
    });
    const { port } = receiver;
    for (let count = 0; count < 4; count++) {
      expect(await ask(port, { calledAeTitle: 'OTHER' }, host)).toBe('RJ 1/1/7');
      await (await ScriptedPeer.connect(port, { host })).close();
    }
    expect(await ask(port, { calledAeTitle: 'ANY-SCP', ...identity(2, false, 'anna', 'Falsch-2') }, host)).toBe(
      'RJ 1/2/1',
    );
    expect(await ask(port, { calledAeTitle: 'ANY-SCP', ...identity(2, false, 'anna', 'worse') }, host)).toBe(
      'RJ 1/2/1',
    );
    expect(await isClosed(port)).toBe(true);
  });
});
