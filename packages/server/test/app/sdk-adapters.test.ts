import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { parseEventContract } from '@tailwater/schema/event-contract';
import { createTailwater, type Tailwater } from '@tailwater/sdk';
import { type PlatformEvents, platformEvents } from '@tailwater/sdk/events';
import { tailwaterFastify } from '@tailwater/sdk/fastify';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile, programsDir, runProgram, writePages, writeProgram } from '../support/doc-programs.ts';
import { SAMPLES } from '../support/platform-event-samples.ts';
import { SHOPS, type Shop, type ShopParts } from '../support/sdk-apps.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/**
 * Each framework's adapter in a small shop that is driven over HTTP, what the pages of all adapters show, and the typed
 * events: what they tell is read back from one server.
 */
let server: SpawnedServer;
let pages: Map<string, string[]>;
let complaints: string[];
let driven: Record<string, Driven>;
const dir = programsDir();

type Found = Record<string, unknown> & { message: string; metadata: Record<string, unknown> };

const TRACE = 'c8ec1a0c0df90dfb8b29ab1e9da897e5';
const SPAN = '3fe0e800bf4abb5f';
const CONCURRENT = 50;

/** A request whose client goes away once it has arrived. */
async function abandon(url: string, tailwater: Tailwater): Promise<void> {
  const before = tailwater.stats().emitted;
  const request = httpRequest(url, { headers: { 'x-request-id': 'aborted' } });
  const isGone = new Promise((resolve) => request.on('error', resolve));
  request.end();
  await eventually(async () => tailwater.stats().emitted > before || undefined);
  request.destroy();
  await isGone;
  await eventually(async () => tailwater.stats().emitted > before + 1 || undefined);
}

interface Driven {
  found: Found[];
  answers: Record<string, Response>;
}

/** Opens the shop, makes all kinds of requests, closes it. */
async function drive(name: string, open: (parts: ShopParts) => Promise<Shop>): Promise<Driven> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const options = { url: server.url, apiKey: ADMIN_KEY, service: name, flushIntervalMs: 50 };
  const tailwater = createTailwater({ ...options, stdout: 'off', level: 'debug', handleExit: false });
  const shop = await open({ tailwater, released });
  const answers: Record<string, Response> = {};
  const get = async (key: string, path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await fetch(shop.url + path, { ...init, headers: { 'x-request-id': key, ...headers } });
    await response.text();
    answers[key] = response;
  };
  const json = { 'content-type': 'application/json' };
  await Promise.all([
    get('traced', '/orders/7?page=2&token=hidden', { 'x-user': 'u7', traceparent: `00-${TRACE}-${SPAN}-01` }),
    get('posted', '/orders/8', { 'x-user': 'u8', ...json }, { method: 'POST', body: '{"id":"8","card":"secret"}' }),
    get('not harmless', '/orders/9'),
    get('thrown', '/throws'),
    get('missing', '/nowhere/else?q=1'),
    get('healthy', '/healthz'),
    ...Array.from({ length: CONCURRENT }, (_, i) =>
      get(`at-once-${i}`, `/orders/at-once-${i}`, { 'x-user': `user-${i}` }),
    ),
  ]);
  await abandon(`${shop.url}/slow`, tailwater);
  release();
  await shop.close();
  await tailwater.close();
  const found = await eventually(async () => {
    const events = await allEvents(server, `service=${name}`);
    return events.length >= tailwater.stats().emitted ? (events as Found[]) : undefined;
  });
  return { found, answers };
}

