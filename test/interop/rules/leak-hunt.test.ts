/**
 * A marker in every text element, at every depth, of every real object; sent to a receiver with the Basic Profile. None
 * may be anywhere afterwards, but in attributes that PS3.15 does not list. The markers are put there by pydicom.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ps315Row } from '#main/rules/ps315.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { isPrivate } from '#shared/dicom/tag.ts';
import { contextsFor, RawSender } from '../../support/raw-sender.ts';
import { parseFileMeta, realFiles, requireRealFiles } from '../../support/real-files.ts';
import { basic, compiled } from '../../support/rules.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { startTestReceiver } from '../../support/test-receiver.ts';
import { run } from '../../support/tools.ts';

interface Marked {
  readonly path: string;
  readonly index: number;
  readonly error?: string;
  readonly markers?: readonly {
    readonly marker: string;
    readonly tag: string;
    readonly vr: string;
    readonly around: readonly string[];
  }[];
}

/** PS3.15 says nothing about it, it is public, and no name: the profile keeps it. */
function mayStay(tag: number, vr: string): boolean {
  return !isPrivate(tag) && entryOfTag(tag) !== undefined && ps315Row(tag) === undefined && vr !== 'PN' && vr !== 'UN';
}

test.skipIf(requireRealFiles())('not one marker survives', { timeout: 120_000 }, async () => {
  const folder = await createTempFolder('leak-hunt');
  onTestFinished(folder.remove);
  const paths = realFiles()
    .filter(
      ({ meta }) => meta.sopClassUid && meta.transferSyntaxUid && !meta.sopClassUid.startsWith('1.2.840.10008.1.3'),
    )
    .map(({ path }) => path);
  const script = join(import.meta.dirname, '../../support/mark-every-text.py');
  const { code, stdout, stderr } = await run('/usr/bin/python3', [script, folder.path, ...paths], { timeout: 100_000 });
  expect(code, stderr).toBe(0);
  const marked = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Marked);
  const usable = marked.filter(({ markers = [] }) => markers.length > 0);
  // Most of them can be read by pydicom, and what cannot is not what is tested here.
  expect(usable.length).toBeGreaterThan(80);

  const receiver = await startTestReceiver({
    prepare: (scp) =>
      scp.onBeforeStore(compiled(basic([], { safety: { residual: 'warn', burnedIn: 'warn' } }), { record: true })),
    storeWithFileMeta: true,
    incompleteUids: 'refuse',
  });
  onTestFinished(receiver.stop);
  let stored = 0;
  let markers = 0;
  const leaks: string[] = [];
  const kept = new Set<string>();
  for (const { index, path, markers: own = [] } of usable) {
    const content = readFileSync(folder.join(`${index}.dcm`));
    const { meta, dataSetOffset } = parseFileMeta(content);
    const dataSet = content.subarray(dataSetOffset);
    const instance = {
      sopClassUid: meta.sopClassUid!,
      sopInstanceUid: meta.sopInstanceUid!,
      transferSyntaxUid: meta.transferSyntaxUid!,
      dataSet,
    };
    const before = new Set(receiver.files());
    const sender = await RawSender.connect({ port: receiver.port, contexts: contextsFor([instance]) });
    const status = await sender.store(instance);
    await sender.release();
    if (status !== 0) continue;
    stored += 1;
    markers += own.length;
    for (const name of receiver.files().filter((one) => !before.has(one))) {
      const bytes = receiver.read(name).toString('latin1');
      for (const { marker, tag, vr, around } of own) {
        if (name.includes(marker)) leaks.push(`${path}: ${tag} in the path`);
        if (!bytes.includes(marker)) continue;
        if (mayStay(Number.parseInt(tag, 16), vr)) kept.add(tag);
        else
          leaks.push(`${path}: ${[...around, tag].join('.')} ${vr} (${entryOfTag(Number.parseInt(tag, 16))?.keyword})`);
      }
    }
  }
  expect(leaks).toEqual([]);
  expect(stored).toBeGreaterThan(70);
  expect(markers).toBeGreaterThan(1500);
  // The hunt would find something if there were something to find.
  expect(kept.size).toBeGreaterThan(5);
  const told = JSON.stringify([receiver.stored, receiver.studies, receiver.errors, receiver.connections, receiver.log]);
  expect(told).not.toMatch(/MRK\d{6}X/);
});
