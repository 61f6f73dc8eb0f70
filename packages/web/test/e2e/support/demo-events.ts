/**
 * Events of a small company, the same at every run but for their times: services that answer requests, agents that cost
 * money, jobs, failures, traces. What tests look for by name is in `ODD_EVENTS`.
 */
export type DemoEvent = Record<string, unknown>;

/** A repeatable source of numbers from 0 to 1: a linear congruential generator, Numerical Recipes' constants. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Draw {
  number(below: number): number;
  pick<T>(values: readonly T[]): T;
  hex(length: number): string;
}

function drawOf(random: () => number): Draw {
  const number = (below: number) => Math.floor(random() * below);
  return {
    number,
    pick: (values) => values[number(values.length)]!,
    hex: (length) => Array.from({ length }, () => number(16).toString(16)).join(''),
  };
}

const SERVICES = [
  ['gateway', 'gateway'],
  ['checkout', 'billing'],
  ['auth', 'auth'],
  ['agent-runner', 'agent'],
  ['kb-indexer', 'kb'],
  ['deployer', 'deployment'],
  ['audit', 'compliance'],
] as const;

function severityOf(draw: Draw): string {
  const place = draw.number(100);
  if (place < 12) return 'debug';
  if (place < 80) return 'info';
  if (place < 92) return 'warn';
  return place < 99 ? 'error' : 'critical';
}

/** One event at that time. */
function eventAt(atMs: number, draw: Draw): DemoEvent {
  const [service, logType] = draw.pick(SERVICES);
  const severity = severityOf(draw);
  const durationMs = Math.round(Math.exp(draw.number(700) / 100) * 10) / 10;
  const shared = {
    timestamp: new Date(atMs).toISOString(),
    service,
    log_type: logType,
    severity,
    host: `ip-10-0-0-${draw.number(9)}`,
    logger: `${service}.${draw.pick(['http', 'db', 'worker'])}`,
    ...(draw.number(10) < 6 && { user_id: `u_${draw.number(500)}` }),
    ...(draw.number(10) < 3 && { trace_id: draw.hex(32), span_id: draw.hex(16), request_id: draw.hex(8) }),
  };
  const metadata = { region: draw.pick(['eu-central-1', 'us-east-1']), version: draw.pick(['2.4.1', '2.5.0']) };
  if (severity === 'error' || severity === 'critical') return { ...shared, ...failure(draw, durationMs), metadata };
  const kind = draw.number(10);
  if (kind < 5) return { ...shared, ...request(draw, durationMs, metadata) };
  if (kind < 7) {
    const tokens = draw.number(4000);
    return {
      ...shared,
      event_type: 'agent_step',
      message: `step ${draw.number(20)} of run ${draw.hex(8)} used ${tokens} tokens`,
      duration_ms: durationMs * 20,
      cost: draw.number(10_000) / 1e6,
      metadata: { ...metadata, tokens, model: draw.pick(['large', 'small']) },
    };
  }
  const message = `cache ${draw.pick(['hit', 'miss'])} for key session:${draw.hex(8)} (${draw.number(900)} items)`;
  return { ...shared, event_type: 'cache', message, metadata };
}

function request(draw: Draw, durationMs: number, metadata: Record<string, unknown>): DemoEvent {
  const path = draw.pick(['/api/cart', '/api/orders', '/login', '/api/search', '/healthz']);
  const status = draw.pick([200, 200, 200, 201, 301, 404, 429, 500]);
  return {
    event_type: 'request',
    action: 'http',
    message: `${draw.pick(['GET', 'POST', 'PUT'])} ${path} ${status} in ${durationMs} ms`,
    duration_ms: durationMs,
    metadata: { ...metadata, status, 'http.path': path },
  };
}

function failure(draw: Draw, durationMs: number): DemoEvent {
  return draw.pick<() => DemoEvent>([
    () => ({
      event_type: 'payment_failed',
      message: `Payment of order o_${draw.number(900_000)} failed: card declined (code ${draw.pick([51, 54])})`,
    }),
    () => ({
      event_type: 'db_timeout',
      message: `connection to postgres://db-${draw.number(3)}:5432 timed out after ${Math.round(durationMs)} ms`,
      duration_ms: durationMs,
    }),
    () => ({
      event_type: 'oom',
      message: `worker ${draw.number(64)} out of memory\n    at Heap.grow (heap.js:${draw.number(900)}:11)`,
    }),
  ])();
}

/** A trace over several services, the third event of it an error. */
export const DEMO_TRACE_ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';

function traceAt(atMs: number, traceId: string, draw: Draw): DemoEvent[] {
  return [0, 40, 95, 400, 430].map((offsetMs, index) => ({
    ...eventAt(atMs + offsetMs, draw),
    trace_id: traceId,
    span_id: draw.hex(16),
    service: SERVICES[index % 3]![0],
    severity: index === 2 ? 'error' : 'info',
    duration_ms: 20 + index * 7,
    message: index === 2 ? 'upstream pricing answered 503' : `step ${index} of the order`,
  }));
}

/** What is hard to show, each with a service of its own. */
export function oddEvents(nowMs: number): DemoEvent[] {
  const timestamp = new Date(nowMs - 90_000).toISOString();
  const fields = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`field_${String(n).padStart(3, '0')}`, n]));
  return [
    { timestamp, service: 'odd-long', severity: 'warn', message: `long ${'lorem ipsum dolor '.repeat(120)}end` },
    { timestamp, service: 'odd-rtl', severity: 'info', message: 'مرحبا بالعالم: طلب رقم 7 تم بنجاح' },
    { timestamp, service: 'odd-fields', severity: 'info', message: 'an event with 300 fields', metadata: fields },
    {
      timestamp,
      service: 'odd-ansi',
      severity: 'info',
      message: '\u001b[32mgreen\u001b[0m and \u001b[1;31mbold red\u001b[0m text',
    },
    { timestamp, service: 'odd-empty', severity: 'debug', message: '' },
    { timestamp, service: 'odd-secret', severity: 'info', message: 'paid with 4111 1111 1111 1111 by ann@example.com' },
    {
      timestamp,
      service: 'odd-markup',
      severity: 'error',
      message: '<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>',
    },
  ];
}

/** `count` events over the last `hours`, the odd ones and the trace among them. */
export function demoEvents(count: number, hours: number, nowMs: number): DemoEvent[] {
  const draw = drawOf(randomOf(20_261_121));
  const spanMs = hours * 3_600_000;
  const events = Array.from({ length: count }, () => {
    // Denser towards now.
    const age = (draw.number(1_000_000) / 1_000_000) ** 1.5;
    return eventAt(nowMs - 5_000 - Math.floor(age * spanMs), draw);
  });
  return [...events, ...traceAt(nowMs - 120_000, DEMO_TRACE_ID, draw), ...oddEvents(nowMs)];
}
