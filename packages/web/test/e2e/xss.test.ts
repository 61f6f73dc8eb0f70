import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTempDirs, type SpawnedServer, spawnServer } from '../../../server/test/support/server.ts';
import { DESK, launch, PHONE, settled, withoutChromium } from './support/browser.ts';
import { type Canary, watchContext } from './support/canary.ts';
import { NAME_PAYLOAD, PAYLOADS } from './support/xss-corpus.ts';
import { LISTENERS, makeNames, refused, sendCorpus } from './support/xss-send.ts';

/** What others send is text, wherever it is shown. A server of its own: its events would stand in the way of other tests. */
describe.skipIf(withoutChromium.isMissing)(`Stored markup in Chromium${withoutChromium.why}`, () => {
  let server: SpawnedServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([spawnServer({ openMode: true, args: LISTENERS }), launch()]);
    await sendCorpus(server);
    await makeNames(server);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    removeTempDirs();
  });

  interface Look {
    page: Page;
    canary: Canary;
    /** Opens a path, waits for `shows`, and checks. */
    open(path: string, shows: string | RegExp): Promise<void>;
    check(where: string): Promise<void>;
  }

  /** `isBare`: without the policy, so that whatever gets into the page would run as well. */
  async function looking(
    run: (look: Look) => Promise<void>,
    { isBare = false, viewport = { width: 1600, height: 1000 } } = {},
  ) {
    const context = await browser.newContext({ viewport, bypassCSP: isBare, timezoneId: 'UTC', locale: 'en-GB' });
    const canary = await watchContext(context, server.url);
    const page = await context.newPage();
    const check = (where: string) => canary.check(page, where);
    const open = async (path: string, shows: string | RegExp) => {
      await page.goto(server.url + path, { waitUntil: 'domcontentloaded' });
      try {
        await page.getByText(shows).first().waitFor();
        await settled(page);
      } finally {
        // What stands in for the page may be why nothing is shown.
        await check(path);
      }
    };
    try {
      await run({ page, canary, open, check });
    } finally {
      await context.close();
    }
  }

  const RAN = /__ran/;
  /** The events that have a payload in every field, newest first. */
  const idsOf = async (): Promise<string[]> => {
    const answer = await fetch(`${server.url}/api/logs?receiver=ndjson&q=cost:0.01&page_size=100&from=-1h`);
    return ((await answer.json()) as { events: { event_id: string }[] }).events.map(({ event_id }) => event_id);
  };

  test.each([
    ['without the policy, so that whatever got in would run', true, DESK],
    ['on a phone', false, PHONE],
  ] as const)('events of every receiver in the table, %s', async (_, isBare, viewport) => {
    await looking(
      async ({ page, open, check }) => {
        await open('/logs?from=-1h&cols=service,host,user_id,attr.evil,log_type', RAN);
        await page.getByRole('grid', { name: 'Events' }).focus();
        for (let screen = 0; screen < 14; screen++) {
          await page.keyboard.press('PageDown');
          await check(`screen ${screen}`);
        }
        await page.keyboard.press('w');
        for (let screen = 0; screen < 6; screen++) {
          await page.keyboard.press('PageUp');
          await check(`screen ${screen}, wrapped`);
        }
        await open('/logs?from=-1h&live=1', RAN);
      },
      { isBare, viewport },
    );
  });

  test('every part of an event, without the policy', async () => {
    const ids = await idsOf();
    expect(ids).toHaveLength(PAYLOADS.length);
    await looking(
      async ({ page, open, check }) => {
        for (const tab of ['json', 'raw', 'context', 'trace', 'why', 'fields']) {
          await open(`/logs?from=-1h&q=receiver:ndjson&event=${ids[tab === 'trace' ? 2 : 0]}&tab=${tab}`, RAN);
          await page.getByRole('tabpanel').waitFor();
          await check(tab);
        }
        for (const _ of ids) {
          await page.keyboard.press(']');
          await check(page.url());
        }
      },
      { isBare: true },
    );
  });

  test('the query: values of fields, suggestions, history, LogQL, views, export', async () => {
    await looking(async ({ page, open, check }) => {
      await open(`/logs?from=-1h&q=${encodeURIComponent('receiver:ndjson')}`, RAN);
      const fields = page.getByRole('complementary', { name: 'Fields' });
      for (const name of ['service', 'host', 'event_type', 'user_id']) {
        await fields
          .getByRole('button', { name, exact: true })
          .or(fields.locator(`button[title^="${name} "]`))
          .first()
          .click();
      }
      await settled(page);
      await fields.getByText(RAN).first().waitFor();
      await check('values of fields');
      const box = page.getByRole('combobox', { name: 'Search events' });
      for (const text of ['service:', 'user_id:', '<img', '"<img src=x onerror=window.__ran=1>"']) {
        await box.fill('');
        await box.pressSequentially(text);
        await settled(page);
        await check(`suggestions for ${text}`);
      }
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('button', { name: 'Query history' }).click();
      await page.getByRole('list', { name: 'Past queries' }).getByText(RAN).waitFor();
      await check('history');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Views' }).click();
      await page.getByRole('list', { name: 'Views' }).getByText(NAME_PAYLOAD).first().waitFor();
      await check('views');
      await open(`/logs?from=-1h&mode=logql&q=${encodeURIComponent('{service_name=~".+"}')}`, RAN);
      await page.getByRole('textbox', { name: /LogQL/ }).click();
      await page.keyboard.press('Control+a');
      await page.keyboard.type('{service_name="');
      await page.keyboard.press('Control+ ');
      await page.locator('.cm-tooltip-autocomplete').getByText(RAN).first().waitFor();
      await check('completion of LogQL');
      await open(
        `/logs?from=-1h&mode=logql&q=${encodeURIComponent('sum by (service_name) (count_over_time({service_name=~".+"}[5m]))')}`,
        RAN,
      );
    });
  });

  test('stats, traces, patterns', async () => {
    const answer = await fetch(`${server.url}/api/traces?from=-1h`);
    const { traces } = (await answer.json()) as { traces: { trace_id: string; events: number }[] };
    const [most] = traces.toSorted((one, other) => other.events - one.events);
    const own = traces.find(({ trace_id }) => trace_id.includes('<'));
    await looking(async ({ page, open, check }) => {
      await open('/stats?from=-1h', RAN);
      await page.keyboard.press('End');
      await check('stats, below');
      await open('/traces?from=-1h', RAN);
      await open(`/traces/${most!.trace_id}`, RAN);
      for (let step = 0; step < 12; step++) await page.keyboard.press('j');
      await check('an event of the trace');
      if (own !== undefined) await open(`/traces/${encodeURIComponent(own.trace_id)}`, RAN);
      await open('/patterns?from=-1h', RAN);
      const patterns = page.getByRole('table', { name: 'Patterns' });
      await patterns.locator('button[aria-expanded]').first().click();
      await page.getByText('Newest example').waitFor();
      await check('a pattern');
    });
  });

  test('ingest: attempts, dead letters, coverage, producers', async () => {
    await looking(async ({ page, open, check }) => {
      await open('/ingest?source=curl', 'Waiting for the first event');
      for (const text of PAYLOADS.slice(0, 6)) await refused(server.url, text);
      await page.getByText('Refused attempts').waitFor();
      await page.getByText(RAN).first().waitFor();
      await check('attempts');
      await fetch(`${server.url}/api/logs`, { method: 'POST', body: JSON.stringify({ message: NAME_PAYLOAD }) });
      await page.getByText('It works').waitFor();
      await check('arrivals');
      await open('/ingest?tab=producers', NAME_PAYLOAD);
      await open('/ingest?tab=coverage', RAN);
      await open('/ingest?tab=dead-letters', 'Look at it');
      await page.getByRole('button', { name: 'Look at it' }).first().click();
      await page.getByRole('dialog', { name: 'Dead letter' }).getByText(RAN).first().waitFor();
      await check('a dead letter');
    });
  });

  test('settings', async () => {
    await looking(async ({ page, open, check }) => {
      await open('/settings', RAN);
      await open('/settings/keys', RAN);
      await page
        .getByRole('button', { name: /^Revoke/ })
        .first()
        .click();
      await check('revoking a key');
      await open('/settings/integrations', RAN);
      await page.getByRole('link', { name: RAN }).first().click();
      await page.getByRole('heading', { name: RAN }).first().waitFor();
      await settled(page);
      await check('an integration');
      await open('/settings/levels', RAN);
      await open('/settings/health', 'Journal');
      await open('/settings/redaction', 'Try it');
      await page.getByLabel('A message, or an event as JSON').fill(`${PAYLOADS.join('\n')} ann@example.com`);
      await page.getByRole('button', { name: 'Redact' }).click();
      await page
        .getByRole('region', { name: /^After/ })
        .getByText(RAN)
        .first()
        .waitFor();
      await check('redaction tried');
    });
  });

  test('markup in the address is text as well, and leads nowhere else', async () => {
    await looking(async ({ page, check }) => {
      const text = encodeURIComponent(`${NAME_PAYLOAD}" '`);
      for (const path of [
        `/logs?q=${text}&cols=${text}&event=${text}&tab=${text}&from=${text}`,
        `/stats?q=${text}&from=${text}`,
        `/traces?q=${text}`,
        `/traces/${text}`,
        `/patterns?q=${text}&open=${text}`,
        `/ingest?tab=${text}&source=${text}&letter=${text}`,
        `/settings/integrations/${text}`,
        `/sign-in?back=${encodeURIComponent('javascript:window.__ran=1')}`,
        `/sign-in?back=${encodeURIComponent('//evil.example/')}`,
        `/sign-in?back=${encodeURIComponent('https://evil.example/')}#${text}`,
      ]) {
        await page.goto(server.url + path, { waitUntil: 'domcontentloaded' });
        await page.locator('h1').first().waitFor();
        await settled(page);
        await check(path);
      }
    });
  });
});
