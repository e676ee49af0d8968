/** Pictures of every screen of the built application, light and dark: docs/images. Nothing on them is of a patient. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HEADLESS_TARGET } from '../test/e2e/application.ts';
import { openScreen, waitForCondition } from '../test/e2e/page-driver.ts';
import { closeBrowser } from '../test/support/desktop.ts';

const FOLDER = join(import.meta.dirname, '../docs/images');
/** Its beginning is seen on the pictures. */
const ARCHIVE = '/tmp/dicom';
mkdirSync(FOLDER, { recursive: true });
const only = process.argv.slice(2);

const app = await HEADLESS_TARGET.launch({ options: { outDir: ARCHIVE } });
try {
  const { page } = app;
  const shoot = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      if (only.length > 0 && !only.includes(`${name}-${colorScheme}`)) continue;
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  };
  await waitForCondition(page, /Listening/);
  await page.getByRole('button', { name: 'Send test images' }).click();
  await page.getByText(/1[0-9] since start/).waitFor({ timeout: 60_000 });
  await shoot('receiver');
  await openScreen(page, 'Studies');
  await page.getByText('TEST').first().waitFor();
  await shoot('studies');
  await page.getByRole('row').nth(1).click();
  await page.waitForTimeout(2500);
  await shoot('study');
  await openScreen(page, 'Settings');
  await page
    .getByRole('navigation', { name: 'Groups of settings' })
    .getByRole('button', { name: 'Acceptance' })
    .click();
  await shoot('settings');
  await openScreen(page, 'Log');
  await shoot('log');
} finally {
  await app.dispose();
  rmSync(ARCHIVE, { recursive: true, force: true });
  await closeBrowser();
}
