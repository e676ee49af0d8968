/** The application without a desktop: the receiver, its page on loopback, and a few lines in the terminal. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderError, lockDataFolder } from '#main/receiver/data-folder.ts';
import type { Host, ReceiverForHost } from '#main/receiver/host.ts';
import { hasMetricsToken, isMetricsToken, makeMetricsToken } from '#main/receiver/metrics-token.ts';
import type { CommandResults } from '#shared/contract.ts';
import type { ApplicationArguments } from './application-arguments.ts';
import { hasDesktop, openPage } from './desktop.ts';
import { createHeadlessHost } from './host.ts';
import type { HttpHost, HttpHostOptions } from './http-host.ts';
import { createHttpHost } from './http-host.ts';
import { keepLink, pageToken } from './page-link.ts';
import { followRuns } from './run-lines.ts';

/** Where the page is when nobody says otherwise. */
const PAGE_PORT = 11180;
/** How many ports after it are tried before any free one will do. */
const MORE_PORTS = 20;

export interface Surroundings {
  readonly dataFolder: string;
  /** Where the built page is. */
  readonly pageFolder: string;
  readonly version: string;
  readonly openReceiver: (host: Host) => Promise<ReceiverForHost>;
  /** Resolves when it is time to stop. */
  readonly stop: Promise<unknown>;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Runs until it is told to stop. @returns the exit code */
export async function runApplication(choices: ApplicationArguments, around: Surroundings): Promise<number> {
  const { dataFolder, pageFolder, complain } = around;
  if (!existsSync(join(pageFolder, 'index.html'))) {
    complain(`The page is not in ${pageFolder}. Build it with: npm run build`);
    return 1;
  }
  let lock: Awaited<ReturnType<typeof lockDataFolder>>;
  try {
    lock = await lockDataFolder(dataFolder);
  } catch (error) {
    if (!(error instanceof DataFolderError)) throw error;
    complain(error.message);
    return 1;
  }
  try {
    return await receiveAndServe(choices, around);
  } finally {
    await lock.release();
  }
}

async function receiveAndServe(choices: ApplicationArguments, around: Surroundings): Promise<number> {
  const { dataFolder, pageFolder } = around;
  const host = await createHeadlessHost(dataFolder, around.version);
  const receiver = await around.openReceiver(host);
  let page: HttpHost | undefined;
  try {
    const opened = await openHttp(choices.pagePort, {
      receiver,
      pageFolder,
      token: await pageToken(dataFolder),
      metrics: metricsGate(receiver, host),
    });
    if (typeof opened === 'string') {
      around.complain(opened);
      return 1;
    }
    page = opened;
    if (choices.metrics) await turnMetricsOn(choices, around, receiver, host, page);
    return await serve(choices, around, receiver, page);
  } finally {
    // The page stays until the last objects are in, and shows them.
    await receiver.close();
    await page?.close();
    await keepLink(dataFolder, undefined);
  }
}

async function serve(
  choices: ApplicationArguments,
  { dataFolder, stop, print, complain }: Surroundings,
  receiver: ReceiverForHost,
  page: HttpHost,
): Promise<number> {
  await keepLink(dataFolder, page.url);
  const unfollow = await followRuns(receiver, print);
  print(
    choices.hideToken
      ? `Page: http://127.0.0.1:${page.port}/ (studyport page-url prints the link with its token)`
      : `Page: ${page.url}`,
  );
  let forgetOpening = async () => {};
  if (choices.open && hasDesktop(process.platform, process.env)) {
    try {
      forgetOpening = await openPage(page.url);
    } catch (error) {
      complain(`The browser could not be opened: ${(error as Error).message} Open the page with its link above.`);
    }
  }
  await stop;
  print('Stopping: objects in transfer are finished first (press Ctrl+C again to quit at once) …');
  await forgetOpening();
  unfollow();
  return 0;
}

/** Judges tokens for the metrics; has no answer while they are off. */
function metricsGate(receiver: ReceiverForHost, { secrets }: Host): NonNullable<HttpHostOptions['metrics']> {
  return async (token) => {
    const snapshot = await receiver.call('snapshot', undefined);
    const on = snapshot.ok && (snapshot.value as CommandResults['snapshot']).state.settings.metrics;
    return on ? isMetricsToken(secrets, token) : undefined;
  };
}

/** A token is shown when it is made, and never again. */
async function turnMetricsOn(
  { hideToken }: ApplicationArguments,
  { print, complain }: Surroundings,
  receiver: ReceiverForHost,
  { secrets }: Host,
  page: HttpHost,
): Promise<void> {
  const saved = await receiver.call('settings-save', { metrics: true });
  if (!saved.ok) complain(saved.error.message);
  const address = `Metrics: http://127.0.0.1:${page.port}/metrics`;
  if (hideToken || (await hasMetricsToken(secrets))) {
    print(`${address} (with the token made before; a new one is made in the settings of the application)`);
    return;
  }
  print(`${address} with the header "Authorization: Bearer ${await makeMetricsToken(secrets)}" (shown only now)`);
}

/** @returns what is wrong, in words, when there is no such port */
async function openHttp(port: number | undefined, options: Omit<HttpHostOptions, 'port'>): Promise<HttpHost | string> {
  const ports = port === undefined ? [...Array(MORE_PORTS).keys()].map((more) => PAGE_PORT + more).concat(0) : [port];
  let problem = '';
  for (const next of ports) {
    try {
      return await createHttpHost({ ...options, port: next });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
      problem =
        code === 'EADDRINUSE'
          ? `Port ${next} for the page is taken by another program. Give another one with --page-port, or leave it out.`
          : `Port ${next} for the page may not be used by this user (${message}). Give one above 1023 with --page-port.`;
    }
  }
  return problem;
}
