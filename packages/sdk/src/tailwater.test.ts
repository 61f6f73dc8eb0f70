import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTailwater } from './tailwater.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import type { EmitEvent, Logger, Tailwater, TailwaterOptions } from './types.ts';

let server: TestServer;
const open: Tailwater[] = [];
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((tailwater) => tailwater.close(100)));
  await server.close();
});

function client(options: TailwaterOptions = {}): Tailwater {
  const tailwater = createTailwater({ url: server.url, stdout: 'off', handleExit: false, host: 'h', ...options });
  open.push(tailwater);
  return tailwater;
}
/** What arrived, in order. */
async function arrived(tailwater: Tailwater): Promise<Record<string, unknown>[]> {
  expect(await tailwater.flush()).toBe(true);
  return server.batches.flatMap(({ lines }) => lines);
}
const throws = (): never => {
  throw new Error('no');
};
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
const messagesOf = async (tailwater: Tailwater) => (await arrived(tailwater)).map(({ message }) => message);

test('every field of an event', async () => {
  const tailwater = client({ service: 's' });
  tailwater.emit({
    logType: 'auth',
    eventType: 'login',
    severity: 'critical',
    message: 'm',
    userId: 'u',
    resourceId: 'r',
    resourceType: 'doc',
    action: 'open',
    traceId: 't',
    spanId: 'sp',
    requestId: 'q',
    durationMs: 1.5,
    cost: 0,
    metadata: { a: 1 },
    timestamp: Date.UTC(2026, 10, 21),
  });
  expect(await arrived(tailwater)).toEqual([
    {
      timestamp: '2026-11-21T00:00:00.000Z',
      level: 'critical',
      category: 'auth',
      logger: 'auth',
      service: 's',
      host: 'h',
      trace_id: 't',
      span_id: 'sp',
      request_id: 'q',
      user_id: 'u',
      resource_id: 'r',
      resource_type: 'doc',
      event_type: 'login',
      action: 'open',
      duration_ms: 1.5,
      cost: 0,
      message: 'm',
      extra: { a: 1 },
    },
  ]);
});

test('contexts join: what is nearer wins, what the event says wins over all', async () => {
  const tailwater = client();
  const logger = tailwater.logger('kb', { userId: 'logger', metadata: { a: 'logger', b: 1 } });
  await tailwater.withContext(
    { requestId: 'r', userId: 'outer', orgId: 'o', metadata: { a: 'outer', c: 2 } },
    async () => {
      await delay(1);
      logger.info('one');
      tailwater.withContext({ userId: 'inner' }, () => tailwater.logger('kb').info('two', { c: 3 }));
      logger.child({ userId: 'child', metadata: { d: 4 } }).emit({ message: 'three', requestId: 'own' });
      expect(tailwater.context()).toMatchObject({ requestId: 'r', userId: 'outer' });
    },
  );
  expect(tailwater.context()).toBeUndefined();
  const [one, two, three] = await arrived(tailwater);
  expect(one).toMatchObject({ request_id: 'r', user_id: 'logger', org_id: 'o', extra: { a: 'logger', b: 1, c: 2 } });
  expect(two).toMatchObject({ request_id: 'r', user_id: 'inner', extra: { a: 'outer', c: 3 } });
  expect(three).toMatchObject({ request_id: 'own', user_id: 'child', org_id: 'o', extra: { a: 'logger', d: 4 } });
});

test('the active span of OpenTelemetry', async () => {
  const tailwater = client();
  const storage = new AsyncLocalStorage<typeof ROOT_CONTEXT>();
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...args) => storage.run(active, () => run.apply(self, args)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  } satisfies ContextManager as ContextManager;
  context.setGlobalContextManager(manager);
  try {
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    context.with(trace.setSpanContext(ROOT_CONTEXT, ids), () => {
      tailwater.logger('a').info('in a span');
      tailwater.withContext({ traceId: 'other' }, () => tailwater.emit({ message: 'the span is nearer' }));
      tailwater.emit({ message: 'own', traceId: 'own' });
      expect(tailwater.context()).toMatchObject({ traceId: ids.traceId, spanId: ids.spanId });
    });
    const [span, nearer, own] = await arrived(tailwater);
    expect([span, nearer]).toMatchObject([{ trace_id: ids.traceId, span_id: ids.spanId }, { trace_id: ids.traceId }]);
    expect(own).toMatchObject({ trace_id: 'own' });
    expect(own).not.toHaveProperty('span_id');
  } finally {
    context.disable();
  }
});

test('what is changed after emit does not change the event', async () => {
  const tailwater = client();
  const metadata = { list: [1], text: 'before' };
  tailwater.logger('a').info('m', metadata);
  metadata.list.push(2);
  metadata.text = 'after';
  expect(await arrived(tailwater)).toMatchObject([{ extra: { list: [1], text: 'before' } }]);
});

