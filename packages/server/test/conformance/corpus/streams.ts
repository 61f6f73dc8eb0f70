import { Random } from '../../sim/random.ts';
import type { PushStream } from '../../support/loki-push.ts';
import { EPOCH_MS } from '../logqltest-format.ts';

/** When the corpus begins and ends: an hour, so that Loki takes every order of events. */
export const CORPUS_START_MS = EPOCH_MS;
export const CORPUS_END_MS = EPOCH_MS + 3_600_000;

const ENTRIES = 240;
const STEP_MS = 15_000;

type Write = (random: Random, i: number) => { line: string; metadata?: Record<string, string> };

const LEVELS = ['debug', 'info', 'info', 'info', 'warn', 'error'];
const PATHS = ['/', '/api/users', '/api/users/17', '/api/orders', '/health', '/static/a.css'];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'DELETE'];
const STATUSES = [200, 200, 200, 201, 301, 404, 500, 503];
const WORDS = ['timeout', 'connection refused', 'käse', '日本語', 'retry', 'done', 'Error', 'panic: nil', 'a=b'];

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.int(16).toString(16)).join('');

const json: Write = (random) => {
  const event = {
    level: random.pick(LEVELS),
    method: random.pick(METHODS),
    path: random.pick(PATHS),
    status: random.pick(STATUSES),
    duration: `${random.int(3000)}ms`,
    size: `${random.int(90) / 10}KB`,
    latency: random.int(1000) / 1000,
    ok: random.int(2) === 0,
    user: {
      id: `u${random.int(5)}`,
      tags: ['a', 'b'],
      address: { ip: `10.0.${random.int(3)}.${random.int(250)}` },
    },
    'trace.id': hex(random, 16),
    msg: `${random.pick(WORDS)} "${random.int(100)}"`,
    none: null,
  };
  return { line: JSON.stringify(event) };
};

const logfmt: Write = (random) => {
  const msg = `msg="${random.pick(WORDS)} ${random.int(100)}"`;
  const line = `level=${random.pick(LEVELS)} ${msg} duration=${random.int(5000) / 1000}s size=${random.int(20)}KiB attempts=${random.int(4)} queue=${random.pick(['mail', 'push', ''])} latency=${random.int(1000)}`;
  return { line };
};

const access: Write = (random) => ({
  line: `10.0.${random.int(3)}.${random.int(250)} - ${random.pick(['-', 'bob'])} [01/Jan/2026:00:00:00 +0000] "${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1" ${random.pick(STATUSES)} ${random.int(100_000)}`,
});

const text: Write = (random, i) => {
  const plain = `${i} ${random.pick(['INFO', 'ERROR', 'warn'])} ${random.pick(WORDS)} after ${random.int(50)} ms`;
  const shapes = [
    plain,
    `\u001b[31m${plain}\u001b[0m`,
    `${plain}\r`,
    `${plain}\nat line two`,
    `${plain} from 192.168.${random.int(3)}.${random.int(200)} and 2001:db8::${hex(random, 2)}`,
  ];
  return { line: random.pick(shapes) };
};

const packed: Write = (random, i) => ({
  line: JSON.stringify({
    pod: `p${random.int(3)}`,
    n: i,
    _entry: `${i} ${random.pick(WORDS)} level=${random.pick(LEVELS)}`,
  }),
});

/** One in five is cut off or no JSON at all. */
const broken: Write = (random, i) => {
  const { line } = json(random, i);
  const shapes = [line, line, line, line.slice(0, 20 + random.int(60)), `plain ${random.pick(WORDS)} ${i}`];
  return { line: random.pick(shapes) };
};

const withMetadata: Write = (random, i) => ({
  line: `${i} value=${random.int(100)} tenant=line ${random.pick(WORDS)}`,
  metadata: {
    tenant: `t${random.int(4)}`,
    trace_id: hex(random, 32),
    user_id: `user-${random.int(3)}`,
    took: `${random.int(2000)}ms`,
    app: 'clash',
    ...(random.int(2) === 0 && { cost: `${random.int(100) / 10}` }),
  },
});

const counter: Write = (_, i) => ({ line: `total=${(i * 7) % 400} kind=${i % 2 === 0 ? 'even' : 'odd'}` });

const knowledge: Write = (random, i) => ({
  line: JSON.stringify({
    duration: random.int(3000),
    duration_ms: random.int(900),
    msg: `${i} ${random.pick(['error', 'indexed'])}`,
  }),
});

const STREAMS: readonly (readonly [Record<string, string>, Write])[] = [
  [{ app: 'api', env: 'prod', pod: 'api-0' }, json],
  [{ app: 'api', env: 'prod', pod: 'api-1' }, json],
  [{ app: 'api', env: 'dev', pod: 'api-2', level: 'stream' }, json],
  [{ app: 'worker', env: 'prod', team: 'red' }, logfmt],
  [{ app: 'worker', env: 'dev', team: 'blue' }, logfmt],
  [{ app: 'nginx', env: 'prod' }, access],
  [{ app: 'text', env: 'prod' }, text],
  [{ app: 'packed', env: 'prod' }, packed],
  [{ app: 'broken', env: 'prod' }, broken],
  [{ app: 'meta', env: 'prod' }, withMetadata],
  [{ app: 'counter', env: 'prod' }, counter],
  [{ app: 'agno-knowledge', user_id: 'user-123', service_name: 'kb' }, knowledge],
  [{ app: 'agno-knowledge', user_id: 'user-456', service_name: 'auth' }, knowledge],
];

/** The same events for the same seed. No two of a stream are equal: Loki would keep one of them. */
export function corpusStreams(seed: number): PushStream[] {
  const random = new Random(seed);
  return STREAMS.map(([labels, write], stream) => ({
    labels: { ...labels },
    entries: Array.from({ length: ENTRIES }, (_, i) => {
      const jitterMs = labels.app === 'text' ? 0 : random.int(STEP_MS - 1000);
      // Every fourth event of the texts has the time of the one before.
      const slot = labels.app === 'text' && i % 4 === 3 ? i - 1 : i;
      const nanos =
        BigInt(CORPUS_START_MS + slot * STEP_MS + stream + jitterMs) * 1_000_000n +
        BigInt(random.int(999_999) * (labels.app === 'text' ? 0 : 1));
      return { nanos, ...write(random, i) };
    }),
  }));
}
