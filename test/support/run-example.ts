/**
 * Runs one example of the specification in a process of its own: `node run-example.ts FILE`, with an IPC channel to the
 * test. 'studyport' is the package with local ports and folders; a receiver that the example only makes is started after
 * it. The test says 'stop' when it has sent enough, and the process has to end by itself.
 *
 * `node run-example.ts --fragments FILE…` gives the option fragments of the files to the constructor.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What the test hears of a running example. */
export type ExampleMessage =
  | { readonly type: 'ready'; readonly receivers: readonly ExampleReceiver[] }
  | { readonly type: 'file-stored' | 'study-completed' | 'error'; readonly receiver: number; readonly event: unknown }
  | { readonly type: 'fragment'; readonly file: string; readonly index: number; readonly failure: string | undefined }
  | { readonly type: 'stopped' };

export type ExampleReceiver = { readonly port: number; readonly storeWithFileMeta: boolean };

const standIn = new URL('./local-studyport.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'studyport' ? standIn : specifier, context),
});
const { receivers, StoreScp } = await import('./local-studyport.ts');

if (process.argv[2] === '--fragments') await constructFragments(process.argv.slice(3));
else await runExample(process.argv[2] ?? '');

async function runExample(file: string): Promise<void> {
  await import(pathToFileURL(file).href);
  const started = receivers.map(async ({ receiver, asked }, index) => {
    const report = (type: 'file-stored' | 'study-completed' | 'error') => (error: Error | null, event: object) =>
      tell({ type, receiver: index, event: { ...event, ...(error && { error: error.message }) } });
    receiver.onFileStored(report('file-stored'));
    receiver.onStudyCompleted(report('study-completed'));
    receiver.onError(report('error'));
    await (receiver.started ?? receiver.start());
    return { port: await receiver.listening.promise, storeWithFileMeta: asked.storeWithFileMeta ?? false };
  });
  tell({ type: 'ready', receivers: await Promise.all(started) });
  process.once('message', async () => {
    await Promise.all(receivers.map(({ receiver }) => receiver.stop()));
    tell({ type: 'stopped' });
    // Nothing of the receivers may keep the process from ending now.
    process.disconnect?.();
  });
}

/** A fragment shows one option; what that option asks for besides is added. */
async function constructFragments(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { fragments }: { fragments: Partial<ConstructorParameters<typeof StoreScp>[0]>[] } = await import(
      pathToFileURL(file).href
    );
    for (const [index, fragment] of fragments.entries()) {
      let failure: string | undefined;
      try {
        new StoreScp({
          port: 4446,
          outDir: './dicom-storage',
          abstractSyntaxes: ['CTImageStorage'],
          transferSyntaxes: ['ExplicitVRLittleEndian'],
          s3Config: { bucket: 'dicom' },
          ...(fragment.s3Config && { storageBackend: 'S3' }),
          ...fragment,
        });
      } catch (error) {
        failure = String(error);
      }
      tell({ type: 'fragment', file, index, failure });
    }
  }
}

function tell(message: ExampleMessage): void {
  process.send?.(message);
}
