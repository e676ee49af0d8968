/** The faults of the campaign, by where they strike. Each function ends with the books audited. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storescu } from '../support/dcmtk.ts';
import { endProfileThreads } from '../support/end-profile-threads.ts';
import { openApplication, quietOptions } from '../support/open-receiver.ts';
import { startReceiver, storedFiles } from '../support/reception.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { until } from '../support/test-receiver.ts';
import { freePort, missingTools } from '../support/tools.ts';
import { Archive, type Campaign } from './campaign.ts';
import type { Audit } from './ledger.ts';
import { ReceiverProcess } from './receiver-process.ts';
import { drippingPeers, garbage, idlePeers, type Sending, send } from './traffic.ts';

const MB = 1024 * 1024;
const NOBODY = 65534;
const DAY = 24 * 60 * 60 * 1000;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

const optionsFor = (outDir: string) => ({
  port: 0,
  host: '127.0.0.1',
  outDir,
  storeWithFileMeta: true,
  minimumFreeSpace: 0,
  checksums: true,
  maxAssociations: 300,
});

/** Calls that fail, a clock that jumps, and peers who mean no good. */
export async function faultyCallsAndPeers(campaign: Campaign, rounds: number): Promise<void> {
  const temporary = await createTempFolder('campaign');
  const outDir = temporary.join('archive');
  const receiver = await ReceiverProcess.start({ options: optionsFor(outDir) });
  const archive = new Archive(outDir);
  const { port } = receiver;
  try {
    await campaign.fault(
      { fault: 'nothing, for comparison', injected: 0, archive: archive, isHarmless: true },
      async (sending) => {
        await send(sending(port), { each: 10, senders: 4 });
        return port;
      },
    );
    const before = await receiver.memory();
    for (const [call, code] of [
      ['datasync', 'ENOSPC'],
      ['writev', 'EIO'],
      ['open', 'EMFILE'],
      ['rename', 'EROFS'],
      ['makeFolder', 'EDQUOT'],
      ['sync', 'EIO'],
      ['close', 'EIO'],
    ] as const) {
      const times = 6;
      await campaign.fault(
        { fault: `${code} at ${call}`, injected: rounds * times, archive: archive },
        async (sending) => {
          for (let round = 0; round < rounds; round++) {
            await receiver.tell({ fail: { call, code, times } });
            await send(sending(port), { each: 4, senders: 3 });
            await receiver.tell({ fail: { call, code, times: 0 } });
          }
          return port;
        },
      );
    }
    await campaign.fault(
      {
        fault: 'the clock jumps by ten years, there and back',
        injected: 2 * rounds,
        archive: archive,
        isHarmless: true,
      },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          for (const offset of [3650 * DAY, -3650 * DAY]) {
            const sent = send(sending(port));
            await receiver.tell({ clock: offset });
            await sent;
          }
        }
        return port;
      },
    );
    await campaign.fault(
      { fault: '200 idle peers', injected: 200, archive: archive, isHarmless: true },
      async (sending) => {
        const end = await idlePeers(port, 200);
        await send(sending(port));
        end();
        return port;
      },
    );
    await campaign.fault(
      { fault: '50 dripping peers', injected: 50, archive: archive, isHarmless: true },
      async (sending) => {
        const end = await drippingPeers(port, 50);
        for (let round = 0; round < rounds; round++) await send(sending(port));
        end();
        return port;
      },
    );
    await campaign.fault(
      { fault: 'a flood of garbage', injected: 300 * rounds, archive: archive, isHarmless: true },
      async (sending) => {
        await Promise.all([garbage(port, 300 * rounds), send(sending(port), { each: 6 })]);
        return port;
      },
    );
    campaign.growth.push((await receiver.memory()) - before);
    await storescuAmidst(campaign, receiver, archive, temporary.join('files'));
  } finally {
    await receiver.stop();
    await temporary.remove();
  }
}

