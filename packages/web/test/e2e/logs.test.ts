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
import { send } from './support/stage.ts';

/** The page that most people are on: search, time, fields, one event, live, LogQL, views, export. */
describe.skipIf(withoutChromium.isMissing)(`Logs in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const param = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
  const grid = (page: Page) => page.getByRole('grid', { name: 'Events' });
  const firstRow = (page: Page) => grid(page).getByRole('row').nth(1);
  const box = (page: Page) => page.getByRole('combobox', { name: 'Search events' });
  const total = async (page: Page) => {
    const text = await page.getByText(/^[\d,]+ events? in /).textContent();
    return Number(/^[\d,]+/.exec(text ?? '')![0].replaceAll(',', ''));
  };
  const untilParam = (page: Page, name: string, value: string | null) =>
    eventually(async () => (param(page, name) === value ? true : undefined));

  test('words, fields and comparisons; a search that cannot be read says where', async () => {
    const { page, context, faults } = await visit(browser, `${url}/logs?from=-24h`, { theme: 'dark' });
    await firstRow(page).waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'logs-desk-dark');
    const all = await total(page);
    await page.keyboard.press('/');
    await page.keyboard.type('declined service:checkout');
    await page.keyboard.press('Enter');
    await untilParam(page, 'q', 'declined service:checkout');
    await eventually(async () => ((await total(page)) < all ? true : undefined));
    await firstRow(page).getByText('declined').waitFor();
    await page.getByRole('button', { name: 'Remove service:checkout' }).click();
    await untilParam(page, 'q', 'declined');
    expect(faults).toEqual([]);
    await box(page).fill('service:"open');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').first().waitFor();
    await page.goBack();
    await untilParam(page, 'q', 'declined');
    await context.close();
  });

  test('the histogram by keyboard: a stretch is chosen, zoomed into, and left by the way back', async () => {
    const { page, context } = await visit(browser, `${url}/logs?from=-24h`);
    await firstRow(page).waitFor();
    await settled(page);
    const slider = page.getByRole('slider', { name: /^Time/ });
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Enter');
    await eventually(async () => (param(page, 'from')?.startsWith('20') ? true : undefined));
    await page.goBack();
    await untilParam(page, 'from', '-24h');
    const critical = page.getByRole('button', { name: /^critical / });
    await critical.click();
    await untilParam(page, 'q', '-severity:critical');
    await critical.click();
    await untilParam(page, 'q', null);
    await context.close();
  });

  test('one event: its fields, JSON, text, surroundings, trace and story; from a link too', async () => {
    const { page, context, faults } = await visit(browser, `${url}/logs?q=service:odd-secret&from=-24h`);
    await firstRow(page).getByText('paid with').waitFor();
    await grid(page).focus();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: 'Event' });
    await details.getByRole('tab', { name: 'Fields' }).waitFor();
    await details.getByText('[REDACTED:payment-card]').first().waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'event-desk-light');
    const found = {
      JSON: '"message"',
      Raw: 'paid with [REDACTED',
      Context: 'paid with',
      'Why is it here': 'payment-card',
    };
    for (const [tab, text] of Object.entries(found)) {
      await details.getByRole('tab', { name: tab }).click();
      await details.getByRole('tabpanel').getByText(text).first().waitFor();
      await settled(page);
      await expectAccessible(page);
    }
    await screenshot(page, 'event-why-desk-light');
    const link = page.url();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await page.goto(link);
    await details.getByText('payment-card').first().waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test.each([
    ['odd-long', 'lorem ipsum'],
    ['odd-rtl', 'مرحبا'],
    ['odd-fields', 'an event with 300 fields'],
    ['odd-ansi', 'bold red'],
    ['odd-markup', '<img src=x'],
  ])('%s is shown on a phone', async (service, text) => {
    const { page, context, faults } = await visit(browser, `${url}/logs?q=service:${service}&from=-24h`, {
      viewport: PHONE,
    });
    await firstRow(page).getByText(text).first().click();
    await page.getByRole('tab', { name: 'Fields' }).waitFor();
    await settled(page);
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, `event-${service}-phone-light`);
    expect(await page.evaluate('window.__ran')).toBeUndefined();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a link with a time that is none says so, and a time that is typed is of the chosen zone', async () => {
    const { page, context } = await visit(browser, `${url}/logs?from=nonsense`);
    await page.getByRole('alert').first().getByText('`from` is not right').waitFor();
    await page.getByRole('button', { name: /^Time range/ }).click();
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByLabel('From', { exact: true }).fill('2026-01-02 03:00');
    await page.getByRole('button', { name: 'Apply' }).click();
    await untilParam(page, 'from', '2026-01-01T18:00:00.000Z');
    await context.close();
  });

  test('a long message is cut, and whole by a button', async () => {
    const { page, context } = await visit(browser, `${url}/logs?q=service:odd-long&from=-24h`);
    await firstRow(page).click();
    const details = page.getByRole('complementary', { name: 'Event' });
    await details.getByRole('button', { name: 'Show the whole message' }).click();
    await details.getByRole('button', { name: 'Show less' }).waitFor();
    await expectAccessible(page);
    await context.close();
  });

  test('fields: values are included and left out by clicks, numbers as a distribution', async () => {
    const { page, context } = await visit(browser, `${url}/logs?from=-24h`);
    const fields = page.getByRole('complementary', { name: 'Fields' });
    await fields
      .getByRole('button', { name: /^service/ })
      .first()
      .click();
    await fields.getByRole('button', { name: 'Include service gateway' }).click();
    await untilParam(page, 'q', 'service:gateway');
    await fields.getByRole('searchbox', { name: 'Find a field' }).fill('duration');
    await fields
      .getByRole('button', { name: /^duration_ms/ })
      .first()
      .click();
    await fields.getByText('p95').first().waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'fields-desk-light');
    await context.close();
  });

  test('live: new events come by themselves', async () => {
    const { page, context, faults } = await visit(browser, `${url}/logs?q=service:live-one`);
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await untilParam(page, 'live', '1');
    await page.getByText('New events show here as they come in.').waitFor();
    await send(url, [{ message: 'seen while it happens', service: 'live-one' }]);
    await firstRow(page).getByText('seen while it happens').waitFor();
    await send(
      url,
      Array.from({ length: 300 }, (_, n) => ({ message: `burst ${n}`, service: 'live-one' })),
    );
    await firstRow(page).getByText('burst 299').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'live-desk-light');
    // Somebody reads further down: rows stay where they are, and the page counts what is new.
    await grid(page).hover();
    await page.mouse.wheel(0, 600);
    await send(url, [{ message: 'while reading', service: 'live-one' }]);
    await page.getByRole('button', { name: /1 new/ }).click();
    await firstRow(page).getByText('while reading').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('LogQL: its own editor, errors at their place, lines and charts', async () => {
    const { page, context, faults } = await visit(browser, `${url}/logs?from=-24h`);
    await page.getByRole('button', { name: 'LogQL' }).click();
    const editor = page.getByRole('textbox', { name: /LogQL/ });
    await editor.waitFor();
    await editor.fill('{service_name="checkout"} |= `declined`');
    await page.keyboard.press('Control+Enter');
    await firstRow(page).getByText('declined').waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'logql-lines-desk-light');
    await editor.fill('sum by (service_name) (count_over_time({service_name=~".+"}[1h]))');
    await page.keyboard.press('Control+Enter');
    await page.getByText('agent-runner').first().waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'logql-metric-desk-light');
    expect(faults).toEqual([]);
    await editor.fill('{service_name=');
    await page.keyboard.press('Control+Enter');
    await page
      .getByText(/syntax error|parse error/)
      .first()
      .waitFor();
    await context.close();
  });

  test('a view is saved for the org, and opened by somebody else', async () => {
    const { page, context } = await visit(browser, `${url}/logs?q=service:gateway&from=-6h`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('button', { name: /Save/ }).first().click();
    await page.getByLabel(/^Name/).fill('Gateway of today');
    await page.getByLabel(/^Name/).press('Enter');
    await page.getByText('Gateway of today').first().waitFor();
    await context.close();
    const other = await visit(browser, `${url}/logs`);
    await other.page.getByRole('button', { name: 'Views' }).click();
    await other.page.getByText('Gateway of today').first().click();
    await untilParam(other.page, 'q', 'service:gateway');
    expect(param(other.page, 'from')).toBe('-6h');
    await other.context.close();
  });

  test('what a query finds is exported', async () => {
    const { page, context } = await visit(browser, `${url}/logs?q=service:checkout&from=-30h`);
    await firstRow(page).waitFor();
    const count = await total(page);
    await page.getByRole('button', { name: 'Export events' }).click();
    await page.getByRole('button', { name: 'NDJSON' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: /^Export/ })
        .last()
        .click(),
    ]);
    let text = '';
    for await (const chunk of await download.createReadStream()) text += String(chunk);
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBe(count);
    expect(JSON.parse(lines[0]!)).toMatchObject({ service: 'checkout' });
    await context.close();
  });
});
