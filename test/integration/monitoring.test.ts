/** The application with those who watch it: storage commitment over a restart, the webhook of a study, the figures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isMetricsToken } from '#main/receiver/metrics-token.ts';
import type { Profile } from '#shared/contract.ts';
import type { ReceiverEvent } from '#shared/events.ts';
import {
  action,
  actionInformation,
  STORAGE_COMMITMENT,
  startReportTaker,
  takeReport,
} from '../support/commitment-peer.ts';
import { type Application, openApplication, quietOptions } from '../support/open-receiver.ts';
import { CT_IMAGE_STORAGE as CT, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { createTestHost } from '../support/test-host.ts';
import { ctObject, nextAnswer, STUDY, store, until } from '../support/test-receiver.ts';
import { startWebhookTaker } from '../support/webhook-taker.ts';

const INSTANCE = '1.2.826.0.1.3680043.8.498.300';
const COMMITMENT = 3;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A host with one profile that serves commitment. */
async function hostWith(change: Partial<Profile> & { readonly more?: object }) {
  const host = await createTestHost();
  ends.push(host.remove);
  await mkdir(host.dataFolder, { recursive: true });
  const { more, ...rest } = change;
  const options = { ...quietOptions(join(host.home, 'archive')), storageCommitment: true, studyTimeout: 0.2, ...more };
  const profile = { id: 'p1', name: 'Receiver', autoStart: true, options, secrets: [], ...rest };
  await writeFile(join(host.dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: [profile] }));
  return host;
}

async function open(host: Parameters<typeof openApplication>[0]): Promise<Application> {
  const application = await openApplication(host);
  ends.push(() => application.close());
  return application;
}

