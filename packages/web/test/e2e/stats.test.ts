import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../../../server/test/support/server.ts';
import {
  expectAccessible,
  expectNoSideways,
  launch,
  PHONE,
  screenshot,
  settled,
  visit,
  withoutChromium,
} from './support/browser.ts';
import { DEMO_TRACE_ID } from './support/demo-events.ts';

/** The pages that sum up: statistics, patterns, traces. Every mark leads to the events behind it. */
describe.skipIf(withoutChromium.isMissing)(`Stats, Patterns and Traces in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const param = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
  const untilAt = (page: Page, path: RegExp) =>
    eventually(async () => (path.test(new URL(page.url()).pathname) ? true : undefined));

  test('statistics: figures, compared with the period before; a slice, a service and an error lead to their events', async () => {
    const { page, context, faults } = await visit(browser, `${url}/stats?from=-12h`, { theme: 'dark' });
    await page.getByText('Busiest services').waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'stats-desk-dark');
    await page.getByRole('switch', { name: 'Compare with the period before' }).click();
    await eventually(async () => (param(page, 'compare') === '1' ? true : undefined));
    await settled(page);
    await page
      .getByText(/[+−-]\d+(\.\d+)? ?%/)
      .first()
      .waitFor();
    await page
      .getByRole('link', { name: /critical/ })
      .first()
      .click();
    await untilAt(page, /^\/logs$/);
    expect(param(page, 'q')).toBe('severity:critical');
    await page.goBack();
    await untilAt(page, /^\/stats$/);
    await page
      .getByRole('link', { name: /checkout/ })
      .first()
      .click();
    await untilAt(page, /^\/logs$/);
    expect(param(page, 'q')).toContain('service:checkout');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('statistics on a phone', async () => {
    const { page, context } = await visit(browser, `${url}/stats?from=-12h`, { viewport: PHONE });
    await page.getByText('Busiest services').waitFor();
    await settled(page);
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, 'stats-phone-light');
    await context.close();
  });

  test('a search that cannot be read, and one that finds nothing', async () => {
    const { page, context } = await visit(browser, `${url}/stats?from=-12h&q=time*`);
    await page.getByRole('alert').first().waitFor();
    await page.goto(`${url}/stats?from=-12h&q=nosuchwordanywhere`);
    await page
      .getByText(/^No event/)
      .first()
      .waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'stats-empty-desk-light');
    await context.close();
  });

  test('patterns: templates with counts; one is opened, searched for, left out', async () => {
    const { page, context, faults } = await visit(browser, `${url}/patterns?from=-12h`);
    const row = page.getByRole('row').filter({ hasText: 'cache' }).first();
    await row.waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'patterns-desk-light');
    await row.getByRole('button').first().click();
    const search = page.getByRole('link', { name: /Search/ }).first();
    await search.waitFor();
    await settled(page);
    await expectAccessible(page);
    await search.click();
    await untilAt(page, /^\/logs$/);
    expect(param(page, 'q')).toContain('cache');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('traces: those with errors first, and one of them on its time line, by keyboard', async () => {
    const { page, context, faults } = await visit(browser, `${url}/traces?from=-1h`, { theme: 'dark' });
    await page.getByRole('row').nth(1).waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'traces-desk-dark');
    await page.goto(`${url}/traces/${DEMO_TRACE_ID}`);
    await page.getByText('upstream pricing answered 503').first().waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'trace-desk-dark');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await eventually(async () => (param(page, 'event') === null ? undefined : true));
    await page.keyboard.press('Enter');
    await untilAt(page, /^\/logs$/);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a trace on a phone, and one that is not there', async () => {
    const { page, context } = await visit(browser, `${url}/traces/${DEMO_TRACE_ID}`, { viewport: PHONE });
    await page.getByText('upstream pricing answered 503').first().waitFor();
    await settled(page);
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, 'trace-phone-light');
    await page.goto(`${url}/traces/nosuchtrace`);
    await page
      .getByText(/no (event|trace)/i)
      .first()
      .waitFor();
    await context.close();
  });
});
