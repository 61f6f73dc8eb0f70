import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADMIN_KEY,
  eventually,
  request,
  type SpawnedServer,
  spawnServer,
} from '../../../server/test/support/server.ts';
import { expectAccessible, launch, screenshot, settled, visit, withoutChromium } from './support/browser.ts';
import { send } from './support/stage.ts';

/** A server that asks who one is: links that are good once, keys, sessions that end, and a server that goes away. */
describe.skipIf(withoutChromium.isMissing)(`Signing in, in Chromium${withoutChromium.why}`, () => {
  let server: SpawnedServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([spawnServer(), launch()]);
    // Until the store is open, queries are answered with 503.
    await eventually(async () => ((await fetch(`${server.url}/readyz`)).ok ? true : undefined), 60_000);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const link = async () => {
    const answer = await request(server, '/api/sign-in-links', { method: 'POST' });
    return ((await answer.json()) as { url: string }).url;
  };
  const LOGS = { level: 1, name: 'Logs' } as const;

  test('the link that the start printed signs in, once', async () => {
    const printed = /http:\/\/\S+\/sign-in#\S+/.exec(server.stderr())?.[0] ?? '';
    expect(printed).toContain(server.url);
    const { page, context, faults } = await visit(browser, printed);
    await page.getByRole('heading', LOGS).waitFor();
    expect(page.url()).not.toContain('#');
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(faults).toEqual([]);
    await context.close();
    const again = await visit(browser, printed);
    await again.page.getByRole('alert').waitFor();
    await again.page.getByRole('textbox', { name: 'API key' }).waitFor();
    await expectAccessible(again.page);
    await again.context.close();
  });

  test('a page that was asked for is shown after the sign-in with a key; signing out ends it', async () => {
    const { page, context } = await visit(browser, `${server.url}/stats?q=timeout&from=-6h`);
    const key = page.getByLabel('API key');
    await key.fill('tw_wrong_0123456789abcdefghijklmnopqrstuvwxyzABCDE');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await screenshot(page, 'sign-in-desk-light');
    await key.fill(ADMIN_KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Stats' }).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('timeout');
    await page.getByRole('button', { name: 'Account and theme' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await page.goto(`${server.url}/logs`);
    await page.getByLabel('API key').waitFor();
    await context.close();
  });

  test('a session that ends in the middle: said in words, and the page goes on where it was', async () => {
    const { page, context } = await visit(browser, await link());
    await page.getByRole('heading', LOGS).waitFor();
    await page.goto(`${server.url}/patterns?q=cache`);
    await page.getByRole('heading', { level: 1, name: 'Patterns' }).waitFor();
    await context.clearCookies();
    await page.getByRole('link', { name: 'Stats' }).click();
    await page.getByText('Your session has ended.').waitFor();
    await page.getByLabel('API key').fill(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Stats' }).waitFor();
    await context.close();
  });

  test('a session that may only query: what it may not is disabled, and why is said', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'reader', scopes: ['query'] });
    const made = await request(server, '/api/keys', { method: 'POST', headers, body });
    const { secret } = (await made.json()) as { secret: string };
    const { page, context, faults } = await visit(browser, `${server.url}/settings/levels`, { theme: 'dark' });
    await page.getByLabel('API key').fill(secret);
    await page.keyboard.press('Enter');
    await page.getByText('To set and remove levels one needs the scope admin; this session has query.').waitFor();
    expect(await page.getByRole('button', { name: 'Set the level' }).isDisabled()).toBe(true);
    expect(await page.getByRole('combobox', { name: 'Service' }).isDisabled()).toBe(true);
    await expectAccessible(page);
    await screenshot(page, 'levels-query-only-desk-dark');
    const sections = page.getByRole('navigation', { name: 'Settings' });
    for (const [name, to] of [
      ['Org', 'see and change the settings of the org'],
      ['Integrations', 'see and change integrations'],
      ['API keys', 'see and make API keys'],
      ['Health', 'see how the server is'],
    ] as const) {
      await sections.getByRole('link', { name }).click();
      await page.getByText(`To ${to} one needs the scope admin`).waitFor();
      await settled(page);
      await expectAccessible(page);
    }
    await page.getByText('The server is ready').waitFor();
    await sections.getByRole('link', { name: 'Redaction' }).click();
    await page.getByRole('button', { name: 'Try an example' }).click();
    await page.getByText(/^Replaced in \d+ places:/).waitFor();
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
    await context.close();
  });

  test('another site cannot act with the session', async () => {
    const { page, context } = await visit(browser, await link());
    await page.getByRole('heading', LOGS).waitFor();
    const cookies = await context.cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
      { httpOnly: true, sameSite: 'Strict' },
    ]);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const body = '{"name":"stolen","scopes":["admin"]}';
    const headers = { cookie, origin: 'https://evil.example', 'content-type': 'application/json' };
    const refused = await fetch(`${server.url}/api/keys`, { method: 'POST', headers, body });
    expect(refused.status).toBe(403);
    await context.close();
  });

  test('the server goes away and comes back: what is on the page stays, and goes on by itself', async () => {
    const own = await spawnServer({ openMode: true });
    await send(own.url, [{ message: 'before it went away', service: 'away' }]);
    const { page, context } = await visit(browser, `${own.url}/logs`);
    await page.getByText('before it went away').first().waitFor();
    await own.stop();
    await page.keyboard.press('r');
    await page.getByText('The server is away.').first().waitFor();
    await page.getByText('before it went away').first().waitFor();
    await screenshot(page, 'server-away-desk-light');
    // A part of the page that was not loaded before: it comes with the server.
    await page.keyboard.press('?');
    const back = await spawnServer({
      openMode: true,
      dataDir: own.dataDir,
      args: ['--http-port', String(own.httpPort)],
    });
    try {
      await page.getByText('The server is away.').first().waitFor({ state: 'detached' });
      await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor();
      await page.keyboard.press('Escape');
      await send(back.url, [{ message: 'after it came back', service: 'away' }]);
      await page.keyboard.press('r');
      await page.getByText('after it came back').first().waitFor();
    } finally {
      await context.close();
      await back.stop();
    }
  });
});
