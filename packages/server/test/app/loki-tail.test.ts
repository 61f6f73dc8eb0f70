import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveTailOptions } from '../../src/consumers/live-tail/live-tail.ts';
import { listApiKeys, revokeApiKey } from '../../src/control/api-keys.ts';
import { DEFAULT_LOGQL_SETTINGS } from '../../src/control/logql-settings.ts';
import { updateOrgSettings } from '../../src/control/orgs.ts';
import type { EventStore } from '../../src/stores/store.ts';
import { frameOf, openTestStore, type SampleEvent, type TestStore } from './api-fixture.ts';
import { openTailJournal, type TailJournal, until } from './tail-fixture.ts';
import { openTailServer, type TailServer, writeToStore } from './tail-server.ts';

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
  await testStore.store.command('TRUNCATE TABLE tailwater.streams_hourly');
});
afterEach(async () => {
  await stopWriting();
  stopWriting = async () => {};
  await server.close();
  await journal.close();
  expect(server.faults).toEqual([]);
});

async function start(options: Partial<LiveTailOptions> = {}, store: EventStore = testStore.store): Promise<void> {
  journal = await openTailJournal({ segmentBytes: 1 << 20 });
  server = await openTailServer(journal, store, options);
}

interface Frame {
  streams: { stream: Record<string, string>; values: [ns: string, line: string, categories?: object][] }[];
  dropped_entries?: { labels: Record<string, string>; timestamp: string }[];
  encodingFlags?: string[];
}

/** A client as Grafana and logcli are: it reads text messages of JSON. */
interface Client {
  socket: WebSocket;
  frames: Frame[];
  lines(): string[];
  pings: number;
  end: { code: number; reason: string } | null;
}

