/** Certificates that openssl makes for a test: an authority, a receiver, senders good and bad. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './tools.ts';

export type Certificate = { readonly certificate: string; readonly key: string };

export type Certificates = {
  /** Signs the receiver and the good sender. */
  readonly ca: Certificate;
  readonly otherCa: Certificate;
  /** RSA, for 127.0.0.1. */
  readonly server: Certificate;
  /** Another one of the same name. */
  readonly renewed: Certificate;
  /** Is valid for ten days. */
  readonly expiring: Certificate;
  readonly expiredServer: Certificate;
  readonly client: Certificate;
  readonly expiredClient: Certificate;
  /** Signed by the other authority. */
  readonly stranger: Certificate;
};

const RSA = ['rsa:2048'];
const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Writes them into a folder. Needs openssl. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const [ca, otherCa] = await Promise.all([authority(folder, 'ca'), authority(folder, 'other-ca')]);
  const issued = (name: string, issuer: Certificate, days: number, kind = EC) =>
    issue(folder, name, issuer, days, kind);
  const [server, renewed, expiring, expiredServer, client, expiredClient, stranger] = await Promise.all([
    issued('server', ca, 365, RSA),
    issued('renewed', ca, 365, RSA),
    issued('expiring', ca, 10),
    issued('expired-server', ca, -1),
    issued('client', ca, 365),
    issued('expired-client', ca, -1),
    issued('stranger', otherCa, 365),
  ]);
  return { ca, otherCa, server, renewed, expiring, expiredServer, client, expiredClient, stranger };
}

/** Runs openssl and insists on success. */
export async function openssl(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}

function paths(folder: string, name: string): Certificate {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

async function authority(folder: string, name: string): Promise<Certificate> {
  const { certificate, key } = paths(folder, name);
  const subject = ['-subj', `/O=Test Works/CN=${name}`, '-days', '3650'];
  await openssl('req', '-x509', '-newkey', ...EC, '-nodes', '-keyout', key, '-out', certificate, ...subject);
  return { certificate, key };
}

async function issue(
  folder: string,
  name: string,
  issuer: Certificate,
  days: number,
  kind: readonly string[],
): Promise<Certificate> {
  const { certificate, key } = paths(folder, name);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  await writeFile(extensions, 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl('req', '-new', '-newkey', ...kind, '-nodes', '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
  const signed = [
    '-CA',
    issuer.certificate,
    '-CAkey',
    issuer.key,
    '-set_serial',
    `0x${Buffer.from(name).toString('hex')}`,
  ];
  await openssl(
    'x509',
    '-req',
    '-in',
    request,
    ...signed,
    '-days',
    String(days),
    '-extfile',
    extensions,
    '-out',
    certificate,
  );
  return { certificate, key };
}
