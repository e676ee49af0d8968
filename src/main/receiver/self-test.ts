/** The self-test: what a modality would do, step by step, and in words what is wrong when it does not work. */

import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { loadTls, ScuError, type StoreAnswer, StoredFile, StoreScu, type StoreScuTls } from '#main/engine/index.ts';
import type { ProfileOptions, TestStep } from '#shared/contract.ts';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  sopClassName,
  transferSyntaxName,
  uidOfKeyword,
  VERIFICATION_SOP_CLASS,
} from '#shared/dicom/uids.ts';
import { withFile } from './instance-reader.ts';
import { ONE_OF_EACH, TEST_SOP_CLASSES, type TestImage, testStudy, testStudyUid, WHOLE_STUDY } from './test-images.ts';
import { testRoute } from './test-route.ts';

/** A running profile, as its own test needs to know it. */
export interface TestTarget {
  /** For the messages. */
  readonly profileName: string;
  /** Where it really listens (`options.port` may be 0). */
  readonly port: number;
  /** The options with which it runs. */
  readonly options: ProfileOptions;
  /**
   * The path or `s3://bucket/key` under which an instance was stored, as soon as `onFileStored` has told it; undefined
   * when the receiver has not told it within a time that the caller chooses (5 seconds, say).
   */
  stored(sopInstanceUid: string): Promise<string | undefined>;
  /** Rules treat what it receives: what is stored is not what was sent. Then `stored` tells of the next image, whatever its UID. */
  readonly treats?: boolean;
}

/** Tells of a step as soon as it has ended. Steps come in order; the last one is `done`. */
export type ReportStep = (step: TestStep, done: boolean) => void;

const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** Least milliseconds from one image to the next: a pace at which one sees them arrive. */
const PACE = 100;

/**
 * Connects, verifies and stores one image of each kind. Never rejects: what goes wrong is a step.
 * @returns every step that was reported
 */
export async function runSelfTest(target: TestTarget, report: ReportStep): Promise<readonly TestStep[]> {
  const steps: TestStep[] = [];
  const tell = (step: TestStep, done: boolean) => {
    steps.push(step);
    report(step, done);
  };
  const { step, scu } = await connectTo(target);
  tell(step, scu === undefined);
  if (scu === undefined) return steps;
  const over = () => scu.ended !== undefined;

  tell(await verify(scu, target.options), over());
  const now = new Date();
  for (const image of testStudy(testStudyUid(now, Math.random()), now, ONE_OF_EACH)) {
    if (over()) return steps;
    tell(await storeAndCheck(scu, image, target), over());
  }
  if (!over()) tell(await release(scu), true);
  return steps;
}

/**
 * Sends whole synthetic studies, at a pace that one can watch. Never rejects: what goes wrong is a step.
 * @returns how many images were stored
 */
export async function sendTestImages(target: TestTarget, studies: number, report: ReportStep): Promise<number> {
  let sent = 0;
  for (let number = 1; number <= studies; number++) {
    // One association for each study, as modalities do it.
    const { step: connected, scu } = await connectTo(target);
    if (scu === undefined) {
      report(connected, true);
      return sent;
    }
    const step = await timed(studies === 1 ? 'Send a study' : `Send study ${number} of ${studies}`, async () => {
      const { stored, refused } = await sendStudy(scu, target);
      sent += stored;
      await scu.release();
      const left = refused === 0 ? '' : ` ${refused} more are of kinds that your settings do not accept.`;
      if (stored === 0)
        throw new Error(`Nothing could be sent.${left} Change the accepted SOP classes or transfer syntaxes.`);
      return `${stored === 1 ? '1 image was' : `${stored} images were`} sent and stored.${left}`;
    });
    if (!step.ok) scu.abort();
    report(step, !step.ok || number === studies);
    if (!step.ok) return sent;
  }
  return sent;
}

async function sendStudy(scu: StoreScu, target: TestTarget): Promise<{ stored: number; refused: number }> {
  const now = new Date();
  let stored = 0;
  let refused = 0;
  for (const image of testStudy(testStudyUid(now, Math.random()), now, WHOLE_STUDY)) {
    const next = delay(PACE);
    try {
      await scu.store(image);
      stored += 1;
    } catch (error) {
      if (notAcceptedBySettings(error, image, target.options) === undefined) throw error;
      refused += 1;
      continue;
    }
    await next;
  }
  return { stored, refused };
}

async function connectTo({ options, port, profileName }: TestTarget): Promise<{ step: TestStep; scu?: StoreScu }> {
  let scu: StoreScu | undefined;
  const step = await timed('Connect', async () => {
    const route = testRoute(options, ownAddresses());
    if ('problem' in route) throw new Error(route.problem);
    const { host, calledAeTitle, callingAeTitle, notes } = route;
    const tls = await tlsOf(options);
    scu = await StoreScu.connect({
      ...(tls && { tls }),
      host,
      port,
      calledAeTitle,
      callingAeTitle,
      contexts: [VERIFICATION_SOP_CLASS, ...Object.values(TEST_SOP_CLASSES)].map((abstractSyntax) => ({
        abstractSyntax,
        transferSyntaxes: transferSyntaxesFor(abstractSyntax),
      })),
    });
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const how = tls ? 'with TLS, ' : '';
    return [`"${profileName}" answers at ${place} ${how}to the AE title ${calledAeTitle}.`, ...notes].join(' ');
  });
  return { step, ...(scu && { scu }) };
}

