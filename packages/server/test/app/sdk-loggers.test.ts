import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger as NestLogger } from '@nestjs/common';
import { type Context, createTailwater, type EmitEvent } from '@tailwater/sdk';
import { captureConsole } from '@tailwater/sdk/console';
import { TailwaterLoggerService } from '@tailwater/sdk/nestjs';
import { tailwaterMixin, tailwaterStream } from '@tailwater/sdk/pino';
import { TailwaterTransport } from '@tailwater/sdk/winston';
import { pino, stdTimeFunctions } from 'pino';
import { afterAll, beforeEach, expect, test } from 'vitest';
import winston from 'winston';

/** What becomes of what other loggers write, as the client sees it: the way from there is that of every event. */
type Seen = EmitEvent & { context: Context | undefined };
const seen: Seen[] = [];
const tailwater = createTailwater({
  ...{ stdout: 'off', level: 'debug', handleExit: false },
  beforeEmit: (event) => {
    seen.push({ ...event, context: tailwater.context() });
    return null;
  },
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => tailwater.close());

const CONCURRENT = 50;

/** Logs from many contexts at once; every event must have its own. */
async function logAtOnce(log: (message: string) => void): Promise<void> {
  const requests = Array.from({ length: CONCURRENT }, (_, i) =>
    tailwater.withContext({ requestId: `r${i}` }, async () => {
      log(`r${i}`);
      await delay(Math.random() * 5);
      log(`r${i}`);
    }),
  );
  await Promise.all(requests);
  await delay(0);
  expect(seen).toHaveLength(2 * CONCURRENT);
  for (const { message, context } of seen) expect(context?.requestId).toBe(message);
}

const pinoTo = <Levels extends string = never>(options: pino.LoggerOptions<Levels> = {}) =>
  pino<Levels>({ level: 'trace', ...options }, tailwaterStream(tailwater));

test('pino: levels', () => {
  const log = pinoTo({ customLevels: { audit: 35 } });
  for (const level of ['trace', 'debug', 'info', 'audit', 'warn', 'error', 'fatal'] as const) log[level]('x');
  const severities = ['debug', 'debug', 'info', 'info', 'warn', 'error', 'critical'];
  expect(seen.map(({ severity }) => severity)).toEqual(severities);
  seen.length = 0;
  pinoTo({ formatters: { level: (level) => ({ level }) } }).fatal('x');
  expect(seen[0]?.severity).toBe('critical');
});

test('pino: fields, metadata, time', () => {
  const log = pinoTo({ name: 'shop', timestamp: stdTimeFunctions.isoTime }).child({
    user_id: 'u',
    part: 1,
  });
  log.info({ responseTime: 5, trace_id: 't', eventType: 'paid', resourceId: 7, nested: { a: [1] } }, 'order %s', 'o1');
  expect(seen).toMatchObject([
    {
      ...{ message: 'order o1', logger: 'shop', userId: 'u', durationMs: 5, traceId: 't', eventType: 'paid' },
      timestamp: expect.any(Date),
      metadata: { part: 1, resourceId: 7, nested: { a: [1] } },
    },
  ]);
  expect(seen[0]?.resourceId).toBeUndefined();
});

test('pino: errors', () => {
  pinoTo().error(Object.assign(new TypeError('no'), { code: 'E1' }), 'failed');
  expect(seen).toMatchObject([
    {
      message: 'failed',
      metadata: {
        exception: { type: 'TypeError', message: 'no', code: 'E1', stacktrace: expect.stringMatching(/at /) },
      },
    },
  ]);
});

test('pino: the request id of middleware wins over that of Fastify', () => {
  const log = pinoTo().child({ reqId: 'req-1' });
  log.info('outside');
  tailwater.withContext({ requestId: 'r' }, () => log.info('inside'));
  expect(seen.map(({ requestId }) => requestId)).toEqual(['req-1', undefined]);
  expect(seen[1]).toMatchObject({ metadata: { reqId: 'req-1' }, context: { requestId: 'r' } });
});

test('pino: lines that are not its own', () => {
  const stream = tailwaterStream(tailwater);
  for (const line of ['plain text\n', '\n', 'null\n', '{"level":30', '[1]\n']) stream.write(line);
  expect(seen.map(({ message }) => message)).toEqual(['plain text', 'null', '{"level":30', undefined]);
});

test('pino: contexts, and the mixin for a thread', async () => {
  await logAtOnce((message) => pinoTo().info(message));
  seen.length = 0;
  const log = pinoTo({ mixin: tailwaterMixin(tailwater) });
  tailwater.withContext({ requestId: 'r', orgId: 'o', metadata: { a: 1 } }, () => log.info('x'));
  expect(seen).toMatchObject([{ requestId: 'r', metadata: { org_id: 'o', a: 1 } }]);
});

const winstonTo = (options: winston.LoggerOptions = {}) =>
  winston.createLogger({ level: 'silly', transports: [new TailwaterTransport(tailwater)], ...options });

test('winston: levels', () => {
  const log = winstonTo();
  for (const level of ['silly', 'verbose', 'http', 'info', 'warn', 'error']) log.log(level, 'x');
  const own = winstonTo({ levels: winston.config.syslog.levels, level: 'notice' });
  for (const level of ['debug', 'notice', 'warning', 'crit', 'emerg']) own.log(level, 'x');
  expect(seen.map(({ severity }) => severity)).toEqual(
    ['debug', 'debug', 'info', 'info', 'warn', 'error'].concat('info', 'warn', 'critical', 'critical'),
  );
});

test('winston: the level of the transport, and silence', () => {
  const transports = [new TailwaterTransport(tailwater, { level: 'warn' })];
  const log = winstonTo({ transports });
  for (const level of ['info', 'warn', 'error']) log.log(level, level);
  transports[0]!.silent = true;
  log.error('silent');
  expect(seen.map(({ message }) => message)).toEqual(['warn', 'error']);
});

test('winston: fields, metadata, errors, coloured levels', () => {
  const { combine, colorize, errors, timestamp } = winston.format;
  const log = winstonTo({
    format: combine(errors({ stack: true }), timestamp(), colorize()),
    defaultMeta: { part: 1 },
  });
  log.warn('paid', { user_id: 'u', durationMs: 5 });
  log.error(new RangeError('far'));
  expect(seen).toMatchObject([
    { message: 'paid', severity: 'warn', userId: 'u', durationMs: 5, metadata: { part: 1 } },
    { message: 'far', metadata: { exception: { message: 'far', stacktrace: expect.stringContaining('RangeError') } } },
  ]);
  expect(seen[0]?.timestamp).toBeInstanceOf(Date);
  expect(seen[0]?.metadata).toEqual({ part: 1 });
});

test('winston: contexts', async () => {
  const log = winstonTo();
  await logAtOnce((message) => log.info(message));
});

function ownConsole(): { target: Console; printed: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, callback) => {
      text += chunk;
      callback();
    },
  });
  return { target: new Console(stream), printed: () => text };
}