/** A sender that nobody here wrote, while calls fail. */
async function storescuAmidst(
  campaign: Campaign,
  receiver: ReceiverProcess,
  archive: Archive,
  folder: string,
): Promise<void> {
  const missing = missingTools(['storescu']);
  if (missing !== undefined) {
    campaign.skipped.push(`DCMTK storescu (${missing})`);
    return;
  }
  const { port } = receiver;
  mkdirSync(folder);
  const instances = Array.from({ length: 12 }, () => archive.instances.next());
  const files = instances.map(({ sopInstanceUid, dataSet }) => {
    const file = join(folder, sopInstanceUid);
    writeFileSync(file, dataSet);
    return file;
  });
  // storescu writes data sets anew: what it sends is known from a receiver that nothing happens to.
  const sound = await startReceiver();
  await storescu({ port: sound.port }, files);
  for (const { sopInstanceUid, dataSet } of sound.archive()) archive.ledger.sent(sopInstanceUid, dataSet);
  await sound.stop();
  await campaign.fault({ fault: 'ENOSPC at datasync, DCMTK storescu', injected: 3, archive }, async (sending) => {
    const { ledger, tally } = sending(port);
    tally.sent += files.length;
    await receiver.tell({ fail: { call: 'datasync', code: 'ENOSPC', times: 3 } });
    const { stdout, stderr } = await storescu({ port }, files, ['-nh']);
    for (const [, file, words = ''] of `${stdout}${stderr}`.matchAll(
      /Sending file: (\S+)|Received Store Response \((.*)\)/g,
    )) {
      if (file !== undefined) tally.unanswered++;
      else {
        tally.unanswered--;
        if (words === 'Success') {
          ledger.acknowledge(instances[tally.acknowledged + tally.refused]!.sopInstanceUid);
          tally.acknowledged++;
        } else tally.refused++;
      }
    }
    return port;
  });
}

/** A process that may have few files open, and 200 peers who take them all. */
export async function fewDescriptors(campaign: Campaign, rounds: number): Promise<void> {
  const temporary = await createTempFolder('campaign');
  const outDir = temporary.join('archive');
  const receiver = await ReceiverProcess.start({ options: optionsFor(outDir) }, 64);
  const archive = new Archive(outDir);
  const { port } = receiver;
  try {
    await campaign.fault(
      { fault: 'no descriptor left (ulimit -n 64, 200 peers)', injected: rounds, archive: archive },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          const sent = send(sending(port), { each: 6 });
          const end = await idlePeers(port, 200);
          await send(sending(port));
          await sent;
          end();
        }
        return port;
      },
    );
  } finally {
    await receiver.stop();
    await temporary.remove();
  }
}

/** A volume that fills up, becomes read-only, and loses the folder. */
export async function volumeFaults(campaign: Campaign, rounds: number): Promise<void> {
  if (!isRoot) {
    campaign.skipped.push('full and read-only volumes, lost permission (need root on Linux)');
    return;
  }
  const temporary = await createTempFolder('campaign');
  const volume = temporary.join('volume');
  mkdirSync(volume);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', volume]);
  const outDir = join(volume, 'archive');
  const archive = new Archive(outDir);
  const receiver = await ReceiverProcess.start({ options: optionsFor(outDir) });
  const { port } = receiver;
  const filler = join(volume, 'filler');
  try {
    await campaign.fault({ fault: 'the disk is full', injected: rounds, archive: archive }, async (sending) => {
      for (let round = 0; round < rounds; round++) {
        const sent = send(sending(port), { each: 5, senders: 3 });
        try {
          writeFileSync(filler, Buffer.alloc(80 * MB));
        } catch {
          // That is the point.
        }
        await send(sending(port));
        await sent;
        rmSync(filler);
        // What comes in every round must not fill the volume by itself.
        if (round > 3) break;
      }
      return port;
    });
    await campaign.fault(
      { fault: 'the disk becomes read-only', injected: rounds, archive: archive },
      async (sending) => {
        for (let round = 0; round < Math.min(rounds, 3); round++) {
          execFileSync('mount', ['--bind', volume, volume]);
          execFileSync('mount', ['-o', 'remount,bind,ro', volume]);
          await send(sending(port), { sizes: [1000] });
          execFileSync('umount', ['-l', volume]);
        }
        return port;
      },
    );
    await campaign.fault(
      { fault: 'the folder is taken away while it receives', injected: 1, archive: archive, isHarmless: true },
      async (sending) => {
        const sent = send(sending(port), { each: 6, sizes: [1000, 40_000] });
        // Not deleted: what was acknowledged before is looked for where it went.
        await rename(outDir, join(volume, 'taken'));
        archive.folders.push(join(volume, 'taken'));
        await sent;
        return port;
      },
    );
  } finally {
    await receiver.stop();
    execFileSync('umount', ['-l', volume]);
    await temporary.remove();
  }
}

