import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNumbered, type FoundEvent, type PeerServer, peerServer } from '../support/peer.ts';
import { program } from '../support/program.ts';
import { allEvents, eventually, request } from '../support/server.ts';
import type { TcpGate } from '../support/tcp-gate.ts';

/**
 * The browser SDK in a real browser, with the code that its guide says to copy. Build first. Each test has a browser
 * context, a page and a service of its own, and waits most of its time.
 */
const root = import.meta.dirname.replace(/\/packages\/server\/.*/, '');
const DIST = join(root, 'packages/browser/dist');
const GUIDE = readFileSync(join(root, 'docs/guides/sdk-browser.md'), 'utf8');

/** The first block of the guide in that language that has the words in it. */
function guideBlock(language: string, words: string): string {
  const blocks = [...GUIDE.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, name, text]) => name === language && text!.includes(words));
  if (found === undefined) throw new Error(`the guide has no block in ${language} with ${words}`);
  return found[2]!;
}

interface Site {
  server: Server;
  origin: string;
  /** By path: the script of a page, and how it is served. */
  scripts: Map<string, string>;
  /** Headers of the requests to `/api…`, by path. */
  requests: Map<string, IncomingHttpHeaders>;
}

const FILES: Record<string, string> = {
  '/tailwater.min.js': 'tailwater.min.js',
  '/tailwater.mjs': 'tailwater.mjs',
};
/** Another origin may call it, with the trace header. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'traceparent' };

async function openSite(connectTo: () => string): Promise<Site> {
  const scripts = new Map<string, string>();
  const requests = new Map<string, IncomingHttpHeaders>();
  const server = createServer(({ url = '', headers, method }, response) => {
    const { pathname } = new URL(url, 'http://site');
    if (pathname.startsWith('/api')) {
      if (method !== 'OPTIONS') requests.set(pathname, headers);
      response.writeHead(204, CORS).end();
      return;
    }
    const script = pathname.endsWith('js') ? scripts.get(pathname) : undefined;
    const text = FILES[pathname] === undefined ? script : readFileSync(join(DIST, FILES[pathname]), 'utf8');
    if (text !== undefined) response.writeHead(200, { 'content-type': 'text/javascript' }).end(text);
    else {
      const csp = `default-src 'none'; script-src 'self'; connect-src 'self' ${connectTo()}`;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': csp });
      response.end(pageOf(pathname));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, scripts, requests };
}

/** The page loads the SDK as the guide says, then its own script; `/module` loads a module. */
function pageOf(path: string): string {
  const head = '<!doctype html><title>shop</title><button id=accept>yes</button><button id=refuse>no</button>';
  if (path.startsWith('/module')) return `${head}<script type="module" src="${path}.js"></script>`;
  return head + guideBlock('html', 'tailwater.min.js').replace('/logging.js', `${path}.js`);
}

const chromiumProgram = program('chromium');
let peer: PeerServer;
let site: Site;
let api: Site;
let key: string;
let chrome: Browser;

async function makeKey(origins: readonly string[]): Promise<string> {
  const body = JSON.stringify({ name: 'web', scopes: ['ingest'], browser_origins: origins });
  const headers = { 'content-type': 'application/json' };
  const answer = await request(peer, '/api/keys', { method: 'POST', headers, body });
  return ((await answer.json()) as { secret: string }).secret;
}

interface Changes {
  service: string;
  /** Members of the options beside those of the guide. */
  options?: string;
  url?: string;
  secret?: string;
}

/** A block of the guide, with the server, the key and the service filled in. */
function block(words: string, { service, options = '', url = peer.url, secret = key }: Changes): string {
  return guideBlock('js', words)
    .replace('https://tailwater.example.com', url)
    .replace('YOUR_BROWSER_KEY', secret)
    .replace('https://api.example.com', api.origin)
    .replace("service: 'web-shop',", `service: '${service}', flushIntervalMs: 50, ${options}`);
}

const START = 'logging.js';

