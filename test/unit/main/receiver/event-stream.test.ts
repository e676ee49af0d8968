import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { coalesce, EventStream } from '#main/receiver/event-stream.ts';
import type { EventBatch, LogLine, Profile } from '#shared/contract.ts';
import { defaultSettings } from '#shared/contract.ts';
import type { FileRow, HostInfo, LiveStudy, ReceiverEvent } from '#shared/events.ts';
import { applyEvents, initialState } from '#shared/state.ts';

const profile = { id: 'p', name: 'P' } as Profile;
const empty = initialState({} as HostInfo, defaultSettings);
const files = (profileId: string, ...uids: string[]): ReceiverEvent => ({
  type: 'files-stored',
  profileId,
  files: uids.map((sopInstanceUid) => ({ sopInstanceUid }) as FileRow),
  count: uids.length,
  bytes: 10 * uids.length,
});
const lines = (...sequences: number[]): ReceiverEvent => ({
  type: 'log',
  lines: sequences.map((sequence) => ({ sequence }) as LogLine),
});
const studies = (...uids: string[]): ReceiverEvent => ({
  type: 'studies-changed',
  profileId: 'p',
  studies: uids.map((studyInstanceUid) => ({ studyInstanceUid }) as LiveStudy),
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('EventStream', () => {
  test('one batch a tenth of a second, however much is said', () => {
    const stream = new EventStream(empty);
    const batches: EventBatch[] = [];
    stream.subscribe((batch) => batches.push(batch));
    for (let millisecond = 0; millisecond < 1000; millisecond++) {
      stream.emit(lines(millisecond));
      vi.advanceTimersByTime(1);
    }
    expect(batches.length).toBeGreaterThan(0);
    expect(batches.length).toBeLessThanOrEqual(10);
    expect(batches.at(-1)?.sequence).toBe(batches.flatMap(({ events }) => events).length);
  });

  test('the snapshot is where the next batch begins', () => {
    const stream = new EventStream(empty);
    const batches: EventBatch[] = [];
    stream.subscribe((batch) => batches.push(batch));
    stream.emit({ type: 'profile-saved', profile }, lines(1));
    const snapshot = stream.snapshot();
    expect(snapshot.state.profiles).toHaveLength(1);
    expect(snapshot.sequence).toBe(2);
    stream.emit(lines(2));
    vi.advanceTimersByTime(100);
    expect(batches.map(({ sequence, events }) => [sequence, events.length])).toEqual([
      [2, 2],
      [3, 1],
    ]);
    expect(applyEvents(snapshot.state, batches[1]!.events)).toEqual(stream.snapshot().state);
  });

  test('the state knows what has not been published yet', () => {
    const stream = new EventStream(empty);
    stream.emit({ type: 'profile-saved', profile });
    expect(stream.state.profiles).toHaveLength(1);
  });

  test('a listener that throws or has left disturbs nobody', () => {
    const stream = new EventStream(empty);
    const heard = vi.fn();
    stream.subscribe(() => {
      throw new Error('the window is gone');
    });
    const left = vi.fn();
    stream.subscribe(left)();
    stream.subscribe(heard);
    stream.emit(lines(1));
    stream.flush();
    expect(heard).toHaveBeenCalledOnce();
    expect(left).not.toHaveBeenCalled();
  });
});

describe('coalesce', () => {
  test('joins files, studies and log lines of one profile', () => {
    const joined = coalesce([
      files('p', '1'),
      lines(1),
      files('q', '9'),
      studies('a', 'b'),
      files('p', '2'),
      lines(2),
      studies('a'),
    ]);
    expect(joined).toEqual([files('p', '1', '2'), lines(1, 2), files('q', '9'), studies('b', 'a')]);
  });

  test('a batch has at most 50 rows of the feed, the newest, and counts all', () => {
    const many = Array.from({ length: 120 }, (_, index) => files('p', `${index}`));
    const [event, ...others] = coalesce(many);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ count: 120, bytes: 1200 });
    expect(event?.type === 'files-stored' && event.files.map(({ sopInstanceUid }) => Number(sopInstanceUid))).toEqual(
      Array.from({ length: 50 }, (_, index) => 70 + index),
    );
  });

  test('nothing moves across the start or the end of a run', () => {
    const stopped: ReceiverEvent = { type: 'run-changed', profileId: 'p', run: { phase: 'stopped', since: 1 } };
    const events = [files('p', '1'), stopped, files('p', '2')];
    expect(coalesce(events)).toEqual(events);
  });

  test('leads to the same state as the single events', () => {
    const start = applyEvents(empty, [{ type: 'profile-saved', profile }]);
    const events = [files('p', '1', '2'), studies('a'), lines(1), files('p', '3'), studies('b', 'a'), lines(2)];
    expect(applyEvents(start, coalesce(events))).toEqual(applyEvents(start, events));
  });
});
