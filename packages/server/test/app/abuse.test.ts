import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import snappy from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { call, openRaw, type RawConnection } from '../support/http-call.ts';
import { readAnswers } from '../support/raw-answers.ts';
import {
  contentHeaders,
  encodeContent,
  type SampleEvent,
  type SampleRoute,
  sampleFormats,
  samplePath,
} from '../support/receiver-samples.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';
import { SHARE, shareOf } from '../support/share.ts';

/**
 * Senders that want to hurt. Each is refused by a limit that the answer names, in the form of its protocol; the server
 * stays up, small, and good for everybody else.
 */
const MIB = 2 ** 20;
const INFLIGHT_BYTES_MAX = 128 * MIB;
/** What the process may grow by over all of this: bodies at their limits, some times over, are far below. */
const GROWTH_BYTES_MAX = 700 * MIB;

let server: SpawnedServer;
let slow: RawConnection[];
let bytesBefore: number;

beforeAll(async () => {
  server = await spawnServer({
    env: {
      TAILWATER_HTTP_HEADERS_TIMEOUT_MS: '2s',
      TAILWATER_HTTP_REQUEST_TIMEOUT_MS: '8s',
      TAILWATER_LIMITS_INFLIGHT_BYTES_MAX: String(INFLIGHT_BYTES_MAX),
      TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
    },
  });
  // The first requests pay for tables and compiled code.
  for (const sample of sampleFormats) await sendGood(sample);
  bytesBefore = memoryBytes('VmRSS');
  slow = await openSlowSenders();
});
afterAll(async () => {
  for (const connection of slow ?? []) connection.destroy();
  await server?.stop();
  removeTempDirs();
});

/** Of the server's process, Linux only. `VmHWM` is the most it ever had. */
function memoryBytes(name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024;
}

const authorization = { authorization: `Bearer ${ADMIN_KEY}` };
const lineOf = ({ route }: SampleRoute) => `${route.method} ${samplePath(route)}`;

async function send(sample: SampleRoute, body: Buffer, headers: Record<string, string> = {}) {
  const all = { ...authorization, ...contentHeaders(sample.format), ...headers };
  return call(server, lineOf(sample), { headers: all, body });
}

async function sendGood(sample: SampleRoute): Promise<void> {
  const { format } = sample;
  const body = encodeContent(format.encode([{ message: 'good', service: 'good' }]), format.encoding);
  expect([200, 201, 202, 204], sample.title).toContain((await send(sample, body)).status);
}

/** Sends it and answers status and words of the refusal. */
async function refusal(sample: SampleRoute, body: Buffer, headers: Record<string, string> = {}) {
  const answer = await send(sample, body, headers);
  return { status: answer.status, words: sample.samples.refusalText(answer, sample.format) };
}

