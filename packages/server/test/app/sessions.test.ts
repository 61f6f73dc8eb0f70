import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { call, type RawAnswer } from '../support/http-call.ts';
import { program } from '../support/program.ts';
import { ADMIN_KEY, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';
import { openTailBytes } from '../support/tail-bytes.ts';

/** Signing in, and what a session is good for, against the program as it is run. */
let server: SpawnedServer;
let own: Record<string, string>;

beforeAll(async () => {
  server = await spawnServer();
  own = { origin: server.url, 'content-type': 'application/json' };
  await request(server, '/api/orgs', { method: 'POST', headers: own, body: '{"id":"acme","name":"Acme"}' });
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const parsed = (answer: RawAnswer) => JSON.parse(answer.text);
const signIn = (body: object, headers: Record<string, string> = own) =>
  call(server, 'POST /api/sessions', { headers, body: JSON.stringify(body) });
const current = (headers: Record<string, string>) => call(server, 'GET /api/sessions/current', { headers });

/** What a browser sends back of Set-Cookie. */
function cookieOf(answer: RawAnswer): { cookie: string } {
  expect(answer.status).toBe(200);
  return { cookie: String(answer.headers['set-cookie']).split(';', 1)[0]! };
}

async function makeKey(scopes: string[], orgId = 'acme'): Promise<{ id: string; secret: string }> {
  const body = JSON.stringify({ name: 'k', scopes, org_id: orgId });
  const made = await request(server, '/api/keys', { method: 'POST', headers: own, body });
  return (await made.json()) as { id: string; secret: string };
}

const asAdmin = { authorization: `Bearer ${ADMIN_KEY}` };

describe('signing in', () => {
  test('by a key: a cookie that scripts cannot read, and what the page needs to know', async () => {
    const { secret } = await makeKey(['query']);
    const answer = await signIn({ key: secret });
    const [set] = answer.headers['set-cookie']!;
    expect(set).toMatch(/^tailwater_session=tws_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
    const expected = {
      signed_in: true,
      mode: 'session',
      org: { id: 'acme', name: 'Acme' },
      orgs: [{ id: 'acme', name: 'Acme' }],
      scopes: ['query'],
      server_url: server.url,
      ingest_ports: server.ready.listeners,
    };
    expect(parsed(answer)).toMatchObject(expected);
    expect(answer.text).not.toContain('tws_');
    expect(parsed(await current(cookieOf(answer)))).toEqual(parsed(answer));
  });

  test('behind a proxy that ends TLS: Secure, and a name that only this host can set', async () => {
    const proxied = { ...own, host: 'logs.example.com', 'x-forwarded-proto': 'https' };
    const origin = 'https://logs.example.com';
    const answer = await signIn({ key: ADMIN_KEY }, { ...proxied, origin });
    expect(answer.headers['set-cookie']![0]).toMatch(/^__Host-tailwater_session=.*; Secure$/);
    expect(parsed(answer)).toMatchObject({ server_url: origin });
    expect(parsed(await current({ ...proxied, origin, ...cookieOf(answer) }))).toMatchObject({ mode: 'session' });
    expect(parsed(await current(cookieOf(answer)))).toMatchObject({ signed_in: false });
  });

  test('by a link, once; in its place the session before is over', async () => {
    const made = await call(server, 'POST /api/sign-in-links', { headers: asAdmin });
    expect(made.status).toBe(201);
    const { url } = parsed(made) as { url: string };
    const [page, token] = url.split('#') as [string, string];
    expect(page).toBe(`${server.url}/sign-in`);
    const before = cookieOf(await signIn({ key: ADMIN_KEY }));
    const answer = await signIn({ token }, { ...own, ...before });
    expect(parsed(answer)).toMatchObject({ org: { id: 'default' }, scopes: ['ingest', 'query', 'admin'] });
    expect(parsed(answer).orgs.map(({ id }: { id: string }) => id)).toEqual(['acme', 'default']);
    expect(parsed(await current(before))).toMatchObject({ signed_in: false });
    expect(parsed(await signIn({ token }))).toMatchObject({ error: { code: 'unauthenticated', field: 'token' } });
  });

  test.each([
    [{ key: 'tw_wrong' }, 401, 'unauthenticated', 'key'],
    [{ token: 'twl_wrong' }, 401, 'unauthenticated', 'token'],
    [{}, 400, 'invalid_body', undefined],
    [{ key: 'a', token: 'b' }, 400, 'invalid_body', undefined],
  ])('%j is %i %s', async (body, status, code, field) => {
    const answer = await signIn(body);
    expect(answer.status).toBe(status);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(parsed(answer).error.code).toBe(code);
    expect(parsed(answer).error.field).toBe(field);
  });

  test('not with a key that finds nothing, and not from the page of another', async () => {
    const { secret } = await makeKey(['ingest']);
    expect(parsed(await signIn({ key: secret }))).toMatchObject({ error: { code: 'forbidden' } });
    const foreign = { ...own, origin: 'https://evil.example' };
    expect(parsed(await signIn({ key: ADMIN_KEY }, foreign))).toMatchObject({ error: { code: 'origin_refused' } });
  });

  test('nobody: told so without an error, and without the ports', async () => {
    const answer = await current({});
    expect(answer.status).toBe(200);
    const nobody = { signed_in: false, mode: 'none', org: null, orgs: [], scopes: [], ingest_ports: {} };
    expect(parsed(answer)).toMatchObject(nobody);
    expect(parsed(await current(asAdmin))).toMatchObject({ signed_in: true, mode: 'key', expires_at: null });
    expect((await current({ ...asAdmin, 'x-scope-orgid': 'nowhere' })).status).toBe(403);
  });
});

describe('a session', () => {
  test('counts on the API: to read from anywhere here, to change from own pages only', async () => {
    const session = cookieOf(await signIn({ key: ADMIN_KEY }));
    expect((await call(server, 'GET /api/logs', { headers: session })).status).toBe(200);
    expect((await call(server, 'GET /loki/api/v1/labels', { headers: session })).status).toBe(200);
    const pages: Record<string, string>[] = [
      {},
      { origin: 'http://127.0.0.1:1' },
      { origin: server.url },
      { 'sec-fetch-site': 'same-origin' },
    ];
    const statuses: number[] = [];
    for (const page of pages) {
      statuses.push((await call(server, 'POST /api/sign-in-links', { headers: { ...session, ...page } })).status);
    }
    expect(statuses).toEqual([403, 403, 201, 201]);
  });

  test('has the scopes of its key and no more, and may select orgs where the key may', async () => {
    const { secret } = await makeKey(['query']);
    const reader = cookieOf(await signIn({ key: secret }));
    const refused = await call(server, 'GET /api/keys', { headers: reader });
    expect(parsed(refused)).toMatchObject({
      error: { code: 'forbidden', message: expect.stringContaining('session') },
    });
    const inAcme = { 'x-scope-orgid': 'acme' };
    const operator = cookieOf(await signIn({ key: ADMIN_KEY }));
    expect(parsed(await current({ ...operator, ...inAcme }))).toMatchObject({ org: { id: 'acme' } });
    const elsewhere = { ...reader, 'x-scope-orgid': 'default' };
    expect((await call(server, 'GET /api/logs', { headers: elsewhere })).status).toBe(403);
  });

  test('counts with no receiver', async () => {
    const headers = { ...cookieOf(await signIn({ key: ADMIN_KEY })), ...own };
    const line = JSON.stringify({ message: 'from a page' });
    expect((await call(server, 'POST /api/logs', { headers, body: line })).status).toBe(401);
    expect((await call(server, 'POST /v1/logs', { headers, body: '{}' })).status).toBe(401);
    expect((await call(server, 'GET /', { headers: { ...headers, accept: 'application/json' } })).status).toBe(401);
  });

  test('watches by server-sent events and by WebSocket; there its org is an offered protocol', async () => {
    const session = cookieOf(await signIn({ key: ADMIN_KEY }));
    const events = await openTailBytes(server, 'sse', '/api/logs/tail', session);
    expect(events.status).toBe(200);
    events.close();
    for (const path of ['/api/logs/tail', '/loki/api/v1/tail?query=%7Bservice%3D%22a%22%7D']) {
      expect((await openTailBytes(server, 'web-socket', path, session)).status).toBe(403);
      const open = await openTailBytes(server, 'web-socket', path, { ...session, origin: server.url });
      expect(open.status).toBe(101);
      open.close();
    }
    const offered = ['tailwater', 'tailwater.org.acme'];
    const headers = { ...session, origin: server.url };
    const socket = new WebSocket(`ws://127.0.0.1:${server.httpPort}/api/logs/tail?backfill=10`, offered, { headers });
    const first = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    expect(await first).toEqual({ type: 'ready' });
    expect(socket.protocol).toBe('tailwater');
    const { secret } = await makeKey(['ingest']);
    const told = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    await call(server, 'POST /api/logs', { headers: { ...own, 'x-api-key': secret }, body: '{"message":"of acme"}' });
    expect(await told).toMatchObject({ type: 'log', event: { message: 'of acme' } });
    socket.terminate();
  });

  test('is over when its key is revoked, and when it signs out: a page can tell that from no session', async () => {
    const { id, secret } = await makeKey(['query']);
    const byKey = cookieOf(await signIn({ key: secret }));
    await call(server, `DELETE /api/keys/${id}`, { headers: asAdmin });
    const other = cookieOf(await signIn({ key: ADMIN_KEY }));
    expect((await call(server, 'DELETE /api/sessions/current', { headers: other })).status).toBe(403);
    const left = await call(server, 'DELETE /api/sessions/current', { headers: { ...other, origin: server.url } });
    expect(left).toMatchObject({ status: 204, headers: { 'set-cookie': [expect.stringContaining('Max-Age=0')] } });
    for (const session of [byKey, other]) {
      const refused = parsed(await call(server, 'GET /api/logs', { headers: session }));
      expect(refused).toMatchObject({ error: { code: 'unauthenticated', field: 'session' } });
      expect(parsed(await current(session))).toMatchObject({ signed_in: false });
    }
    const without = parsed(await call(server, 'GET /api/logs', {}));
    expect(without.error.field).toBeUndefined();
    expect((await call(server, 'DELETE /api/sessions/current', {})).status).toBe(204);
  });
});

describe('pages', () => {
  test.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', 200, 'text/html; charset=utf-8'],
    ['application/json', 401, 'application/json'],
    ['*/*', 401, 'application/json'],
  ])('`/` where %s is asked for: %i %s', async (accept, status, type) => {
    const answer = await call(server, 'GET /', { headers: { accept } });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, expect.stringContaining(type)]);
  });

  test('paths that are no page are answered as before', async () => {
    const html = { accept: 'text/html' };
    for (const path of ['/nothing', '/assets/none.js', '/logs/x']) {
      expect(parsed(await call(server, `GET ${path}`, { headers: html }))).toMatchObject({
        error: { code: 'not_found' },
      });
    }
    expect((await call(server, 'POST /logs', {})).status).toBe(404);
    const elastic = { ...asAdmin, 'user-agent': 'elasticsearch-py/9.0' };
    expect((await call(server, 'HEAD /logs', { headers: elastic })).headers['x-elastic-product']).toBe('Elasticsearch');
  });

  const browser = program('chromium');
  test.skipIf(browser.isMissing)(
    `in Chromium the printed link signs in, WebSockets open, nothing inline and nothing of others runs${browser.why}`,
    async () => {
      const link = /http:\S+\/sign-in#twl_[\w-]{43}/.exec(server.stderr())![0];
      expect(JSON.stringify(server.ready)).not.toContain('twl_');
      const chrome = await chromium.launch({ executablePath: browser.path, args: ['--no-sandbox', '--disable-gpu'] });
      try {
        const page = await chrome.newPage();
        await page.goto(`${server.url}/logs`);
        expect(await page.evaluate(PROBES(link.split('#')[1]!))).toEqual({
          mode: 'session',
          firstOfTail: { type: 'ready' },
          visibleCookies: '',
          inlineRan: false,
          outline: 'rgb(2, 2, 2)',
          violations: ['connect-src', 'script-src-elem', 'style-src-elem'],
        });
      } finally {
        await chrome.close();
      }
    },
  );
});

