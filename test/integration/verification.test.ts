/** A verification that is cancelled in the middle of a file that takes hours. */
import { rm, truncate, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { History } from '#main/receiver/history.ts';
import type { VerificationRow } from '#main/receiver/verification.ts';
import { VerificationService } from '#main/receiver/verification-service.ts';
import type { VerificationState } from '#shared/guards.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { until } from '../support/test-receiver.ts';

const ENDLESS = 10 ** 12;

test('it ends at once, and keeps what it has found, unless that has changed since', async () => {
  const folder = await createTempFolder('verification');
  const rows: VerificationRow[] = ['missing', 'replaced', 'endless'].map((name, index) => {
    return { instanceId: index + 1, studyId: 1, sopInstanceUid: `1.${index}`, file: folder.join(name), size: 5 };
  });
  const makeEndless = async (name: string) => {
    await writeFile(folder.join(name), '');
    await truncate(folder.join(name), ENDLESS);
  };
  let asked = 0;
  const answers = {
    'verification-count': async () => ({ files: 3 }),
    'verification-rows': async ({ after }: { after: number }) => ({
      rows: after < 2 ? rows.slice(0, 2) : rows.slice(after),
    }),
    'verification-again': async () => {
      asked++;
      await makeEndless('missing');
      return { rows: [rows[0], { ...rows[1], size: 6 }] };
    },
  };
  const call = async (name: keyof typeof answers, argument: never) => ({
    ok: true,
    value: await answers[name](argument),
  });
  const history = { call, flush: async () => {} } as unknown as History;
  const states: VerificationState[] = [];
  const service = await VerificationService.open({
    dataFolder: folder.path,
    history,
    changed: (_, state) => states.push(state),
    line: () => {},
  });
  try {
    await makeEndless('endless');
    service.start('p1');
    await until(() => states.at(-1)?.running?.missing === 2, 'the first files are found missing');
    await service.cancel('p1');
    const kept = { outcome: 'cancelled', missing: 1, findings: [{ file: rows[0]?.file }] };
    expect(service.report('p1')).toMatchObject(kept);

    // While it looks a second time.
    for (const { file } of rows) await rm(file, { force: true });
    asked = 0;
    service.start('p2');
    await until(() => asked > 0, 'the second look begins');
    await service.close();
    expect(service.report('p2')).toMatchObject({ outcome: 'cancelled', missing: 1 });
  } finally {
    await service.close();
    await folder.remove();
  }
});