/** A request by hand, up to its body. */
function headText(sample: SampleRoute, headers: Record<string, string>): string {
  const all = { host: '127.0.0.1', ...authorization, ...contentHeaders(sample.format), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${lineOf(sample)} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

const TRICKLE_MS = 250;

/** Connections that say nothing, a header now and then, or a body now and then. */
async function openSlowSenders(): Promise<RawConnection[]> {
  const all: RawConnection[] = [];
  const trickle = async (start: string, piece: string) => {
    const connection = await openRaw(server);
    all.push(connection);
    if (start !== '') await connection.write(start);
    if (piece === '') return;
    const timer = setInterval(async () => {
      if (!(await connection.write(piece))) clearInterval(timer);
    }, TRICKLE_MS);
  };
  for (let i = 0; i < 10; i++) {
    const sample = sampleFormats[i % sampleFormats.length]!;
    await trickle('', '');
    await trickle(`${lineOf(sample)} HTTP/1.1\r\nhost: 127.0.0.1\r\n`, 'x-a: b\r\n');
    await trickle(headText(sample, { 'content-length': '100000' }), ' ');
    await trickle(headText(sample, { 'transfer-encoding': 'chunked' }), '1\r\n \r\n');
  }
  return all;
}

const ZEROS = Buffer.alloc(DEFAULT_LIMITS.bodyExpandedBytesMax + MIB);
/** Each expands to more than one request may, the gzip one to 1 GiB. */
const BOMBS: Readonly<Record<string, Buffer>> = {
  gzip: Buffer.concat(Array(64).fill(gzipSync(ZEROS.subarray(0, 16 * MIB)))),
  deflate: deflateSync(ZEROS, { level: 1 }),
  zstd: zstdCompressSync(ZEROS),
  snappy: snappy.compressSync(ZEROS) as Buffer,
};
/** What undoes an encoding is the same for all receivers: some of them each. */
const bombs = Object.keys(BOMBS).flatMap((encoding) => {
  const takers = sampleFormats.filter(({ route, format }) => route.encodings(format.name).includes(encoding as 'gzip'));
  return shareOf(takers, 4, encoding).map((sample) => ({ title: `${sample.title} ${encoding}`, sample, encoding }));
});
/** Two layers are undone, where there may be another encoding than one. */
const nesting = sampleFormats.filter(({ route, format }) => route.encodings(format.name).includes('gzip'));

describe(`bodies that expand, ${SHARE}`, () => {
  test.each(bombs)('$title', async ({ sample, encoding }) => {
    const body = BOMBS[encoding]!;
    expect(body.length).toBeLessThan(DEFAULT_LIMITS.bodyBytesMax);
    const { status, words } = await refusal(sample, body, contentHeaders(sample.format, encoding as 'gzip'));
    expect(status).toBe(413);
    expect(words).toContain('limits.bodyExpandedBytesMax');
  });

  test.each(sampleFormats)('$title: a snappy size that is a lie', async (sample) => {
    for (const size of [
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x80, 0x80, 0x80, 0x80, 0x10],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0x10],
    ]) {
      const body = Buffer.concat([Buffer.from(size), Buffer.alloc(100, 0xfe)]);
      const { status } = await refusal(sample, body, contentHeaders(sample.format, 'snappy'));
      const { route, format } = sample;
      expect(route.encodings(format.name).includes('snappy') ? [400, 413] : [415]).toContain(status);
    }
  });

  test.each(shareOf(nesting, 4))('$title: a bomb in a bomb', async (sample) => {
    const body = gzipSync(BOMBS.gzip!);
    const { status, words } = await refusal(sample, body, { 'content-encoding': 'gzip, gzip' });
    expect(status).toBe(413);
    expect(words).toContain('limits.bodyExpandedBytesMax');
  });

  test.each(nesting)('$title: three layers', async (sample) => {
    const { status, words } = await refusal(sample, Buffer.from('x'), { 'content-encoding': 'gzip, deflate, gzip' });
    expect([400, 415]).toContain(status);
    expect(words).toContain('Content-Encoding');
  });
});

