import { expect, test } from 'vitest';
import { changedLines, followRuns } from '#headless/run-lines.ts';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import { defaultSettings, type EventBatch, type Profile } from '#shared/contract.ts';
import type { HostInfo, ReceiverEvent, RunState } from '#shared/events.ts';
import { applyEvents, initialState } from '#shared/state.ts';

const host: HostInfo = {
  kind: 'headless',
  version: '1',
  platform: 'linux',
  hostName: 'h',
  addresses: [
    { address: '10.0.0.5', family: 'IPv4', interface: 'eth0' },
    { address: 'fd00::5', family: 'IPv6', interface: 'eth0' },
  ],
  canPickFolder: false,
  canReveal: false,
  canStartAtLogin: false,
  canTray: false,
  secrets: { kind: 'file', message: '' },
  dataFolder: '/d',
  homeFolder: '/h',
};
const profile: Profile = {
  id: 'p1',
  name: 'Main',
  autoStart: true,
  options: { port: 1 } as Profile['options'],
  secrets: [],
};
const run = (state: RunState): ReceiverEvent => ({ type: 'run-changed', profileId: 'p1', run: state });
const listening = run({
  phase: 'listening',
  since: 2,
  address: { host: '::', port: 11112, aeTitle: 'STUDYPORT', storage: '/in' },
});
const stopped = applyEvents(initialState(host, defaultSettings), [{ type: 'profile-saved', profile }]);

test('who receives is told with what a modality needs', () => {
  expect(changedLines(undefined, applyEvents(stopped, [listening])).join('\n')).toMatch(
    /^Main is receiving.*\n +AE title +STUDYPORT\n +Address +10\.0\.0\.5, fd00::5\n +Port +11112\n +Folder +\/in$/,
  );
});

test('a profile that has not started yet is not worth a line, one that fails or stops is', () => {
  const receiving = applyEvents(stopped, [listening]);
  expect(changedLines(undefined, stopped)).toEqual([]);
  expect(changedLines(receiving, receiving)).toEqual([]);
  const failed = applyEvents(receiving, [
    run({ phase: 'failed', since: 3, problem: { code: 'port-in-use', message: 'Port 11112 is taken.' } }),
  ]);
  expect(changedLines(receiving, failed)).toEqual(['Main does not receive: Port 11112 is taken.']);
  expect(changedLines(receiving, applyEvents(receiving, [run({ phase: 'stopped', since: 4 })]))).toEqual([
    'Main is stopped.',
  ]);
});

test('what happens while the snapshot is fetched is neither lost nor told twice', async () => {
  let listener: (batch: EventBatch) => void = () => {};
  const receiver: ReceiverForHost = {
    call: async () => {
      listener({ sequence: 5, events: [listening] });
      listener({ sequence: 6, events: [run({ phase: 'stopped', since: 9 })] });
      return { ok: true, value: { sequence: 5, state: applyEvents(stopped, [listening]) } };
    },
    subscribe: (given) => {
      listener = given;
      return () => {};
    },
    bytes: async () => ({ ok: false, error: { code: 'x', message: 'x' } }),
    close: async () => {},
  };
  const lines: string[] = [];
  await followRuns(receiver, (line) => lines.push(line));
  expect(lines.filter((line) => /^Main/.test(line))).toEqual([
    expect.stringMatching(/^Main is receiving/),
    'Main is stopped.',
  ]);
});
