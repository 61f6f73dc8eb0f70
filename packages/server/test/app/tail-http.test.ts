import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LiveTailOptions } from '../../src/consumers/live-tail/live-tail.ts';
import { listApiKeys, revokeApiKey } from '../../src/control/api-keys.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { openTestStore, type TestStore } from './api-fixture.ts';
import { numbered, openTailJournal, type TailJournal, type TailSample, until } from './tail-fixture.ts';
import {
  openSse,
  openTailServer,
  openWebSocket,
  type Refusal,
  type TailClient,
  type TailServer,
  writeToStore,
} from './tail-server.ts';

let testStore: TestStore;
let journal: TailJournal;
let server: TailServer;
let stopWriting = async () => {};

beforeAll(async () => {
  testStore = await openTestStore();
});
afterAll(() => testStore.close());
beforeEach(async () => {
  await testStore.store.command('TRUNCATE TABLE tailwater.events');
});
afterEach(async () => {
  await stopWriting();
  stopWriting = async () => {};
  await server.close();
  await journal.close();
  expect(server.faults).toEqual([]);
});

async function start(options: Partial<LiveTailOptions> = {}, segmentBytes = 1 << 20): Promise<void> {
  journal = await openTailJournal({ segmentBytes });
  server = await openTailServer(journal, testStore.store, options);
}

type Transport = typeof openSse | typeof openWebSocket;
const TRANSPORTS: readonly [string, Transport][] = [
  ['server-sent events', openSse],
  ['WebSocket', openWebSocket],
];

async function connect(open: Transport, key: string, query = '', headers = {}): Promise<TailClient> {
  const client = await open(server, key, query, headers);
  if ('status' in client) throw new Error(`refused: ${JSON.stringify(client.body)}`);
  await until(() => client.backfilled !== null, 'ready');
  return client;
}

const refused = async (promise: Promise<TailClient | Refusal>): Promise<Refusal> => (await promise) as Refusal;
const texts = (first: number, last: number) => numbered(first, last).map(({ message }) => message);

