import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTailwater, type TailwaterOptions } from '@tailwater/sdk';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CORPUS_ATTRIBUTES, CORPUS_LINES } from '../../src/processors/redact/corpus/corpus.ts';
import { compile, programsDir, runProgram, writeProgram } from '../support/doc-programs.ts';
import { type SdkProcess, startSdkProcess } from '../support/sdk-process.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** The Node SDK against the built server: what a program emits is in the store once, and what is not is counted. */
const dataDir = tempDir();
let server: SpawnedServer;
let port = '0';
const start = async () => {
  const env = { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' };
  server = await spawnServer({ dataDir, env, args: ['--http-port', port] });
  // Once it runs it keeps its address: programs know the server by it.
  port = String(server.httpPort);
};
const programs: SdkProcess[] = [];
beforeAll(start);
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end('SIGKILL')));
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const optionsFor = (service: string): TailwaterOptions => ({
  url: server.url,
  apiKey: ADMIN_KEY,
  service,
  host: 'h1',
  name: 'api-7',
  stdout: 'off',
  handleExit: false,
  flushIntervalMs: 50,
});

function program(service: string, options: Parameters<typeof startSdkProcess>[0] = {}): SdkProcess {
  const started = startSdkProcess({ ...optionsFor(service), handleExit: true, ...options });
  programs.push(started);
  return started;
}

const eventsOf = (service: string) => allEvents(server, `service=${service}&order=asc`);
/** The events once there are so many of them. */
const settled = (service: string, count: number) =>
  eventually(async () => {
    const events = await eventsOf(service);
    expect(events.length).toBeGreaterThanOrEqual(count);
    return events;
  });
const messages = async (service: string, count: number) =>
  (await settled(service, count)).map(({ message }) => String(message)).sort();
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `message ${from + i}`).sort();

interface Listed {
  state: string;
  emitted: number;
  received: number;
  missing: number;
  lost: Record<string, number>;
  name: string;
}
const producersOf = async (service: string): Promise<Listed[]> => {
  const answer = await (await request(server, `/api/producers?service=${service}`)).json();
  return (answer as { producers: Listed[] }).producers;
};

test('events are found with their fields and their context', async () => {
  const tailwater = createTailwater(optionsFor('fields'));
  const auth = tailwater.logger('auth', { metadata: { region: 'eu' } });
  tailwater.withContext({ requestId: 'r-1', userId: 'u-1', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, () => {
    auth.emit({ eventType: 'login_failed', severity: 'warn', message: 'no', durationMs: 12.5, metadata: { tries: 3 } });
    auth.child({ resourceId: 'doc-1' }).error(new RangeError('too far'), { deep: { a: [1, 2] } });
  });
  await tailwater.close();
  const [failed, error] = await settled('fields', 2);
  const context = { request_id: 'r-1', user_id: 'u-1', trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) };
  expect(failed).toMatchObject({
    ...context,
    log_type: 'auth',
    logger: 'auth',
    event_type: 'login_failed',
    severity: 'warn',
    message: 'no',
    host: 'h1',
    duration_ms: 12.5,
    metadata: { region: 'eu', tries: 3 },
  });
  expect(error).toMatchObject({ ...context, severity: 'error', message: 'too far', resource_id: 'doc-1' });
  expect(error.metadata).toMatchObject({ 'exception.type': 'RangeError', 'deep.a': [1, 2], region: 'eu' });
  const [producer] = await producersOf('fields');
  expect(producer).toMatchObject({ name: 'api-7', state: 'ended', emitted: 2, received: 2, missing: 0, lost: {} });
});

test('what the SDK redacts is what the server would have redacted', async () => {
  const emitAll = async (service: string, redact: boolean) => {
    const tailwater = createTailwater({ ...optionsFor(service), redact });
    CORPUS_LINES.forEach(({ text }, place) => {
      tailwater.emit({ message: text, metadata: { place } });
    });
    CORPUS_ATTRIBUTES.forEach(({ name, value, kind }, i) => {
      const given = kind === 'string' ? value : JSON.parse(value);
      tailwater.emit({ message: '', metadata: { place: 10_000 + i, [name]: given } });
    });
    await tailwater.close();
    const events = await settled(service, CORPUS_LINES.length + CORPUS_ATTRIBUTES.length);
    const found = events.map(({ message, metadata }) => ({ message, metadata }) as { metadata: { place: number } });
    return { events: found.sort((a, b) => a.metadata.place - b.metadata.place), stats: tailwater.stats() };
  };
  const [source, sink] = await Promise.all([emitAll('at-the-source', true), emitAll('at-the-server', false)]);
  expect(source.events).toEqual(sink.events);
  expect(source.stats.redacted).toBeGreaterThan(300);
  expect(sink.stats.redacted).toBe(0);
});

