/**
 * What the examples of the specification import as 'studyport' when they run: the real package, except that its
 * receivers stay on this machine (a free port on loopback, folders below a temporary one, a local S3 server) and do not
 * wait long for the end of a study.
 */
import { join } from 'node:path';
import { StoreScp as RealStoreScp } from '#main/engine/index.ts';

export * from '#main/engine/index.ts';

type Options = ConstructorParameters<typeof RealStoreScp>[0];

/** Every receiver that an example made, in order. */
export const receivers: { readonly receiver: StoreScp; readonly asked: Options }[] = [];

export class StoreScp extends RealStoreScp {
  started: Promise<void> | undefined;
  /** The port it really listens on. */
  readonly listening = Promise.withResolvers<number>();

  constructor(asked: Options) {
    const { outDir, s3Config, ...rest } = asked;
    super({
      ...rest,
      port: 0,
      host: '127.0.0.1',
      studyTimeout: 0.2,
      fsync: false,
      minimumFreeSpace: 0,
      ...(outDir !== undefined && { outDir: localFolder(outDir) }),
      ...(s3Config !== undefined && { s3Config: { ...s3Config, ...localS3() } }),
    });
    this.onServerStarted((error, event) => {
      if (error) this.listening.reject(error);
      else this.listening.resolve(event.data.port);
    });
    receivers.push({ receiver: this, asked });
  }

  override start(): Promise<void> {
    this.started = super.start();
    return this.started;
  }
}

function localFolder(outDir: string): string {
  const root = process.env.EXAMPLE_FOLDER;
  if (root === undefined) throw new Error('EXAMPLE_FOLDER is not set');
  return join(root, `${receivers.length}`, outDir);
}

function localS3() {
  const endpoint = process.env.EXAMPLE_S3_ENDPOINT;
  if (endpoint === undefined) throw new Error('EXAMPLE_S3_ENDPOINT is not set');
  return { endpoint, forcePathStyle: true };
}