interface Refusal {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

function dial(
  query: string | Record<string, string>,
  headers: Record<string, string> = {},
  key: string | null = server.keys.acme,
): Promise<Client | Refusal> {
  const search = new URLSearchParams(typeof query === 'string' ? { query } : query);
  const auth: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/loki/api/v1/tail?${search}`, {
    headers: { ...auth, ...headers },
  });
  const client: Client = {
    socket,
    frames: [],
    lines: () =>
      client.frames.flatMap(({ streams }) => streams.flatMap(({ values }) => values.map(([, line]) => line))),
    pings: 0,
    end: null,
  };
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', async (_, response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, text });
    });
    socket.on('error', reject);
    socket.on('message', (data, isBinary) => {
      if (isBinary) reject(new Error('a binary message'));
      client.frames.push(JSON.parse(data.toString()) as Frame);
    });
    socket.on('ping', () => client.pings++);
    socket.on('close', (code, reason) => {
      client.end = { code, reason: reason.toString() };
    });
    socket.on('open', () => resolve(client));
  });
}

async function connect(...args: Parameters<typeof dial>): Promise<Client> {
  const client = await dial(...args);
  if ('status' in client) throw new Error(`refused: ${client.status} ${client.text}`);
  return client;
}

/** Connects, and waits until what is appended from now on comes live. */
async function connectLive(...args: Parameters<typeof dial>): Promise<Client> {
  const client = await connect(...args);
  const before = server.liveTail.counts.events;
  await append([{ message: 'probe', labels: { app: 'web' } }]);
  await until(() => client.lines().includes('probe') || server.liveTail.counts.events > before, 'the probe');
  return client;
}

const append = (events: readonly SampleEvent[], orgId = 'acme') => journal.appendPayload(frameOf(orgId, events));
const web = (message: string, more: SampleEvent = {}): SampleEvent => ({ message, labels: { app: 'web' }, ...more });
const texts = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => `line ${first + i}`);

test('the newest stored lines come first, in the order of time, then what is new', async () => {
  await start();
  stopWriting = await writeToStore(journal, testStore.store, server.stored);
  const baseNs = BigInt(Date.now() - 60_000) * 1_000_000n;
  await append(texts(1, 10).map((text, i) => web(text, { timestampNs: baseNs + BigInt(i) })));
  await append([{ message: 'of another stream', labels: { app: 'db' } }]);
  await append([web('of another org')], 'other');
  await until(() => server.stored.position === 4, 'the store');
  const client = await connect({ query: '{app="web"} |= "line"', limit: '3' });
  await until(() => client.lines().length === 3, 'the replay');
  await append([web('line 11'), web('no match'), { message: 'line of db', labels: { app: 'db' } }]);
  await append([web('line of another org')], 'other');
  await append([web('line 12')]);
  await until(() => client.lines().length === 5, 'live lines');
  expect(client.lines()).toEqual(texts(8, 12));
  expect(client.frames[0]!.streams[0]).toMatchObject({
    stream: { app: 'web', service_name: 'unknown_service', detected_level: 'info' },
    values: [[String(baseNs + 7n), 'line 8']],
  });
  expect(client.frames.flatMap(({ dropped_entries = [] }) => dropped_entries)).toEqual([]);
});

test('a line reads the same whether it comes live or from the store', async () => {
  await start();
  stopWriting = await writeToStore(journal, testStore.store, server.stored);
  const flags = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  const query = '{app="web"} | json';
  const live = await connect(query, flags);
  const events: SampleEvent[] = [
    web('{"a":1.50,"b":{"c":"x"}}', {
      labels: { app: 'web', 'k8s.pod.name': 'p-1', 'os.type': 'linux', 'team name': 'core' },
      timestampNs: BigInt(Date.now()) * 1_000_000n + 123_456n,
      service: 'api',
      logType: 'app',
      severityNumber: 17,
      durationMs: 1e21,
      cost: 0.000_000_1,
      userId: 'u-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      attributes: {
        count: { kind: 'number', text: '12345678901234567890.50' },
        'http.status': { kind: 'string', text: '200' },
        flag: { kind: 'bool', text: 'true' },
        nested: { kind: 'json', text: '{"a":[1,2]}' },
        app: { kind: 'string', text: 'taken' },
        empty: { kind: 'string', text: '' },
      },
    }),
    web('plain\ntext', { durationMs: 17.25, severityNumber: 2, timestampNs: BigInt(Date.now()) * 1_000_000n }),
    web('plain', { durationMs: -0, severityNumber: 0, timestampNs: BigInt(Date.now() + 1) * 1_000_000n }),
  ];
  await append(events);
  await until(() => live.lines().length === 3, 'three lines');
  await until(() => server.stored.position === 2, 'the store');
  const replayed = await connect(query, flags);
  await until(() => replayed.lines().length === 3, 'the replay');
  const byTime = (client: Client) =>
    client.frames.flatMap(({ streams }) => streams).sort((a, b) => (a.values[0]![0] < b.values[0]![0] ? -1 : 1));
  expect(byTime(replayed)).toEqual(byTime(live));
  expect(live.frames[0]!.encodingFlags).toEqual(['categorize-labels']);
  expect(JSON.stringify(live.frames)).toContain('"count":"12345678901234567890.50"');
  expect(JSON.stringify(live.frames)).toContain('"parsed":{"a":"1.50","b_c":"x"}');
});

test('between replay and live there is no gap and no double, while events are written and trimmed', async () => {
  await start();
  stopWriting = await writeToStore(journal, testStore.store, server.stored);
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    for (; isSending && sent < 100_000; sent += 20) {
      const nowNs = BigInt(Date.now()) * 1_000_000n;
      await append(texts(sent + 1, sent + 20).map((text, i) => web(text, { timestampNs: nowNs + BigInt(i) })));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const clients: Client[] = [];
  for (let i = 0; i < 8; i++) {
    await until(() => sent > (i + 1) * 100, 'more events');
    clients.push(await connect({ query: '{app="web"}', limit: '200' }));
    await until(() => clients[i]!.frames.length > 0, 'the first frame');
  }
  isSending = false;
  await sending;
  await until(() => clients.every((client) => client.lines().at(-1) === `line ${sent}`), 'the last line');
  for (const client of clients) {
    const lines = client.lines();
    expect(lines).toEqual(texts(sent - lines.length + 1, sent));
  }
});

describe('before the handshake', () => {
  test.each<
    [name: string, query: Record<string, string>, headers: Record<string, string>, status: number, text: RegExp]
  >([
    ['a query that cannot be parsed', { query: '{app="web"' }, {}, 400, /^parse error at line 1, col \d+: /],
    ['no query', {}, {}, 400, /^parse error/],
    ['a metric query', { query: 'rate({app="web"}[1m])' }, {}, 400, /^only log selector is supported$/],
    ['too long a delay', { query: '{a="b"}', delay_for: '6' }, {}, 400, /^delay_for can't be greater than 5$/],
    ['several orgs', { query: '{a="b"}' }, { 'x-scope-orgid': 'a|b' }, 400, /^multiple org IDs present$/],
    ['a bad expression', { query: '{a="b"} |~ "("' }, {}, 400, /missing closing \)/],
  ])('%s is refused in plain text', async (_, query, headers, status, text) => {
    await start();
    const refusal = (await dial(query, headers)) as Refusal;
    expect(refusal).toMatchObject({ status, text: expect.stringMatching(text) });
    expect(refusal.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(server.liveTail.counts.subscriptions).toBe(0);
  });

  test.each([
    ['no key', null, 401],
    ['a wrong key', 'tw_wrong', 401],
    ['a key for ingest', 'acmeIngest', 403],
  ])('%s is refused', async (_, who, status) => {
    await start();
    const key = who === null ? null : (server.keys[who as 'acme'] ?? who);
    expect(await dial('{app="web"}', {}, key)).toMatchObject({ status });
  });
});

test('an org has its number of tails, told as Loki tells it', async () => {
  await start();
  await updateOrgSettings(server.control, 'acme', { settings: { loki: { ...DEFAULT_LOGQL_SETTINGS, tailsMax: 2 } } });
  const first = await connect('{app="web"}');
  await connect('{app="web"}');
  const third = await connect('{app="web"}');
  await until(() => third.end !== null, 'the end of the third');
  expect(third.end).toEqual({
    code: 1011,
    reason: 'max concurrent tail requests limit exceeded, count > limit (3 > 2)',
  });
  first.socket.close(1000);
  await until(() => first.end?.code === 1000 && server.liveTail.counts.subscriptions < 2, 'a free place');
  const fourth = await connectLive('{app="web"}');
  expect(fourth.end).toBeNull();
});

test('there is a ping every second', async () => {
  await start();
  const client = await connect('{app="web"}');
  await until(() => client.pings >= 2, 'two pings');
});

test('lines are held back for as long as it is asked, and sorted by their time', async () => {
  await start();
  const client = await connect({ query: '{app="web"}', delay_for: '1' });
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  await append([web('second', { timestampNs: nowNs }), web('first', { timestampNs: nowNs - 1n })]);
  await until(() => client.lines().length === 2, 'both lines');
  expect(client.lines()).toEqual(['first', 'second']);
});

test('a key that is revoked reads on no longer', async () => {
  await start();
  const client = await connect('{app="web"}');
  const [key] = (await listApiKeys(server.control, 'acme')).filter(({ scopes }) => scopes.includes('query'));
  await revokeApiKey(server.control, key!.id, 'acme');
  await until(() => client.end !== null, 'the end');
  expect(client.end).toEqual({ code: 1011, reason: 'the API key is no longer good' });
});

test('when the server stops, readers see a broken connection, after which they come back', async () => {
  await start();
  const client = await connect('{app="web"}');
  await until(() => server.liveTail.counts.subscriptions === 1, 'the subscription');
  await server.liveTail.close();
  await until(() => client.end !== null, 'the end');
  expect(client.end).toEqual({ code: 1006, reason: '' });
});

test('a store that is not known yet ends the tail with a reason', async () => {
  await start();
  server.stored.position = null;
  const client = await connect('{app="web"}');
  await until(() => client.end !== null, 'the end');
  expect(client.end).toEqual({ code: 1011, reason: expect.stringContaining('event store') });
  expect(server.faults.splice(0)).toHaveLength(1);
});

test('a reader that stands still is told how many events were dropped', async () => {
  await start({ limits: { windowEvents: 20, stallMsMax: 50 } });
  const client = await connectLive('{app="web"}');
  client.socket.pause();
  const big = 'x'.repeat(100_000);
  for (let i = 0; i < 200; i++) await append([web(`${i} ${big}`)]);
  await until(() => server.liveTail.counts.events > 0, 'events');
  await new Promise((resolve) => setTimeout(resolve, 500));
  client.socket.resume();
  for (let i = 0; i < 3; i++) await append([web(`after ${i}`)]);
  await until(() => client.frames.some((frame) => frame.dropped_entries !== undefined), 'the number of dropped events');
  const [entry] = client.frames.flatMap(({ dropped_entries = [] }) => dropped_entries);
  expect(entry).toEqual({
    labels: { dropped_events: expect.stringMatching(/^at most \d+$/) },
    timestamp: expect.stringMatching(/^\d{13}000000$/),
  });
});

test('other WebSockets are refused as before', async () => {
  await start();
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/loki/api/v1/nothing`);
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    socket.on('error', () => {});
  });
  expect(status).toBe(404);
  socket.terminate();
});