describe.each(TRANSPORTS)('%s', (_, open) => {
  test('backfill comes first, oldest first, then what is new; all filtered, in the same words', async () => {
    await start();
    stopWriting = await writeToStore(journal, testStore.store, server.stored);
    const mixed = (from: number): TailSample[] =>
      numbered(from, from + 9).map((sample, i) => ({ ...sample, severityNumber: i % 2 === 0 ? 17 : 9 }));
    await journal.append('acme', mixed(1));
    await journal.append('other', numbered(100, 101));
    await until(() => server.stored.position === 3, 'the store');
    const client = await connect(open, server.keys.acme, '?severity=error&backfill=3');
    expect(client).toMatchObject({ messages: ['event 5', 'event 7', 'event 9'], backfilled: 3 });
    await journal.append('other', numbered(102, 103));
    await journal.append('acme', mixed(11));
    await until(() => client.messages.length === 8, 'five live events');
    expect(client.messages.slice(3)).toEqual(['event 11', 'event 13', 'event 15', 'event 17', 'event 19']);
    await until(() => server.stored.position === 5, 'the store again');
    const later = await connect(open, server.keys.acme, '?severity=error&backfill=5');
    expect(later.events).toEqual(client.events.slice(3));
    expect(client.missed).toEqual([]);
  });

  test('an org gets its own events only, also from the backfill', async () => {
    await start();
    await testStore.insert('acme', [{ message: 'old of acme' }], { node: 0, frame: 1 });
    await testStore.insert('other', [{ message: 'old of other' }], { node: 0, frame: 2 });
    const acme = await connect(open, server.keys.acme);
    const other = await connect(open, server.keys.other);
    await journal.append('acme', [{ message: 'new of acme' }]);
    await journal.append('other', [{ message: 'new of other' }]);
    await until(() => acme.messages.length === 2 && other.messages.length === 2, 'two events each');
    expect(acme.messages).toEqual(['old of acme', 'new of acme']);
    expect(other.messages).toEqual(['old of other', 'new of other']);
  });

  test.each([
    ['no key', null, '', 401, 'unauthenticated', undefined],
    ['a key in the query', null, '?key=KEY&api_key=KEY', 401, 'unauthenticated', undefined],
    ['a wrong key', 'tw_wrong', '', 401, 'unauthenticated', undefined],
    ['a key for ingest', 'acmeIngest', '', 403, 'forbidden', undefined],
    ['an unknown parameter', 'acme', '?sevrity=error', 400, 'invalid_parameter', 'sevrity'],
    ['a bad severity', 'acme', '?severity=loud', 400, 'invalid_parameter', 'severity'],
    ['too long a backfill', 'acme', '?backfill=1001', 400, 'invalid_parameter', 'backfill'],
    ['an unreadable search', 'acme', '?q=%22open', 400, 'invalid_query', 'q'],
  ])('%s is refused', async (_, who, query, status, code, field) => {
    await start();
    const key = who === null ? null : (server.keys[who as 'acme'] ?? who);
    const refusal = await refused(open(server, key, query.replaceAll('KEY', server.keys.acme)));
    expect(refusal.status).toBe(status);
    expect(refusal.body.error).toMatchObject({ code, request_id: refusal.headers['x-request-id'] });
    expect(refusal.body.error.field).toBe(field);
    expect(server.liveTail.counts.subscriptions).toBe(0);
  });

  test('an org has its number of tails, and those that left do not count', async () => {
    await start({ subscriptionsPerOrgMax: 2 });
    const first = await connect(open, server.keys.acme);
    await connect(open, server.keys.acme);
    const refusal = await refused(open(server, server.keys.acme));
    expect(refusal).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
    expect(refusal.headers['retry-after']).toBe('5');
    await connect(open, server.keys.other);
    first.close();
    await until(() => server.liveTail.counts.subscriptions === 2, 'the place');
    await connect(open, server.keys.acme);
  });

  test('a reader that stands still is told how many it missed; others get everything', async () => {
    await start({ limits: { stallMsMax: 0, countMsMax: 60_000, lagMsMax: 60_000 } }, 8 << 20);
    const slow = await connect(open, server.keys.acme, '?backfill=0');
    const quick = await connect(open, server.keys.acme, '?backfill=0');
    slow.pause();
    // Larger than what the socket's buffers on both sides hold, several MB.
    const padding = 'x'.repeat(20_000);
    let sent = 0;
    while (sent < 2000) {
      const frame = Array.from({ length: 20 }, () => ({ message: `${++sent} ${padding}` }));
      await journal.append('acme', frame);
      await until(() => quick.messages.length === sent, 'the quick reader');
    }
    slow.resume();
    await until(() => slow.missed.length > 0, 'the count');
    await journal.append('acme', [{ message: 'newest' }]);
    await until(() => slow.messages.at(-1) === 'newest', 'the newest event');
    expect(quick.missed).toEqual([]);
    const missed = slow.missed.reduce((sum, { count }) => sum + count!, 0);
    expect(missed).toBeGreaterThan(0);
    expect(slow.messages.length - 1 + missed).toBe(2000);
  });

  test('without an answering store there is no backfill, and a tail without one works', async () => {
    journal = await openTailJournal();
    const down = openClickHouseStore({ url: 'http://127.0.0.1:1', user: 'none', password: 'none' });
    server = await openTailServer(journal, down);
    const refusal = await refused(open(server, server.keys.acme));
    expect(refusal).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    server.stored.position = null;
    expect(await refused(open(server, server.keys.acme))).toMatchObject({ status: 503 });
    const client = await connect(open, server.keys.acme, '?backfill=0');
    await journal.append('acme', numbered(1, 2));
    await until(() => client.messages.length === 2, 'two events');
    expect(server.liveTail.counts.subscriptions).toBe(1);
    await down.close();
    expect(server.faults.splice(0)).toMatchObject([{ code: 'store_unavailable' }, { code: 'store_unavailable' }]);
  });
});