test('console: prints as ever and is captured, until it is restored', () => {
  const { target, printed } = ownConsole();
  const { log } = target;
  const capture = captureConsole(tailwater, { console: target });
  target.log('paid', { amount: 4 }, { order: 'o' });
  target.warn('%s of %d', 'one', 2);
  target.debug({ a: 1 }, 'b');
  const error = new Error('no');
  target.error('failed:', error);
  capture.restore();
  target.info('after');
  expect(target.log).toBe(log);
  expect(printed()).toMatch(/paid \{ amount: 4 \}[\s\S]*one of 2[\s\S]*Error: no[\s\S]*after/);
  expect(seen).toMatchObject([
    { severity: 'info', message: 'paid', metadata: { amount: 4, order: 'o' }, logger: 'console', logType: 'console' },
    { severity: 'warn', message: 'one of 2' },
    { severity: 'debug', message: '{ a: 1 } b' },
    { severity: 'error', message: 'failed: no', metadata: { exception: error } },
  ]);
});

test('console: what beforeEmit prints does not come back to it; a capture put on top later stays', () => {
  const { target, printed } = ownConsole();
  let calls = 0;
  const loud = createTailwater({
    ...{ stdout: 'off', handleExit: false },
    beforeEmit: () => {
      calls++;
      target.log('from beforeEmit');
      return null;
    },
  });
  const first = captureConsole(loud, { console: target });
  const second = captureConsole(tailwater, { console: target });
  first.restore();
  target.log('x');
  second.restore();
  expect(calls).toBe(1);
  expect(seen.map(({ message }) => message)).toEqual(['from beforeEmit', 'x']);
  expect(printed()).toBe('x\nfrom beforeEmit\n');
});

test('Nest: what its Logger passes', () => {
  const service = new TailwaterLoggerService(tailwater);
  NestLogger.overrideLogger(service);
  const log = new NestLogger('Orders');
  const error = new Error('no');
  log.log('found', { order: 7 });
  log.verbose('detail');
  log.error('failed', error.stack);
  log.error(error);
  log.fatal({ message: 'object', a: 1 });
  service.warn('without a context');
  expect(seen).toMatchObject([
    { severity: 'info', message: 'found', logger: 'Orders', logType: 'app', metadata: { order: 7 } },
    { severity: 'debug', message: 'detail' },
    { severity: 'error', message: 'failed', logger: 'Orders', metadata: { exception: { stacktrace: error.stack } } },
    { severity: 'error', message: 'no', metadata: { exception: error } },
    { severity: 'critical', message: 'object', metadata: { a: 1 } },
    { severity: 'warn', logger: 'nest' },
  ]);
});
