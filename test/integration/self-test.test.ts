/** The self-test and the test images against real receivers: what works, what the settings refuse, and what is broken. */
import { appendFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { StoreScpOptions } from '#main/engine/index.ts';
import { runSelfTest, sendTestImages, type TestTarget } from '#main/receiver/self-test.ts';
import { testImageCount, WHOLE_STUDY } from '#main/receiver/test-images.ts';
import type { TestStep } from '#shared/contract.ts';
import { isTestStudy } from '#shared/dicom/test-images.ts';
import { startAcceptor } from '../support/scripted-acceptor.ts';
import { startTestReceiver, type TestReceiver, type TestReceiverOptions } from '../support/test-receiver.ts';
import { freePort } from '../support/tools.ts';

const ALL = ['Connect', 'Verify (C-ECHO)', 'Store CT', 'Store MR', 'Store US', 'Store SR', 'Finish'];

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(options: TestReceiverOptions = {}): Promise<{ receiver: TestReceiver; target: TestTarget }> {
  const receiver = await startTestReceiver(options);
  ends.push(receiver.stop);
  const { prepare, logger, ...rest } = options;
  return { receiver, target: targetOf(receiver, rest) };
}

function targetOf(receiver: TestReceiver, options: Partial<StoreScpOptions>): TestTarget {
  return {
    profileName: 'Archive',
    port: receiver.port,
    options: { port: 0, host: '127.0.0.1', outDir: receiver.folder, ...options },
    stored: async (uid) => {
      for (let tries = 0; tries < 100; tries++) {
        const found = receiver.stored.find(({ data }) => data.sopInstanceUid === uid);
        if (found) return found.data.file;
        await delay(20);
      }
      return undefined;
    },
  };
}

/** Runs the test and insists that what was reported is what was returned, and `done` was said once, at the end. */
async function selfTest(target: TestTarget): Promise<readonly TestStep[]> {
  const reported: { step: TestStep; done: boolean }[] = [];
  const steps = await runSelfTest(target, (step, done) => reported.push({ step, done }));
  expect(reported.map(({ step }) => step)).toEqual(steps);
  expect(reported.map(({ done }) => done)).toEqual(steps.map((_, index) => index === steps.length - 1));
  return steps;
}

const summary = (steps: readonly TestStep[]) => steps.map(({ name, ok }) => (ok ? name : `${name}: failed`));
const last = (steps: readonly TestStep[]) => steps.at(-1)!;

describe('a receiver that works', () => {
  test.each([
    ['as it is', {}],
    ['with file meta', { storeWithFileMeta: true }],
    ['strict', { strict: true }],
    ['uncompressed only', { transferSyntaxMode: 'UncompressedOnly' }],
    ['with small PDUs', { maxPduLength: 4096 }],
  ] as const)('%s passes every step', async (_, options) => {
    const { receiver, target } = await start(options);
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(ALL);
    expect(steps[0]?.message).toBe(`"Archive" answers at 127.0.0.1:${receiver.port} to the AE title STORE-SCP.`);
    expect(steps[2]?.message).toBe(`Stored and checked: ${receiver.folder}`);
    for (const { milliseconds } of steps) expect(milliseconds).toBeGreaterThanOrEqual(0);
    expect(receiver.files()).toHaveLength(4);
    for (const { data } of receiver.stored) {
      expect(isTestStudy(data.studyInstanceUid)).toBe(true);
      expect(data.association.callingAeTitle).toBe('STUDYPORT_TEST');
    }
    expect(receiver.connections.map(({ data }) => data.state)).toEqual(['accepted', 'released']);
  });

  test('passes as a caller that it accepts', async () => {
    const { receiver, target } = await start({ acceptedCallingAeTitles: ['CT01'], acceptedCalledAeTitles: ['PACS'] });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(ALL);
    expect(steps[0]?.message).toContain('The test calls as "CT01", because STUDYPORT_TEST is not among');
    expect(receiver.stored[0]?.data.association).toMatchObject({ callingAeTitle: 'CT01', calledAeTitle: 'PACS' });
  });

  test('stores in S3: what it says is believed', async () => {
    const { target } = await start();
    const steps = await selfTest({ ...target, stored: async (uid) => `s3://bucket/${uid}.dcm` });
    expect(summary(steps)).toEqual(ALL);
    expect(steps[2]?.message).toBe('Stored and checked: s3://bucket');
  });
});

describe('what the settings refuse is no fault', () => {
  test('kinds of objects', async () => {
    const { receiver, target } = await start({
      abstractSyntaxMode: 'Custom',
      abstractSyntaxes: ['MRImageStorage', '1.2.840.10008.5.1.4.1.1.88.11'],
    });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(ALL);
    expect(steps[2]?.message).toBe(
      'Not accepted by your settings: CT Image Storage is not among the accepted SOP classes. That is no fault, if you mean it so.',
    );
    expect(steps[4]?.message).toContain('Ultrasound Image Storage is not among');
    expect(receiver.stored.map(({ data }) => data.sopClassUid)).toHaveLength(2);
  });

  test('transfer syntaxes, that of C-ECHO included', async () => {
    const { receiver, target } = await start({ transferSyntaxMode: 'Custom', transferSyntaxes: ['JPEG2000Lossless'] });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(ALL);
    expect(steps[1]?.message).toContain('lack Implicit VR Little Endian, which senders use to verify');
    expect(steps[2]?.message).toContain('Explicit VR Little Endian, in which the test images are, is not among');
    expect(receiver.stored).toEqual([]);
  });

  test('addresses: nothing is tried', async () => {
    const { receiver, target } = await start({ acceptedAddresses: ['203.0.113.0/24'] });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(['Connect: failed']);
    expect(last(steps).message).toContain('do not include this computer (127.0.0.1)');
    expect(receiver.connections).toEqual([]);
  });
});

describe('what is broken', () => {
  test('nothing listens', async () => {
    const { target } = await start();
    const port = await freePort();
    const steps = await selfTest({ ...target, port });
    expect(summary(steps)).toEqual(['Connect: failed']);
    expect(last(steps).message).toContain(`127.0.0.1:${port} cannot be reached: nothing listens on this port`);
  });

  test('something else listens', async () => {
    const { target } = await start();
    const ssh = await startAcceptor(
      () => undefined,
      (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'),
    );
    ends.push(ssh.stop);
    const steps = await selfTest({ ...target, port: ssh.port });
    expect(summary(steps)).toEqual(['Connect: failed']);
    expect(last(steps).message).toContain('is not DICOM');
  });

  test('there is no space left', async () => {
    const { target } = await start({ minimumFreeSpace: Number.MAX_SAFE_INTEGER });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual(['Connect: failed']);
    expect(last(steps).message).toContain('it is busy or short of space');
  });

  test('what answers is not what the settings say: the titles differ', async () => {
    const { target } = await start({ acceptedCallingAeTitles: ['CT01'] });
    const steps = await selfTest({ ...target, options: { ...target.options, acceptedCallingAeTitles: [] } });
    expect(last(steps).message).toContain('it does not know the calling AE title: add that title');
  });

  test('every object is refused, with the comment of the receiver', async () => {
    const { receiver, target } = await start({
      extractTags: ['PatientID'],
      prepare: (scp) =>
        scp.onBeforeStore(async () => {
          throw new Error('no');
        }),
    });
    const steps = await selfTest(target);
    expect(summary(steps)).toEqual([
      'Connect',
      'Verify (C-ECHO)',
      'Store CT: failed',
      'Store MR: failed',
      'Store US: failed',
      'Store SR: failed',
      'Finish',
    ]);
    expect(steps[2]?.message).toMatch(/\(C001H\)\. It says: .+\.$/);
    expect(receiver.files()).toEqual([]);
  });

  test('the receiver never tells where an object is', async () => {
    const { target } = await start();
    const steps = await selfTest({ ...target, stored: async () => undefined });
    expect(summary(steps).filter((name) => name.endsWith('failed'))).toHaveLength(4);
    expect(steps[2]?.message).toContain('has not told where the image is. Look into the log');
  });

  test('a file that is gone, and one that was changed', async () => {
    const { target } = await start();
    let asked = 0;
    const steps = await selfTest({
      ...target,
      stored: async (uid) => {
        const file = await target.stored(uid);
        asked += 1;
        if (file !== undefined && asked === 1) await rm(file);
        if (file !== undefined && asked === 2) await appendFile(file, 'x');
        return file;
      },
    });
    expect(summary(steps).slice(2, 5)).toEqual(['Store CT: failed', 'Store MR: failed', 'Store US']);
    expect(steps[2]?.message).toContain('cannot be read there (ENOENT)');
    expect(steps[3]?.message).toContain('does not hold what was sent');
  });

  test('the receiver stops in the middle', async () => {
    const { receiver, target } = await start({ stopTimeout: 0 });
    const steps = await selfTest({
      ...target,
      stored: async (uid) => {
        const file = await target.stored(uid);
        await receiver.scp.stop();
        return file;
      },
    });
    expect(last(steps).name).toBe('Store CT');
    expect(steps).toHaveLength(3);
  });
});

describe('test images', () => {
  test('arrive as a study of four series', async () => {
    const { receiver, target } = await start();
    const reported: [TestStep, boolean][] = [];
    const sent = await sendTestImages(target, 1, (step, done) => reported.push([step, done]));
    const count = testImageCount(WHOLE_STUDY);
    expect(sent).toBe(count);
    expect(reported).toMatchObject([
      [{ name: 'Send a study', ok: true, message: `${count} images were sent and stored.` }, true],
    ]);
    expect(receiver.files()).toHaveLength(count);
    expect(new Set(receiver.stored.map(({ data }) => data.studyInstanceUid)).size).toBe(1);
    expect(new Set(receiver.stored.map(({ data }) => data.seriesInstanceUid)).size).toBe(4);
  });

  test('several studies come one after the other; what the settings refuse is left out', async () => {
    const { receiver, target } = await start({
      abstractSyntaxMode: 'Custom',
      abstractSyntaxes: ['BasicTextSRStorage'],
    });
    const reported: [TestStep, boolean][] = [];
    const sent = await sendTestImages(target, 3, (step, done) => reported.push([step, done]));
    expect(sent).toBe(3);
    expect(reported.map(([{ name, ok }, done]) => [name, ok, done])).toEqual([
      ['Send study 1 of 3', true, false],
      ['Send study 2 of 3', true, false],
      ['Send study 3 of 3', true, true],
    ]);
    expect(reported[0]?.[0].message).toBe(
      '1 image was sent and stored. 17 more are of kinds that your settings do not accept.',
    );
    expect(new Set(receiver.stored.map(({ data }) => data.studyInstanceUid)).size).toBe(3);
    expect(receiver.connections.filter(({ data }) => data.state === 'released')).toHaveLength(3);
  });

  test('of which none is accepted are reported as a failure', async () => {
    const { target } = await start({ abstractSyntaxMode: 'Custom', abstractSyntaxes: ['1.2.3'] });
    const reported: [TestStep, boolean][] = [];
    expect(await sendTestImages(target, 2, (step, done) => reported.push([step, done]))).toBe(0);
    expect(reported).toMatchObject([[{ ok: false }, true]]);
    expect(reported[0]?.[0].message).toContain('Change the accepted SOP classes');
  });

  test('to nobody fail with the reason', async () => {
    const { target } = await start();
    const reported: [TestStep, boolean][] = [];
    const port = await freePort();
    expect(await sendTestImages({ ...target, port }, 2, (step, done) => reported.push([step, done]))).toBe(0);
    expect(reported).toMatchObject([[{ name: 'Connect', ok: false }, true]]);
  });
});
