/**
 * What each option does on the wire, for options that were typed into the page: rounds of options that go together, each
 * with the checks that fail unless the option acts. `test/e2e/options.test.ts` insists that no option is left out.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';
import type { OptionName } from '../../src/shared/options.ts';
import { makeCertificates, openssl } from '../support/certificates.ts';
import { action, actionInformation, STORAGE_COMMITMENT } from '../support/commitment-peer.ts';
import {
  associateRequest,
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  userIdentityItem,
} from '../support/raw-pdu.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import {
  archived,
  associate,
  CONTEXT,
  CONTEXTS,
  ctObject,
  filesIn,
  INSTANCE,
  nextAnswer,
  store,
  until,
} from '../support/test-receiver.ts';

export type Values = Partial<Record<OptionName, unknown>>;

export type Receiving = {
  readonly port: number;
  readonly folder: string;
  /** Lines of the receiver's log, from its log files. */
  readonly log: () => string;
};

export type Round = {
  readonly name: string;
  readonly values: (place: { port: number; folder: string }) => Values;
  /** Makes what the values name. */
  readonly prepare?: (place: { port: number; folder: string }) => Promise<void>;
  readonly check: (receiving: Receiving) => Promise<void>;
};

const OUR_TITLE = 'E2E_SCP';

async function requestAnswer(
  port: number,
  titles: { calledAeTitle?: string; callingAeTitle?: string } = {},
): Promise<string> {
  const peer = await ScriptedPeer.connect(port);
  try {
    await peer.send(associateRequest({ ...titles, contexts: CONTEXTS }));
    return await nextAnswer(peer);
  } finally {
    await peer.close();
  }
}

/** Sends objects on one association and gives the answers. */
async function answers(port: number, ...messages: readonly Buffer[]): Promise<string[]> {
  const peer = await associate(port);
  try {
    const found: string[] = [];
    for (const bytes of messages) {
      await peer.send(bytes);
      found.push(await nextAnswer(peer));
    }
    await peer.release();
    return found;
  } finally {
    await peer.close();
  }
}

/** An address of this machine besides loopback, where it has one. */
function otherAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry !== undefined && !entry.internal && entry.family === 'IPv4');
  return found?.address ?? '127.0.0.2';
}

/** Whether something listens there. */
async function listens(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(3_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** How the receiver answers a request that comes from another loopback address. */
async function answerFrom(localAddress: string, port: number): Promise<number | undefined> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(3_000) });
    socket.write(associateRequest({ calledAeTitle: OUR_TITLE, callingAeTitle: 'GOOD', contexts: CONTEXTS }));
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(3_000) })) as [Buffer];
    return chunk[0];
  } finally {
    socket.destroy();
  }
}

const contextResults = async (port: number): Promise<Record<number, number>> => {
  const { peer, accept } = await ScriptedPeer.associate(port, { contexts: CONTEXTS });
  await peer.close();
  return Object.fromEntries(accept.contexts.map(({ id, result }) => [id, result]));
};

/** Made beside the folder of the archive. */
const certificateIn = (folder: string, name: string) => join(`${folder}-tls`, name);

/** Asks for an association over TLS. `answer`: its first byte, or that the connection was refused before. */
async function askOverTls(
  port: number,
  folder: string,
  options: { client?: boolean; passcode?: string } = {},
): Promise<{ answer: number | 'refused'; socket: Socket }> {
  const file = (name: string) => readFileSync(certificateIn(folder, name));
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    ca: file('ca.pem'),
    ...(options.client && { cert: file('client.pem'), key: file('client.key') }),
  });
  const userItems = options.passcode === undefined ? [] : [userIdentityItem(2, false, 'anna', options.passcode)];
  const contexts = [{ id: 1, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] }];
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5_000) });
    socket.write(associateRequest({ callingAeTitle: 'ANNAS', contexts, userItems }));
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
    return { answer: chunk[0]!, socket };
  } catch {
    return { answer: 'refused', socket };
  }
}