test('levels decide, by logger and at runtime', async () => {
  const tailwater = client({ level: 'warn', levels: { agent: 'debug' } });
  const [agent, other] = [tailwater.logger('agent.tools'), tailwater.logger('other')];
  agent.debug('1');
  other.info('2');
  tailwater.emit({ message: '3' });
  tailwater.emit({ message: '4', logger: 'agent' });
  tailwater.setLevel('other', 'info');
  other.info('5');
  other.debug('6');
  expect([other.isEnabled('info'), other.isEnabled('debug'), tailwater.isEnabled('info')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(await messagesOf(tailwater)).toEqual(['1', '4', '5']);
  expect(tailwater.stats()).toMatchObject({ emitted: 3, delivered: 3, sampled: 0 });
});

test('beforeEmit changes and drops; what it throws at is dropped and counted', async () => {
  const tailwater = client({
    beforeEmit: (event) => {
      if (event.message === 'throw') throw new Error('no');
      return event.message === 'drop' ? null : { ...event, metadata: { ...event.metadata, seen: true } };
    },
  });
  const logger = tailwater.logger('a');
  for (const message of ['keep', 'throw', 'drop']) logger.warn(message, { a: 1 });
  expect(await arrived(tailwater)).toMatchObject([{ message: 'keep', level: 'warn', extra: { a: 1, seen: true } }]);
  expect(tailwater.stats()).toMatchObject({ emitted: 1, dropped: 1, failed: 1 });
});

test('what is sampled out has no number and is counted', async () => {
  const tailwater = client({ sample: { bySeverity: { info: 0.5 }, byTrace: 0 } });
  for (let i = 0; i < 10; i++) tailwater.logger('a').info(`${i}`);
  tailwater.emit({ message: 'of a trace', traceId: 'a'.repeat(32) });
  tailwater.emit({ message: 'error', traceId: 'a'.repeat(32), severity: 'error' });
  expect(await messagesOf(tailwater)).toEqual(['1', '3', '5', '7', '9', 'error']);
  expect(tailwater.stats()).toMatchObject({ emitted: 6, sampled: 6 });
});

const never = (value: unknown) => value as never;
const circle: Record<string, unknown> = {};
circle.self = circle;
const calls: [string, (tailwater: Tailwater, logger: Logger) => void][] = [
  ['nothing', (tailwater) => tailwater.emit(never(undefined))],
  ['null', (tailwater) => tailwater.emit(never(null))],
  ['a text as event', (tailwater) => tailwater.emit(never('x'))],
  [
    'wrong types',
    (tailwater) => tailwater.emit(never({ message: { a: 1 }, severity: 7, userId: 3, metadata: 'x', durationMs: 'x' })),
  ],
  ['a message without a text', (_, logger) => logger.info(never(Object.create(null)))],
  ['metadata that is no object', (_, logger) => logger.info('m', never(5))],
  ['a circle', (_, logger) => logger.info('m', circle)],
  ['times that are none', (tailwater) => tailwater.emit({ timestamp: Number.NaN })],
  ['an invalid date', (tailwater) => tailwater.emit({ timestamp: new Date('x') })],
  ['a context that is none', (tailwater) => tailwater.withContext(never(null), () => tailwater.emit({ message: 'm' }))],
  [
    'contexts in which nothing fits',
    (tailwater) =>
      tailwater.withContext({ userId: never(Object.create(null)), metadata: never('x') }, () =>
        tailwater.withContext(never(undefined), () => tailwater.emit({ message: 'm' })),
      ),
  ],
  [
    'an error whose message throws',
    (_, logger) => logger.error(Object.defineProperty(new Error('x'), 'message', { get: () => JSON.parse('{') })),
  ],
];

test.each(calls)('emit never throws: %s', async (_, call) => {
  const tailwater = client();
  expect(() => call(tailwater, tailwater.logger('a'))).not.toThrow();
  tailwater.logger('a').info('after it');
  expect(await messagesOf(tailwater)).toContain('after it');
});

test('what is too long is cut, and counted', async () => {
  const tailwater = client();
  const big = 'ü'.repeat(300_000);
  tailwater.logger('a').info(big);
  tailwater
    .logger('a')
    .info('many', Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, big.slice(0, 9_000)])));
  tailwater.emit({ message: '\u0001'.repeat(80_000), userId: big });
  const lines = await arrived(tailwater);
  expect(Buffer.byteLength(String(lines[0].message))).toBe(64 << 10);
  for (const line of lines) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThanOrEqual(256 << 10);
  expect(tailwater.stats()).toMatchObject({ emitted: 3, truncated: 3, failed: 0 });
});