/** A line that says `wrong` must not compile, every other must. */
const WRONG_EVENTS = `
import { createTailwater } from '@tailwater/sdk';
import { platformEvents } from '@tailwater/sdk/events';

const tailwater = createTailwater();
const events = platformEvents(tailwater);
events.auth.loggedOut({ userId: 'u' });
events.auth.loggedOut({}); // wrong: nobody
events.auth.loggedOut({ userId: 7 }); // wrong: a number
events.auth.loggedOut({ userId: 'u', reason: 'tired' }); // wrong: none of the reasons
events.auth.loggedOut({ userId: 'u', sesionId: 's' }); // wrong: misspelt
events.auth.logedOut({ userId: 'u' }); // wrong: misspelt
events.auth.loginFailed({ method: 'password', reason: 'locked' }); // wrong: from nowhere
events.auth.loginFailed({ ip: '::1', method: 'password', reason: 'locked' });
events.gateway.request({ model: 'm', status: '200', durationMs: 1 }); // wrong: a text
events.gateway.request({ model: 'm', durationMs: 1 }); // wrong: no status
events.gateway.request({ model: 'm', status: 200, durationMs: 1, metadata: { any: 1 } });
events.knowledgeBase.uploaded({ knowledgeBase: 'k', bytes: 1 }); // wrong: no document
events.admin.integrationChanged({ userId: 'u', integration: 'slack', action: 'broken' }); // wrong: none of the actions
tailwater.emit({ severity: 'loud' }); // wrong: none of the severities
tailwater.emit({ severity: 'warn', eventType: 'x' });
`;

/** Next.js itself is not installed (over 100 MB): this calls what the page's files export, as Next.js does. */
const NEXT_DRIVER = `
import { GET } from './app/api/orders/[id]/route.ts';
import { onRequestError, register } from './instrumentation.ts';

register();
const headers = { 'x-request-id': 'docs', 'x-user': 'u-7' };
await GET(new Request('http://localhost/api/orders/7', { headers }), { params: Promise.resolve({ id: '7' }) });
const context = { routerKind: 'App Router', routePath: '/shop', routeType: 'render' };
onRequestError(new Error('no shop'), { path: '/shop', method: 'GET', headers }, context);
`;

beforeAll(async () => {
  pages = writePages(dir);
  writeProgram(dir, 'wrong.ts', WRONG_EVENTS);
  writeProgram(dir, 'next/driver.ts', NEXT_DRIVER);
  [complaints, server] = await Promise.all([
    compile(dir),
    spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } }),
  ]);
  const all = Object.entries(SHOPS).map(async ([name, open]) => [name, await drive(name, open)] as const);
  driven = Object.fromEntries(await Promise.all(all));
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
  rmSync(dir, { recursive: true, force: true });
});