export const ROUNDS: readonly Round[] = [
  {
    name: 'network and access',
    values: ({ port }) => ({
      port,
      host: '127.0.0.1',
      callingAeTitle: OUR_TITLE,
      maxPduLength: 65536,
      strict: true,
      artimTimeout: 1,
      idleTimeout: 2,
      stopTimeout: 1,
      minimumRate: 2048,
      maxAssociations: 2,
      acceptedCalledAeTitles: [OUR_TITLE],
      acceptedCallingAeTitles: ['GOOD', 'BETTER'],
      acceptedAddresses: ['127.0.0.1', '10.0.0.0/8'],
    }),
    check: async ({ port }) => {
      const good = { calledAeTitle: OUR_TITLE, callingAeTitle: 'GOOD' };
      await echo(port, good);
      // host: bound to one address only.
      expect(await listens(otherAddress(), port)).toBe(false);
      expect(await requestAnswer(port, { ...good, calledAeTitle: 'OTHER' })).toBe('A-ASSOCIATE-RJ 1/1/7');
      expect(await requestAnswer(port, { ...good, callingAeTitle: 'OTHER' })).toBe('A-ASSOCIATE-RJ 1/1/3');
      expect(await answerFrom('127.0.0.7', port)).not.toBe(0x02);
      expect(await answerFrom('127.0.0.1', port)).toBe(0x02);

      const first = await ScriptedPeer.associate(port, { ...good, contexts: CONTEXTS });
      expect(first.accept.maxPdu).toBe(65536);
      const second = await ScriptedPeer.associate(port, { ...good, contexts: CONTEXTS });
      expect(await requestAnswer(port, good)).toBe('A-ASSOCIATE-RJ 2/3/2');
      // strict: one PDU that is longer than negotiated ends the association.
      await second.peer.send(store(ctObject({ pixels: 70_000 }), { maxPdu: 70_200 }));
      expect(await nextAnswer(second.peer)).toMatch(/^A-ABORT 2/);
      await second.peer.close();
      // idleTimeout: silence of two seconds.
      expect(await nextAnswer(first.peer)).toMatch(/^A-ABORT/);
      await first.peer.close();
      // artimTimeout: a connection that never asks for an association.
      const silent = await ScriptedPeer.connect(port);
      expect(['closed', 'reset']).toContain(await silent.expectClose(10_000));
      await silent.close();
    },
  },
  {
    name: 'storage, tags and studies',
    values: ({ port, folder }) => ({
      port,
      storageBackend: 'Filesystem',
      outDir: folder,
      storeWithFileMeta: false,
      fsync: false,
      onDuplicate: 'replace',
      minimumFreeSpace: 0,
      maxHeaderBytes: 65536,
      maxObjectBytes: 200_000,
      incompleteUids: 'refuse',
      malformedObjects: 'quarantine',
      extractTags: ['PatientName', 'InstitutionName'],
      extractCustomTags: [{ tag: '00091001', name: 'SecretCode', creator: 'E2E WORKS' }],
      studyTimeout: 1,
      verbose: true,
      beforeStoreTimeout: 5,
    }),
    check: async ({ port, folder, log }) => {
      const file = join(folder, archived());
      const first = ctObject();
      const other = ctObject({ pixels: 300 });
      const tooLong = ctObject({ pixels: 250_000 });
      // In front of the tags that are extracted: what comes behind them is not held in memory.
      const longHeader = ctObject({
        change: { 2113536: { tag: 0x00080071, vr: 'UT', value: 'x'.repeat(100_000) } },
      });
      const noStudy = ctObject({ sopInstanceUid: `${INSTANCE}.5`, change: { 2097165: undefined } });
      const cut = ctObject({ sopInstanceUid: `${INSTANCE}.6`, pixels: 400 }).subarray(0, -50);
      const [stored, replaced, big, long, incomplete, malformed] = await answers(
        port,
        store(first),
        store(other),
        store(tooLong),
        store(longHeader),
        store(noStudy, { sopInstanceUid: `${INSTANCE}.5` }),
        store(cut, { sopInstanceUid: `${INSTANCE}.6` }),
      );
      expect(stored).toBe('C-STORE 0000 #7');
      expect(replaced).toBe('C-STORE 0000 #7');
      // storeWithFileMeta off and onDuplicate replace: the file is the second data set, byte for byte.
      expect(readFileSync(file).equals(other)).toBe(true);
      expect(existsSync(join(folder, archived(`${INSTANCE}~2`)))).toBe(false);
      expect(big).toMatch(/^C-STORE A700/);
      expect(long).toMatch(/^C-STORE (A7|A9|C)/);
      expect(incomplete).toMatch(/^C-STORE A900/);
      expect(malformed).toMatch(/^C-STORE B007/);
      expect(filesIn(join(folder, '.quarantine')).length).toBeGreaterThan(0);
      // studyTimeout: complete after a second; verbose: the log tells so.
      await until(() => /study completed/i.test(log()), 'the log tells that the study is complete');
    },
  },
  {
    name: 'duplicates kept once, malformed refused',
    values: ({ port, folder }) => ({
      port,
      outDir: folder,
      storeWithFileMeta: true,
      fsync: true,
      onDuplicate: 'keep-first',
      incompleteUids: 'quarantine',
      malformedObjects: 'refuse',
    }),
    check: async ({ port, folder }) => {
      const [first, second, incomplete, malformed] = await answers(
        port,
        store(ctObject()),
        store(ctObject({ pixels: 300 })),
        store(ctObject({ sopInstanceUid: `${INSTANCE}.5`, change: { 2097165: undefined } }), {
          sopInstanceUid: `${INSTANCE}.5`,
        }),
        store(ctObject({ sopInstanceUid: `${INSTANCE}.6`, pixels: 400 }).subarray(0, -50), {
          sopInstanceUid: `${INSTANCE}.6`,
        }),
      );
      expect(first).toBe('C-STORE 0000 #7');
      expect(second).toMatch(/^C-STORE 0111/);
      expect(incomplete).toMatch(/^C-STORE B007/);
      expect(malformed).toMatch(/^C-STORE [AC]/);
      expect(readFileSync(join(folder, archived())).toString('latin1', 128, 132)).toBe('DICM');
    },
  },
  {
    name: 'custom SOP classes and transfer syntaxes',
    values: ({ port }) => ({
      port,
      abstractSyntaxMode: 'Custom',
      abstractSyntaxes: [CT_IMAGE_STORAGE],
      transferSyntaxMode: 'Custom',
      transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN],
      transferSyntaxPreference: [EXPLICIT_VR_LITTLE_ENDIAN],
    }),
    check: async ({ port }) => {
      expect(await contextResults(port)).toMatchObject({
        [CONTEXT.explicit]: 0,
        [CONTEXT.implicit]: 0,
        [CONTEXT.mr]: 3,
        [CONTEXT.deflated]: 4,
        [CONTEXT.bigEndian]: 4,
      });
      // Preference: the sender's order is implicit first, ours decides.
      const { peer, accept } = await ScriptedPeer.associate(port, {
        contexts: [
          {
            id: 1,
            abstractSyntax: CT_IMAGE_STORAGE,
            transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN],
          },
        ],
      });
      await peer.close();
      expect(accept.contexts[0]?.transferSyntax).toBe(EXPLICIT_VR_LITTLE_ENDIAN);
    },
  },
  {
    name: 'every SOP class, uncompressed only',
    values: ({ port }) => ({ port, abstractSyntaxMode: 'All', transferSyntaxMode: 'UncompressedOnly' }),
    check: async ({ port }) => {
      expect(await contextResults(port)).toMatchObject({
        [CONTEXT.explicit]: 0,
        [CONTEXT.unknownClass]: 0,
        [CONTEXT.deflated]: 4,
      });
    },
  },
  {
    name: 'encryption, users, storage commitment',
    prepare: async ({ folder }) => {
      mkdirSync(`${folder}-tls`);
      await makeCertificates(`${folder}-tls`);
      const [from, to] = [certificateIn(folder, 'server.key'), certificateIn(folder, 'locked.key')];
      await openssl('rsa', '-aes256', '-in', from, '-out', to, '-passout', 'pass:e2e');
    },
    values: ({ port, folder }) => ({
      port,
      outDir: folder,
      storageCommitment: true,
      commitmentPeers: ['ANNAS@127.0.0.1:9'],
      commitmentFolder: `${folder}-promises`,
      maxAssociationsPerCallingAe: 1,
      users: [{ name: 'anna', passcode: 'Geheimnis' }],
      userIdentity: 'required',
      lockoutAfter: 2,
      lockoutTime: 60,
      tlsCertificateFile: certificateIn(folder, 'server.pem'),
      tlsKeyFile: certificateIn(folder, 'locked.key'),
      tlsPassphrase: 'e2e',
      tlsClientCertificates: 'required',
      tlsCaFile: certificateIn(folder, 'ca.pem'),
      tls: 'bcp195',
    }),
    check: async ({ port, folder }) => {
      const ask = async (options: Parameters<typeof askOverTls>[2]) => {
        const { answer, socket } = await askOverTls(port, folder, options);
        socket.destroy();
        return answer;
      };
      expect(await ask({ passcode: 'Geheimnis' })).toBe('refused');
      expect(await ask({ client: true })).toBe(0x03);
      expect(await ask({ client: true, passcode: 'geheimnis' })).toBe(0x03);
      const { answer, socket } = await askOverTls(port, folder, { client: true, passcode: 'Geheimnis' });
      expect(answer).toBe(0x02);
      // Another one of the same caller is one too many.
      expect(await ask({ client: true, passcode: 'Geheimnis' })).toBe(0x03);
      socket.write(action(actionInformation('1.2.3', [[CT_IMAGE_STORAGE, '1.2.3.4']]), { context: 1 }));
      await until(
        () => existsSync(`${folder}-promises`) && filesIn(`${folder}-promises`).length > 0,
        'the promise is kept',
      );
      socket.destroy();
      // Nobody is locked out on the machine itself: that needs an address beside loopback.
      const host = otherAddress();
      if (host.startsWith('127.')) return;
      for (let count = 0; count < 2; count++) {
        const stranger = connect({ host, port });
        stranger.write('GET / HTTP/1.1\r\n\r\n');
        await once(stranger, 'close');
      }
      const locked = connect({ host, port });
      const bytes: Buffer[] = [];
      locked.on('data', (chunk) => bytes.push(chunk)).on('error', () => undefined);
      await once(locked, 'close', { signal: AbortSignal.timeout(5_000) });
      expect(bytes).toEqual([]);
    },
  },
  {
    name: 'a reserve larger than the disk',
    values: ({ port }) => ({ port, minimumFreeSpace: 1024 ** 5 }),
    check: async ({ port }) => {
      expect(await requestAnswer(port)).toBe('A-ASSOCIATE-RJ 2/3/1');
    },
  },
];

/** The log files of a data folder, as one text. */
export function logText(dataFolder: string): string {
  const folder = join(dataFolder, 'logs');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}