test('an error first, and in its place', async () => {
  const tailwater = client();
  tailwater.logger('a').error(new TypeError('bad'), { a: 1 });
  tailwater.logger('a').warn('failed', { error: new RangeError('far') });
  expect(await arrived(tailwater)).toMatchObject([
    { level: 'error', message: 'bad', extra: { a: 1, exception: { type: 'TypeError', message: 'bad' } } },
    { level: 'warn', message: 'failed', extra: { exception: { type: 'RangeError' } } },
  ]);
});

test('close ends it: the producer has ended, and what comes later is dropped', async () => {
  const tailwater = client();
  const event: EmitEvent = { message: 'm' };
  tailwater.emit(event);
  await tailwater.close();
  tailwater.emit(event);
  await tailwater.close();
  expect(tailwater.stats()).toMatchObject({ emitted: 1, delivered: 1, dropped: 1 });
  expect(server.checkIns.at(-1)).toMatchObject({ next: 1, complete_next: 1, ended: true });
});

test('a server that is away costs a bounded wait, and trouble is told once', async () => {
  const troubles: string[] = [];
  const tailwater = client({ url: 'http://127.0.0.1:1', onTrouble: (message) => troubles.push(message) });
  tailwater.emit({ message: 'm' });
  expect(await tailwater.flush(600)).toBe(false);
  expect(tailwater.stats()).toMatchObject({ waiting: 1, delivered: 0 });
  expect(tailwater.stats().retries).toBeGreaterThan(1);
  for (let i = 0; i < 25_000; i++) tailwater.emit({ message: 'm' });
  // The first is under way, and counts neither twice nor not at all.
  expect(tailwater.stats()).toMatchObject({ emitted: 25_001, waiting: 10_001, lost: { ring_overflow: 15_000 } });
  expect(troubles).toHaveLength(1);
});

test('without a server there is nothing to wait for', async () => {
  const tailwater = client({ url: 'nothing', onTrouble: () => {} });
  for (let i = 0; i < 50_000; i++) tailwater.emit({ message: 'm' });
  expect(await tailwater.flush()).toBe(true);
  expect(tailwater.stats()).toMatchObject({ emitted: 50_000, waiting: 0, lost: {}, stdoutLost: 0 });
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a symbol', Symbol('s')],
  ['a BigInt', 1n],
  ['NaN', Number.NaN],
  ['bytes', Buffer.alloc(100_000)],
  ['a long text', 'x'.repeat(1_000_000)],
  ['a function', () => {}],
  ['a proxy that is revoked', revoked()],
  ['getters that throw', new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws })],
  ['a date that is none', new Date(Number.NaN)],
  ['what cannot be a text', { toString: throws, [Symbol.toPrimitive]: throws }],
])('nothing throws, whatever is given: %s', async (_name, given) => {
  const tailwater = client({ redact: false });
  const any = given as never;
  tailwater.emit(any);
  tailwater.emit({ message: any, metadata: any, userId: any, durationMs: any, timestamp: any });
  tailwater.emit({ severity: any, logType: any, logger: any, traceId: any });
  tailwater.logger(any, any).info(any, any);
  tailwater.logger('a').child(any).error(any);
  tailwater.withContext(any, () => tailwater.emit({ message: 'inside' }));
  tailwater.withContext({ userId: any, traceId: any, metadata: any }, () => tailwater.logger('a', any).warn('w', any));
  tailwater.setLevel(any, any, any);
  tailwater.setLevel('b', 'debug', any);
  expect(tailwater.isEnabled(any, any)).toBeTypeOf('boolean');
  tailwater.emit({ message: 'last' });
  expect(await messagesOf(tailwater)).toEqual(expect.arrayContaining(['inside', 'last']));
  expect(server.batches.flatMap(({ lines }) => lines)).toHaveLength(tailwater.stats().emitted);
});

test('an array, bytes or a map as metadata is one value', async () => {
  const tailwater = client();
  const logger = tailwater.logger('a');
  for (const metadata of [[1, 'two'], Buffer.from('abc'), new Map([['k', 1]]), new Set([1])]) {
    logger.info('m', metadata as never);
  }
  const extras = (await arrived(tailwater)).map(({ extra }) => extra);
  expect(extras).toEqual([{ value: [1, 'two'] }, { value: '[3 bytes]' }, { value: { k: 1 } }, { value: [1] }]);
});

test('after a program has said that it ended, no check-in that waited says otherwise', async () => {
  const tailwater = client();
  tailwater.emit({ message: 'm' });
  await delay(90);
  await tailwater.close();
  await delay(50);
  expect(server.checkIns.at(-1)).toMatchObject({ ended: true });
});