describe.each(Object.keys(SHOPS))('%s', (name) => {
  const of = (requestId: string) => driven[name]!.found.filter(({ request_id }) => request_id === requestId);
  const requestOf = (requestId: string) => of(requestId).filter(({ event_type }) => event_type === 'request');
  const answerTo = (key: string) => driven[name]!.answers[key]!;
  const idSentBack = (key: string) => answerTo(key).headers.get('x-request-id') ?? '';

  test('a request is one event with its route and what was asked for, and no more', () => {
    expect(requestOf('traced')).toMatchObject([
      {
        log_type: 'http',
        logger: 'http',
        severity: 'info',
        message: 'GET /orders/:id 200',
        user_id: 'u7',
        trace_id: TRACE,
        span_id: SPAN,
        duration_ms: expect.any(Number),
        metadata: {
          method: 'GET',
          route: '/orders/:id',
          status: 200,
          outcome: 'completed',
          region: 'eu',
          'query.page': '2',
        },
      },
    ]);
    expect(idSentBack('traced')).toBe('traced');
    expect(JSON.stringify(driven[name]!.found)).not.toMatch(/hidden|secret/);
  });

  test('what is emitted inside has the context, also behind a body that was read', () => {
    const inside = of('traced').filter(({ event_type }) => event_type !== 'request');
    expect(inside.map(({ message }) => message)).toEqual(['7', '7']);
    for (const event of inside) expect(event).toMatchObject({ user_id: 'u7', trace_id: TRACE, span_id: SPAN });
    const posted = of('posted').filter(({ event_type }) => event_type !== 'request');
    expect(posted.map(({ message, user_id }) => [message, user_id])).toEqual([
      ['8', 'u8'],
      ['8', 'u8'],
    ]);
  });

  test('an id that could do harm is replaced', () => {
    const id = idSentBack('not harmless');
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(of(id).map(({ message }) => message)).toContain('GET /orders/:id 200');
  });

  test('an error is in the event of its request, and answered as ever', () => {
    expect(answerTo('thrown').status).toBe(500);
    expect(idSentBack('thrown')).toBe('thrown');
    expect(requestOf('thrown')).toMatchObject([
      {
        severity: 'error',
        message: 'GET /throws 500',
        metadata: {
          outcome: 'failed',
          status: 500,
          'exception.type': 'Error',
          'exception.message': 'boom',
          'exception.stacktrace': expect.stringContaining('explode'),
        },
      },
    ]);
  });

  test('without a route the path is told; what is ignored has no event', () => {
    expect(answerTo('missing').status).toBe(404);
    expect(requestOf('missing')).toMatchObject([
      { severity: 'warn', message: 'GET /nowhere/else 404', metadata: { path: '/nowhere/else' } },
    ]);
    expect(requestOf('healthy')).toEqual([]);
    expect(idSentBack('healthy')).toBe('healthy');
  });

  test('a client that goes away', () => {
    expect(requestOf('aborted')).toMatchObject([
      { severity: 'warn', message: 'GET /slow aborted', metadata: { outcome: 'aborted', route: '/slow' } },
    ]);
  });

  test(`${CONCURRENT} requests at once keep their contexts apart`, () => {
    for (let i = 0; i < CONCURRENT; i++) {
      const events = of(`at-once-${i}`);
      const own = [`at-once-${i}`, `at-once-${i}`, 'GET /orders/:id 200'].sort();
      expect(events.map(({ message }) => message).sort()).toEqual(own);
      expect(new Set(events.map(({ user_id }) => user_id))).toEqual(new Set([`user-${i}`]));
    }
  });
});

test('Fastify: what other plugins have put around a request stays', async () => {
  const other = new AsyncLocalStorage<string>();
  const tailwater = createTailwater({ stdout: 'off', handleExit: false, beforeEmit: () => null });
  const app = fastify();
  app.addHook('onRequest', (_request, _reply, done) => other.run('before', done));
  await app.register(tailwaterFastify, { tailwater });
  app.addHook('onRequest', (_request, _reply, done) => other.run(`${other.getStore()}, behind`, done));
  app.get('/', () => [other.getStore(), tailwater.context()?.requestId]);
  const response = await app.inject({ url: '/', headers: { 'x-request-id': 'r' } });
  expect(response.json()).toEqual(['before, behind', 'r']);
  await app.close();
  await tailwater.close();
});

test('every page compiles; wrong events do not', () => {
  const wrong = WRONG_EVENTS.split('\n').flatMap((line, i) => (line.includes('// wrong') ? [`wrong.ts(${i + 1}`] : []));
  expect(complaints.map((complaint) => complaint.split(',')[0])).toEqual(wrong);
});

type Told = [message: string, severity: string, requestId: string, userId: string];

const IN_CONTEXT: Told = ['order paid', 'info', 'r-1', 'u-7'];
const served = (route: string): Told[] => [
  ['order found', 'info', 'docs', 'u-7'],
  [`GET ${route} 200`, 'info', 'docs', 'u-7'],
];

