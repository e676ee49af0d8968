import { describe, expect, it } from 'vitest';
import { createFeed } from '#renderer/api/feed.ts';
import { listeningProfile, sampleFile, sampleProfile, sampleState } from '../../support/sample-state.ts';

const stored = (profileId: string, from: number, count: number) => ({
  type: 'files-stored' as const,
  profileId,
  files: Array.from({ length: count }, (_, index) => sampleFile(from + index, 0)),
  count,
  bytes: 1,
});

describe('createFeed', () => {
  it('has the newest first and forgets the oldest', () => {
    const feed = createFeed(4);
    feed.apply([stored('a', 0, 3), stored('b', 50, 1), stored('a', 3, 3)]);
    expect([0, 1, 2, 3, 4].map((index) => feed.at('a', index)?.sopInstanceUid)).toEqual([
      ...[5, 4, 3, 2].map((number) => sampleFile(number, 0).sopInstanceUid),
      undefined,
    ]);
    expect([feed.count('a'), feed.total('a'), feed.count('b'), feed.count('none')]).toEqual([4, 6, 1, 0]);
    expect(feed.at('a', -1)).toBeUndefined();
  });

  it('tells once per batch, and only when files came', () => {
    const feed = createFeed(4);
    let told = 0;
    const stop = feed.subscribe(() => told++);
    feed.apply([stored('a', 0, 1), stored('a', 1, 1)]);
    feed.apply([{ type: 'notice-cleared', code: 'x' }]);
    expect(told).toBe(1);
    stop();
    feed.apply([stored('a', 2, 1)]);
    expect(told).toBe(1);
  });

  it('begins anew with a snapshot, in its order', () => {
    const feed = createFeed(10);
    feed.apply([stored('profile-1', 0, 5)]);
    const files = [sampleFile(9, 0), sampleFile(8, 0)];
    feed.fill(sampleState([{ ...listeningProfile(sampleProfile()), files }]));
    expect(feed.count('profile-1')).toBe(2);
    expect(feed.at('profile-1', 0)).toEqual(files[0]);
  });

  it('forgets a profile that was removed', () => {
    const feed = createFeed(10);
    feed.apply([stored('a', 0, 2), { type: 'profile-removed', profileId: 'a' }]);
    expect(feed.count('a')).toBe(0);
  });
});
