/** Commands around TLS and users: a certificate for a first try, a look at what the files hold, the hash of a passcode. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPasscode, loadTls, TlsError, type TlsFiles, validityProblem } from '#main/engine/index.ts';
import type { CommandResults, ParsedArgument, Problem, TlsInspection } from '#shared/contract.ts';
import { problem, withoutWords } from './problem.ts';
import type { Receiver } from './receiver.ts';
import { secretKey } from './receiver.ts';
import { selfSigned } from './self-signed.ts';
import { sentence } from './start-problem.ts';

type TlsCommand = 'tls-self-signed' | 'tls-inspect' | 'user-hash';

export const tlsCommands: {
  readonly [Name in TlsCommand]: (receiver: Receiver, argument: ParsedArgument<Name>) => Promise<CommandResults[Name]>;
} = {
  'tls-self-signed': async ({ host }) => {
    const { hostName, addresses } = host.info();
    const names = [hostName, 'localhost', ...addresses.map(({ address }) => address), '127.0.0.1', '::1'];
    const { certificate, key } = await selfSigned(hostName, [...new Set(names)]);
    const folder = join(host.dataFolder, 'tls');
    const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    const [certificateFile, keyFile] = [join(folder, `receiver-${stamp}.pem`), join(folder, `receiver-${stamp}.key`)];
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // Never over one that may be in use.
      await writeFile(keyFile, key, { mode: 0o600, flag: 'wx' });
      await writeFile(certificateFile, certificate, { mode: 0o644, flag: 'wx' });
    } catch (error) {
      throw problem(
        'certificate-not-written',
        `The certificate could not be written to ${folder} (${withoutWords(error)}). Check the space and the rights there.`,
      );
    }
    return { certificateFile, keyFile };
  },

  'tls-inspect': async (receiver, { id, options, secrets }) => {
    const stored = id === undefined ? undefined : receiver.managed(id).profile;
    const isKept = stored?.secrets.includes('tlsPassphrase') && secrets.tlsPassphrase === undefined;
    const kept = isKept
      ? await receiver.host.secrets.get(secretKey(stored!.id, 'tlsPassphrase')).catch(() => undefined)
      : undefined;
    return inspectTls(tlsFilesOf(options, secrets.tlsPassphrase ?? kept));
  },

  'user-hash': async (_receiver, { name, passcode }) => ({ entry: await hashPasscode(name, passcode) }),
};

/** Texts alone: the form may hold anything. */
function tlsFilesOf(options: Readonly<Record<string, unknown>>, passphrase: string | undefined): TlsFiles {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === 'string' && value !== '' ? { [name]: value } : {};
  };
  return {
    tls: options.tls === 'bcp195-modified' ? 'bcp195-modified' : 'bcp195',
    ...text('tlsCertificateFile'),
    ...text('tlsKeyFile'),
    ...text('tlsPkcs12File'),
    ...text('tlsCaFile'),
    ...(passphrase !== undefined && { tlsPassphrase: passphrase }),
  };
}

async function inspectTls(files: TlsFiles): Promise<TlsInspection> {
  if (files.tlsPkcs12File === undefined && (files.tlsCertificateFile === undefined || files.tlsKeyFile === undefined)) {
    throw problem('tls-files-missing', 'Name a certificate file and its key file, or a PKCS#12 file.');
  }
  try {
    const { certificate, authorities } = await loadTls(files);
    const { notBefore, notAfter, ...facts } = certificate;
    const validity: Problem | undefined = validityProblem(certificate, new Date());
    return {
      ...facts,
      notBefore: notBefore.getTime(),
      notAfter: notAfter.getTime(),
      authorities,
      warnings: validity ? [validity] : [],
    };
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw problem(error.code, sentence(error.message), error.option);
  }
}
