/** TLS, users and refusals in the application: from the commands of the page to the worker and back. */
import { copyFile, stat } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProfileState } from '#shared/state.ts';
import { type Certificates, makeCertificates, openssl } from '../support/certificates.ts';
import { type Application, openApplication, quietOptions } from '../support/open-receiver.ts';
import { associateRequest } from '../support/raw-pdu.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { CONTEXTS, until } from '../support/test-receiver.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('openssl');
const PASSPHRASE = 'Geheimnis-4711';

let folder: TempFolder;
let certificates: Certificates;
let app: Application;
let id: string;

beforeAll(async () => {
  if (skip) return;
  folder = await createTempFolder('application-tls');
  certificates = await makeCertificates(folder.path);
  app = await openApplication();
  const first = app.profile();
  await app.call('profile-delete', { id: first.profile.id });
  const created = await app.call('profile-create', {
    name: 'TLS',
    options: { ...quietOptions(folder.join('archive')) },
    secrets: {},
  });
  id = created.id;
  await app.port('TLS');
});

afterAll(async () => {
  await app?.close();
  await folder?.remove();
});

const profile = (): ProfileState => app.profile('TLS');

/** Other options, in force when it resolves. */
async function change(options: object, secrets: { tlsPassphrase?: string | null } = {}): Promise<number> {
  const { options: before } = profile().profile;
  await app.call('profile-save', { id, name: 'TLS', autoStart: true, options: { ...before, ...options }, secrets });
  return app.port('TLS');
}

/** Connects with TLS and closes; says how it went. */
function handshake(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('secureConnect', () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', ({ message }) => resolve(message));
  });
}

describe.skipIf(skip)('the application', () => {
  test('makes a certificate, shows what it holds, runs and tests itself with it', async () => {
    const made = await app.call('tls-self-signed', undefined);
    expect((await stat(made.keyFile)).mode & 0o777).toBe(0o600);
    const files = { tlsCertificateFile: made.certificateFile, tlsKeyFile: made.keyFile };
    const found = await app.call('tls-inspect', { id, options: files, secrets: {} });
    expect(found).toMatchObject({ selfSigned: true, warnings: [], authorities: [] });
    expect(found.names).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '0:0:0:0:0:0:0:1']));
    const port = await change({ tls: 'bcp195', ...files });
    expect(profile().run.address?.tls).toEqual({ fingerprint: found.fingerprint, notAfter: found.notAfter });
    expect(await handshake(port)).toBe(found.subject.replace('CN=', ''));
    const { steps } = await app.call('self-test', { id });
    expect(steps.map(({ ok }) => ok)).not.toContain(false);
    // With our own certificate among the trusted ones it may require one as well.
    await change({ tlsClientCertificates: 'required', tlsCaFile: made.certificateFile });
    const again = await app.call('self-test', { id });
    expect(again.steps.map(({ ok }) => ok)).not.toContain(false);
    await until(
      () => profile().ended[0]?.tls?.peerCertificate === found.subject,
      'the association is told with its certificate',
    );
  });

  test('the passphrase goes where secrets go, and nowhere else', async () => {
    const { key, certificate } = certificates.server;
    const encrypted = folder.join('encrypted.key');
    await openssl('rsa', '-aes256', '-in', key, '-out', encrypted, '-passout', `pass:${PASSPHRASE}`);
    const options = {
      tls: 'bcp195',
      tlsCertificateFile: certificate,
      tlsKeyFile: encrypted,
      tlsClientCertificates: 'off',
    };
    const among = { ...profile().profile.options, ...options, tlsPassphrase: PASSPHRASE };
    const refused = await app.fail('profile-save', { id, name: 'TLS', autoStart: true, options: among, secrets: {} });
    expect(refused).toMatchObject({ field: 'tlsPassphrase', message: 'is a secret: give it beside the options' });
    const wrong = await app.fail('tls-inspect', { id, options, secrets: {} });
    expect(wrong).toMatchObject({ code: 'tls-passphrase', field: 'tlsPassphrase' });
    await change(options, { tlsPassphrase: PASSPHRASE });
    expect(profile().profile.secrets).toEqual(['tlsPassphrase']);
    // What is stored serves the look at the files, and the test.
    expect((await app.call('tls-inspect', { id, options, secrets: {} })).subject).toBe('CN=server');
    expect((await app.call('self-test', { id })).steps.map(({ ok }) => ok)).not.toContain(false);
    const code = await app.call('profile-code', { id });
    expect(code.text).toContain('tlsPassphrase: process.env.STUDYPORT_TLS_PASSPHRASE');
    const told = JSON.stringify([app.receiver.state, app.batches, code, await app.call('diagnostics', undefined)]);
    expect(told).not.toContain(PASSPHRASE);
    await app.call('profile-save', {
      id,
      name: 'TLS',
      autoStart: true,
      options: profile().profile.options,
      secrets: { tlsPassphrase: null },
    });
    await until(() => profile().run.phase === 'failed', 'without the passphrase it does not start');
    expect(profile().run.problem).toMatchObject({ code: 'tls-passphrase', field: 'tlsPassphrase' });
  });

  test('a certificate that is about to end makes the profile degraded, until there is another', async () => {
    const [tlsCertificateFile, tlsKeyFile] = [folder.join('live.pem'), folder.join('live.key')];
    const put = async ({ certificate, key }: Certificates['server']) => {
      await copyFile(key, tlsKeyFile);
      await copyFile(certificate, tlsCertificateFile);
    };
    await put(certificates.expiring);
    await change({ tlsCertificateFile, tlsKeyFile });
    await until(() => profile().degraded.length > 0, 'it is degraded');
    expect(profile().degraded.map(({ code }) => code)).toEqual(['certificate-expires']);
    await put(certificates.server);
    await until(() => profile().degraded.length === 0, 'it is well again');
  });

  test('refusals of TLS and of users are in the list; users come from the form as hashes', async () => {
    const { entry } = await app.call('user-hash', { name: 'anna', passcode: 'Recht-1' });
    expect(entry).toMatch(/^anna:scrypt\./);
    const port = await change({ users: [entry], userIdentity: 'required' });
    await app.call('refusals-clear', { id });
    const plain = await ScriptedPeer.connect(port);
    await plain.send(associateRequest({ contexts: CONTEXTS }));
    await plain.expectClose();
    await until(() => profile().refusals.length > 0, 'the first refusal');
    const open = await change({ tls: 'off' });
    await handshake(open);
    const peer = await ScriptedPeer.connect(open);
    await peer.send(associateRequest({ contexts: CONTEXTS, callingAeTitle: 'CT01' }));
    await peer.expect('A-ASSOCIATE-RJ');
    await peer.close();
    const codes = () => profile().refusals.map(({ code }) => code);
    await until(() => codes().includes('user-identity-refused'), 'the last refusal');
    expect(codes()).toEqual(['user-identity-refused', 'tls-not-offered', 'tls-expected']);
    expect((await app.call('self-test', { id })).steps[0]?.message).toContain('requires a user name and passcode');
    // A word to the run changes no options.
    const before = profile().profile;
    expect(await app.call('refusal-fix', { id, kind: 'end-lockout', value: '10.0.0.1' })).toEqual(before);
    const files = JSON.stringify(await app.call('diagnostics', undefined));
    expect(files).not.toContain('scrypt');
  });
});
