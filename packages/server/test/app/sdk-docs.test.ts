import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseEventContract } from '@tailwater/schema/event-contract';
import { createTailwater } from '@tailwater/sdk';
import { type PlatformEvents, platformEvents } from '@tailwater/sdk/events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile, programsDir, runProgram, writePages, writeProgram } from '../support/doc-programs.ts';
import { SAMPLES } from '../support/platform-event-samples.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/** The code on the pages of the SDK's adapters does what the pages say, and the typed events are what is declared. */
let server: SpawnedServer;
let pages: Map<string, string[]>;
let complaints: string[];
const dir = programsDir();

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
    spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms' } }),
  ]);
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
  rmSync(dir, { recursive: true, force: true });
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
