import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpReceiver, httpReceiver } from '../../../server/test/support/http-receiver.ts';
import { eventually, type SpawnedServer, spawnServer } from '../../../server/test/support/server.ts';
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
import { demoEvents } from './support/demo-events.ts';
import { send } from './support/stage.ts';

const STORED = 60;
const TOKEN = 'a-token-that-no-page-may-show';

/** From the first look at a destination to its end, with a receiver on this machine. */
describe.skipIf(withoutChromium.isMissing)(`Integrations in Chromium${withoutChromium.why}`, () => {
  let receiver: HttpReceiver;
  let server: SpawnedServer;
  let browser: Browser;
  /** How many events are stored. */
  let stored = 0;
  beforeAll(async () => {
    receiver = await httpReceiver();
    receiver.answer = ({ headers }) =>
      headers.authorization === `Bearer ${TOKEN}` ? { status: 202, body: '{}' } : { status: 401, body: 'no token' };
    [server, browser] = await Promise.all([
      spawnServer({ openMode: true, env: { TAILWATER_EGRESS_ALLOW: `127.0.0.1:${receiver.port}` } }),
      launch(),
    ]);
    const events = demoEvents(STORED, 2, Date.now());
    await send(server.url, events);
    stored = events.length;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await receiver?.close();
  });

  const listUrl = () => `${server.url}/settings/integrations`;
  const arrived = (word: string) =>
    eventually(async () => receiver.received.find(({ body }) => body.includes(word)), 30_000);
  const eventsThere = () => receiver.received.reduce((sum, { body }) => sum + countOf(body.toString('utf8')), 0);
  /** Events in an envelope that was taken; a body that is none has none. */
  const countOf = (body: string) => (JSON.parse(body) as { data?: unknown[] }).data?.length ?? 0;
  const focused = (control: Locator) => control.and(control.page().locator(':focus')).waitFor();
  const cardOf = (page: Page, title: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

  test('a destination is found by keyboard alone', async () => {
    const { page, context, faults } = await visit(browser, listUrl(), { theme: 'dark' });
    await page.getByRole('link', { name: /^Webhook/ }).waitFor();
    await page.getByText('Events stay here so far.').waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'integrations-desk-dark');
    await page.keyboard.press('/');
    await focused(page.getByRole('searchbox', { name: 'Find a destination' }));
    await page.keyboard.type('kafka');
    await page.getByRole('link', { name: /^Webhook/ }).waitFor({ state: 'detached' });
    await page.keyboard.press('Tab');
    await focused(page.getByRole('link', { name: /^Apache Kafka/ }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^New integration: .*Kafka/ }).waitFor();
    await page.goBack();
    await page.getByRole('searchbox', { name: 'Find a destination' }).fill('carrier pigeon');
    await page.getByText('No destination is called that.').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a webhook, from an empty form over a failing test to a working one', async () => {
    const { page, context, faults } = await visit(browser, `${listUrl()}?find=webhook`);
    await page.getByRole('link', { name: /^Webhook/ }).click();
    await page.getByRole('heading', { name: 'New integration: Webhook' }).waitFor();
    const name = page.getByRole('textbox', { name: 'Name (required)' });
    const address = page.getByRole('textbox', { name: 'URL', exact: true });
    const save = page.getByRole('button', { name: 'Save and forward' });
    await save.click();
    await focused(name);
    await page.getByText('Name is needed').waitFor();
    await page.getByText('An address is needed, here or as a secret').waitFor();
    await expectAccessible(page);
    await name.fill('on call');
    await address.fill('http://10.1.2.3/hook');
    await save.click();
    await page.getByText('Tailwater may not connect to 10.1.2.3').waitFor();
    expect(await address.getAttribute('aria-invalid')).toBe('true');
    await focused(address);
    await screenshot(page, 'integration-refused-desk-light');
    await address.fill(`${receiver.url}/hook`);
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('It does not work yet').waitFor();
    await page.getByText('with those that the receiver knows').waitFor();
    await page.getByRole('button', { name: 'Go to token' }).click();
    const token = page.getByLabel('Token or password');
    await focused(token);
    await page.getByText('The test failed at this setting').waitFor();
    await screenshot(page, 'integration-test-failed-desk-light');
    await page.getByRole('combobox', { name: 'Authentication' }).selectOption('bearer');
    await token.fill(TOKEN);
    expect(await token.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('It works: the destination took a marked event').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'integration-form-desk-light');
    await save.click();
    await page.getByRole('heading', { level: 2, name: 'on call' }).waitFor();
    await page.getByText('Events are forwarded from now on.').waitFor();
    expect(await page.getByRole('switch', { name: 'Enabled' }).isChecked()).toBe(true);
    expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);
    await context.close();
  });

  /** Opens the integration from the list. */
  async function open(page: Page, name: string): Promise<void> {
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 2, name }).waitFor();
  }

  test('events arrive, deliveries are told, and history is sent again', async () => {
    const { page, context, faults } = await visit(browser, listUrl());
    await open(page, 'on call');
    await send(server.url, [{ message: 'a live one for the hook', service: 'hooked', severity: 'warn' }]);
    stored += 1;
    await arrived('a live one for the hook');
    await page.getByRole('table', { name: 'Deliveries' }).or(cardOf(page, 'Deliveries').getByRole('table')).waitFor();
    await page.getByText('Everything is delivered').waitFor();
    await cardOf(page, 'Connection test').getByRole('button', { name: 'Test now' }).click();
    await page.getByText('It works: the destination took a marked event').waitFor();
    const before = eventsThere();
    const history = cardOf(page, 'Replay of history');
    await history.getByRole('button', { name: /^Time range/ }).click();
    await page.getByRole('button', { name: 'Last 6 hours' }).click();
    await history.getByText(`The range has ${stored} events`).waitFor();
    await history.getByRole('button', { name: 'Send this range' }).click();
    await history.getByText(`Done: ${stored} events sent.`).waitFor();
    expect(eventsThere() - before).toBe(stored);
    await page.getByText('history', { exact: true }).first().waitFor();
    await page
      .getByText(/^Events that wait, since this page was opened/)
      .first()
      .waitFor();
    await expectAccessible(page);
    await screenshot(page, 'integration-desk-light');
    expect(await page.content()).not.toContain(TOKEN);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('edited, renamed, switched off and deleted; what is secret stays so', async () => {
    const { page, context, faults } = await visit(browser, listUrl());
    await open(page, 'on call');
    await page.getByRole('button', { name: 'Edit' }).click();
    const name = page.getByRole('textbox', { name: 'Name (required)' });
    const token = page.getByLabel('Token or password');
    await token.waitFor();
    expect(await token.inputValue()).toBe('');
    expect(await token.getAttribute('placeholder')).toBe('Set; leave empty to keep it');
    await name.fill('night shift');
    await page.getByText('What is forwarded', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Severity' }).selectOption('error');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { level: 2, name: 'night shift' }).waitFor();
    await page.getByText('error and graver').waitFor();
    await send(server.url, [
      { message: 'too light for the filter', severity: 'info' },
      { message: 'grave enough', severity: 'critical' },
    ]);
    await arrived('grave enough');
    expect(receiver.received.some(({ body }) => body.includes('too light for the filter'))).toBe(false);
    await page.getByRole('switch', { name: 'Enabled' }).click();
    await page.getByText('Nothing is forwarded').waitFor();
    await page.getByText('Enable the integration first.').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete night shift?' });
    const remove = dialog.getByRole('button', { name: 'Delete the integration' });
    const typed = dialog.getByRole('textbox', { name: 'Type “night shift” to go on' });
    await typed.fill('night');
    expect(await remove.isDisabled()).toBe(true);
    await expectAccessible(page);
    await typed.fill('night shift');
    await page.keyboard.press('Enter');
    await page.getByText('night shift is deleted.').waitFor();
    await page.getByText('Events stay here so far.').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('on a phone', async () => {
    const body = JSON.stringify({
      name: 'collector',
      type: 'webhook',
      config: { url: receiver.url, auth: 'bearer' },
      secrets: { token: TOKEN },
    });
    const headers = { 'content-type': 'application/json' };
    const made = await fetch(`${server.url}/api/log-integrations`, { method: 'POST', headers, body });
    expect(made.status).toBe(201);
    const { page, context, faults } = await visit(browser, listUrl(), { viewport: PHONE, theme: 'dark' });
    await page.getByRole('heading', { name: 'Forwarding now' }).waitFor();
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, 'integrations-phone-dark');
    await open(page, 'collector');
    await settled(page);
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, 'integration-phone-dark');
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Test the connection' }).waitFor();
    await expectNoSideways(page);
    await expectAccessible(page);
    expect(faults).toEqual([]);
    await context.close();
  });
});
