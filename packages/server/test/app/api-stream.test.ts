import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventPageSchema, eventSchema } from '../../src/api/wire/event.ts';
import { eventually } from '../support/server.ts';
import { openTestApi, openTestStore, type TestApi, type TestStore } from './api-fixture.ts';

/** Many events: pages by cursor and streams, on the embedded engine. */
let opened: TestStore;
let api: TestApi;

const START_MS = Date.now() - 3_600_000;
const at = (ms: number) => BigInt(START_MS + ms) * 1_000_000n;

beforeAll(async () => {
  opened = await openTestStore();
  api = await openTestApi(opened.store);
});
afterAll(async () => {
  await api?.close();
  await opened?.close();
});

async function page(query: string, headers: Record<string, string>) {
  const response = await api.app.inject({ url: `/api/logs?${query}`, headers });
  expect(response.statusCode, response.body).toBe(200);
  return eventPageSchema.parse(response.json());
}

test.each(['asc', 'desc'])('pages by cursor, %s: each event once while others keep arriving', async (order) => {
  const org = `paged-${order}`;
  const key = await api.keyOf(org, ['query']);
  const nodes = [0, 1, 65_535];
  let made = 0;
  const insertSome = async () => {
    // Few different times, so that most of the order is by place; frames of three nodes interleave.
    const events = Array.from({ length: 40 }, (_, i) => ({ message: `n${made + i}`, timestampNs: at((made + i) % 3) }));
    made += 40;
    await opened.insert(org, events, { node: nodes[made % 3]!, frame: 2 ** 40 + made });
  };
  for (let i = 0; i < 4; i++) await insertSome();
  const before = made;
  const seen: { message: string; timestamp: string; event_id: string }[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 100; pages++) {
    const answer = await page(`order=${order}&page_size=7${cursor && `&cursor=${cursor}`}`, key);
    seen.push(...answer.events);
    cursor = answer.next_cursor;
    if (pages < 3) await insertSome();
  }
  expect(cursor).toBeNull();
  expect(new Set(seen.map(({ event_id }) => event_id)).size).toBe(seen.length);
  const messages = new Set(seen.map(({ message }) => message));
  expect(Array.from({ length: before }, (_, i) => `n${i}`).filter((message) => !messages.has(message))).toEqual([]);
  const keys = seen.map(({ timestamp, event_id }) => timestamp + event_id);
  expect(keys).toEqual(order === 'asc' ? keys.toSorted() : keys.toSorted().reverse());
});

describe('application/x-ndjson', () => {
  const COUNT = 30_000;
  let streamKey: Record<string, string>;
  let port: number;

  beforeAll(async () => {
    streamKey = { ...(await api.keyOf('stream', ['query'])), accept: 'application/x-ndjson' };
    const events = Array.from({ length: COUNT }, (_, i) => ({
      message: `n${i} ${'x'.repeat(400)}`,
      timestampNs: at(i),
    }));
    await opened.insert('stream', events);
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    port = (api.app.server.address() as AddressInfo).port;
  });

  /** Opens the stream and reads nothing of it yet. */
  const open = (path: string) =>
    new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest({ port, host: '127.0.0.1', path, headers: streamKey, agent: false });
      outgoing.once('response', resolve).once('error', reject).end();
    });

  test('every event that matches, one a line, in order', async () => {
    const response = await open('/api/logs?order=asc');
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    expect(response.headers['x-request-id']).toBeTruthy();
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    const lines = body.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.length).toBe(COUNT);
    lines.forEach((line, i) => {
      if (i % 1000 === 0) expect(eventSchema.parse(JSON.parse(line)).message).toMatch(`n${i} `);
    });
  });

  test('nothing that matches is an empty stream; a bad filter is a plain error', async () => {
    const empty = await api.app.inject({ url: '/api/logs?q=nosuchword', headers: streamKey });
    expect([empty.statusCode, empty.body]).toEqual([200, '']);
    const bad = await api.app.inject({ url: '/api/logs?bogus=1', headers: streamKey });
    expect([bad.statusCode, bad.json().error.field]).toEqual([400, 'bogus']);
  });

  test('a client that does not read holds no query open, and still gets everything', async () => {
    const response = await open('/api/logs?order=desc');
    const sql = "SELECT count() AS n FROM system.processes WHERE query LIKE '%ts_ns%' AND query NOT LIKE '%processes%'";
    await eventually(async () => {
      for await (const [row] of opened.store.select<{ n: string }>({ sql, params: {} }, {}))
        if (row!.n === '0') return true;
      return undefined;
    });
    let lines = 0;
    for await (const chunk of response as AsyncIterable<Buffer>)
      lines += chunk.toString('latin1').split('\n').length - 1;
    expect(lines).toBe(COUNT);
  });

  test('a client that goes away ends the stream', async () => {
    const response = await open('/api/logs');
    await new Promise((resolve) => response.once('readable', resolve));
    response.destroy();
    const connections = () => new Promise<number>((done) => api.app.server.getConnections((_, count) => done(count)));
    await eventually(async () => ((await connections()) === 0 ? true : undefined));
    expect(api.faults).toEqual([]);
  });
});

test('an error half-way through a stream: a last line that says so, and a connection that breaks off', async () => {
  const ownStore = await openTestStore();
  const ownApi = await openTestApi(ownStore.store);
  try {
    const key = { ...(await ownApi.keyOf('stream', ['query'])), accept: 'application/x-ndjson' };
    // More than the sockets between hold, so that the stream is under way when the store ends.
    await ownStore.insert(
      'stream',
      Array.from({ length: 20_000 }, (_, i) => ({ message: `n${i} ${'x'.repeat(1000)}` })),
    );
    await ownApi.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = ownApi.app.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/api/logs`, { headers: key });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let body = (await reader.read()).value!;
    await ownStore.engine.stop();
    const readAll = async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) body += next.value;
    };
    await expect(readAll()).rejects.toThrow();
    expect(JSON.parse(body.trimEnd().split('\n').at(-1)!)).toEqual({
      error: {
        code: 'store_unavailable',
        message: expect.any(String),
        request_id: response.headers.get('x-request-id'),
      },
    });
    expect(ownApi.faults.length).toBe(1);
  } finally {
    await ownApi.close();
    await ownStore.close();
  }
});