/** Programs that end by themselves, and what they tell. */
const ENDING: Record<string, Told[]> = {
  'console/1.ts': [IN_CONTEXT, ['payment failed card refused', 'error', '', '']],
  'events/1.ts': [
    ['called search_orders', 'info', '', ''],
    ['large-1 200', 'info', '', 'u-7'],
    ['login with password failed: bad_credentials', 'warn', '', ''],
  ],
  'next/driver.ts': [...served('/api/orders/[id]'), ['no shop', 'error', 'docs', '']],
  'pino/1.ts': [IN_CONTEXT, ['payment failed', 'error', '', '']],
  'pino/2.ts': [['order paid twice', 'warn', '', 'u-7']],
  'winston/1.ts': [IN_CONTEXT, ['card refused', 'error', '', '']],
};
/** Programs that serve `GET /orders/:id`. */
const SERVING = ['express/1.ts', 'fastify/1.ts', 'hono/1.ts', 'koa/1.ts', 'nestjs/1.ts'];
/** What the page of Next.js has of the program that the driver runs. */
const PARTS = ['next/app/api/orders/[id]/route.ts', 'next/instrumentation.ts', 'next/lib/tailwater.ts'];

test('no block of a page is left out', () => {
  const expected = [...Object.keys(ENDING).filter((file) => file !== 'next/driver.ts'), ...SERVING, ...PARTS];
  expect([...pages.values()].flat().sort()).toEqual(expected.sort());
});

/** A page that names its service is found by it, the others by the one that they are given here. */
const serviceOf = (file: string) => (file === 'pino/2.ts' ? 'shop' : file);
const run = (file: string) =>
  runProgram(dir, file, {
    TAILWATER_URL: server.url,
    TAILWATER_API_KEY: ADMIN_KEY,
    OTEL_SERVICE_NAME: serviceOf(file),
  });

async function told(file: string, count: number, query = ''): Promise<Told[]> {
  const events = await eventually(async () => {
    const found = await allEvents(server, `service=${encodeURIComponent(serviceOf(file))}${query}`);
    return found.length >= count ? found : undefined;
  });
  return events
    .map(({ message, severity, request_id, user_id }): Told => {
      return [String(message), String(severity), String(request_id ?? ''), String(user_id ?? '')];
    })
    .sort();
}

test.concurrent.each(Object.entries(ENDING))('%s tells what its page says', async (file, expected) => {
  const { code, output } = await run(file).ended;
  expect([code, output]).toEqual([0, expect.any(String)]);
  expect(await told(file, expected.length)).toEqual(expected.toSorted());
});

test.concurrent.each(SERVING)('%s serves, and tells of it', async (file) => {
  const program = run(file);
  const headers = { 'x-request-id': 'docs', 'x-user': 'u-7' };
  const response = await fetch(`http://localhost:${await program.port}/orders/7`, { headers });
  expect(await response.json()).toEqual({ id: '7' });
  program.child.kill('SIGTERM');
  expect((await program.ended).signal).toBe('SIGTERM');
  const expected = served('/orders/:id');
  expect(await told(file, expected.length, '&request_id=docs')).toEqual(expected.toSorted());
});

test('every typed event is as the contract declares it', async () => {
  const text = readFileSync(join(import.meta.dirname, '../../../sdk/tailwater.events.yaml'), 'utf8');
  const parsed = parseEventContract(parse(text));
  expect(parsed).not.toHaveProperty('faults');
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(parse(text));
  expect((await request(server, '/api/event-contract', { method: 'PUT', headers, body })).status).toBe(200);
  const options = {
    url: server.url,
    apiKey: ADMIN_KEY,
    service: 'platform',
    stdout: 'off',
    handleExit: false,
  } as const;
  const tailwater = createTailwater(options);
  const events = platformEvents(tailwater);
  let emitted = 0;
  for (const [group, samples] of Object.entries(SAMPLES)) {
    const helpers = events[group as keyof PlatformEvents] as Record<string, (facts: object) => void>;
    expect(Object.keys(samples).sort()).toEqual(Object.keys(helpers).sort());
    for (const [name, list] of Object.entries<readonly object[]>(samples)) {
      for (const facts of list) helpers[name]!(facts);
      emitted += list.length;
    }
  }
  await tailwater.close();
  await eventually(async () => (await allEvents(server, 'service=platform')).length === emitted || undefined);
  const coverage = await (await request(server, '/api/coverage?service=platform')).json();
  expect(coverage).toMatchObject({ never_seen: [], undeclared: [], violations: [] });
});
