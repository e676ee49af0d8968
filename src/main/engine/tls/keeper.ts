/** Keeps the TLS of a running receiver up to date: changed files are taken up, and the end of validity is seen coming. */

import { stat } from 'node:fs/promises';
import type { TlsFiles, TlsMaterial } from './material.ts';
import { loadTls, tlsFileNames } from './material.ts';
import { TlsError } from './tls-error.ts';
import type { CertificateProblem } from './validity.ts';
import { validityProblem } from './validity.ts';

/** How often the files are looked at, in milliseconds. Watching them would miss what is mounted and what is linked. */
const PERIOD = 1000;
/** How often files that could not be used are tried again although they look the same, in milliseconds. */
const RETRY = 60_000;

export interface TlsKeeperUser {
  /** Other files than before, tried out already. */
  replaced(material: TlsMaterial): void;
  /** What is in force, and what a person should see to; told once at the start, then whenever it changes. */
  told(material: TlsMaterial, problems: readonly CertificateProblem[]): void;
}

export class TlsKeeper {
  readonly #options: TlsFiles;
  readonly #user: TlsKeeperUser;
  #material: TlsMaterial;
  #stamp: string;
  #broken: CertificateProblem | undefined;
  /** When they were read last, by `performance.now()`. */
  #readAt = 0;
  #told: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  private constructor(options: TlsFiles, user: TlsKeeperUser, material: TlsMaterial, stamp: string) {
    this.#options = options;
    this.#user = user;
    this.#material = material;
    this.#stamp = stamp;
  }

  /** Reads the files. @throws TlsError */
  static async open(options: TlsFiles, user: TlsKeeperUser): Promise<TlsKeeper> {
    // Before they are read: what changes meanwhile is read again.
    const stamp = await stampOf(options);
    return new TlsKeeper(options, user, await loadTls(options), stamp);
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** Begins to look at the files now and then. */
  start(): void {
    this.#tell();
    this.#timer = setInterval(() => void this.#look(), PERIOD);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const stamp = await stampOf(this.#options);
      const isDue = this.#broken !== undefined && performance.now() - this.#readAt >= RETRY;
      if (stamp !== this.#stamp || isDue) await this.#reload(stamp);
    } finally {
      this.#looking = false;
    }
    this.#tell();
  }

  /** A broken file keeps what there was: certificate and key are seldom replaced in the same instant. */
  async #reload(stamp: string): Promise<void> {
    this.#stamp = stamp;
    this.#readAt = performance.now();
    try {
      const material = await loadTls(this.#options);
      this.#material = material;
      this.#broken = undefined;
      this.#user.replaced(material);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      const message = `The changed certificate files cannot be used, so the old certificate stays in force: ${error.message}.`;
      this.#broken = { code: 'certificate-not-reloaded', message };
    }
  }

  #tell(): void {
    const { certificate } = this.#material;
    const problems = [validityProblem(certificate, new Date()), this.#broken].filter((one) => one !== undefined);
    const words = JSON.stringify([certificate.fingerprint, problems]);
    if (words === this.#told) return;
    this.#told = words;
    this.#user.told(this.#material, problems);
  }
}

/** Differs when a file was changed, replaced or removed, or whoever may read it. */
async function stampOf(options: TlsFiles): Promise<string> {
  const stamps = tlsFileNames(options).map(async (name) => {
    const stats = await stat(name).catch(() => undefined);
    return stats ? `${stats.ino} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.size}` : 'none';
  });
  return (await Promise.all(stamps)).join('; ');
}