// The last test here: all others sign in from the same address.
test('an address that failed too often has to wait', async () => {
  let answer = await signIn({ token: 'twl_guess' });
  for (let i = 0; i < 20 && answer.status === 401; i++) answer = await signIn({ token: 'twl_guess' });
  expect(answer.status).toBe(429);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect((await signIn({ key: ADMIN_KEY })).status).toBe(429);
});

/** Runs in the page: what it may do there, and what the policy kept from happening. */
const PROBES = (token: string) => `(async () => {
  const violations = [];
  const allTold = new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(event.effectiveDirective);
      if (violations.length === 3) resolve();
    });
  });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ token: '${token}' });
  const { mode } = await (await fetch('/api/sessions', { method: 'POST', headers, body })).json();
  const socket = new WebSocket('ws://' + location.host + '/api/logs/tail', ['tailwater', 'tailwater.org.default']);
  const firstOfTail = await new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.onerror = () => resolve('refused');
  });
  const add = (name, text, nonce) => {
    const element = document.createElement(name);
    if (nonce !== undefined) element.nonce = nonce;
    element.textContent = text;
    document.head.append(element);
  };
  add('script', 'window.inlineRan = true');
  add('style', 'body { outline-color: rgb(1, 1, 1) }');
  add('style', 'body { outline-color: rgb(2, 2, 2) }', document.querySelector('meta[name="csp-nonce"]').content);
  await fetch('http://127.0.0.1:1/').catch(() => undefined);
  await allTold;
  return {
    mode,
    firstOfTail,
    visibleCookies: document.cookie,
    inlineRan: window.inlineRan === true,
    outline: getComputedStyle(document.body).outlineColor,
    violations: violations.sort(),
  };
})()`;
