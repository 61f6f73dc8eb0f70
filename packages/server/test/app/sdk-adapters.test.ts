import { AsyncLocalStorage } from 'node:async_hooks';
import { request as httpRequest } from 'node:http';
import { createTailwater, type Tailwater } from '@tailwater/sdk';
import { tailwaterFastify } from '@tailwater/sdk/fastify';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHOPS, type Shop, type ShopParts } from '../support/sdk-apps.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/** Each framework's adapter in a small shop that is driven over HTTP; what it tells is read back from the server. */
let server: SpawnedServer;
beforeAll(async () => {
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms' } });
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

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

let driven: Record<string, Driven>;
beforeAll(async () => {
  const all = Object.entries(SHOPS).map(async ([name, open]) => [name, await drive(name, open)] as const);
  driven = Object.fromEntries(await Promise.all(all));
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