async function sender(port: number): Promise<ScriptedPeer> {
  const { peer } = await ScriptedPeer.associate(port, {
    callingAeTitle: 'CT01',
    contexts: [
      { id: 1, abstractSyntax: CT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
      { id: COMMITMENT, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
    ],
  });
  ends.push(() => peer.close());
  return peer;
}

async function ask(peer: ScriptedPeer, transactionUid: string): Promise<void> {
  await peer.send(action(actionInformation(transactionUid, [[CT, INSTANCE]]), { context: COMMITMENT }));
  expect(await peer.expectStatus()).toBe(0);
}

test('a commitment is seen while it waits, mended on the page, and reported after that', async () => {
  const taker = await startReportTaker('take');
  ends.push(taker.stop);
  const host = await hostWith({});
  const first = await open({ host });
  const peer = await sender(await first.port());
  await peer.send(store(ctObject({ sopInstanceUid: INSTANCE }), { context: 1, sopInstanceUid: INSTANCE }));
  expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
  await ask(peer, '1.9.1');
  expect(await takeReport(peer)).toMatchObject({ committed: [INSTANCE] });
  await ask(peer, '1.9.2');
  await peer.release();
  await until(() => first.profile().commitments[0]?.state === 'retrying', 'it has no way');
  expect(first.profile().commitments).toMatchObject([
    { transactionUid: '1.9.2', callingAeTitle: 'CT01', committed: 1 },
  ]);
  const refusal = first.profile().refusals.find(({ code }) => code === 'commitment-peer-unknown');
  expect(refusal).toMatchObject({ value: 'CT01', fixes: [] });
  const { associationId } = first.profile().ended[0]!;
  const { steps } = await first.call('association-timeline', { associationId });
  expect(steps.map(({ message }) => message).filter((message) => message.includes('Storage commitment 1.9.1'))).toEqual(
    [
      'Storage commitment 1.9.1 of CT01: requested for 1 instances.',
      'Storage commitment 1.9.1 of CT01: reported, 1 committed, 0 failed.',
    ],
  );
  await first.close();

  // After a restart only the history knows where the instance is: a sender that asks again is answered from it.
  const second = await open({ host });
  const again = await sender(await second.port());
  await ask(again, '1.9.3');
  expect(await takeReport(again)).toMatchObject({ committed: [INSTANCE] });
  await until(() => second.profile().commitments.length === 1, 'the one of before waits still');
  await second.call('refusal-fix', { id: 'p1', kind: 'add-commitment-peer', value: `CT01@127.0.0.1:${taker.port}` });
  await again.release();
  await until(() => taker.reports.length === 1 && second.profile().commitments.length === 0, 'it is reported');
  expect(taker.reports).toMatchObject([{ transactionUid: '1.9.2', committed: [INSTANCE] }]);
});

test('a completed study is told, what happens is counted, and no secret comes out', async () => {
  const taker = await startWebhookTaker();
  ends.push(taker.stop);
  const host = await hostWith({});
  const application = await open({ host });
  const { call, fail } = application;
  const url = taker.url;
  expect(await fail('webhook-test', { id: 'p1' })).toMatchObject({ code: 'webhook-off' });
  expect(
    await fail('webhook-save', { id: 'p1', webhook: { url: 'http://ris.example.org', includeIdentifiers: false } }),
  ).toMatchObject({ field: 'webhook.url' });
  const secret = 'of sixteen and more letters';
  const saved = await call('webhook-save', { id: 'p1', webhook: { url, includeIdentifiers: false }, secret });
  expect(saved.webhook).toEqual({ url, includeIdentifiers: false, signed: true });
  await call('webhook-test', { id: 'p1' });
  expect(taker.calls[0]?.headers).toHaveProperty('studyport-signature');

  const peer = await sender(await application.port());
  await peer.send(store(ctObject({ sopInstanceUid: INSTANCE }), { context: 1, sopInstanceUid: INSTANCE }));
  expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
  await until(() => taker.calls.length === 2, 'the study is told');
  const told = JSON.parse(taker.calls[1]!.body);
  expect(told).toMatchObject({
    event: 'study-completed',
    profile: { id: 'p1', name: 'Receiver' },
    studyInstanceUid: STUDY,
    series: 1,
    instances: 1,
    location: join(host.home, 'archive', STUDY),
  });
  // Without what is made of random letters.
  const { id: _, location: __, ...words } = told;
  expect(JSON.stringify(words)).not.toMatch(/Geheim|4711/);
  await until(() => application.profile().webhook?.waiting === 0, 'nothing waits');
  expect(application.profile().webhook?.lastSuccess).toEqual(expect.any(Number));
  // A duplicate is told nobody: the other system would hear of its studies from two.
  expect(await call('profile-duplicate', { id: 'p1' })).not.toHaveProperty('webhook');
  const { files } = await call('diagnostics', undefined);
  const shown = JSON.stringify([
    files,
    application.receiver.state,
    application.batches as readonly { events: readonly ReceiverEvent[] }[],
  ]);
  expect(shown).not.toContain(secret);
  expect(JSON.stringify(files)).not.toContain('token=abc');

  const figures = await call('figures', undefined);
  expect(figures.profiles[0]).toMatchObject({
    profileId: 'p1',
    phase: 'listening',
    problems: [],
    openAssociations: 1,
    acceptedAssociations: 1,
    refused: {},
    files: { new: { count: 1 }, equal: { count: 0, bytes: 0 } },
    commitmentsPending: 0,
    quarantined: 0,
    webhookWaiting: 0,
  });
  expect(figures.profiles[0]?.files.new.bytes).toBeGreaterThan(0);
  expect(figures.residentBytes).toBeGreaterThan(figures.heapBytes);
  await peer.release();

  const { token } = await call('metrics-token', undefined);
  expect(await isMetricsToken(host.secrets, token)).toBe(true);
  expect(await isMetricsToken(host.secrets, `${token}x`)).toBe(false);
  expect([...host.stored.values()]).not.toContain(token);
  await call('webhook-save', { id: 'p1', webhook: null });
  expect(host.stored.has('p1.webhookSecret')).toBe(false);
});