test('between backfill and live there is no gap and no double, while events are written and trimmed', async () => {
  await start({}, 64 << 10);
  stopWriting = await writeToStore(journal, testStore.store, server.stored);
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    for (; isSending && sent < 100_000; sent += 20) {
      await journal.append('acme', numbered(sent + 1, sent + 20));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const clients: TailClient[] = [];
  for (let i = 0; i < 20; i++) {
    await until(() => sent > (i + 1) * 100, 'more events');
    clients.push(await connect(i % 2 === 0 ? openSse : openWebSocket, server.keys.acme, '?backfill=200'));
  }
  isSending = false;
  await sending;
  await until(() => clients.every(({ messages }) => messages.at(-1) === `event ${sent}`), 'the last event');
  for (const { messages, missed, backfilled } of clients) {
    expect(missed).toEqual([]);
    // Events of one millisecond have one timestamp, and the store's order among those is the journal's.
    expect(messages).toEqual(texts(sent - messages.length + 1, sent));
    expect(backfilled).toBeLessThanOrEqual(200);
  }
  expect(clients.filter(({ backfilled }) => backfilled! > 0).length).toBeGreaterThan(10);
});

test('Last-Event-ID resumes without gap or double, whatever the id was of', async () => {
  await start();
  const key = server.keys.acme;
  await journal.append('acme', numbered(1, 3));
  const first = await connect(openSse, key, '?backfill=0');
  const readyId = first.lastId;
  await journal.append('acme', numbered(4, 8));
  await until(() => first.messages.length === 5, 'five events');
  const ids = first.events.map((json) => (JSON.parse(json) as { event_id: string }).event_id);
  expect(first.lastId).toBe(ids.at(-1));
  const resumed = (id: string) => connect(openSse, key, '', { 'last-event-id': id });
  const atReady = await resumed(readyId);
  const midFrame = await resumed(ids[1]!);
  const atEnd = await resumed(ids[4]!);
  await journal.append('acme', numbered(9, 9));
  for (const client of [atReady, midFrame, atEnd]) {
    await until(() => client.messages.at(-1) === 'event 9', 'the last event');
    expect(client.missed).toEqual([]);
  }
  expect(atReady.messages).toEqual(texts(4, 9));
  expect(midFrame.messages).toEqual(texts(6, 9));
  expect(atEnd.messages).toEqual(texts(9, 9));
});

test.each(['0000000000000001000000', 'x', '0003000000009999000000'])(
  'Last-Event-ID %s is none of this journal: missed, nobody knows how many',
  async (id) => {
    await start();
    const client = await connect(openSse, server.keys.acme, '', { 'last-event-id': id });
    await journal.append('acme', numbered(1, 1));
    await until(() => client.messages.length === 1, 'the event');
    expect(client.missed).toEqual([{ count: null }]);
  },
);

test('a browser gives its key as a WebSocket protocol, and it is not echoed', async () => {
  await start();
  const protocols = ['tailwater', `tailwater.key.${server.keys.acme}`];
  const client = await openWebSocket(server, null, '', { protocols });
  if ('status' in client) throw new Error(`refused: ${JSON.stringify(client.body)}`);
  expect(client.socket.protocol).toBe('tailwater');
  expect(JSON.stringify(client.upgrade.rawHeaders)).not.toContain(server.keys.acme);
  const wrong = ['tailwater', 'tailwater.key.tw_wrong'];
  expect(await refused(openWebSocket(server, null, '', { protocols: wrong }))).toMatchObject({ status: 401 });
});

test('a key that is revoked ends its streams, and no others', async () => {
  await start();
  const { acme, other } = server.keys;
  const ending = [await connect(openSse, acme), await connect(openWebSocket, acme)];
  const staying = [await connect(openSse, other), await connect(openWebSocket, other)];
  const [key] = (await listApiKeys(server.control, 'acme')).filter(({ scopes }) => scopes.includes('query'));
  await revokeApiKey(server.control, key!.id, 'acme');
  await until(() => ending.every(({ end }) => end !== ''), 'the end');
  expect(ending.map(({ end }) => end)).toEqual(['ended', '1008']);
  await journal.append('other', numbered(1, 1));
  await until(() => staying.every(({ messages }) => messages.length === 1), 'the event');
  expect(staying.map(({ end }) => end)).toEqual(['', '']);
});

test('a session that signs out ends what it watches', async () => {
  await start();
  const origin = `http://127.0.0.1:${server.port}`;
  const headers = { origin, 'content-type': 'application/json' };
  const body = JSON.stringify({ key: server.keys.acme });
  const signedIn = await fetch(`${origin}/api/sessions`, { method: 'POST', headers, body });
  const session = { origin, cookie: signedIn.headers.get('set-cookie')!.split(';', 1)[0]! };
  const client = await openSse(server, null, '', session);
  if ('status' in client) throw new Error('refused');
  await fetch(`${origin}/api/sessions/current`, { method: 'DELETE', headers: session });
  await until(() => client.end !== '', 'the end');
  expect(client.end).toBe('ended');
});

test('there are no WebSockets elsewhere', async () => {
  await start();
  const refusal = await refused(openWebSocket(server, server.keys.acme, '', { path: '/api/logs' }));
  expect(refusal).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
});

test('a reader that says too much is cut off', async () => {
  await start();
  const client = await openWebSocket(server, server.keys.acme);
  if ('status' in client) throw new Error('refused');
  client.socket.send('x'.repeat(5000));
  await until(() => client.end !== '', 'the end');
  expect(client.end).toBe('1009');
  await until(() => server.liveTail.counts.subscriptions === 0, 'its place');
});

test('when the server stops, streams say so', async () => {
  await start();
  const events = await connect(openSse, server.keys.acme);
  const socket = await connect(openWebSocket, server.keys.acme);
  await server.liveTail.close();
  await until(() => events.end !== '' && socket.end !== '', 'the end');
  expect(events.end).toBe('closing');
  expect(socket.end).toBe('1001');
  expect(await refused(openSse(server, server.keys.acme))).toMatchObject({ status: 503 });
});
