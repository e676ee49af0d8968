import { describe, expect, test } from 'vitest';
import { createMemory, digest, type News, newsOf } from '../../../../src/main/electron/digest.ts';
import { defaultSettings } from '../../../../src/shared/contract.ts';
import { refusal, saved, stateAfter, study } from './states.ts';

const complete = (study: string, patientName = 'Geheim^Paula'): News => ({
  kind: 'complete',
  study,
  patientName,
  images: 10,
});
const refused = (refusalId: string, callingAeTitle: string): News => ({ kind: 'refused', refusalId, callingAeTitle });

describe('news', () => {
  test('a study is news when it becomes complete, and only then', () => {
    const event = (status: 'receiving' | 'complete') =>
      ({ type: 'studies-changed', profileId: 'a', studies: [study('1.2', status)] }) as const;
    const receiving = stateAfter(saved('a'), event('receiving'));
    expect(newsOf(event('receiving'), stateAfter(saved('a')))).toEqual([]);
    expect(newsOf(event('complete'), receiving)).toHaveLength(1);
    expect(newsOf(event('complete'), stateAfter(saved('a'), event('complete')))).toEqual([]);
  });

  test('a problem of the storage is news when it is new', () => {
    const problems = [{ code: 'disk-low', message: 'Little space is left.' }];
    const event = { type: 'degraded', profileId: 'a', problems } as const;
    expect(newsOf(event, stateAfter(saved('a')))).toEqual([{ kind: 'disk', ...problems[0] }]);
    expect(newsOf(event, stateAfter(saved('a'), event))).toEqual([]);
  });

  test('a refused caller is news', () => {
    expect(newsOf({ type: 'refused', profileId: 'a', refusal: refusal('r') }, stateAfter(saved('a')))).toEqual([
      refused('r', 'CT02'),
    ]);
    expect(newsOf({ type: 'history-changed' }, stateAfter())).toEqual([]);
  });

  test('the same refusal is told again only after an hour', () => {
    const fresh = createMemory();
    expect(fresh([refused('r', 'CT02')], 0)).toHaveLength(1);
    expect(fresh([refused('r', 'CT02'), refused('s', 'CT02'), complete('1')], 1000)).toHaveLength(2);
    expect(fresh([refused('r', 'CT02')], 3_600_000)).toHaveLength(1);
  });
});

describe('the digest', () => {
  const all = [complete('1'), complete('2'), complete('2'), refused('r', 'CT02'), refused('s', ' ')];

  test('tells each kind once, without names', () => {
    const notices = digest(all, defaultSettings);
    expect(notices).toEqual([
      { kind: 'complete', title: '2 studies complete', body: '20 images received.' },
      expect.objectContaining({ kind: 'refused', title: '2 callers were refused' }),
    ]);
    expect(JSON.stringify(notices)).not.toContain('Geheim');
    expect(notices[1]?.body).toContain('CT02, A caller without a title');
  });

  test('names patients only when the user chose so, and never while they are blurred', () => {
    const names = { ...defaultSettings, notifyWithNames: true };
    expect(digest([complete('1')], names)[0]?.body).toBe('Geheim^Paula\n10 images received.');
    expect(digest([complete('1')], { ...names, privacyBlur: true })[0]?.body).toBe('10 images received.');
    const many = ['A', 'B', 'C', 'D', 'E'].map((name) => complete(name, name));
    expect(digest(many, names)[0]?.body).toContain('A, B, C and 2 more');
  });

  test('leaves out what the user does not want to hear', () => {
    const disk: News = { kind: 'disk', code: 'disk-low', message: 'Little space is left.' };
    const kinds = (settings: object) =>
      digest([...all, disk], { ...defaultSettings, ...settings }).map(({ kind }) => kind);
    expect(kinds({})).toEqual(['complete', 'refused', 'disk']);
    expect(kinds({ notifyStudyComplete: false })).toEqual(['refused', 'disk']);
    expect(kinds({ notifyRefusedCaller: false })).toEqual(['complete', 'disk']);
    expect(kinds({ notifyDisk: false })).toEqual(['complete', 'refused']);
    expect(digest([], defaultSettings)).toEqual([]);
  });
});
