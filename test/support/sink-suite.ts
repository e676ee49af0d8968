/** What every storage backend has to do, whatever it stores to. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type {
  DuplicatePolicy,
  InstanceKey,
  StorageBackend,
  StoredInstance,
} from '#main/engine/storage/storage-backend.ts';

/** A backend under test, opened, and a look behind it. */
export interface SinkBench {
  readonly backend: StorageBackend;
  /** The bytes behind a location that `commit` has returned. */
  read(location: string): Promise<Uint8Array>;
  /** Names of everything below the archive, quarantine included, sorted, relative: `1.2/1.3/1.4.dcm`. */
  list(): Promise<string[]>;
  /** Whatever is left of unfinished instances (temporary files, multipart uploads). */
  leftovers(): Promise<string[]>;
  readonly quarantine: string;
  close(): Promise<void>;
}

export interface SinkBenchOptions {
  readonly onDuplicate?: DuplicatePolicy;
  readonly stageForQuarantine?: boolean;
}

let uids = 0;

/** A key that nobody has used. */
export function freshKey(): InstanceKey {
  uids += 1;
  return {
    studyInstanceUid: `1.2.826.${uids}`,
    seriesInstanceUid: `1.2.826.${uids}.1`,
    sopInstanceUid: `1.2.826.${uids}.1.1`,
  };
}

/** Bytes that differ from place to place and from seed to seed. */
export function patterned(length: number, seed = 1): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed * 2654435761;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes.writeInt32LE(state, at);
  }
  bytes.fill(seed, length - (length % 4));
  // A Data Set begins with group 0008, so that it cannot be mistaken for file meta.
  if (length >= 2) bytes.writeUInt16LE(0x0008, 0);
  return bytes;
}

/** Preamble, 'DICM' and a group 0002 of one element; `version` makes them differ. */
export function fileMeta(version: string): Uint8Array {
  const value = Buffer.from(version.padEnd(16, ' '));
  const element = Buffer.alloc(8);
  element.writeUInt16LE(0x0002, 0);
  element.writeUInt16LE(0x0013, 2);
  element.write('SH', 4, 'latin1');
  element.writeUInt16LE(value.length, 6);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element, value]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface StoreOptions {
  readonly meta?: Uint8Array;
  readonly chunk?: number;
}

