/** TLS on real sockets: what starts and what does not, handshakes cut, garbled and never finished, files that change. */
import { readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadTls, ScuError, type StoreScpOptions, StoreScu, type StoreScuTls, TlsError } from '#main/engine/index.ts';
import { runSelfTest } from '#main/receiver/self-test.ts';
import { type Certificates, makeCertificates, openssl } from '../support/certificates.ts';
import { associateRequest, IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION } from '../support/raw-pdu.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { CONTEXTS, startTestReceiver, type TestReceiver, until } from '../support/test-receiver.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('openssl');
const PASSPHRASE = 'Geheimnis-4711';

let folder: TempFolder;
let certificates: Certificates;
let receiver: TestReceiver;
/** One that waits for nobody. */
let hasty: TestReceiver;
/** With which the receiver that most tests share runs. */
let options: Partial<StoreScpOptions>;
let tls: StoreScuTls;

beforeAll(async () => {
  if (skip) return;
  folder = await createTempFolder('tls');
  certificates = await makeCertificates(folder.path);
  const { server, client, ca } = certificates;
  const pkcs12 = ['-inkey', server.key, '-in', server.certificate, '-passout', `pass:${PASSPHRASE}`];
  await openssl('pkcs12', '-export', '-out', folder.join('server.p12'), ...pkcs12);
  await openssl(
    'rsa',
    '-aes256',
    '-in',
    server.key,
    '-out',
    folder.join('encrypted.key'),
    '-passout',
    `pass:${PASSPHRASE}`,
  );
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:1024',
    '-nodes',
    '-keyout',
    folder.join('weak.key'),
    '-out',
    folder.join('weak.pem'),
    '-subj',
    '/CN=weak',
  );
  await writeFile(folder.join('garbage.pem'), 'no PEM at all');
  await writeFile(folder.join('cut.pem'), '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
  options = {
    ...optionsOf('server'),
    tlsClientCertificates: 'optional',
    tlsCaFile: ca.certificate,
  };
  receiver = await startTestReceiver(options);
  hasty = await startTestReceiver({ ...optionsOf('server'), artimTimeout: 0.4 });
  const own = { tlsCertificateFile: server.certificate, tlsKeyFile: server.key };
  const { certificate } = await loadTls({ tls: 'bcp195', ...own });
  const asClient = { tlsCertificateFile: client.certificate, tlsKeyFile: client.key };
  tls = { fingerprint: certificate.fingerprint, context: (await loadTls({ tls: 'bcp195', ...asClient })).context };
});

afterAll(async () => {
  await receiver?.stop();
  await hasty?.stop();
  await folder?.remove();
});

function optionsOf(name: 'server' | 'expiring' | 'expiredServer'): Partial<StoreScpOptions> {
  const { certificate, key } = certificates[name];
  return { tls: 'bcp195', tlsCertificateFile: certificate, tlsKeyFile: key };
}

/** An association with C-ECHO over TLS. */
async function echo(port = receiver.port, secure: StoreScuTls = tls): Promise<void> {
  const contexts = [{ abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] }];
  const titles = { calledAeTitle: 'ANY-SCP', callingAeTitle: 'TEST' };
  const scu = await StoreScu.connect({ host: '127.0.0.1', port, ...titles, contexts, tls: secure });
  await scu.echo();
  await scu.release();
}

/** Sends bytes as they are, ends where told to, and waits until the receiver has closed the connection. */
async function exchange(bytes: Uint8Array, end: 'half-close' | 'reset' | 'wait', port = receiver.port): Promise<void> {
  const socket: Socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.resume();
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  if (end === 'half-close') socket.end();
  if (end === 'reset') socket.resetAndDestroy();
  await closed;
}

/** What a client of TLS says first. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(bytes: Buffer) {
        resolve(bytes);
      },
    });
    connectTls({ socket: wire }).on('error', () => {});
  });
}

/** Every way to end at once, a few at a time. */
async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 40) await Promise.all(items.slice(at, at + 40).map(work));
}

