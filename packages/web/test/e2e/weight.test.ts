import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launch, visit, withoutChromium } from './support/browser.ts';
import { loadOf } from './support/load.ts';

/** Of all files, compressed. The answers of the API are as large as the events are. */
const BYTES_MAX = 250_000;

describe.skipIf(withoutChromium.isMissing)(`Weight of the first page in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const isOfLogql = ({ path }: { path: string }) => /logql-editor/.test(path);

  test('everything that the logs page loads is small, and the editor of LogQL is not among it', async () => {
    const { requests } = await loadOf(browser, `${url}/logs`);
    expect(requests.filter(({ path }) => path.endsWith('.js')).length).toBeGreaterThan(1);
    expect(requests.filter(isOfLogql)).toEqual([]);
    const files = requests.filter(({ path }) => !path.startsWith('/api/'));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    expect(bytes, JSON.stringify(files)).toBeLessThan(BYTES_MAX);
  });

  test('the editor of LogQL comes with the switch to it', async () => {
    const { page, context } = await visit(browser, `${url}/logs`);
    const paths: { path: string }[] = [];
    page.on('request', (request) => paths.push({ path: new URL(request.url()).pathname }));
    await page.getByRole('button', { name: 'LogQL', exact: true }).click();
    await page.locator('.cm-editor').waitFor();
    expect(paths.filter(isOfLogql).length).toBeGreaterThan(0);
    await context.close();
  });
});
