import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNumbered, type PeerServer, peerServer, readmeBlock } from '../support/peer.ts';
import { program } from '../support/program.ts';
import { allEvents, request } from '../support/server.ts';

/** A real browser sends from a page of another origin than the server's, with what the README says to copy. */
const EVENTS = 1000;

/** What the functions that run in the page find there. */
interface PageGlobals {
  log(severity: string, message: string, fields?: object): void;
  navigator: { sendBeacon(url: string, body: string): boolean };
}

let site: Server;
let origin: string;
let key: string;
let chrome: Browser;

/** The snippet of the README, with the server and the key filled in. */
function snippet(): string {
  return readmeBlock('browser', 'js')
    .replace('https://tailwater.example.com', peer.url)
    .replace('YOUR_BROWSER_KEY', key);
}

async function makeKey(origins: readonly string[]): Promise<string> {
  const body = JSON.stringify({ name: 'web', scopes: ['ingest'], browser_origins: origins });
  const headers = { 'content-type': 'application/json' };
  const answer = await request(peer, '/api/keys', { method: 'POST', headers, body });
  return ((await answer.json()) as { secret: string }).secret;
}

/** Sends by fetch from the page; answers the status, or `refused` where the browser lets the page see nothing. */
const fetchFrom = (page: Page, query: string, headers: Record<string, string>, body: string) =>
  page.evaluate(
    ([url, init]) =>
      fetch(url, init).then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        () => 'refused',
      ),
    [`${peer.url}/api/browser/logs${query}`, { method: 'POST', headers, body }] as const,
  );

const chromiumProgram = program('chromium');
let peer: PeerServer;

describe.skipIf(chromiumProgram.isMissing)(`Chromium${chromiumProgram.why}`, () => {
  peer = peerServer();
  beforeAll(async () => {
    site = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html><title>shop</title><script>${snippet()}</script>`);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    key = await makeKey([origin]);
    chrome = await chromium.launch({ executablePath: chromiumProgram.path, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await chrome?.close();
    site?.close();
  });

  async function openPage(): Promise<Page> {
    const page = await chrome.newPage();
    await page.goto(`${origin}/cart`);
    return page;
  }

  test(`${EVENTS} events by the snippet of the README: each is found once, with its fields`, async () => {
    const page = await openPage();
    await page.evaluate((count) => {
      const { log } = globalThis as unknown as PageGlobals;
      for (let n = 0; n < count; n++) {
        log('warn', `größe ${n}`, { service: 'beacon', n, cart: { total: n + 0.5 }, user_id: `u${n}` });
      }
    }, EVENTS);
    const events = await peer.found('beacon', EVENTS);
    expectNumbered(events, EVENTS, ({ user_id }) => Number(String(user_id).slice(1)));
    expect(events.find(({ user_id }) => user_id === 'u7')).toMatchObject({
      message: 'größe 7',
      severity: 'warn',
      receiver: 'browser',
      org_id: 'default',
      metadata: { n: 7, 'cart.total': 7.5, page: '/cart' },
    });
    await page.close();
  });

  test('the last events of a page that is closed arrive, and faults that nobody caught', async () => {
    const page = await openPage();
    await page.evaluate(() => {
      const { log } = globalThis as unknown as PageGlobals;
      log('info', 'goodbye', { service: 'closing' });
      setTimeout(() => {
        throw new TypeError('not a function');
      });
      void Promise.reject(new Error('nobody caught it'));
    });
    await page.waitForTimeout(100);
    await page.close({ runBeforeUnload: true });
    expect(await peer.found('closing', 1)).toMatchObject([{ message: 'goodbye' }]);
    const faults = await peer.found('web', 2);
    expect(faults.map(({ message }) => message).sort()).toEqual([
      'Uncaught TypeError: not a function',
      'nobody caught it',
    ]);
    expect(faults.every(({ severity }) => severity === 'error')).toBe(true);
  });

  test('fetch with a preflight, and its answers read by the page', async () => {
    const page = await openPage();
    const json = { 'content-type': 'application/json' };
    const query = `?key=${key}`;
    expect(await fetchFrom(page, query, json, '{"message":"a","service":"fetch"}')).toBe('204 ');
    const withHeader = { ...json, 'x-api-key': key };
    expect(await fetchFrom(page, query, withHeader, '[{"message":"b","service":"fetch"}]')).toBe('204 ');
    expect(await fetchFrom(page, query, json, '{"timestamp":"never"}')).toMatch(/^400 .*"field":"timestamp"/);
    expect(await fetchFrom(page, query, json, 'x'.repeat(70_000))).toMatch(/^413 .*payload_too_large/);
    expect((await peer.found('fetch', 2)).map(({ message }) => message).sort()).toEqual(['a', 'b']);
    await page.close();
  });

  test('what is not allowed: the browser sends nothing, or shows nothing', async () => {
    const page = await openPage();
    const json = { 'content-type': 'application/json' };
    const event = '{"message":"x","service":"forbidden"}';
    const foreign = await makeKey(['https://elsewhere.example.com']);
    // A preflight brings no key but the one in the query.
    expect(await fetchFrom(page, '', { ...json, 'x-api-key': key }, event)).toBe('refused');
    for (const query of ['?key=tw_wrong', `?key=${foreign}`]) {
      expect(await fetchFrom(page, query, json, event)).toBe('refused');
      expect(await fetchFrom(page, query, {}, event)).toBe('refused');
    }
    const sent = await page.evaluate(
      ([url, body]) => (globalThis as unknown as PageGlobals).navigator.sendBeacon(url, body),
      [`${peer.url}/api/browser/logs?key=${foreign}`, event] as const,
    );
    expect(sent).toBe(true);
    // The last of the page's requests was answered, so those before it were too.
    expect(await fetchFrom(page, `?key=${key}`, {}, '{"message":"y","service":"last"}')).toBe('204 ');
    await peer.found('last', 1);
    expect(await allEvents(peer, 'service=forbidden&from=-1h')).toEqual([]);
    await page.close();
  });
});
