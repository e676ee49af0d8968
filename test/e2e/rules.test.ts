/**
 * What a researcher does: a study arrives, Research is duplicated, two rules are made by clicking on its attributes, looked
 * at, saved and applied; the next study arrives treated, and the report says what was done. DCMTK sends.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { memorySource, StoredFile } from '#main/engine/dataset/stored-file.ts';
import { text } from '#renderer/text/en.ts';
import { dcmodify, storescu } from '../support/dcmtk.ts';
import { closeBrowser } from '../support/desktop.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { filesIn } from '../support/test-receiver.ts';
import { TARGETS } from './application.ts';
import { openScreen, waitForCondition } from './page-driver.ts';

const TITLE = { calledAeTitle: 'STUDYPORT', callingAeTitle: 'CT01' };

afterAll(closeBrowser);

describe.skipIf(requireRealFiles()).each(TARGETS)('$name', ({ launch }) => {
  test('from a study just received to treated files and a report', { timeout: 180_000 }, async () => {
    const app = await launch();
    const { page } = app;
    const temporary = await createTempFolder('rules-e2e');
    try {
      await waitForCondition(page, 'Listening');
      const original = realFiles().find(({ name }) => name.endsWith('CT_small.dcm'))!;
      const file = temporary.join('ct.dcm');
      await dcmodify(original.path, file, {
        '(0010,0010)': 'Kerckhoff^Paula',
        '(0010,0020)': 'PID-471100',
        '(0008,1030)': 'Control of Mrs Kerckhoff',
        '(0008,0050)': 'ACC-998877',
      });
      expect((await storescu({ port: app.port, ...TITLE }, [file])).code).toBe(0);
      await page
        .getByRole('region', { name: text.receiver.files.title })
        .getByText(text.receiver.files.count('1'))
        .waitFor();

      await openScreen(page, 'Rules');
      await page.getByText('Research', { exact: true }).click();
      await page.getByRole('button', { name: 'Duplicate', exact: true }).click();
      await page.getByRole('heading', { name: 'Research (copy)' }).waitFor();
      const table = page.getByRole('grid', { name: 'Elements before and after' });
      const choose = async (name: string) => {
        await page.getByRole('searchbox', { name: 'Search elements' }).fill(name);
        await table.getByRole('row', { name }).first().click();
      };
      // The sample is the object that has just come.
      await choose('Study Description');
      await table.getByText('Control of Mrs Kerckhoff').first().waitFor();
      await page.getByRole('button', { name: 'Remove: a rule for Study Description' }).click();
      await table.getByRole('row', { name: 'Removed' }).getByText('Rule 1').waitFor();
      await choose("Patient's Name");
      await page.getByRole('button', { name: 'Pseudonym…: a rule for Patient' }).click();
      await page
        .getByRole('region', { name: 'Inspector' })
        .getByRole('textbox', { name: 'Pseudonym' })
        .fill('TRIAL-{n:4}');
      await table.getByText('TRIAL-0001').first().waitFor();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Saved as version 2.').first().waitFor();
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Use for profile…' }).click();
      await page.getByRole('checkbox', { name: /Receiver/ }).press('Space');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Used by Receiver').first().waitFor();

      await waitForCondition(page, 'Listening');
      const before = new Set(filesIn(app.folder));
      expect((await storescu({ port: app.port, ...TITLE }, [file])).code).toBe(0);
      const added = () => filesIn(app.folder).filter((name) => name.endsWith('.dcm') && !before.has(name));
      await expect.poll(() => added().length).toBe(1);
      const bytes = readFileSync(join(app.folder, added()[0]!));
      for (const secret of ['Kerckhoff', 'PID-471100', 'ACC-998877', original.meta.sopInstanceUid!]) {
        expect(bytes.includes(secret), secret).toBe(false);
        expect(added()[0]).not.toContain(secret);
      }
      const stored = new StoredFile(memorySource(bytes));
      expect(stored.text(0x00100010)).toMatch(/^TRIAL-000\d$/);
      expect(stored.text(0x00120062)).toBe('YES');
      expect(stored.element(0x00081030)).toBeUndefined();

      const state = readFileSync(join(app.dataFolder, 'profiles.json'), 'utf8');
      expect(state).toContain('ruleSetId');
      expect(app.complaints).toEqual([]);
    } finally {
      await app.dispose();
      await temporary.remove();
    }
  });
});
