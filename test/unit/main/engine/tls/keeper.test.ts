/** When the files of TLS are read again: whenever one of them may differ, and now and then while they cannot be used. */
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { TlsKeeper } from '#main/engine/tls/keeper.ts';
import * as material from '#main/engine/tls/material.ts';
import { TlsError } from '#main/engine/tls/tls-error.ts';
import { openssl } from '../../../../support/certificates.ts';
import { createTempFolder } from '../../../../support/temp-folder.ts';
import { until } from '../../../../support/test-receiver.ts';

vi.mock('#main/engine/tls/material.ts', { spy: true });

// Only what the keeper looks at; waiting for its files stays real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => vi.useRealTimers());

async function keeper() {
  const folder = await createTempFolder('keeper');
  onTestFinished(folder.remove);
  const [tlsCertificateFile, tlsKeyFile] = [folder.join('own.pem'), folder.join('own.key')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=own', '-days', '365'];
  await openssl('req', '-x509', ...kind, '-keyout', tlsKeyFile, '-out', tlsCertificateFile);
  // Whole seconds: what `utimes` can set again exactly.
  await utimes(tlsKeyFile, 1_700_000_000, 1_700_000_000);
  const told: string[][] = [];
  const made = await TlsKeeper.open(
    { tls: 'bcp195', tlsCertificateFile, tlsKeyFile },
    { replaced: () => undefined, told: (_, problems) => void told.push(problems.map(({ code }) => code)) },
  );
  made.start();
  onTestFinished(() => made.stop());
  return { told, tlsKeyFile };
}

test('a change that leaves size and time of modification as they were is seen', async () => {
  const { told, tlsKeyFile } = await keeper();
  const { mtime, size, atime } = await stat(tlsKeyFile);
  await writeFile(tlsKeyFile, 'x'.repeat(size), { flag: 'r+' });
  await utimes(tlsKeyFile, atime, mtime);
  expect(await stat(tlsKeyFile)).toMatchObject({ mtime, size });
  vi.advanceTimersByTime(1000);
  await until(() => told.length === 2, 'the key is none');
  expect(told).toEqual([[], ['certificate-not-reloaded']]);
});

test('files that could not be used are tried again after a minute, whether they have changed or not', async () => {
  const { told, tlsKeyFile } = await keeper();
  const refused = new TlsError('tls-file-not-readable', 'tlsKeyFile', 'too many open files');
  const load = vi.mocked(material.loadTls).mockClear().mockRejectedValueOnce(refused);
  await writeFile(tlsKeyFile, await readFile(tlsKeyFile));
  vi.advanceTimersByTime(1000);
  await until(() => told.length === 2, 'it could not be read');
  expect(load).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  await until(() => told.length === 3, 'it is taken up');
  expect(told).toEqual([[], ['certificate-not-reloaded'], []]);
  expect(load).toHaveBeenCalledTimes(2);
});
