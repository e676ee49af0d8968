/** Starts an example of the specification, sends to its receivers, and collects what it did. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { contextsFor, type RawInstance, RawSender } from './raw-sender.ts';
import type { ExampleMessage, ExampleReceiver } from './run-example.ts';

export const EXAMPLES = join(import.meta.dirname, '../fixtures/examples');
const RUNNER = join(import.meta.dirname, 'run-example.ts');

export type FileStored = { readonly receiver: number; readonly file: string; readonly sopInstanceUid: string };

/** How one object was answered: the status, or that its presentation context was refused. */
export type Answer = { readonly status: number | 'context refused'; readonly comment: string | undefined };

export type ExampleRun = {
  /** Per receiver, per object. */
  readonly answers: readonly (readonly Answer[])[];
  readonly stored: readonly FileStored[];
  readonly studies: readonly unknown[];
  readonly errors: readonly unknown[];
  readonly receivers: readonly ExampleReceiver[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
};

export type ExampleOptions = {
  /** What outDir and the S3 server become. */
  readonly folder: string;
  readonly s3Endpoint: string;
  readonly objects: readonly RawInstance[];
  /** Wait until each receiver has reported this many studies as complete. */
  readonly studies?: number;
};

export async function runExample(file: string, options: ExampleOptions): Promise<ExampleRun> {
  const example = startProcess([join(EXAMPLES, file)], options);
  try {
    const { receivers } = await example.until((message) => message.type === 'ready');
    const answers: Answer[][] = [];
    for (const { port } of receivers) answers.push(await sendAll(port, options.objects));
    for (const index of options.studies ? receivers.keys() : []) {
      await example.until(
        (message): message is ExampleMessage => message.type === 'study-completed' && message.receiver === index,
      );
    }
    example.say('stop');
    const { exitCode, stdout, stderr } = await example.end();
    const events = (type: ExampleMessage['type']) =>
      example.messages.flatMap((message) =>
        message.type === type && 'event' in message ? [{ receiver: message.receiver, event: message.event }] : [],
      );
    return {
      answers,
      receivers,
      stored: events('file-stored').flatMap(({ receiver, event }) => fileStored(receiver, event)),
      studies: events('study-completed').map(({ event }) => event),
      errors: events('error').map(({ event }) => event),
      stdout,
      stderr,
      exitCode,
    };
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}\n${example.output()}`);
  } finally {
    example.kill();
  }
}

export type FragmentResult = { readonly file: string; readonly index: number; readonly failure: string | undefined };

export async function constructFragments(
  files: readonly string[],
  options: Pick<ExampleOptions, 'folder' | 's3Endpoint'>,
): Promise<FragmentResult[]> {
  const example = startProcess(['--fragments', ...files.map((file) => join(EXAMPLES, file))], options);
  try {
    const { stderr, exitCode } = await example.end();
    if (exitCode !== 0) throw new Error(`the fragments ended with ${exitCode}: ${stderr}`);
    return example.messages.flatMap((message) => (message.type === 'fragment' ? [message] : []));
  } finally {
    example.kill();
  }
}

async function sendAll(port: number, objects: readonly RawInstance[]): Promise<Answer[]> {
  const sender = await RawSender.connect({ port, contexts: contextsFor(objects) });
  try {
    const answers: Answer[] = [];
    for (const object of objects) {
      if (sender.contextFor(object.sopClassUid, object.transferSyntaxUid) === undefined) {
        answers.push({ status: 'context refused', comment: undefined });
        continue;
      }
      const { Status, ErrorComment } = await sender.storeForResponse(object);
      answers.push({ status: Status ?? -1, comment: ErrorComment });
    }
    await sender.release();
    return answers;
  } finally {
    sender.destroy();
  }
}

/** onFileStored also hears, with an error, of what was not stored. */
function fileStored(receiver: number, event: unknown): FileStored[] {
  const { data, error } = event as { data: { file: string; sopInstanceUid: string }; error?: string };
  return error === undefined ? [{ receiver, file: data.file, sopInstanceUid: data.sopInstanceUid }] : [];
}

function startProcess(args: readonly string[], options: Pick<ExampleOptions, 'folder' | 's3Endpoint'>) {
  const child = fork(RUNNER, args, {
    // Relative paths of the examples must not end up in the project.
    cwd: options.folder,
    silent: true,
    env: {
      ...process.env,
      EXAMPLE_FOLDER: options.folder,
      EXAMPLE_S3_ENDPOINT: options.s3Endpoint,
      S3_BUCKET: 'from-environment',
      S3_ENDPOINT: options.s3Endpoint,
      AWS_ACCESS_KEY_ID: 'TESTKEY',
      AWS_SECRET_ACCESS_KEY: 'TESTSECRET',
      DO_SPACES_KEY: 'TESTKEY',
      DO_SPACES_SECRET: 'TESTSECRET',
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const messages: ExampleMessage[] = [];
  let wake = () => {};
  child.on('message', (message: ExampleMessage) => {
    messages.push(message);
    wake();
  });
  let closed = false;
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      closed = true;
      wake();
      resolve(code);
    });
  });

  const until = async <Wanted extends ExampleMessage>(
    wanted: (message: ExampleMessage) => message is Wanted,
  ): Promise<Wanted> => {
    const limit = performance.now() + 20_000;
    for (;;) {
      const found = messages.find(wanted);
      if (found) return found;
      const left = limit - performance.now();
      if (closed || left <= 0) throw new Error(closed ? 'the example ended' : 'no answer');
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
    }
  };
  return {
    messages,
    output: () => `${stdout}${stderr}`,
    until,
    say: (word: string) => child.send(word),
    end: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const exitCode = await ended;
      clearTimeout(timer);
      return { exitCode, stdout, stderr };
    },
    kill: () => {
      if (child.exitCode === null) child.kill('SIGKILL');
    },
  };
}