/** A receiver without rights of its own loses those to its folder. */
export async function permissionLost(campaign: Campaign, rounds: number): Promise<void> {
  if (!isRoot) return;
  const temporary = await createTempFolder('campaign');
  const outDir = temporary.join('archive');
  chmodSync(temporary.path, 0o755);
  mkdirSync(outDir);
  chownSync(outDir, NOBODY, NOBODY);
  const receiver = await ReceiverProcess.start({ options: optionsFor(outDir), uid: NOBODY });
  const archive = new Archive(outDir);
  const { port } = receiver;
  try {
    await campaign.fault(
      { fault: 'permission for the folder is lost', injected: rounds, archive: archive },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          const sent = send(sending(port), { each: 5 });
          chmodSync(outDir, 0);
          await send(sending(port));
          await sent;
          chmodSync(outDir, 0o755);
        }
        return port;
      },
    );
  } finally {
    await receiver.stop();
    await temporary.remove();
  }
}

// Small and large in turn: stored in one write, and in several.
const END_SIZES = [1000, 700_000];

/**
 * SIGKILL before certain calls to the file system, counted from the first object on, and at the same moments what a power
 * failure would have left: two archives to audit for each call, as they are and after the next start, which sweeps.
 */
export async function endAtCalls(campaign: Campaign, calls: readonly number[], fsync = true): Promise<void> {
  const temporary = await createTempFolder('campaign');
  const one = async (call: number, sending: Sending['tally']): Promise<Audit[]> => {
    const outDir = temporary.join(`killed-${call}`);
    const after = temporary.join(`power-${call}`);
    const { ledger, instances } = new Archive();
    const receiver = await ReceiverProcess.start({ options: { ...optionsFor(outDir), fsync }, remember: true });
    await receiver.tell({ end: { calls: call, after } });
    // One after the other, so that every step of a commit is met; every third time two at once.
    const senders = call % 3 === 0 ? 2 : 1;
    await send({ port: receiver.port, tally: sending, ledger, instances }, { each: 50, senders, sizes: END_SIZES });
    if ((await receiver.ended()) !== 'SIGKILL') throw new Error(`it did not end at call ${call}`);
    const audits: Audit[] = [];
    for (const folder of [outDir, after]) {
      audits.push(ledger.audit([folder]));
      await campaign.restart(folder);
      audits.push(ledger.audit([folder]));
    }
    return audits;
  };
  try {
    const fault = `SIGKILL and power loss at ${calls.length} calls of commits`;
    await campaign.fault({ fault, injected: 2 * calls.length, archive: new Archive() }, async (sending) => {
      const { tally } = sending(0);
      const queue = [...calls];
      const audits: Audit[] = [];
      const worker = async () => {
        for (let call = queue.shift(); call !== undefined; call = queue.shift())
          audits.push(...(await one(call, tally)));
      };
      await Promise.all([worker(), worker()]);
      return audits;
    });
  } finally {
    await temporary.remove();
  }
}

