import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  DESK,
  expectAccessible,
  expectNoSideways,
  launch,
  PHONE,
  screenshot,
  visit,
  withoutChromium,
} from './support/browser.ts';

describe.skipIf(withoutChromium.isMissing)(`Ingest in Chromium${withoutChromium.why}`, () => {
  const url = inject('serverUrl');
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const copied = (page: Page) => page.evaluate('navigator.clipboard.readText()') as Promise<string>;

  /** The URL, headers and body of a curl command, as a shell would read it. */
  function curlOf(snippet: string): { url: string; headers: Record<string, string>; body: string } {
    const words = [...snippet.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|\S+/g)].map(
      ([word, quoted]) => quoted ?? word,
    );
    const after = (option: string) => words.filter((_, index) => words[index - 1] === option);
    const headers = Object.fromEntries(after('-H').map((header) => header.split(': ') as [string, string]));
    return { url: words.find((word) => word.startsWith('http'))!, headers, body: after('-d')[0]! };
  }

  test('a snippet is copied with a fresh key, and its first event turns the panel green', async () => {
    const { page, context, faults } = await visit(browser, `${url}/ingest?source=splunk-logging`);
    await page.getByText('Waiting for the first event by the receiver splunk-hec.').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'ingest-desk-light');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByText('Copied, with a fresh API key in it').waitFor();
    const command = curlOf(await copied(page));
    expect(command.headers.Authorization).toMatch(/^Splunk tw_\w+/);
    const refused = await fetch(command.url, { method: 'POST', headers: command.headers, body: '{"event":' });
    expect(refused.status).toBe(400);
    await page.getByText('Something came and was refused.').waitFor();
    await page.getByText('{"event":', { exact: true }).waitFor();
    await screenshot(page, 'ingest-refused-desk-light');
    const taken = await fetch(command.url, { method: 'POST', headers: command.headers, body: command.body });
    expect(taken.status).toBe(200);
    await page.getByText('It works: 1 event by the receiver splunk-hec.').waitFor();
    await page.getByText('hello, tailwater', { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('sources are found by name; a closed port is opened first', async () => {
    const { page, context } = await visit(browser, `${url}/ingest`, { viewport: PHONE, theme: 'dark' });
    await page.getByRole('searchbox', { name: 'Find what ships your events' }).fill('sysl');
    await page.getByRole('button', { name: 'syslog: rsyslog, devices' }).click();
    await page.getByText('Open the port: into the configuration').waitFor();
    await page.getByText('tcp: 5514').waitFor();
    await expectNoSideways(page);
    await expectAccessible(page);
    await screenshot(page, 'ingest-phone-dark');
    await context.close();
  });

  test('what is refused is a dead letter: looked at, sent again, removed', async () => {
    const body = '{"message":"fine","timestamp":"2026-99-99"}';
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/logs`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    const { page, context, faults } = await visit(browser, `${url}/ingest?tab=dead-letters`, { viewport: DESK });
    const letter = page.getByRole('listitem').filter({ hasText: 'timestamp' }).first();
    await letter.waitFor();
    await expectAccessible(page);
    await screenshot(page, 'dead-letters-desk-light');
    await letter.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('dialog', { name: 'Dead letter' }).getByText('2026-99-99').first().waitFor();
    await page.keyboard.press('Escape');
    await letter.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('refused again').waitFor();
    await letter.getByRole('button', { name: 'Remove' }).click();
    await letter.getByRole('button', { name: 'Remove for good' }).click();
    await page.getByText('Removed').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('producers and coverage', async () => {
    const { page, context, faults } = await visit(browser, `${url}/ingest?tab=producers`);
    const body = JSON.stringify({
      ...{ id: 'run-1', name: 'api-7', service: 'checkout', host: 'h1', sdk: 'node/0.1.0' },
      ...{ next: 40, complete_next: 40, complete_at: Date.now(), lost: { ring_overflow: 3 } },
    });
    await fetch(`${url}/api/producers/check-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await page.getByRole('row', { name: /api-7/ }).waitFor();
    await page.getByText('3 events: ring overflow').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'producers-desk-light');
    await page.getByRole('tab', { name: 'Event coverage' }).click();
    await page.getByText('No contract is set').waitFor();
    await page.getByRole('link', { name: 'billing/request' }).click();
    await page.waitForURL('**/logs?**');
    expect(new URL(page.url()).searchParams.get('q')).toBe('log_type:billing event_type:request');
    expect(faults).toEqual([]);
    await context.close();
  });
});