async function openPage(path: string, script: string, context?: BrowserContext): Promise<Page> {
  site.scripts.set(`${path}.js`, script);
  const page = await (context ?? (await chrome.newContext())).newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  await page.goto(`${site.origin}${path}?token=SECRET#SECRET`);
  return page;
}

/** Emits events whose messages are the numbers from `from` to `to - 1`. */
const emitNumbers = (page: Page, from: number, to: number) =>
  page.evaluate(`for (let n = ${from}; n < ${to}; n++) tailwater.emit({ message: 'number ' + n, metadata: { n } })`);
const NUMBER = /^number (\d+)$/;

/** A browser with ten pages on a busy machine. */
const WAIT_MS_MAX = 60_000;

/** What waits in the browser, of any page of the origin. */
const stored = (page: Page) =>
  page.evaluate("Object.keys(localStorage).map((name) => localStorage[name]).join('\\n')") as Promise<string>;
const statsOf = (page: Page) => page.evaluate('tailwater.stats()') as Promise<Record<string, unknown>>;
const attributesOf = ({ metadata }: FoundEvent) => metadata as Record<string, unknown>;

async function untilStats(page: Page, isSo: (stats: Record<string, unknown>) => boolean): Promise<void> {
  await eventually(async () => {
    const stats = await statsOf(page);
    if (!isSo(stats)) throw new Error(JSON.stringify(stats));
    return true;
  }, WAIT_MS_MAX);
}

/** Numbers from 0 to `count - 1`, each once, by text and by id, whatever else the page said. */
async function expectOnce(service: string, count: number): Promise<FoundEvent[]> {
  await eventually(async () => {
    const messages = (await peer.found(service, 1)).map(({ message }) => message);
    if (messages.includes(`number ${count - 1}`) && messages.length >= count) return true;
    const missing = Array.from({ length: count }, (_, n) => n).filter((n) => !messages.includes(`number ${n}`));
    throw new Error(`${messages.length} events, without ${missing.join(', ')}`);
  }, WAIT_MS_MAX);
  const events = (await peer.found(service, count)).filter(({ message }) => NUMBER.test(String(message)));
  expectNumbered(events, count, NUMBER);
  expect(new Set(events.map(({ client_event_id }) => client_event_id)).size).toBe(count);
  return events;
}