/** The test knows the certificate, and presents the same one where the receiver asks for one. */
async function tlsOf({ tls = 'off', ...files }: ProfileOptions): Promise<StoreScuTls | undefined> {
  if (tls === 'off') return undefined;
  const { context, certificate } = await loadTls({ ...files, tls });
  return { context, fingerprint: certificate.fingerprint };
}

/** C-ECHO, which has no data set, is offered in the default transfer syntax as well, as modalities do it. */
function transferSyntaxesFor(abstractSyntax: string): readonly string[] {
  return abstractSyntax === VERIFICATION_SOP_CLASS
    ? [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN]
    : [EXPLICIT_VR_LITTLE_ENDIAN];
}

function verify(scu: StoreScu, options: ProfileOptions): Promise<TestStep> {
  return timed('Verify (C-ECHO)', async () => {
    try {
      await scu.echo();
    } catch (error) {
      if (!(error instanceof ScuError) || error.code !== 'context-refused') throw error;
      if (options.transferSyntaxMode !== 'Custom') throw error;
      return (
        'Not accepted by your settings: the accepted transfer syntaxes lack Implicit VR Little Endian, which senders ' +
        'use to verify a connection. They can send images all the same.'
      );
    }
    return 'It is a DICOM receiver, and it answers.';
  });
}

function storeAndCheck(scu: StoreScu, image: TestImage, target: TestTarget): Promise<TestStep> {
  return timed(`Store ${image.modality}`, async () => {
    let answer: StoreAnswer;
    try {
      answer = await scu.store(image);
    } catch (error) {
      const settings = notAcceptedBySettings(error, image, target.options);
      if (settings === undefined) throw error;
      return settings;
    }
    // PS3.4 B.2.3: a warning is a success, and the receiver's own word for what it keeps outside the archive.
    if (target.treats && answer.status !== 0) {
      return 'The rules of this profile put it aside: it is in quarantine. That is no fault, if you mean it so.';
    }
    const location = await target.stored(image.sopInstanceUid);
    if (location === undefined) {
      throw new Error('The receiver answered success, but has not told where the image is. Look into the log.');
    }
    if (target.treats) {
      await checkReadable(location);
      return `Stored as the rules of this profile want it: ${placeOf(location, target.options)}`;
    }
    await checkContent(location, image.dataSet);
    return `Stored and checked: ${placeOf(location, target.options)}`;
  });
}

/** The folder that the person knows, in place of a path of three UIDs. */
function placeOf(location: string, { outDir }: ProfileOptions): string {
  if (location.startsWith('s3://')) return location.slice(0, location.indexOf('/', 's3://'.length));
  return outDir !== undefined && location.startsWith(outDir) ? outDir : location;
}

/** Whether the file holds what was sent, bit for bit, with or without file meta before it. */
async function checkContent(location: string, dataSet: Uint8Array): Promise<void> {
  // The storage itself compares what S3 holds before it answers success.
  if (location.startsWith('s3://')) return;
  const content = await readFile(location).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`It was stored as ${location}, but cannot be read there (${error.code}). Check the permissions.`);
  });
  if (!content.subarray(Math.max(0, content.length - dataSet.length)).equals(dataSet)) {
    throw new Error(`It was stored as ${location}, but the file does not hold what was sent. Check the disk.`);
  }
}

/** Whether the file is a DICOM object. What is in it is the rules' affair. */
async function checkReadable(location: string): Promise<void> {
  if (location.startsWith('s3://')) return;
  try {
    withFile(location, (source) => new StoredFile(source, { headerOnly: true }));
  } catch {
    throw new Error(
      `It was stored as ${location}, but cannot be read there as a DICOM object. Check the permissions and the disk.`,
    );
  }
}

function release(scu: StoreScu): Promise<TestStep> {
  return timed('Finish', async () => {
    await scu.release();
    return 'The association was closed in good order.';
  });
}

/** What to say when an image was refused because the settings want it so; undefined when they do not. */
function notAcceptedBySettings(error: unknown, image: TestImage, options: ProfileOptions): string | undefined {
  if (!(error instanceof ScuError) || error.code !== 'context-refused') return undefined;
  const { abstractSyntaxMode, abstractSyntaxes = [], transferSyntaxMode, transferSyntaxes = [] } = options;
  const lists = (list: readonly string[], uid: string) => list.some((text) => (uidOfKeyword(text) ?? text) === uid);
  if (abstractSyntaxMode === 'Custom' && !lists(abstractSyntaxes, image.sopClassUid)) {
    const kind = sopClassName(image.sopClassUid);
    return `Not accepted by your settings: ${kind} is not among the accepted SOP classes. That is no fault, if you mean it so.`;
  }
  if (transferSyntaxMode === 'Custom' && !lists(transferSyntaxes, image.transferSyntaxUid)) {
    const syntax = transferSyntaxName(image.transferSyntaxUid);
    return `Not accepted by your settings: ${syntax}, in which the test images are, is not among the accepted transfer syntaxes. That is no fault, if you mean it so.`;
  }
  return undefined;
}

/** Runs a step; what it returns, or why it failed, is the message. */
async function timed(name: string, work: () => Promise<string>): Promise<TestStep> {
  const start = performance.now();
  const step = (ok: boolean, message: string) => {
    return { name, ok, message, milliseconds: Math.round(performance.now() - start) };
  };
  try {
    return step(true, await work());
  } catch (error) {
    return step(false, failureWords(error));
  }
}

/** The comments of our own receiver say nothing of patients. */
function failureWords(error: unknown): string {
  const { message } = error as Error;
  const comment = error instanceof ScuError ? error.details.comment : undefined;
  return comment === undefined ? message : `${message} It says: ${comment}.`;
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
}
