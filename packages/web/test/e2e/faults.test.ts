import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SpawnedServer, spawnServer } from '../../../server/test/support/server.ts';
import { expectAccessible, launch, screenshot, settled, visit, withoutChromium } from './support/browser.ts';
import { send } from './support/stage.ts';

/** What goes wrong behind the page, and what is too large for it. */
describe.skipIf(withoutChromium.isMissing)(`Faults in Chromium${withoutChromium.why}`, () => {
  let server: SpawnedServer;
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--query-timeout-ms', '1500', '--limits-event-attributes-max', '10000'];
    [server, browser] = await Promise.all([spawnServer({ openMode: true, args }), launch()]);
    const metadata = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field_${n}`, `value ${n}`]));
    await send(server.url, [
      { message: 'an event with 10,000 fields', service: 'wide', metadata },
      { message: 'there before the store stood still', service: 'plain' },
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('an event with 10,000 fields: found among them, scrolled through', async () => {
    const { page, context, faults } = await visit(browser, `${server.url}/logs?q=service:wide`);
    await page.getByText('an event with 10,000 fields').first().click();
    const details = page.getByRole('complementary', { name: 'Event' });
    await details.getByText('field_0', { exact: true }).first().waitFor();
    await settled(page);
    // However many there are, only what is in sight is drawn.
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(5_000);
    await details.getByRole('searchbox').fill('field_9876');
    await details.getByText('value 9876').first().waitFor();
    await expectAccessible(page);
    await screenshot(page, 'event-10000-fields-desk-light');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a store that does not answer: said in plain words, the rows stay, and asking again works', async () => {
    const { page, context } = await visit(browser, `${server.url}/logs?q=service:plain`);
    const row = page.getByText('there before the store stood still').first();
    await row.waitFor();
    await settled(page);
    const engine = server.childPids();
    for (const pid of engine) process.kill(pid, 'SIGSTOP');
    try {
      await page.keyboard.press('r');
      await page
        .getByText(/took too long|does not answer/)
        .first()
        .waitFor();
      await row.waitFor();
      await expectAccessible(page);
      await screenshot(page, 'query-timeout-desk-light');
    } finally {
      for (const pid of engine) process.kill(pid, 'SIGCONT');
    }
    await send(server.url, [{ message: 'there after it went on', service: 'plain' }]);
    await page.keyboard.press('r');
    await page.getByText('there after it went on').first().waitFor();
    await context.close();
  });
});