describe.skipIf(chromiumProgram.isMissing)(`Browser SDK in Chromium${chromiumProgram.why}`, () => {
  peer = peerServer();
  let gate: TcpGate;
  beforeAll(async () => {
    gate = await peer.gate('http');
    api = await openSite(() => '');
    site = await openSite(() => `${peer.url} http://127.0.0.1:${gate.port} ${api.origin}`);
    key = await makeKey([site.origin]);
    chrome = await chromium.launch({
      executablePath: chromiumProgram.path,
      args: ['--no-sandbox', '--disable-gpu', '--renderer-process-limit=3'],
    });
  });
  afterAll(async () => {
    await chrome?.close();
    site?.server.close();
    api?.server.close();
  });

  test.concurrent('events of a page that is left at once are there, each once, with where they are from', async () => {
    const service = 'navigated';
    const page = await openPage('/cart', block(START, { service }));
    await page.evaluate(guideBlock('js', 'payment_failed'));
    await emitNumbers(page, 0, 60);
    // The first of them are under way by now. Of the rest, 210 KB, the browser takes 64 KiB and what it has begun to send,
    // and the next page the others, however many those are. All of them fit into the queue, which has 256 KB.
    site.scripts.set('/next.js', block(START, { service }));
    await page.evaluate(`
      const pad = 'x'.repeat(1200);
      for (let n = 60; n < 199; n++) tailwater.emit({ message: 'number ' + n, metadata: { n, pad } });
      location.href = '/next';`);
    await page.waitForURL('**/next');
    const { sent } = await eventually(async () => {
      const stats = await statsOf(page);
      return stats.waiting === 0 ? stats : undefined;
    }, WAIT_MS_MAX);
    expect(Number(sent)).toBeGreaterThan(0);
    const events = await expectOnce(service, 199);
    expect(events[7]).toMatchObject({
      severity: 'info',
      receiver: 'browser',
      user_id: 'u_42',
      metadata: { page: '/cart', release: '2026.11.1', environment: 'production', n: 7 },
    });
    const all = await peer.found(service, 200);
    expect(all.find(({ event_type }) => event_type === 'payment_failed')).toMatchObject({
      log_type: 'billing',
      severity: 'warn',
      resource_type: 'order',
      resource_id: 'o_981',
      duration_ms: 812.5,
      metadata: { provider: 'acme-pay', attempt: 2 },
    });
    expect(JSON.stringify(all)).not.toContain('SECRET');
    await page.context().close();
  });

  test.concurrent('what nobody caught: errors and rejections with their stacks, repeated ones counted', async () => {
    const service = 'faulty';
    const faults = `
      function fail() { null.total; }
      for (let i = 0; i < 50; i++) setTimeout(fail);
      setTimeout(() => { Promise.reject(new RangeError('see https://shop.example.com/?q=SECRET')); Promise.reject('text'); });
      console.error('said', new Error('and thrown'));
      const image = new Image();
      image.src = '/missing.png?SECRET';
      document.body.append(image);`;
    const options = "captureConsole: ['error'], captureResources: true,";
    const page = await openPage('/faulty', block(START, { service, options }) + faults);
    await untilStats(page, ({ sent }) => Number(sent) >= 5);
    await page.goto('about:blank');
    const events = await peer.found(service, 6);
    const of = (type: string) => events.filter(({ event_type }) => event_type === type);
    expect(of('uncaught_error').map((event) => attributesOf(event).repeated)).toEqual([undefined, 49]);
    expect(of('uncaught_error')[0]).toMatchObject({
      severity: 'error',
      message: expect.stringMatching(/^Uncaught TypeError: /),
      metadata: {
        'exception.type': 'TypeError',
        'exception.stacktrace': expect.stringMatching(/at fail \(http:.*\/faulty\.js:\d+:\d+\)/),
        file: `${site.origin}/faulty.js`,
      },
    });
    expect(
      of('unhandled_rejection')
        .map(({ message }) => message)
        .sort(),
    ).toEqual(['Uncaught (in promise) RangeError: see https://shop.example.com/', 'Uncaught (in promise) text']);
    expect(of('console')).toMatchObject([{ message: 'said and thrown', logger: 'console', severity: 'error' }]);
    expect(of('resource_error')).toMatchObject([{ message: 'img /missing.png could not be loaded' }]);
    expect(events).toHaveLength(6);
    expect(JSON.stringify(events)).not.toContain('SECRET');
    await page.context().close();
  });

  test.concurrent('offline and back, and reloaded while offline: each event once', async () => {
    const service = 'offline';
    const context = await chrome.newContext();
    const script = block(START, { service });
    const page = await openPage('/offline', script, context);
    await emitNumbers(page, 0, 10);
    await untilStats(page, ({ sent }) => sent === 10);
    await context.setOffline(true);
    await emitNumbers(page, 10, 70);
    expect(await page.evaluate('tailwater.flush()')).toBe(false);
    await context.setOffline(false);
    await untilStats(page, ({ sent }) => sent === 70);
    await context.setOffline(true);
    await emitNumbers(page, 70, 150);
    await page.reload().catch(() => undefined);
    // The browser may load the page again by itself once it is online.
    await context.setOffline(false);
    await page.goto(`${site.origin}/offline`);
    await expectOnce(service, 150);
    await emitNumbers(page, 150, 160);
    expect(await page.evaluate('tailwater.flush()')).toBe(true);
    expect(await stored(page)).toBe('');
    const events = await expectOnce(service, 160);
    // Another load of the page, but the tab's session.
    expect(new Set(events.map((event) => attributesOf(event).page_id)).size).toBe(2);
    expect(new Set(events.map((event) => attributesOf(event).session_id)).size).toBe(1);
    await context.close();
  });

  test.concurrent('the server is away: what waits has a limit, what went is counted, the rest comes once', async () => {
    const service = 'away';
    const url = `http://127.0.0.1:${gate.port}`;
    gate.shut();
    const page = await openPage('/away', block(START, { service, url, options: 'maxQueue: 100,' }));
    await emitNumbers(page, 0, 130);
    expect(await page.evaluate('tailwater.flush()')).toBe(false);
    expect(await statsOf(page)).toMatchObject({ sent: 0, waiting: 100, lost: 30, stopped: '' });
    expect((await stored(page)).split('\n')).toHaveLength(100);
    gate.open(peer.server.httpPort);
    await untilStats(page, ({ sent }) => sent === 100);
    const events = await peer.found(service, 101);
    expectNumbered(
      events.filter(({ message }) => NUMBER.test(String(message))),
      100,
      ({ message }) => Number(NUMBER.exec(String(message))![1]) - 30,
    );
    expect(events.find(({ event_type }) => event_type === 'events_lost')).toMatchObject({ metadata: { lost: 30 } });
    expect(events).toHaveLength(101);
    await page.context().close();
  });

  test.concurrent('a key that does not list the origin: said once, kept for later, and the page goes on', async () => {
    const service = 'refused';
    const secret = await makeKey(['https://elsewhere.example.com']);
    const context = await chrome.newContext();
    // Retries wait at random: here as short as they may.
    await context.addInitScript('Math.random = () => 0');
    const warnings: string[] = [];
    context.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    const page = await openPage('/refused', block(START, { service, secret }), context);
    await emitNumbers(page, 0, 5);
    await untilStats(page, ({ stopped }) => stopped !== '');
    await emitNumbers(page, 5, 10);
    expect(await page.evaluate('tailwater.flush()')).toBe(false);
    expect(await page.evaluate("fetch('/api/cart').then(({ status }) => status)")).toBe(204);
    expect(warnings).toEqual([expect.stringContaining(`lists ${site.origin}`)]);
    expect(await statsOf(page)).toMatchObject({ sent: 0, waiting: 10, lost: 0 });
    // Later the page has a key that is right.
    site.scripts.set('/refused.js', block(START, { service }));
    await page.reload();
    await expectOnce(service, 10);
    await context.close();
  });

  test.concurrent('before consent nothing is sent or stored; then what was held is sent; withdrawn, nothing is left', async () => {
    const service = 'asked';
    const context = await chrome.newContext();
    const requests: string[] = [];
    context.on('request', (sent) => requests.push(sent.url()));
    const script = block("consent: 'pending'", { service, options: 'trace: true,' });
    const page = await openPage('/asked', script, context);
    await emitNumbers(page, 0, 20);
    await page.evaluate("setTimeout(() => { throw new Error('early'); }); dispatchEvent(new Event('pagehide'))");
    await page.evaluate("fetch('/api/asked')");
    const ours = () => requests.filter((url) => url.startsWith(peer.url));
    expect(ours()).toEqual([]);
    expect(site.requests.get('/api/asked')).not.toHaveProperty('traceparent');
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    await page.click('#accept');
    await expectOnce(service, 20);
    expect((await peer.found(service, 21)).filter(({ event_type }) => event_type === 'uncaught_error')).toHaveLength(1);
    await context.setOffline(true);
    await emitNumbers(page, 100, 120);
    await page.evaluate('tailwater.flush()');
    expect(await stored(page)).toContain('number 119');
    await page.click('#refuse');
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    await context.setOffline(false);
    const before = ours().length;
    await emitNumbers(page, 120, 130);
    expect(await page.evaluate('tailwater.flush()')).toBe(true);
    await page.goto('about:blank');
    expect(ours()).toHaveLength(before);
    expect(await allEvents(peer, `service=${service}&from=-1h`)).toHaveLength(21);
    await context.close();
  });

  test.concurrent('of a session that is not sampled errors are sent, and nothing else', async () => {
    const service = 'sampled';
    const page = await openPage('/sampled', block(START, { service, options: 'sampleRate: 0,' }));
    await emitNumbers(page, 0, 10);
    await page.evaluate("tailwater.emit({ severity: 'critical', message: 'all is lost' })");
    expect(await page.evaluate('tailwater.flush()')).toBe(true);
    expect(await peer.found(service, 1)).toMatchObject([{ message: 'all is lost', severity: 'critical' }]);
    await page.context().close();
  });

  test.concurrent('requests carry the trace, and the events of the page are found by it', async () => {
    const service = 'traced';
    const page = await openPage('/traced', block('api.example.com', { service }));
    const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await page.evaluate(`Promise.all([
      fetch('/api/fetch', { headers: { a: '1' } }),
      fetch(new Request('${api.origin}/api/listed')),
      fetch('/api/own', { headers: { traceparent: '${own}' } }),
      ...['/api/xhr', '/api/xhr-own'].map((path) => new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.onload = resolve;
        xhr.open('GET', path);
        if (path.endsWith('own')) xhr.setRequestHeader('traceparent', '${own}');
        xhr.send();
      })),
    ])`);
    const seen = { ...Object.fromEntries(site.requests), ...Object.fromEntries(api.requests) };
    const header = (path: string) => String(seen[path]?.traceparent);
    expect(seen['/api/fetch']).toMatchObject({ a: '1' });
    expect([header('/api/own'), header('/api/xhr-own')]).toEqual([own, own]);
    const traced = ['/api/fetch', '/api/listed', '/api/xhr'].map(header);
    for (const value of traced) expect(value).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(new Set(traced.map((value) => value.slice(36, 52))).size).toBe(3);
    const [, traceId] = traced[0]!.split('-');
    expect(new Set(traced.map((value) => value.split('-')[1]))).toEqual(new Set([traceId]));
    await emitNumbers(page, 0, 3);
    await page.evaluate('tailwater.flush()');
    await peer.found(service, 3);
    expect(await allEvents(peer, `trace_id=${traceId}&from=-1h`)).toHaveLength(3);
    await page.context().close();
  });

  test.concurrent('a browser that has neither beacons nor storage, hooks that throw, a loop: nothing breaks', async () => {
    const service = 'poor';
    const context = await chrome.newContext();
    await context.addInitScript(`
      delete Navigator.prototype.sendBeacon;
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
      }`);
    const faults: string[] = [];
    context.on('weberror', (error) => faults.push(String(error.error())));
    const options = `captureConsole: ['error'], beforeEmit(event) {
      console.error('again');
      tailwater.emit({ message: 'again' });
      if (event.message === 'broken') throw new Error('hook');
      return event.message === 'dropped' ? null : { ...event, action: 'seen' };
    },`;
    const page = await openPage('/poor', block(START, { service, options }), context);
    await page.evaluate(
      "tailwater.emit({ message: 'broken' }); tailwater.emit({ message: 'dropped' }); tailwater.emit(null)",
    );
    await emitNumbers(page, 0, 40);
    await page.goto('about:blank');
    const events = await expectOnce(service, 40);
    expect(events.every(({ action }) => action === 'seen')).toBe(true);
    expect(await peer.found(service, 40)).toHaveLength(40);
    expect(faults).toEqual([]);
    await context.close();
  });

  test.concurrent('as a module; closed, it leaves nothing behind', async () => {
    const service = 'module';
    const code = guideBlock('js', 'import {')
      .replace("from '@tailwater/browser'", "from '/tailwater.mjs'")
      .replace('{ emit, init }', '{ close, emit, init }')
      .replace('https://tailwater.example.com', peer.url)
      .replace('YOUR_BROWSER_KEY', key)
      .replace("'web-shop'", `'${service}', trace: true`);
    const script = `const own = window.fetch; ${code}
      const wrapped = window.fetch !== own;
      close();
      emit({ message: 'too late' });
      document.title = [wrapped, window.fetch === own].join();
      setTimeout(() => { throw new Error('too late'); });`;
    const page = await openPage('/module', script);
    expect(await page.title()).toBe('true,true');
    expect(await peer.found(service, 1)).toMatchObject([{ event_type: 'cart_opened', message: 'cart opened' }]);
    await page.context().close();
  });
});
