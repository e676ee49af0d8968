/** TLS and users on the page: a certificate in one click, what the files hold, passcodes that are kept nowhere, and who was refused. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { TlsInspection } from '#shared/contract.ts';
import { settled } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPage } from '../support/page-harness.ts';
import {
  association,
  createSettingsReceiver,
  profileState,
  refusal,
  stateOf,
  T0,
} from '../support/settings-receiver.ts';

vi.setConfig({ testTimeout: 180_000 });

const FINGERPRINT = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0').toUpperCase()).join(
  ':',
);
const DAY = 24 * 3600 * 1000;
const FACTS: TlsInspection = {
  subject: 'CN=workstation',
  issuer: 'CN=workstation',
  selfSigned: true,
  notBefore: T0,
  notAfter: T0 + 365 * DAY,
  names: ['workstation', '192.0.2.10'],
  fingerprint: FINGERPRINT,
  authorities: [],
  warnings: [],
};
const HASH = `anna:scrypt.15.8.1.${'s'.repeat(22)}.${'h'.repeat(43)}`;
/** A folder for pictures of what is tested, for people. */
const PICTURES = process.env.STUDYPORT_PICTURES;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

async function open(receiver: ReturnType<typeof createSettingsReceiver>, hash: string) {
  const opened = await openPage({ browser, receiver, hash, height: 1400 });
  onTestFinished(async () => {
    await opened.close();
    expect(opened.complaints).toEqual([]);
  });
  opened.page.setDefaultTimeout(90_000);
  const picture = async (name: string) => {
    if (PICTURES === undefined) return;
    for (const colorScheme of ['dark', 'light'] as const) {
      await opened.page.emulateMedia({ colorScheme });
      await settled(opened.page);
      await opened.page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}.png` });
    }
  };
  return { page: opened.page, picture };
}

test('a certificate is made in one click, looked at while it is chosen, and users are added by name and passcode', async () => {
  const receiver = createSettingsReceiver(stateOf([profileState({ id: 'p1', name: 'Radiology' })]));
  const files = { certificateFile: '/data/tls/receiver.pem', keyFile: '/data/tls/receiver.key' };
  const answers = { 'tls-self-signed': Promise.withResolvers<void>(), 'user-hash': Promise.withResolvers<void>() };
  receiver.answer({
    'tls-self-signed': async () => {
      await answers['tls-self-signed'].promise;
      return files;
    },
    'tls-inspect': ({ secrets }) =>
      secrets.tlsPassphrase === 'wrong'
        ? {
            ok: false,
            error: {
              code: 'tls-passphrase',
              field: 'tlsPassphrase',
              message: 'The passphrase (tlsPassphrase) is not that of /data/tls/receiver.key.',
            },
          }
        : FACTS,
    'user-hash': async () => {
      await answers['user-hash'].promise;
      return { entry: HASH };
    },
  });
  const { page, picture } = await open(receiver, '#/settings/Encryption');
  await page.getByText('No certificate is named yet.').waitFor();
  await page.getByRole('button', { name: 'Make a self-signed certificate' }).click();
  // What is typed while it is made stays.
  await page.getByLabel('Trusted authorities').fill('/data/tls/ca.pem');
  answers['tls-self-signed'].resolve();
  await page.getByText('Certificate and key belong together. Valid until 05 Mar 2027.').waitFor();
  expect(await page.getByLabel('Certificate file').inputValue()).toBe(files.certificateFile);
  await page.getByText('itself (self-signed)').waitFor();
  await page.getByText('workstation, 192.0.2.10').waitFor();
  await picture('encryption');
  const passphrase = page.getByLabel('Passphrase', { exact: true });
  await passphrase.fill('wrong');
  await page.getByText('These files cannot be used.').waitFor();
  await passphrase.fill('right');
  await page.getByText('Certificate and key belong together.').waitFor();

  await page.getByRole('navigation', { name: 'Groups of settings' }).getByRole('button', { name: 'Access' }).click();
  const users = page.locator('[data-option="users"]');
  await users.getByText('Not in use: the user identity is off.').waitFor();
  await users.getByLabel('User name').fill('anna');
  await users.getByLabel('Passcode').fill('Geheimnis');
  await users.getByRole('button', { name: 'Add user' }).click();
  const lockout = page.locator('[data-option="lockoutAfter"]').getByRole('textbox');
  await lockout.fill('7');
  answers['user-hash'].resolve();
  await users.getByText('1 user; passcodes are kept as hashes').waitFor();
  expect(await users.getByLabel('Passcode').inputValue()).toBe('');
  await picture('users');
  await page.getByRole('button', { name: 'Review and apply…' }).click();
  await page.getByRole('dialog').getByText('a new value').waitFor();
  await page.getByRole('button', { name: 'Apply and restart' }).click();
  await expect.poll(() => receiver.calls.some(({ name }) => name === 'profile-save')).toBe(true);
  expect(receiver.calls.findLast(({ name }) => name === 'profile-save')?.argument).toMatchObject({
    options: {
      tls: 'bcp195',
      tlsCertificateFile: files.certificateFile,
      tlsKeyFile: files.keyFile,
      tlsCaFile: '/data/tls/ca.pem',
      users: [HASH],
      lockoutAfter: 7,
    },
    secrets: { tlsPassphrase: 'right' },
  });
});

test('the receiver shows that TLS is on, who came with it, and who was refused for it', async () => {
  const address = { host: '::', port: 2762, aeTitle: 'STUDYPORT', storage: '/data/dicom' };
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', peerCertificate: 'CN=ct01' };
  const state = profileState(
    { id: 'p1', name: 'Radiology' },
    {
      run: {
        phase: 'listening',
        since: T0,
        address: { ...address, tls: { fingerprint: FINGERPRINT, notAfter: FACTS.notAfter } },
      },
      degraded: [
        { code: 'certificate-expires', message: 'The certificate expires on 2027-03-05. Put a new one in its place.' },
      ],
      associations: [association('p1.r.1', { tls, user: 'anna' })],
      refusals: [
        refusal('end-lockout', '192.0.2.44', { code: 'locked-out', callingAeTitle: '' }),
        { ...refusal('end-lockout', '', { code: 'tls-expected', callingAeTitle: '' }), refusalId: 'r2', fixes: [] },
        {
          ...refusal('end-lockout', '', {
            code: 'user-identity-refused',
            callingAeTitle: 'MR02',
            message: 'The user "eve" or the passcode is wrong.',
          }),
          refusalId: 'r3',
          fixes: [],
        },
      ],
    },
  );
  const receiver = createSettingsReceiver(stateOf([state]));
  receiver.answer({ 'refusal-fix': () => state.profile });
  const { page, picture } = await open(receiver, '#/receiver');
  await page.getByText('Senders must use it. The certificate is valid until 05 Mar 2027.').waitFor();
  await page.getByText('The certificate expires on 2027-03-05.').first().waitFor();
  await page.getByText('from 192.0.2.31 · user anna · TLS').waitFor();
  await page.getByText('192.0.2.44 called without TLS, and this receiver takes only encrypted connections.').waitFor();
  await page.getByText('MR02 at 192.0.2.44 did not prove who its user is.').waitFor();
  await picture('receiver');
  await page.getByRole('button', { name: 'Let 192.0.2.44 in again' }).click();
  await expect
    .poll(() => receiver.calls.findLast(({ name }) => name === 'refusal-fix')?.argument)
    .toEqual({
      id: 'p1',
      kind: 'end-lockout',
      value: '192.0.2.44',
    });
});