test('a server that is killed again and again has everything once; what the memory could not hold is counted', async () => {
  const spooled = program('killed', { spool: { dir: tempDir(), syncEachMs: 20 } });
  const memory = program('memory');
  const small = program('overflow', { ringEvents: 100 });
  const emitting = spooled.run({ do: 'emit', from: 0, to: 2000, pauseMs: 10 });
  await delay(200);
  await server.kill();
  const memoryStats = await memory.run({ do: 'emit', from: 0, to: 500 });
  expect(memoryStats.waiting).toBe(500);
  await small.run({ do: 'emit', from: 0, to: 50 });
  const away = await eventually(async () => {
    const stats = await small.run({ do: 'stats' });
    return stats.trouble === '' ? undefined : stats;
  });
  expect(away.trouble).toContain('cannot be reached');
  const { lost } = await small.run({ do: 'emit', from: 50, to: 1050 });
  const dropped = lost.ring_overflow ?? 0;
  expect(dropped).toBeGreaterThan(0);
  await start();
  await delay(200);
  await server.kill();
  await start();
  await emitting;

  expect((await memory.run({ do: 'flush' })).waiting).toBe(0);
  expect(await messages('memory', 500)).toEqual(numbered(0, 500));

  await small.run({ do: 'flush' });
  const producer = await eventually(async () => {
    const [listed] = await producersOf('overflow');
    return listed?.missing === 0 && listed.received > 0 ? listed : undefined;
  });
  expect(producer).toMatchObject({ emitted: 1050, received: 1050 - dropped, lost: { ring_overflow: dropped } });

  const stats = await spooled.run({ do: 'close' });
  expect(stats).toMatchObject({ emitted: 2000, lost: {}, waiting: 0 });
  expect(await messages('killed', 2000)).toEqual(numbered(0, 2000));
});

test('a level that is set at the server reaches a running program, and falls back', async () => {
  const { run } = program('levels');
  const put = (body: object) =>
    request(server, '/api/log-levels', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const debug = (from: number) => run({ do: 'emit', from, to: from + 1, severity: 'debug', logger: 'agent.tools' });
  expect((await debug(0)).emitted).toBe(0);
  expect((await put({ service: 'levels', logger: 'agent', level: 'debug', for: '15m' })).status).toBe(200);
  await eventually(async () => ((await debug(1)).emitted > 0 ? true : undefined));
  const { emitted } = await debug(2);
  expect((await request(server, '/api/log-levels?logger=agent&service=levels', { method: 'DELETE' })).status).toBe(204);
  const isSilent = async () => (await debug(3)).emitted === (await debug(4)).emitted;
  await eventually(async () => ((await isSilent()) ? true : undefined));
  expect((await run({ do: 'stats' })).emitted).toBeGreaterThanOrEqual(emitted);
});

test('SIGTERM ends a program as it would have, with everything sent', async () => {
  const { run, end } = program('sigterm', { flushIntervalMs: 60_000 });
  await run({ do: 'emit', from: 0, to: 20 });
  expect(await end('SIGTERM')).toBe('SIGTERM');
  expect(await messages('sigterm', 20)).toEqual(numbered(0, 20));
  expect(await producersOf('sigterm')).toMatchObject([{ state: 'ended', missing: 0 }]);
});

test.each([
  ['without a spool', false],
  ['with a spool, by the next program', true],
])('an uncaught error and what came before it arrive %s', async (_, spooled) => {
  const service = spooled ? 'uncaught-spool' : 'uncaught';
  const spool = spooled ? { dir: tempDir(), syncEachMs: 60_000 } : (false as const);
  const { run, ended } = program(service, { flushIntervalMs: 60_000, spool });
  await run({ do: 'emit', from: 0, to: 20 });
  void run({ do: 'throw' });
  expect(await ended).toBe(1);
  if (spooled) await program(service, { spool }).run({ do: 'flush' });
  const events = await settled(service, 21);
  expect(events.at(-1)).toMatchObject({ severity: 'critical', message: 'nobody catches this', logger: 'process' });
  expect(events.at(-1)?.metadata).toMatchObject({ 'exception.type': 'TypeError' });
});

test('process.exit and kill -9 lose nothing that the spool has', async () => {
  const spool = { dir: tempDir(), syncEachMs: 20 };
  const exits = program('ends', { spool, url: 'http://127.0.0.1:1' });
  await exits.run({ do: 'emit', from: 0, to: 50 });
  void exits.run({ do: 'exit' });
  expect(await exits.ended).toBe(0);
  const killed = program('ends', { spool, url: 'http://127.0.0.1:1' });
  await killed.run({ do: 'emit', from: 50, to: 100 });
  await killed.run({ do: 'flush' });
  await killed.end('SIGKILL');
  await program('ends', { spool }).run({ do: 'emit', from: 100, to: 150 });
  expect(await messages('ends', 150)).toEqual(numbered(0, 150));
  const producers = await eventually(async () => {
    const listed = await producersOf('ends');
    return listed.filter(({ state }) => state === 'ended').length === 2 ? listed : undefined;
  });
  expect(producers.map(({ missing }) => missing)).toEqual([0, 0, 0]);
});

test('the code of the guide compiles, runs, and its events arrive', async () => {
  const dir = programsDir();
  try {
    const guide = readFileSync(join(import.meta.dirname, '../../../../docs/guides/sdk-node.md'), 'utf8');
    const programs = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
      ([, block], i) => [`guide/${i}.ts`, block] as const,
    );
    for (const [file, block] of programs) writeProgram(dir, file, `${block}export {};\n`);
    expect(await compile(dir)).toEqual([]);
    const env = { TAILWATER_URL: server.url, TAILWATER_API_KEY: ADMIN_KEY, OTEL_SERVICE_NAME: 'guide' };
    for (const [file] of programs) {
      const { ended, port: none } = runProgram(dir, file, env);
      await expect(none).rejects.toThrow('before it listened');
      expect(await ended).toMatchObject({ code: 0 });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync('spool', { recursive: true, force: true });
  }
  expect(await messages('shop', 3)).toEqual(['no such user', 'signed in', 'slow answer']);
  expect(await settled('guide', 2)).toMatchObject([
    { message: 'paying', request_id: 'r-1', user_id: 'u-17', resource_id: 'o-9', metadata: { region: 'eu' } },
    { message: 'answered', metadata: { route: '/orders' } },
  ]);
  expect(await messages('billing', 1)).toEqual(['invoice sent']);
});