/** A study's folder is deleted under a receiver; what comes after that has to survive a power failure like anything else. */
export async function deletedAndPowerLoss(campaign: Campaign): Promise<void> {
  const temporary = await createTempFolder('campaign');
  const outDir = temporary.join('archive');
  const after = temporary.join('after');
  const archive = new Archive(after);
  const receiver = await ReceiverProcess.start({ options: optionsFor(outDir), remember: true });
  try {
    await campaign.fault(
      { fault: 'a study folder is deleted, then power loss', injected: 2, archive: archive },
      async (sending) => {
        // Not booked: it is deleted on purpose.
        await send({ ...sending(receiver.port), ledger: new Archive().ledger }, { each: 1, senders: 1 });
        for (const study of readdirSync(outDir).filter((name) => !name.startsWith('.'))) {
          rmSync(join(outDir, study), { recursive: true });
          await receiver.tell({ removed: join(outDir, study) });
        }
        await send(sending(receiver.port), { each: 3, senders: 1 });
        await receiver.tell({ end: { calls: 1, after } });
        await send(sending(receiver.port), { each: 1, senders: 1 });
        await receiver.ended();
        return [];
      },
    );
  } finally {
    receiver.kill();
    await temporary.remove();
  }
}

/** The application around the engine: its threads, its port, its history. */
export async function applicationFaults(campaign: Campaign, rounds: number): Promise<void> {
  let application = await openApplication();
  const { host } = application;
  const outDir = join(host.home, 'campaign');
  const archive = new Archive(outDir);
  const port = await freePort();
  try {
    const [first] = application.receiver.state.profiles;
    await application.call('profile-delete', { id: first!.profile.id });
    const options = { ...quietOptions(outDir), port, fsync: true, storeWithFileMeta: true, checksums: true };
    const { id } = await application.call('profile-create', { name: 'Campaign', options, secrets: {} });
    const listening = () => application.port();
    await listening();

    await campaign.fault(
      { fault: 'the thread of the profile crashes', injected: rounds, archive: archive },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          const sent = send(sending(port), { each: 10 });
          await send(sending(port), { each: 1, senders: 1 });
          if (endProfileThreads() === 0) throw new Error('there was no thread to end');
          await sent;
          await until(() => application.profile().run.phase !== 'listening', 'it has noticed');
          await listening();
        }
        return port;
      },
    );

    await campaign.fault(
      { fault: 'the port is stolen', injected: 1, archive: archive, isHarmless: true },
      async (sending) => {
        await send(sending(port));
        await application.call('receiver-stop', { id });
        const thief = createServer().listen(port, '127.0.0.1');
        await new Promise((resolve) => thief.once('listening', resolve));
        const { code } = await application.fail('receiver-start', { id });
        if (code !== 'port-in-use') throw new Error(`the stolen port is called ${code}`);
        await new Promise((resolve) => thief.close(resolve));
        await application.call('receiver-start', { id });
        await send(sending(port));
        return port;
      },
    );

    const instancesInHistory = async () => {
      await application.receiver.history.flush();
      const { rows } = await application.call('studies-list', { limit: 500 });
      return rows.reduce((sum, { instances }) => sum + instances, 0);
    };
    await campaign.fault(
      { fault: 'the history is locked by somebody else', injected: 1, archive: archive, isHarmless: true },
      async (sending) => {
        const other = new DatabaseSync(join(host.dataFolder, 'history.db'));
        other.exec('BEGIN EXCLUSIVE');
        await send(sending(port), { each: 10 });
        other.exec('COMMIT');
        other.close();
        return port;
      },
    );
    await application.receiver.history.flush();
    await campaign.fault(
      { fault: 'the history is destroyed', injected: 1, archive: archive, isHarmless: true },
      async (sending) => {
        await application.close();
        writeFileSync(join(host.dataFolder, 'history.db'), Buffer.alloc(50_000, 'not a database '));
        application = await openApplication({ host });
        await listening();
        await send(sending(port));
        await application.call('history-rebuild', { id });
        return port;
      },
    );
    // Also what a crash kept from being answered. The last word of a receiver is on its way for a moment.
    const stored = storedFiles(outDir).length;
    const limit = performance.now() + 10_000;
    for (let known = -1; known !== stored; known = await instancesInHistory()) {
      if (performance.now() > limit) throw new Error(`the history knows ${known} of ${stored} objects after a rebuild`);
    }
  } finally {
    await application.close();
    await host.remove();
  }
}
