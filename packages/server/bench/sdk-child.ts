/**
 * One logger in a process of its own, for bench/sdk.ts: writes events to stdout and reports on descriptor 3.
 *
 *   node packages/server/bench/sdk-child.ts LOGGER EVENTS [URL]
 *   node packages/server/bench/sdk-child.ts 'server dead' SECONDS URL
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { createTailwater } from '@tailwater/sdk';
import { destination, pino } from 'pino';

interface Subject {
  emit(message: string, attributes: Record<string, unknown>): void;
  /** Everything has left the process. */
  flush(): Promise<unknown>;
  /** Runs with the trace in the context. */
  around<T>(run: () => T): T;
}

const TRACE = { traceId: 'c8ec1a0c0df90dfb8b29ab1e9da897e5', spanId: '3fe0e800bf4abb5f' };
const MESSAGE =
  'Processed POST /healthz/ready for tenant acme-45 upstream pool-6 responded with status 404 after 506.073 ms attempt 1';
const ATTRIBUTES = Array.from({ length: 64 }, (_, i) => ({
  'http.method': 'GET',
  'http.route': '/v1/orders/{id}/items',
  'http.status_code': 200,
  'user.id': `u_${i * 37}`,
  'request.id': 'd82efde4bb3eaff3',
  duration_ms: 506.073 + (i % 7),
  'cloud.region': 'us-east-1',
}));

const storage = new AsyncLocalStorage<object>();
const withStorage = <T>(run: () => T) => storage.run({ trace_id: TRACE.traceId, span_id: TRACE.spanId }, run);

function tailwater(options: Parameters<typeof createTailwater>[0]): Subject {
  const client = createTailwater({ service: 'checkout', host: 'h1', ...options });
  const logger = client.logger('gateway');
  return {
    emit: (message, attributes) => logger.info(message, attributes),
    flush: () => client.flush(60_000),
    around: (run) => client.withContext(TRACE, run),
  };
}

function pinoTo(options: Parameters<typeof destination>[0]): Subject {
  const stream = destination(options);
  const logger = pino({ base: { service: 'checkout' }, mixin: () => storage.getStore() ?? {} }, stream);
  return {
    emit: (message, attributes) => logger.info(attributes, message),
    flush: async () => stream.flushSync(),
    around: withStorage,
  };
}

const SUBJECTS: Record<string, (url: string | undefined) => Subject> = {
  'tailwater, stdout': () => tailwater({ stdout: 'json' }),
  'tailwater, stdout, no redaction': () => tailwater({ stdout: 'json', redact: false }),
  'tailwater, sent': (url) => tailwater({ stdout: 'off', url }),
  'tailwater, stdout and sent': (url) => tailwater({ stdout: 'json', url }),
  pino: () => pinoTo({ fd: 1, sync: true }),
  'pino, asynchronous': () => pinoTo({ fd: 1, sync: false, minLength: 4096 }),
  'console.log': () => ({
    emit: (message, attributes) =>
      console.log(JSON.stringify({ time: Date.now(), level: 'info', ...storage.getStore(), message, ...attributes })),
    flush: () => turn(),
    around: withStorage,
  }),
};

/** Events between two turns of the event loop, as requests that are handled side by side emit them. */
const BURST = 64;
const EVENTS_A_SECOND = 20_000;
const TICKS_A_SECOND = 100;
const RUNS = 7;
const TIMED_CALLS = 100_000;

const [name = '', count = '40000', url] = process.argv.slice(2);
const result = name === 'server dead' ? await withoutServer(Number(count)) : await measureSubject(name);
writeSync(3, JSON.stringify(result));
process.exit(0);

function measureSubject(wanted: string) {
  const subject = SUBJECTS[wanted]?.(url);
  if (subject === undefined) throw new Error(`no logger ${wanted}`);
  return subject.around(() => measure(subject, Number(count)));
}

/** Emits at a steady rate for so many seconds at a server that is not there. */
async function withoutServer(seconds: number) {
  const client = createTailwater({ url, stdout: 'off', service: 'checkout', handleExit: false, onTrouble: () => {} });
  const logger = client.logger('gateway');
  const rssMib: number[] = [];
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  let emitted = 0;
  for (let tick = 0; tick < seconds * TICKS_A_SECOND; tick++) {
    const due = Math.min(seconds, (performance.now() - started) / 1000) * EVENTS_A_SECOND;
    for (; emitted < due; emitted++) logger.info(MESSAGE, ATTRIBUTES[emitted & 63]);
    if (tick % TICKS_A_SECOND === 0) rssMib.push(process.memoryUsage.rss() / (1 << 20));
    await delay(Math.max(0, started + (tick * 1000) / TICKS_A_SECOND - performance.now()));
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const stats = client.stats();
  return {
    emitted,
    stats,
    firstMib: rssMib[Math.min(5, rssMib.length - 1)],
    maxMib: Math.max(...rssMib),
    micros: (user + system) / emitted,
  };
}

async function measure(logger: Subject, events: number) {
  await emitAll(logger, events);
  const micros: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    await emitAll(logger, events);
    const { user, system } = process.cpuUsage(before);
    micros.push((user + system) / events);
  }
  const bursts: number[] = [];
  for (let run = 0; run < 500; run++) {
    const started = performance.now();
    for (let i = 0; i < BURST; i++) logger.emit(MESSAGE, ATTRIBUTES[i & 63]);
    bursts.push(((performance.now() - started) * 1000) / BURST);
    await turn();
  }
  await logger.flush();
  const calls = new Float64Array(TIMED_CALLS);
  for (let i = 0; i < TIMED_CALLS; i++) {
    const started = performance.now();
    logger.emit(MESSAGE, ATTRIBUTES[i & 63]);
    calls[i] = (performance.now() - started) * 1000;
    if (i % BURST === 0) await turn();
  }
  await logger.flush();
  calls.sort();
  return {
    allMicros: middle(micros),
    callMicros: middle(bursts),
    p999Micros: calls[Math.floor(TIMED_CALLS * 0.999)],
  };
}

async function emitAll(logger: Subject, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    logger.emit(MESSAGE, ATTRIBUTES[i & 63]);
    if (i % BURST === 0) await turn();
  }
  await logger.flush();
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
