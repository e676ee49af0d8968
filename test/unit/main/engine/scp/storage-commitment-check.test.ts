/** What counts as durably stored: never what an index says, only what the storage confirms. */
import { describe, expect, test } from 'vitest';
import { checkReferences, type InstanceIndex, RecentInstances } from '#main/engine/scp/storage-commitment-check.ts';
import { FAILURE } from '#main/engine/scp/storage-commitment-data.ts';
import { CT_UIDS } from '../../../../support/data-sets.ts';
import { ctObject, MR_IMAGE_STORAGE } from '../../../../support/test-receiver.ts';

const CT = CT_UIDS.sopClassUid;
const ct = (sopInstanceUid: string) => ({ sopClassUid: CT, sopInstanceUid });
const known = (sopInstanceUid: string, file: string, sopClassUid = CT) => ({ sopInstanceUid, file, sopClassUid });

/** An archive with files under names of the test's own. */
function archive(files: Readonly<Record<string, string>>) {
  const searched: string[][] = [];
  return {
    searched,
    holds: async (file: string) => {
      if (file === '/broken') throw new Error('disk');
      return file in files;
    },
    search: async (uids: ReadonlySet<string>) => {
      searched.push([...uids]);
      const found = Object.entries(files).filter(([, uid]) => uids.has(uid));
      return new Map(found.map(([file, uid]) => [uid, [file]]));
    },
    head: async () => ctObject(),
  };
}

const never = new AbortController().signal;
const reasons = (failed: readonly { readonly sopInstanceUid: string; readonly reason: number }[]) =>
  Object.fromEntries(failed.map(({ sopInstanceUid, reason }) => [sopInstanceUid, reason]));

test('of what was stored lately only where it is and what it is is kept: no tags, no patients', async () => {
  const recent = new RecentInstances();
  const stored = { ...known('1', '/1'), tags: { PatientName: 'Muster^Anna' } };
  recent.add(stored);
  expect(await recent.index(['1', '2'])).toEqual([known('1', '/1')]);
});

describe('checkReferences', () => {
  test('what was stored lately needs no search; the rest is asked of the next index, then searched for', async () => {
    const recent = new RecentInstances();
    recent.add(known('1', '/1'));
    const asked: (readonly string[])[] = [];
    const index: InstanceIndex = async (uids) => {
      asked.push(uids);
      return [known('2', '/2'), known('3', '/gone')];
    };
    const files = archive({ '/1': '1', '/2': '2', '/3': '3' });
    const references = ['1', '2', '3', '4'].map(ct);
    const { committed, failed } = await checkReferences(references, files, [recent.index, index], never);
    expect(committed).toEqual(['1', '2', '3'].map(ct));
    expect(reasons(failed)).toEqual({ 4: FAILURE.NoSuchObjectInstance });
    expect(asked).toEqual([['2', '3', '4']]);
    expect(files.searched).toEqual([['3', '4']]);
  });

  test('another class is a conflict, unless a copy of the right one is there', async () => {
    const files = archive({ '/1': '1', '/1~2': '1', '/2': '2' });
    const index: InstanceIndex = async () => [
      known('1', '/1', MR_IMAGE_STORAGE),
      known('1', '/1~2'),
      known('2', '/2', MR_IMAGE_STORAGE),
    ];
    const mr = { sopClassUid: MR_IMAGE_STORAGE, sopInstanceUid: '2' };
    const { committed, failed } = await checkReferences(
      [ct('1'), { ...mr, sopInstanceUid: '3' }],
      files,
      [index],
      never,
    );
    expect(committed).toEqual([ct('1')]);
    expect(reasons(failed)).toEqual({ 3: FAILURE.NoSuchObjectInstance });
    // The search reads the class from the file itself, which is a CT.
    const searched = await checkReferences([mr], archive({ '/2': '2' }), [], never);
    expect(reasons(searched.failed)).toEqual({ 2: FAILURE.ClassInstanceConflict });
  });

  test('what nobody can tell is a processing failure: a disk that fails, a search that is cut short', async () => {
    const index: InstanceIndex = async () => [known('1', '/broken')];
    const files = { ...archive({}), search: async () => Promise.reject(new Error('too long')) };
    const { committed, failed } = await checkReferences([ct('1')], files, [index], never);
    expect(committed).toEqual([]);
    expect(reasons(failed)).toEqual({ 1: FAILURE.ProcessingFailure });
    const aborted = await checkReferences(
      [ct('1')],
      archive({ '/1': '1' }),
      [async () => [known('1', '/1')]],
      AbortSignal.abort(),
    );
    expect(aborted.committed).toEqual([]);
  });

  test('an index that fails costs a search, not the commitment', async () => {
    const index: InstanceIndex = async () => Promise.reject(new Error('history closed'));
    const { committed } = await checkReferences([ct('1')], archive({ '/1': '1' }), [index], never);
    expect(committed).toEqual([ct('1')]);
  });
});
