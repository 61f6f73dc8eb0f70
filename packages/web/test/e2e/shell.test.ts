import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  DESK,
  expectAccessible,
  expectNoSideways,
  launch,
  PHONE,
  settled,
  visit,
  withoutChromium,
} from './support/browser.ts';

/** What is around every page: the way to each by mouse and keyboard, themes, both widths. */
describe.skipIf(withoutChromium.isMissing)(`Shell in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const PAGES = ['Logs', 'Stats', 'Traces', 'Patterns', 'Ingest', 'Settings'];

  test.each([
    ['light', DESK],
    ['dark', PHONE],
  ] as const)('every page, %s', async (theme, viewport) => {
    const { page, context, faults } = await visit(browser, url, { theme, viewport });
    for (const name of PAGES) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await settled(page);
      await expectAccessible(page);
      await expectNoSideways(page);
    }
    expect(faults).toEqual([]);
    await context.close();
  });

  test('by keyboard alone: shortcuts, the list of them, and going anywhere', async () => {
    const { page, context } = await visit(browser, `${url}/stats`);
    await page.getByRole('heading', { level: 1, name: 'Stats' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { level: 1, name: 'Patterns' }).waitFor();
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Shortcuts' });
    await list.getByText('Go to Traces').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Page, search text or trace id' }).fill('api keys');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/settings/keys');
    await context.close();
  });

  test('the theme stays', async () => {
    const { page, context } = await visit(browser, `${url}/ingest`);
    await page.getByRole('button', { name: 'Account and theme' }).click();
    await page.getByRole('button', { name: 'Dark' }).click();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Ingest' }).waitFor();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await context.close();
  });
});
