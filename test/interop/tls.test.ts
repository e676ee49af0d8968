/** TLS and user identity with senders that nobody here wrote: DCMTK and openssl, with certificates good and bad. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashPasscode } from '#main/engine/index.ts';
import { type Certificate, type Certificates, makeCertificates } from '../support/certificates.ts';
import { echoscu, storescu } from '../support/dcmtk.ts';
import { part10 } from '../support/part10.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { archived, ctObject, INSTANCE, startTestReceiver, type TestReceiver, until } from '../support/test-receiver.ts';
import { requireTool, run } from '../support/tools.ts';

const skip = requireTool('storescu', 'echoscu', 'openssl');

let folder: TempFolder;
let certificates: Certificates;
/** Any sender may come, with or without a certificate. */
let open: TestReceiver;
/** Only senders with a certificate of the authority, and with a passcode. */
let closed: TestReceiver;
let image: string;

beforeAll(async () => {
  if (skip) return;
  folder = await createTempFolder('tls');
  certificates = await makeCertificates(folder.path);
  const { ca, server } = certificates;
  const own = { tlsCertificateFile: server.certificate, tlsKeyFile: server.key };
  open = await startTestReceiver({ tls: 'bcp195', ...own });
  closed = await startTestReceiver({
    tls: 'bcp195-modified',
    ...own,
    tlsClientCertificates: 'required',
    tlsCaFile: ca.certificate,
    userIdentity: 'optional',
    users: [await hashPasscode('anna', 'right')],
  });
  image = folder.join('image.dcm');
  const uids = { sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: INSTANCE };
  await writeFile(image, part10(ctObject(), EXPLICIT_VR_LITTLE_ENDIAN, uids));
});

afterAll(async () => {
  await open?.stop();
  await closed?.stop();
  await folder?.remove();
});

const trust = ({ certificate }: Certificate) => ['+cf', certificate];
const anonymous = () => ['+tla', ...trust(certificates.ca)];
const as = ({ key, certificate }: Certificate) => ['+tls', key, certificate, ...trust(certificates.ca)];

/** The code of the last refused connection that came after some number of others. */
async function refusal({ connections }: TestReceiver, before: number): Promise<string | undefined> {
  await until(() => connections.length > before, 'a refusal is told');
  expect(connections).toHaveLength(before + 1);
  const { data } = connections.at(-1)!;
  expect(data.association.remoteAddress).toBe('127.0.0.1');
  expect(data.reason).not.toBe('');
  return data.code;
}

describe.skipIf(skip)('DCMTK and openssl', () => {
  test('echoscu without a certificate of its own, in every profile that it knows', async () => {
    for (const profile of ['+py', '+px', '+pz']) {
      const { code, stderr } = await echoscu({ port: open.port }, [...anonymous(), profile]);
      expect(code, stderr).toBe(0);
    }
    const { tls } = open.connections.findLast(({ data }) => data.state === 'accepted')!.data.association;
    expect(tls?.protocol).toMatch(/^TLSv1\.[23]$/);
    expect(tls?.cipher).toContain('GCM');
  });

  test('storescu with a certificate and a passcode, bit for bit', async () => {
    const identity = ['-usr', 'anna', '-pwd', 'right', '-rsp'];
    const { code, stderr } = await storescu({ port: closed.port }, [image], [...as(certificates.client), ...identity]);
    expect(code, stderr).toBe(0);
    expect(closed.read(archived())).toEqual(ctObject());
    const { association } = closed.stored[0]!.data;
    expect(association.user).toBe('anna');
    expect(association.tls?.peerCertificate).toBe('CN=client');
  });

  test('storescu with a wrong passcode is rejected', async () => {
    const before = closed.connections.length;
    const identity = ['-usr', 'anna', '-pwd', 'wrong'];
    const { code } = await storescu({ port: closed.port }, [image], [...as(certificates.client), ...identity]);
    expect(code).not.toBe(0);
    expect(await refusal(closed, before)).toBe('user-identity-refused');
  });

  test('a sender that does not trust our authority', async () => {
    const before = open.connections.length;
    const { code } = await echoscu({ port: open.port }, ['+tla', ...trust(certificates.otherCa)]);
    expect(code).not.toBe(0);
    expect(await refusal(open, before)).toBe('tls-own-certificate-refused');
  });

  test.each([
    ['without a certificate', () => anonymous(), 'tls-certificate-missing'],
    ['with an expired one', () => as(certificates.expiredClient), 'tls-certificate-refused'],
    ['with one of an authority that is not trusted', () => as(certificates.stranger), 'tls-certificate-refused'],
  ])('a sender %s, where one is required', async (_name, args, reason) => {
    const before = closed.connections.length;
    const { code } = await echoscu({ port: closed.port }, args());
    expect(code).not.toBe(0);
    expect(await refusal(closed, before)).toBe(reason);
  });

  test.each([
    ['TLS 1.1', ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], 'tls-version'],
    ['TLS 1.2 without forward secrecy', ['-tls1_2', '-cipher', 'AES128-SHA'], 'tls-cipher'],
  ])('openssl with %s', async (_name, args, reason) => {
    const before = open.connections.length;
    const target = ['-connect', `127.0.0.1:${open.port}`];
    const { code } = await run('openssl', ['s_client', ...target, ...args], { input: '' });
    expect(code).not.toBe(0);
    expect(await refusal(open, before)).toBe(reason);
  });

  test('echoscu without TLS, and with TLS where there is none', async () => {
    const before = open.connections.length;
    expect((await echoscu({ port: open.port })).code).not.toBe(0);
    expect(await refusal(open, before)).toBe('tls-expected');
    const plain = await startTestReceiver();
    try {
      expect((await echoscu({ port: plain.port }, anonymous())).code).not.toBe(0);
      expect(await refusal(plain, 0)).toBe('tls-not-offered');
      // The two run side by side.
      expect((await echoscu({ port: plain.port })).code).toBe(0);
      expect((await echoscu({ port: open.port }, anonymous())).code).toBe(0);
    } finally {
      await plain.stop();
    }
  });
});
