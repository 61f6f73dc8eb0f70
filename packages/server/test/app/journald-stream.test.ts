import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRaw } from '../support/http-call.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/** Bodies without an end, as systemd-journal-upload sends them, to a server that takes bodies of 1 MiB. */
const BODY_BYTES_MAX = 1 << 20;
const REQUEST_TIMEOUT_MS = 1000;
let server: SpawnedServer;

const start = (dataDir?: string) =>
  spawnServer({
    ...(dataDir === undefined ? {} : { dataDir }),
    args: ['--receivers-journald-http', '0'],
    env: {
      TAILWATER_LIMITS_BODY_BYTES_MAX: String(BODY_BYTES_MAX),
      TAILWATER_HTTP_HEADERS_TIMEOUT_MS: `${REQUEST_TIMEOUT_MS}ms`,
      TAILWATER_HTTP_REQUEST_TIMEOUT_MS: `${REQUEST_TIMEOUT_MS}ms`,
      TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
    },
  });
beforeAll(async () => {
  server = await start();
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

/** `padBytes` of a field that holds the empty lines that end events elsewhere. */
function event(service: string, i: number, padBytes = 0): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padBytes));
  return Buffer.concat([
    Buffer.from(`SYSLOG_IDENTIFIER=${service}\nMESSAGE=order ${i}\nPAD\n`),
    size,
    Buffer.alloc(padBytes, 'x\n\n'),
    Buffer.from('\n\n'),
  ]);
}

/** A request that is left open. */
function open(headers: Record<string, string> = {}, port = server.httpPort) {
  const outgoing = httpRequest({
    ...{ host: '127.0.0.1', port, method: 'POST', path: '/upload', agent: false },
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'transfer-encoding': 'chunked', ...headers },
  });
  const answer = (async () => {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
  })();
  answer.catch(() => {});
  outgoing.on('error', () => {});
  outgoing.setMaxListeners(0);
  outgoing.flushHeaders();
  return { outgoing, answer };
}