describe(`bodies that are too long, ${SHARE}`, () => {
  test.each(sampleFormats)('$title: 1 GB announced is refused before any of it', async (sample) => {
    const connection = await openRaw(server);
    await connection.write(headText(sample, { 'content-length': '1000000000' }));
    const [answer] = readAnswers(await connection.closed);
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(sample.samples.refusalText(answer!, sample.format)).toContain('limits.bodyBytesMax');
  });

  // One after another: all of them together would be more than the server holds.
  test.each(shareOf(sampleFormats, 5))(
    '$title: one that never ends is refused at the limit, and the sender gets to read why',
    async (sample) => {
      const connection = await openRaw(server);
      await connection.write(headText(sample, { 'transfer-encoding': 'chunked' }));
      const chunk = `40000\r\n${' '.repeat(0x40000)}\r\n`;
      let sent = 0;
      // What the sockets' buffers hold comes on top of the limit.
      for (; connection.received() === '' && sent < 10 * DEFAULT_LIMITS.bodyBytesMax; sent += 0x40000) {
        if (!(await connection.write(chunk))) break;
      }
      expect(sent).toBeLessThan(3 * DEFAULT_LIMITS.bodyBytesMax);
      const [answer] = readAnswers(await connection.closed);
      // A sender that looks for the answer only now and then must not be reset before it does.
      for (let i = 0; i < 5; i++) expect(await connection.write(chunk)).toBe(true);
      connection.destroy();
      expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
      expect(sample.samples.refusalText(answer!, sample.format)).toContain('limits.bodyBytesMax');
    },
  );

  test('many at a time are refused when together they hold too much, and not kept', async () => {
    const sample = sampleFormats.find(({ receiver }) => receiver === 'ndjson') as SampleRoute;
    const announced = DEFAULT_LIMITS.bodyBytesMax;
    const half = Buffer.alloc(announced - MIB, 0x20);
    const count = Math.ceil(INFLIGHT_BYTES_MAX / half.length) + 2;
    const connections = await Promise.all(
      Array.from({ length: count }, async () => {
        const connection = await openRaw(server);
        await connection.write(headText(sample, { 'content-length': String(announced) }));
        return connection;
      }),
    );
    await Promise.all(connections.map((connection) => connection.write(half)));
    const refused = await eventually(async () => {
      const some = connections.filter((connection) => connection.received() !== '');
      return some.length > 0 ? some : undefined;
    });
    for (const connection of refused) {
      const [answer] = readAnswers(await connection.closed);
      expect(answer!.status).toBe(503);
      expect(answer!.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expect(sample.samples.refusalText(answer!, sample.format)).toContain('limits.inflightBytesMax');
    }
    expect(refused.length).toBeLessThan(count);
    for (const connection of connections) connection.destroy();
    await eventually(async () => {
      await sendGood(sample);
      return true;
    });
  });
});

const many = (name: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}_${i}`, 'x']));
/** One event over a limit; each names the limit, or, where Loki has words for it, says it in those. */
const sayAll = sampleFormats.filter(({ format }) => format.saysLess !== true);
const BAD_EVENTS: readonly [string, Partial<SampleEvent>, RegExp][] = [
  ['10,000 attributes', { attributes: many('a', 10_000) }, /limits\.eventAttributesMax|limit/],
  ['10,000 labels', { labels: many('l', 10_000) }, /limits\.(labelsMax|eventAttributesMax)|limit/],
  ['a message of 1.5 MiB', { message: 'm'.repeat(1.5 * MIB) }, /limits\.eventBytesMax|max entry size '1048576'/],
  ['an attribute of 1.5 MiB', { attributes: { a: 'm'.repeat(1.5 * MIB) } }, /limits\.eventBytesMax|limit/],
  ['a label of 1.5 MiB', { labels: { a: 'm'.repeat(1.5 * MIB) } }, /limits\.eventBytesMax|limit|max|too long/i],
  ['a name of 2,000 bytes', { attributes: { ['n'.repeat(2000)]: 'x' } }, /limits\.attributeNameBytesMax|limit/],
];

describe.each(BAD_EVENTS)(`an event with %s, ${SHARE}`, (name, bad, words) => {
  test.each(shareOf(sayAll, 5, name))('$title: refused with the limit, its neighbours taken', async (sample) => {
    const { format } = sample;
    const service = randomUUID();
    const good = (message: string): SampleEvent => ({ message, service });
    const events = [good('first'), { ...good('bad'), ...bad }, good('last')];
    const answer = await send(sample, encodeContent(format.encode(events), format.encoding));
    // A partial success, but for Loki, which takes the good and answers 400.
    expect([200, 202, 400]).toContain(answer.status);
    expect(answer.text).toMatch(words);
    const found = await eventually(async () => {
      const stored = await allEvents(server, `service=${service}`);
      return stored.length > 1 ? stored : undefined;
    });
    expect(found.map(({ message }) => message).sort()).toEqual(['first', 'last']);
  });
});

test.each(sampleFormats)('$title: too many events', async (sample) => {
  const { format } = sample;
  const body = encodeContent(format.encodeMany(DEFAULT_LIMITS.batchEventsMax + 1), format.encoding);
  const { status, words } = await refusal(sample, body);
  expect(status).toBe(413);
  expect(words).toContain('limits.batchEventsMax');
});

describe('HTTP that is none', () => {
  const [sample] = sampleFormats as [SampleRoute];
  const good = sample.format.encode([{ message: 'good' }]).toString('latin1');
  const whole = headText(sample, { 'content-length': String(good.length) }) + good;
  const get = (more: string) => `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`;
  const post = (more: Record<string, string>, body = good) => headText(sample, more) + body;

  const manyHeaders = Array.from({ length: 3000 }, (_, i) => `x-${i}: y\r\n`).join('');
  test.each<[string, string, number]>([
    ['too many headers', get(manyHeaders), 431],
    ['a header of 300 KB', get(`x: ${'y'.repeat(300_000)}\r\n`), 431],
    ['a path of 300 KB', `GET /${'y'.repeat(300_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['a Content-Length of letters', post({ 'content-length': 'abc' }), 400],
    ['a negative Content-Length', post({ 'content-length': '-1' }), 400],
    ['a Content-Length beyond all numbers', post({ 'content-length': '9'.repeat(40) }), 400],
    ['two lengths', post({ 'content-length': '1', 'Content-Length': '2' }), 400],
    ['a length and chunks', post({ 'content-length': '3', 'transfer-encoding': 'chunked' }), 400],
    ['a chunk size of letters', post({ 'transfer-encoding': 'chunked' }, 'zz\r\n'), 400],
    ['a chunk size beyond all numbers', post({ 'transfer-encoding': 'chunked' }, `${'f'.repeat(20)}\r\n`), 400],
    ['a header without a name', get(': x\r\n'), 400],
    ['a NUL in a header', get('x: a\0b\r\n'), 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['HTTP/2 without a greeting', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['noise', 'ö'.repeat(1000), 400],
  ])('%s is refused and the connection closed', async (_, bytes, status) => {
    const connection = await openRaw(server);
    await connection.write(Buffer.from(bytes, 'latin1'));
    expect(readAnswers(await connection.closed).map((answer) => answer.status)).toEqual([status]);
  });

  test('a body that ends before its length', async () => {
    const connection = await openRaw(server);
    await connection.write(post({ 'content-length': String(good.length + 10) }));
    connection.end();
    expect(readAnswers(await connection.closed).map(({ status }) => status)).toEqual([400]);
  });

  test('a good request, then noise', async () => {
    const connection = await openRaw(server);
    await connection.write(`${whole}\0\0 noise \r\n\r\n`);
    // Node ends the connection at the noise, which may be before the answer to the first was there.
    expect(readAnswers(await connection.closed).at(-1)!.status).toBe(400);
  });

  test('a thousand in one breath are answered in their order', async () => {
    const connection = await openRaw(server);
    const id = (i: number) =>
      headText(sample, { 'content-length': String(good.length), 'x-request-id': `r${i}` }) + good;
    const last = headText(sample, {
      'content-length': String(good.length),
      'x-request-id': 'last',
      connection: 'close',
    });
    await connection.write(Array.from({ length: 1000 }, (_, i) => id(i)).join('') + last + good);
    const answers = readAnswers(await connection.closed);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = [...Array.from({ length: 1000 }, (_, i) => `r${i}`), 'last'];
    expect(answers.map(({ headers }) => headers['x-request-id'])).toEqual(ids);
  });

  // https://www.rfc-editor.org/rfc/rfc7540#section-3.2: Java's HttpClient offers it with every first request.
  test('an offer to change to HTTP/2 is not taken, the request is', async () => {
    const offer = {
      connection: 'Upgrade, HTTP2-Settings, close',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQAAP__',
    };
    for (const each of sampleFormats) {
      const body = encodeContent(each.format.encode([{ message: 'good' }]), each.format.encoding);
      const connection = await openRaw(server);
      await connection.write(headText(each, { ...offer, 'content-length': String(body.length) }));
      await connection.write(body);
      const [answer] = readAnswers(await connection.closed);
      expect([200, 201, 202, 204], each.title).toContain(answer!.status);
    }
  });
});

describe('afterwards', () => {
  test('slow senders were cut off', async () => {
    for (const connection of slow) {
      expect(readAnswers(await connection.closed).map(({ status }) => status)).toEqual([408]);
    }
  });

  test('the server is as it was, and about as large', async () => {
    for (const sample of sampleFormats) await sendGood(sample);
    const found = await eventually(async () => {
      const events = await allEvents(server, 'service=good');
      return events.length >= 2 * sayAll.length ? events : undefined;
    });
    expect(found.length).toBeGreaterThan(0);
    expect(server.child.exitCode).toBeNull();
    expect((await call(server, 'GET /readyz?part=journal')).status).toBe(200);
    expect(server.stderr()).not.toMatch(/failed|died|at file/);
    expect(memoryBytes('VmHWM') - bytesBefore).toBeLessThan(GROWTH_BYTES_MAX);
  });
});