/** Stores one instance as the receiver does: meta first, then pieces, waiting whenever the sink asks. */
export async function store(
  backend: StorageBackend,
  key: InstanceKey,
  dataSet: Uint8Array,
  options: StoreOptions = {},
): Promise<StoredInstance> {
  const sink = backend.createSink({ place: 'archive', key, metaLength: options.meta?.length ?? 0 });
  try {
    if (options.meta) await sink.write(options.meta);
    const chunk = options.chunk ?? 65_536;
    for (let at = 0; at < dataSet.length; at += chunk) {
      const wait = sink.write(dataSet.subarray(at, at + chunk));
      if (wait) await wait;
    }
    return await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** Runs the suite; `open` makes a fresh, empty bench each time. */
export function describeSinks(name: string, open: (options?: SinkBenchOptions) => Promise<SinkBench>): void {
  const MB = 1024 * 1024;

  async function withBench(work: (bench: SinkBench) => Promise<void>, options?: SinkBenchOptions): Promise<void> {
    const bench = await open(options);
    try {
      await work(bench);
      expect(await bench.leftovers()).toEqual([]);
    } finally {
      await bench.close();
    }
  }

  const pathOf = (key: InstanceKey) => `${key.studyInstanceUid}/${key.seriesInstanceUid}/${key.sopInstanceUid}`;

  describe(`sinks of ${name}`, () => {
    for (const [what, size, chunk] of [
      ['nothing', 0, 1],
      ['one byte', 1, 1],
      ['a small instance in tiny pieces', 10_000, 3],
      ['1 MB', MB, 16_384],
      ['one byte above 1 MB', MB + 1, 65_536],
      ['20 MB in uneven pieces', 20 * MB + 17, 130_001],
      ['20 MB in one piece', 20 * MB, 20 * MB],
    ] as const) {
      it(`keeps ${what} byte for byte`, () =>
        withBench(async (bench) => {
          const key = freshKey();
          const bytes = patterned(size);
          const stored = await store(bench.backend, key, bytes, { chunk });
          expect(stored.outcome).toBe('new');
          expect(await bench.list()).toEqual([`${pathOf(key)}.dcm`]);
          expect(Buffer.compare(await bench.read(stored.location), bytes)).toBe(0);
          expect(stored.sha256).toBe(sha256(bytes));
        }));
    }

    it('says of what it keeps that it does, finds it by its UID alone, and shows its first bytes', () =>
      withBench(async (bench) => {
        const { backend } = bench;
        const [one, two] = [freshKey(), freshKey()];
        const first = await store(backend, one, patterned(1000));
        const beside = await store(backend, one, patterned(1000, 2));
        const other = await store(backend, two, patterned(10));
        const sink = backend.createSink({ place: 'quarantine', name: '1.2.3', reason: 'A test.' });
        await sink.write(patterned(10, 3));
        const aside = await sink.commit();
        const locations = [first, beside, other, aside].map(({ location }) => location);
        const held = await Promise.all(
          [...locations, `${first.location}x`, '/etc/passwd'].map((at) => backend.holds(at)),
        );
        // What lies in quarantine is kept, but is no part of the archive.
        expect(held).toEqual([true, true, true, false, false, false]);
        const wanted = new Set([one.sopInstanceUid, two.sopInstanceUid, '1.2.3', '9.9']);
        const found = await backend.search(wanted, new AbortController().signal);
        expect(new Map([...found].map(([uid, places]) => [uid, places.toSorted()]))).toEqual(
          new Map([
            [one.sopInstanceUid, [first.location, beside.location].toSorted()],
            [two.sopInstanceUid, [other.location]],
          ]),
        );
        await expect(backend.search(wanted, AbortSignal.abort())).rejects.toThrow();
        expect(Buffer.compare(await backend.head(first.location, 100), patterned(1000).subarray(0, 100))).toBe(0);
        expect(Buffer.compare(await backend.head(other.location, 100), patterned(10))).toBe(0);
      }));

    for (const size of [10, 1000, MB]) {
      it(`says the SHA-256 of a data set of ${size} bytes, whatever its meta and its outcome`, () =>
        withBench(async (bench) => {
          const key = freshKey();
          for (const [seed, meta, outcome] of [
            [1, fileMeta('ONE'), 'new'],
            [1, undefined, 'equal'],
            [2, fileMeta('TWO'), 'kept-both'],
          ] as const) {
            const bytes = patterned(size, seed);
            const stored = await store(bench.backend, key, bytes, { ...(meta && { meta }), chunk: 100 });
            expect(stored).toMatchObject({ outcome, sha256: sha256(bytes) });
          }
        }));
    }

    for (const size of [1000, 20 * MB]) {
      it(`shows nothing of ${size} bytes before the commit, and nothing after abort`, () =>
        withBench(async (bench) => {
          const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
          await sink.write(patterned(size));
          expect(await bench.list()).toEqual([]);
          await sink.abort();
          await sink.abort();
          expect(await bench.list()).toEqual([]);
          expect(() => sink.write(patterned(1))).toThrow();
          await expect(sink.commit()).rejects.toThrow();
        }));
    }

    it('keeps what is committed when abort comes late', () =>
      withBench(async (bench) => {
        const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
        await sink.write(patterned(100));
        const stored = await sink.commit();
        await sink.abort();
        expect(await bench.read(stored.location)).toHaveLength(100);
      }));

    for (const size of [1000, 3 * MB]) {
      for (const onDuplicate of ['keep-both', 'keep-first', 'replace'] as const) {
        it(`takes ${size} equal bytes for the same instance, with ${onDuplicate}, whatever their file meta`, () =>
          withBench(
            async (bench) => {
              const key = freshKey();
              const bytes = patterned(size);
              const metas = [undefined, fileMeta('ONE'), fileMeta('ANOTHER'), undefined];
              const outcomes: string[] = [];
              for (const meta of metas) {
                outcomes.push((await store(bench.backend, key, bytes, meta ? { meta } : {})).outcome);
              }
              expect(outcomes).toEqual(['new', 'equal', 'equal', 'equal']);
              expect(await bench.list()).toEqual([`${pathOf(key)}.dcm`]);
            },
            { onDuplicate },
          ));
      }

      it(`keeps ${size} other bytes beside the first`, () =>
        withBench(async (bench) => {
          const key = freshKey();
          const meta = fileMeta('ONE');
          for (const seed of [1, 2, 3, 2, 1]) await store(bench.backend, key, patterned(size, seed), { meta });
          const path = pathOf(key);
          expect(await bench.list()).toEqual([`${path}.dcm`, `${path}~2.dcm`, `${path}~3.dcm`]);
          const again = await store(bench.backend, key, patterned(size, 3));
          expect(again).toMatchObject({ outcome: 'equal' });
          expect(again.location.endsWith('~3.dcm')).toBe(true);
        }));

      it(`replaces by ${size} other bytes`, () =>
        withBench(
          async (bench) => {
            const key = freshKey();
            await store(bench.backend, key, patterned(size, 1));
            const stored = await store(bench.backend, key, patterned(size, 2));
            expect(stored.outcome).toBe('replaced');
            expect(await bench.list()).toEqual([`${pathOf(key)}.dcm`]);
            expect(Buffer.compare(await bench.read(stored.location), patterned(size, 2))).toBe(0);
          },
          { onDuplicate: 'replace' },
        ));

      it(`refuses ${size} other bytes with keep-first`, () =>
        withBench(
          async (bench) => {
            const key = freshKey();
            const first = await store(bench.backend, key, patterned(size, 1));
            expect((await store(bench.backend, key, patterned(size, 2))).outcome).toBe('refused');
            expect(await bench.list()).toEqual([`${pathOf(key)}.dcm`]);
            expect(Buffer.compare(await bench.read(first.location), patterned(size, 1))).toBe(0);
          },
          { onDuplicate: 'keep-first' },
        ));

      it(`never mixes ${size} bytes sent under one UID by six at once`, () =>
        withBench(async (bench) => {
          const key = freshKey();
          const seeds = [1, 2, 1, 3, 2, 1];
          const all = await Promise.all(
            seeds.map((seed) => store(bench.backend, key, patterned(size, seed), { chunk: size / 4 })),
          );
          expect(all.map(({ outcome }) => outcome).sort()).toEqual([
            'equal',
            'equal',
            'equal',
            'kept-both',
            'kept-both',
            'new',
          ]);
          for (const [index, { location }] of all.entries()) {
            expect(Buffer.compare(await bench.read(location), patterned(size, seeds[index]))).toBe(0);
          }
          expect(await bench.list()).toHaveLength(3);
        }));
    }

    it('takes the same bytes behind a longer meta for equal, and shorter or longer ones for different', () =>
      withBench(async (bench) => {
        const key = freshKey();
        await store(bench.backend, key, patterned(1000));
        expect((await store(bench.backend, key, patterned(1000).subarray(0, 999))).outcome).toBe('kept-both');
        expect((await store(bench.backend, key, Buffer.concat([patterned(1000), Buffer.alloc(1)]))).outcome).toBe(
          'kept-both',
        );
      }));

    it('puts instances without UIDs aside, with the reason beside them', () =>
      withBench(async (bench) => {
        const outcomes: string[] = [];
        for (const seed of [1, 2, 1]) {
          const sink = bench.backend.createSink({ place: 'quarantine', name: '1.2.3', reason: 'No Study UID.' });
          await sink.write(patterned(500, seed));
          outcomes.push((await sink.commit()).outcome);
        }
        expect(outcomes).toEqual(['new', 'kept-both', 'equal']);
        expect(await bench.list()).toEqual(
          ['1.2.3.dcm', '1.2.3.txt', '1.2.3~2.dcm', '1.2.3~2.txt'].map((file) => `${bench.quarantine}/${file}`),
        );
      }));

    it('never makes a path of what a peer sent', () =>
      withBench(async (bench) => {
        const sink = bench.backend.createSink({ place: 'quarantine', name: '../../etc/passwd', reason: 'Bad UID.' });
        await sink.write(patterned(500));
        await sink.commit();
        const evil = { studyInstanceUid: '..', seriesInstanceUid: '/etc', sopInstanceUid: 'a\\..\\b' };
        await store(bench.backend, evil, patterned(10));
        for (const name of await bench.list()) expect(name).toMatch(/^[\w.-]+(\/[\w.-]+)*$/);
        expect((await bench.list()).join('\n')).not.toContain('..');
      }));

    for (const size of [1000, 20 * MB]) {
      it(`puts ${size} bytes aside that turn out malformed in mid-stream`, () =>
        withBench(
          async (bench) => {
            const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
            await sink.write(patterned(size));
            const stored = await sink.quarantine('1.9', 'The sequence does not end.');
            expect(Buffer.compare(await bench.read(stored.location), patterned(size))).toBe(0);
            expect(await bench.list()).toEqual([`${bench.quarantine}/1.9.dcm`, `${bench.quarantine}/1.9.txt`]);
          },
          { stageForQuarantine: true },
        ));
    }

    it('gives up what is still open when it is closed', async () => {
      const bench = await open();
      try {
        const sinks = [1000, 20 * MB].map((size) => {
          const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
          return { sink, wrote: Promise.resolve(sink.write(patterned(size))).catch(() => undefined) };
        });
        await bench.backend.close();
        await Promise.all(sinks.map(({ wrote }) => wrote));
        for (const { sink } of sinks) await expect(sink.commit()).rejects.toThrow();
        expect(await bench.list()).toEqual([]);
        expect(await bench.leftovers()).toEqual([]);
      } finally {
        await bench.close();
      }
    });
  });
}
