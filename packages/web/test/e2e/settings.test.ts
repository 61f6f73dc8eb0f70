import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
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

/** Everything that is set up: the org, its keys, what is redacted, levels of programs, and how the server is. */
describe.skipIf(withoutChromium.isMissing)(`Settings in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const copied = (page: Page) => page.evaluate('navigator.clipboard.readText()') as Promise<string>;

  /** Whether the key may find events. */
  async function mayQuery(key: string): Promise<boolean> {
    const answer = await fetch(`${url}/api/logs?page_size=1`, { headers: { authorization: `Bearer ${key}` } });
    expect([200, 401]).toContain(answer.status);
    return answer.ok;
  }

  test('a key by keyboard: made, copied this once, used, revoked', async () => {
    const { page, context, faults } = await visit(browser, `${url}/settings/keys`, { theme: 'dark' });
    await page.getByRole('button', { name: 'New API key' }).waitFor();
    await settled(page);
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New API key' });
    await dialog.waitFor();
    await expectAccessible(page);
    await page.keyboard.type('dashboards of the night shift');
    await dialog.getByRole('checkbox', { name: /^ingest/ }).uncheck();
    expect(await dialog.getByRole('button', { name: 'Make the key' }).isDisabled()).toBe(true);
    await dialog.getByRole('checkbox', { name: /^query/ }).check();
    await screenshot(page, 'new-key-desk-dark');
    await page.keyboard.press('Enter');
    const made = page.getByRole('dialog', { name: 'dashboards of the night shift is made' });
    await made.getByText('cannot be shown again').waitFor();
    await made.getByRole('button', { name: 'Copy secret' }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    const secret = await copied(page);
    expect(secret).toMatch(/^tw_[\w-]+$/);
    expect(await mayQuery(secret)).toBe(true);
    await made.getByRole('button', { name: 'I have copied it' }).click();
    const row = page.getByRole('row', { name: /dashboards of the night shift/ });
    await row.getByText('query', { exact: true }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.reload();
    await row.waitFor();
    expect(await page.content()).not.toContain(secret);
    await expectAccessible(page);
    await screenshot(page, 'keys-desk-dark');
    await page.getByRole('button', { name: 'Revoke dashboards of the night shift' }).click();
    const sure = page.getByRole('dialog', { name: 'Revoke dashboards of the night shift?' });
    await sure.getByText('Whatever uses it is refused at once').waitFor();
    await sure.getByRole('button', { name: 'Revoke the key' }).click();
    await page.getByText('dashboards of the night shift is revoked.').waitFor();
    await row.waitFor({ state: 'detached' });
    expect(await mayQuery(secret)).toBe(false);
    await page.getByRole('switch', { name: /^Show revoked/ }).click();
    await row
      .getByText(/^revoked/)
      .first()
      .waitFor();
    expect(new URL(page.url()).searchParams.get('revoked')).toBe('1');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('the org: what is out of range is told at its field, what is right is kept', async () => {
    const { page, context, faults } = await visit(browser, `${url}/settings`);
    const days = page.getByRole('spinbutton', { name: 'Retention, days' });
    await days.waitFor();
    await settled(page);
    await expectAccessible(page);
    await screenshot(page, 'org-desk-light');
    const save = page.getByRole('button', { name: 'Save', exact: true });
    expect(await save.isDisabled()).toBe(true);
    await days.fill('99999');
    await save.click();
    await page.getByText(/^expected 1 to \d+ days/).waitFor();
    expect(await days.getAttribute('aria-invalid')).toBe('true');
    const id = await days.getAttribute('id');
    expect(await days.getAttribute('aria-describedby')).toContain(`${id}-error`);
    await days.fill('45');
    await page.keyboard.press('Enter');
    await page.getByText('is saved.').waitFor();
    await page.reload();
    await days.waitFor();
    expect(await days.inputValue()).toBe('45');
    await days.fill('');
    await page.keyboard.press('Enter');
    await page.getByText('is saved.').waitFor();
    expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);
    await context.close();
  });

  test('redaction of a text and of an event, before and after', async () => {
    const { page, context, faults } = await visit(browser, `${url}/settings/redaction`);
    await page
      .getByText('credit-card', { exact: true })
      .or(page.getByText('email', { exact: true }))
      .first()
      .waitFor();
    const box = page.getByRole('textbox', { name: 'A message, or an event as JSON' });
    await box.fill('ann@example.com and bob@example.com paid with 4111 1111 1111 1111');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Replaced in 3 places:').waitFor();
    await page.getByText('email 2', { exact: true }).waitFor();
    const before = page.getByRole('region', { name: 'Before' });
    const after = page.getByRole('region', { name: /^After/ });
    expect(await before.locator('mark').allTextContents()).toEqual([
      'ann@example.com',
      'bob@example.com',
      '4111 1111 1111 1111',
    ]);
    expect(await after.textContent()).not.toMatch(/ann@|bob@|4111/);
    await expectAccessible(page);
    await screenshot(page, 'redaction-desk-light');
    await box.fill('{"message":"fine","metadata":{"password":"hunter2","mail":"ann@example.com","n":7}}');
    await page.getByText('Read as an event.').waitFor();
    await page.getByRole('button', { name: 'Redact', exact: true }).click();
    await page.getByText('Replaced in 2 places:').waitFor();
    expect(await after.textContent()).not.toMatch(/hunter2|ann@/);
    expect(await before.textContent()).toContain('hunter2');
    await box.fill('nothing to hide');
    await page.getByRole('button', { name: 'Redact', exact: true }).click();
    await page.getByText('Nothing was replaced.').waitFor();
    expect(page.url()).toBe(`${url}/settings/redaction`);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a level for an hour: with the time that is left, until it is removed', async () => {
    const { page, context, faults } = await visit(browser, `${url}/settings/levels`, { theme: 'dark' });
    await page.getByRole('combobox', { name: 'Service' }).fill('night-shift');
    await page.getByRole('textbox', { name: 'Logger (required)' }).fill('app.db');
    await page.getByRole('combobox', { name: 'From this severity on' }).selectOption('debug');
    await page.getByRole('button', { name: '1 h', exact: true }).click();
    expect(await page.getByRole('button', { name: '1 h', exact: true }).getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'Set the level' }).click();
    await page.getByText('app.db of night-shift: debug and graver').waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'app.db of night-shift' });
    await row.getByText(/(59 min( \d+ s)?|1 h) left/).waitFor();
    await expectAccessible(page);
    await screenshot(page, 'levels-desk-dark');
    await page.getByRole('button', { name: 'Remove the level of app.db of night-shift' }).click();
    await page.getByText('the program’s own level holds again').waitFor();
    await row.waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await context.close();
  });

  test('health, in words and as pictures', async () => {
    const { page, context, faults } = await visit(browser, `${url}/settings/health`, { theme: 'dark' });
    await page.getByRole('heading', { name: /^On disk: / }).waitFor();
    for (const words of [
      'Every event is written here before its sender is answered.',
      /Events can be found|The store is .* behind/,
      /^(Filling up: |Nearly full: )?[\d.]+ \w+ of [\d.]+ \w+ are free/,
      /^The server holds .*, the store’s engine /,
      /None is rejected\.|are rejected: the dead letters say why/,
      'Queries running',
    ]) {
      await page.getByRole('main').getByText(words).first().waitFor();
    }
    const disk = page.getByRole('list', { name: 'Disk by part' });
    await disk.getByText('Journal', { exact: true }).waitFor();
    await disk.getByText('Event store', { exact: true }).waitFor();
    await expectAccessible(page);
    await screenshot(page, 'health-desk-dark');
    expect(faults).toEqual([]);
    await context.close();
  });

  test.each([
    ['org', '', 'light', PHONE],
    ['keys', '/keys', 'light', PHONE],
    ['redaction', '/redaction', 'dark', PHONE],
    ['levels', '/levels', 'light', PHONE],
    ['health', '/health', 'light', PHONE],
  ] as const)('on a phone: %s', async (name, path, theme, viewport) => {
    const { page, context, faults } = await visit(browser, `${url}/settings${path}`, { viewport, theme });
    await page.getByRole('navigation', { name: 'Settings' }).locator('[aria-current=page]').waitFor();
    await page.getByRole('main').getByRole('heading', { level: 2 }).first().waitFor();
    await settled(page);
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, `${name}-phone-${theme}`);
    expect(faults).toEqual([]);
    await context.close();
  });
});