describe.skipIf(skip)('a receiver with TLS', () => {
  test('says which certificate it has, and how an association is encrypted', async () => {
    await echo();
    const { certificate } = receiver.started[0]!.data;
    expect(certificate).toMatchObject({ subject: 'CN=server', issuer: 'O=Test Works, CN=ca', selfSigned: false });
    expect(certificate?.names).toEqual(['localhost', '127.0.0.1']);
    const { association } = receiver.connections.findLast(({ data }) => data.state === 'accepted')!.data;
    expect(association.tls).toEqual({
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      peerCertificate: 'CN=client',
    });
  });

  test('a ClientHello cut at every point; the next echo works each time it is tried', async () => {
    const hello = await clientHello();
    expect(hello.length).toBeGreaterThan(100);
    const before = receiver.connections.length;
    await inGroups([...hello.keys()].slice(1), (length) => exchange(hello.subarray(0, length), 'half-close'));
    await echo();
    // Each is told: it was more than a look at the port.
    const told = receiver.connections.slice(before).filter(({ data }) => data.code?.startsWith('tls-'));
    expect(told).toHaveLength(hello.length - 1);
    expect(new Set(told.map(({ data }) => data.code))).toEqual(new Set(['tls-failed']));
  });

  test('a ClientHello with one byte changed, and random bytes', async () => {
    const hello = await clientHello();
    const changed = fc.tuple(fc.nat(hello.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const copy = Buffer.from(hello);
      copy[at] = copy[at]! ^ by;
      return copy;
    });
    const bytes = fc.oneof(
      changed,
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      // The header of a record, and anything behind it.
      fc
        .uint8Array({ minLength: 1, maxLength: 600 })
        .map((rest) => Buffer.from([0x16, 3, 1, 0, rest.length & 0xff, ...rest])),
    );
    await inGroups(fc.sample(bytes, 400), (one) => exchange(one, 'half-close'));
    await echo();
  });

  test('a handshake reset in the middle', async () => {
    const before = receiver.connections.length;
    await exchange((await clientHello()).subarray(0, 50), 'reset');
    await until(() => receiver.connections.length > before, 'it is told');
    expect(receiver.connections[before]!.data).toMatchObject({ state: 'aborted', code: 'tls-failed', contexts: [] });
    await echo();
  });

  test('a handshake that never ends is cut (ARTIM), and so is a connection that says nothing after it', async () => {
    await exchange((await clientHello()).subarray(0, 50), 'wait', hasty.port);
    const silent = connectTls({ port: hasty.port, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise((resolve) => silent.on('close', resolve).on('error', () => {}));
    expect(hasty.connections.map(({ data }) => [data.code, data.reason])).toEqual([
      ['tls-timed-out', 'the TLS handshake was not finished in time'],
      ['no-association', 'no association request came in time'],
    ]);
  });

  test('an association request without TLS is told as such; a connection that says nothing is no event', async () => {
    const before = receiver.connections.length;
    await exchange(new Uint8Array(0), 'half-close');
    await exchange(associateRequest({ contexts: CONTEXTS }), 'half-close');
    expect(receiver.connections.slice(before).map(({ data }) => data.code)).toEqual(['tls-expected']);
  });

  test.each<readonly [string, () => ConnectionOptions, string | undefined]>([
    ['none', () => ({}), undefined],
    ['a good one', () => pair('client'), undefined],
    ['an expired one', () => pair('expiredClient'), 'its certificate was refused: it has expired'],
    [
      'a foreign one',
      () => pair('stranger'),
      'its certificate was refused: its authority is not among the trusted ones (tlsCaFile)',
    ],
  ])('where certificates are optional: %s', async (_name, own, reason) => {
    const before = receiver.connections.length;
    const socket = connectTls({ port: receiver.port, host: '127.0.0.1', rejectUnauthorized: false, ...own() });
    socket.on('error', () => {});
    socket.resume();
    socket.on('secureConnect', () => socket.end(Buffer.from('no PDU')));
    await new Promise((resolve) => socket.on('close', resolve));
    await until(() => receiver.connections.length > before, 'it is told');
    expect(receiver.connections[before]!.data.reason).toBe(reason ?? 'unknown PDU type 6eH');
  });

  test('our requestor notices another certificate, and a port without TLS', async () => {
    const other = { ...tls, fingerprint: tls.fingerprint.replace(/^../, (byte) => (byte === '00' ? '01' : '00')) };
    await expect(echo(receiver.port, other)).rejects.toThrow('presents another certificate');
    const plain = await startTestReceiver();
    onTestFinished(plain.stop);
    await expect(echo(plain.port)).rejects.toThrow('it does not speak TLS');
    expect(plain.connections.map(({ data }) => data.code)).toEqual(['tls-not-offered']);
  });

  test('the self-test runs over TLS, and presents the certificate of the receiver where one is required', async () => {
    const target = (port: number, own: Partial<StoreScpOptions>) => ({
      profileName: 'Archive',
      port,
      options: { port: 0, host: '127.0.0.1', outDir: '/', ...own },
      stored: async () => 's3://elsewhere/object',
    });
    const steps = await runSelfTest(target(receiver.port, options), () => {});
    expect(steps.map(({ ok }) => ok)).toEqual(Array.from({ length: 7 }, () => true));
    expect(steps[0]?.message).toContain('with TLS');
    const required = { ...optionsOf('server'), tlsClientCertificates: 'required' as const };
    const trusting = await startTestReceiver({ ...required, tlsCaFile: certificates.ca.certificate });
    onTestFinished(trusting.stop);
    const trusted = await runSelfTest(
      target(trusting.port, { ...required, tlsCaFile: certificates.ca.certificate }),
      () => {},
    );
    expect(trusted.every(({ ok }) => ok)).toBe(true);
    const wary = await startTestReceiver({ ...required, tlsCaFile: certificates.otherCa.certificate });
    onTestFinished(wary.stop);
    const [refused] = await runSelfTest(
      target(wary.port, { ...required, tlsCaFile: certificates.otherCa.certificate }),
      () => {},
    );
    expect(refused).toMatchObject({ name: 'Connect', ok: false });
  });
});

function pair(name: 'client' | 'expiredClient' | 'stranger'): ConnectionOptions {
  const { certificate, key } = certificates[name];
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

describe.skipIf(skip)('files', () => {
  const start = async (files: Partial<StoreScpOptions>) => {
    const started = await startTestReceiver({ tls: 'bcp195', ...files });
    onTestFinished(started.stop);
    return started;
  };
  const server = () => certificates.server;
  const at = (name: string) => folder.join(name);

  test('PKCS#12 and an encrypted key, each with its passphrase', async () => {
    await start({ tlsPkcs12File: at('server.p12'), tlsPassphrase: PASSPHRASE });
    const encrypted = { tlsCertificateFile: server().certificate, tlsKeyFile: at('encrypted.key') };
    const started = await start({ ...encrypted, tlsPassphrase: PASSPHRASE });
    await echo(started.port);
  });

  test.each<readonly [string, () => Partial<StoreScpOptions>, string, string, RegExp]>([
    [
      'no certificate there',
      () => ({ tlsCertificateFile: at('none.pem'), tlsKeyFile: server().key }),
      'tls-file-not-found',
      'tlsCertificateFile',
      /there is no file .*none\.pem/,
    ],
    [
      'no key there',
      () => ({ tlsCertificateFile: server().certificate, tlsKeyFile: at('none.key') }),
      'tls-file-not-found',
      'tlsKeyFile',
      /there is no file/,
    ],
    ['a folder', () => ({ tlsPkcs12File: folder.path }), 'tls-file-not-readable', 'tlsPkcs12File', /EISDIR/],
    [
      'garbage for a certificate',
      () => ({ tlsCertificateFile: at('garbage.pem'), tlsKeyFile: server().key }),
      'tls-file-malformed',
      'tlsCertificateFile',
      /no certificate in PEM form/,
    ],
    [
      'a certificate cut off',
      () => ({ tlsCertificateFile: at('cut.pem'), tlsKeyFile: server().key }),
      'tls-file-malformed',
      'tlsCertificateFile',
      /cut off/,
    ],
    [
      'garbage for a key',
      () => ({ tlsCertificateFile: server().certificate, tlsKeyFile: at('garbage.pem') }),
      'tls-file-malformed',
      'tlsKeyFile',
      /not a private key in PEM form/,
    ],
    [
      'garbage for PKCS#12',
      () => ({ tlsPkcs12File: at('garbage.pem') }),
      'tls-file-malformed',
      'tlsPkcs12File',
      /not a PKCS#12 file/,
    ],
    [
      'the key of another certificate',
      () => ({ tlsCertificateFile: server().certificate, tlsKeyFile: certificates.renewed.key }),
      'tls-key-mismatch',
      'tlsKeyFile',
      /is not that of the certificate/,
    ],
    [
      'an encrypted key without passphrase',
      () => ({ tlsCertificateFile: server().certificate, tlsKeyFile: at('encrypted.key') }),
      'tls-passphrase',
      'tlsPassphrase',
      /is encrypted, and there is no passphrase/,
    ],
    [
      'an encrypted key with a wrong passphrase',
      () => ({ tlsCertificateFile: server().certificate, tlsKeyFile: at('encrypted.key'), tlsPassphrase: 'x' }),
      'tls-passphrase',
      'tlsPassphrase',
      /is not that of/,
    ],
    [
      'PKCS#12 with a wrong passphrase',
      () => ({ tlsPkcs12File: at('server.p12'), tlsPassphrase: 'x' }),
      'tls-passphrase',
      'tlsPassphrase',
      /is not that of/,
    ],
    [
      'a weak key',
      () => ({ tlsCertificateFile: at('weak.pem'), tlsKeyFile: at('weak.key') }),
      'tls-key-too-weak',
      'tlsCertificateFile',
      /2048 bits/,
    ],
    [
      'authorities that are none',
      () => ({
        tlsCertificateFile: server().certificate,
        tlsKeyFile: server().key,
        tlsClientCertificates: 'required',
        tlsCaFile: at('garbage.pem'),
      }),
      'tls-file-malformed',
      'tlsCaFile',
      /no certificate in PEM form/,
    ],
  ])('with %s it does not start, and says why', async (_name, files, code, option, words) => {
    const error: unknown = await start(files()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TlsError);
    expect(error).toMatchObject({ code, option });
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).not.toContain(PASSPHRASE);
  });

  test('an expired certificate, and one that expires soon, are told', async () => {
    for (const [name, code] of [
      ['expiredServer', 'certificate-expired'],
      ['expiring', 'certificate-expires'],
    ] as const) {
      const told: string[] = [];
      const started = await startTestReceiver({
        ...optionsOf(name),
        prepare: (scp) => scp.onCertificate((_error, { data }) => told.push(...data.problems.map((one) => one.code))),
      });
      onTestFinished(started.stop);
      expect(told).toEqual([code]);
      expect(started.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).toHaveLength(1);
    }
  });

  test('changed files are taken up without a restart; broken ones keep the old', async () => {
    const [certificate, key] = [at('live.pem'), at('live.key')];
    const put = async (from: { readonly certificate: string; readonly key: string }) => {
      await Promise.all([copyFile(from.certificate, certificate), copyFile(from.key, key)]);
    };
    await put(certificates.server);
    const told: (readonly [string, readonly string[]])[] = [];
    const started = await startTestReceiver({
      tls: 'bcp195',
      tlsCertificateFile: certificate,
      tlsKeyFile: key,
      prepare: (scp) =>
        scp.onCertificate((_error, { data }) => {
          told.push([data.certificate.subject, data.problems.map(({ code }) => code)]);
        }),
    });
    onTestFinished(started.stop);
    await echo(started.port);
    await copyFile(certificates.renewed.certificate, certificate);
    await until(() => told.length === 2, 'the key no longer fits');
    await echo(started.port);
    await put(certificates.renewed);
    await until(() => told.length === 3, 'the new files are taken up');
    expect(told).toEqual([
      ['CN=server', []],
      ['CN=server', ['certificate-not-reloaded']],
      ['CN=renewed', []],
    ]);
    await expect(echo(started.port)).rejects.toThrow(ScuError);
    const { certificate: facts } = await loadTls({ tls: 'bcp195', tlsCertificateFile: certificate, tlsKeyFile: key });
    await echo(started.port, { ...tls, fingerprint: facts.fingerprint });
  });
});