async function write(outgoing: ClientRequest, bytes: Buffer): Promise<void> {
  if (!outgoing.write(bytes)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
}

const messages = (service: string, count: number, org?: string) =>
  eventually(async () => {
    const found = await allEvents(server, `service=${service}&order=asc`, org);
    return found.length >= count ? found.map(({ message }) => message).sort() : undefined;
  });
const orders = (count: number) => Array.from({ length: count }, (_, i) => `order ${i}`).sort();

async function makeOrg(id: string, ingestQuota: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await request(server, '/api/orgs', { method: 'POST', headers, body: JSON.stringify({ id, name: id }) });
  const body = JSON.stringify({ ingest_quota: ingestQuota });
  const answer = await request(server, `/api/orgs/${id}`, { method: 'PATCH', headers, body });
  expect(answer.status).toBe(200);
}

test('more than ten times the limit in one request, on the port of its own', async () => {
  const ports = server.ready.listeners as Record<string, number>;
  const { outgoing, answer } = open({}, ports['journald.http']);
  for (let i = 0; i < 40; i++) await write(outgoing, event('backlog', i, 300 << 10));
  outgoing.end();
  expect(await answer).toMatchObject({ status: 202, text: 'OK.\n' });
  expect(await messages('backlog', 40)).toEqual(orders(40));
});

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('%s, each chunk by itself', async (encoding, compress) => {
  const { outgoing, answer } = open({ 'content-encoding': encoding });
  for (let i = 0; i < 32; i++) await write(outgoing, compress(event(encoding, i, 64 << 10)));
  outgoing.end();
  expect(await answer).toMatchObject({ status: 202, text: 'OK.\n' });
  expect(await messages(encoding, 32)).toEqual(orders(32));
});

test('a request that stays open: events are found while it does, however long it says nothing', async () => {
  const { outgoing, answer } = open();
  // Node looks for requests over their time every two seconds.
  await new Promise((resolve) => setTimeout(resolve, REQUEST_TIMEOUT_MS + 2500));
  for (let i = 0; i < 2; i++) {
    await write(outgoing, Buffer.concat([event('follow', i), Buffer.from('MESSAGE=')]));
    expect(await messages('follow', i + 1)).toEqual(orders(i + 1));
    await write(outgoing, Buffer.from('x\n\n'));
  }
  outgoing.end();
  expect(await answer).toMatchObject({ status: 202, text: 'OK.\n' });
});

test('one that never finishes its first event has no longer than others', async () => {
  const connection = await openRaw(server);
  await connection.write(
    `POST /upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ntransfer-encoding: chunked\r\n\r\n8\r\nMESSAGE=\r\n`,
  );
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
});

test('a sender that is gone half-way: whole events stay, and the rest is shown', async () => {
  const { outgoing } = open();
  await write(outgoing, Buffer.concat([event('cut', 0), event('cut', 1), event('cut', 2, 100).subarray(0, -50)]));
  await new Promise((resolve) => setTimeout(resolve, 100));
  outgoing.destroy();
  expect(await messages('cut', 2)).toEqual(orders(2));
  const attempts = await request(server, '/api/ingest/attempts?receiver=journald');
  expect(await attempts.json()).toMatchObject({
    attempts: expect.arrayContaining([
      expect.objectContaining({ reason: expect.stringMatching(/ended before its length; the 2 events before/) }),
    ]),
  });
});

test('an event over the limit, and noise: what was before stays', async () => {
  for (const [service, bad, reason] of [
    ['large', event('large', 1, BODY_BYTES_MAX * 3), /limits\.bodyBytesMax.*the 1 events before that were accepted/],
    ['noise', Buffer.from('<html>\n\n'), /expected NAME=value.*the 1 events before that were accepted/],
  ] as const) {
    const { outgoing, answer } = open();
    await write(outgoing, event(service, 0));
    expect(await messages(service, 1)).toEqual(orders(1));
    await write(outgoing, bad);
    outgoing.end();
    const { status, text } = await answer;
    expect(status).toBe(service === 'large' ? 413 : 400);
    expect(text).toMatch(reason);
    expect(await messages(service, 1)).toEqual(orders(1));
  }
});

test('a rate that is used up half-way slows the sender; nothing is refused', async () => {
  // Five seconds of it may come at once.
  await makeOrg('slow', { bytes_per_second: 250_000 });
  const { outgoing, answer } = open({ 'x-scope-orgid': 'slow' });
  for (let i = 0; i < 28; i++) await write(outgoing, event('rate', i, 64 << 10));
  outgoing.end();
  expect(await answer).toMatchObject({ status: 202, text: 'OK.\n' });
  expect(await messages('rate', 28, 'slow')).toEqual(orders(28));
});

test('a day that is used up half-way: 429, and what was before stays', async () => {
  await makeOrg('small', { events_per_day: 20 });
  const { outgoing, answer } = open({ 'x-scope-orgid': 'small' });
  for (let i = 0; i < 60; i++) await write(outgoing, event('day', i, 64 << 10));
  outgoing.end();
  const { status, headers, text } = await answer;
  expect(status).toBe(429);
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
  const taken = Number(/the (\d+) events before that were accepted/.exec(text)![1]);
  expect(taken).toBeGreaterThanOrEqual(20);
  expect(await messages('day', taken, 'small')).toHaveLength(taken);
});

test('the stop of the server: whole events are taken before it, and are not taken twice when they come again', async () => {
  const pad = 1000;
  const { outgoing, answer } = open();
  await write(outgoing, Buffer.concat([event('stop', 0, pad), event('stop', 1, pad), Buffer.from('MESSAGE=')]));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await server.stop()).toBe(0);
  expect(await answer).toMatchObject({ status: 503, text: expect.stringContaining('the 2 events before') });
  expect(server.stderr()).not.toMatch(/did not close in time/);
  server = await start(server.dataDir);
  expect(await messages('stop', 2)).toEqual(orders(2));
  const again = open();
  again.outgoing.end(Buffer.concat([0, 1, 2].map((i) => event('stop', i, pad))));
  expect(await again.answer).toMatchObject({ status: 202, text: 'OK.\n' });
  expect(await messages('stop', 3)).toEqual(orders(3));
});

test('after a kill as well', async () => {
  const { outgoing } = open();
  for (let i = 0; i < 20; i++) await write(outgoing, event('kill', i, 64 << 10));
  await write(outgoing, Buffer.from('MESSAGE='));
  // All is flushed, and remembered, when the last of them is found.
  expect(await messages('kill', 20)).toEqual(orders(20));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.kill();
  server = await start(server.dataDir);
  const again = open();
  for (let i = 0; i < 40; i++) await write(again.outgoing, event('kill', i, 64 << 10));
  again.outgoing.end();
  expect(await again.answer).toMatchObject({ status: 202, text: 'OK.\n' });
  expect(await messages('kill', 40)).toEqual(orders(40));
});
