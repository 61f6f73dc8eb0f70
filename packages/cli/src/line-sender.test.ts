import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from './api-client.ts';
import { LineSender, type LineSenderOptions } from './line-sender.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let url: string;
let bodies: string[][];
/** Those of the requests to come; after them everything is taken. */
let answers: Answer[];
let notes: string[];

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const taken = json(202, { accepted: 1, rejected: [], position: '1' });
const error = (status: number, headers: Record<string, string> = {}) =>
  json(status, { error: { code: 'x', message: 'not so' } }, headers);

beforeEach(async () => {
  bodies = [];
  answers = [];
  notes = [];
  server = createServer(async (request, response) => {
    expect([request.method, request.url, request.headers['content-type']]).toEqual([
      'POST',
      '/api/logs',
      'application/x-ndjson',
    ]);
    bodies.push((await text(request)).trimEnd().split('\n'));
    (answers.shift() ?? taken)(response, request);
  });
  await listen(0);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
const makeSender = (options: Partial<LineSenderOptions> = {}): LineSender =>
  new LineSender(new ApiClient(url), { note: (message) => notes.push(message), retryFirstMs: 10, ...options });
const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => `{"n":${from + i}}`);

async function until(check: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !check(); ) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await sleep(5);
  }
}

test('a line alone goes out after the wait', async () => {
  const sender = makeSender();
  const before = performance.now();
  sender.add('{"n":0}');
  await until(() => bodies.length === 1);
  expect(performance.now() - before).toBeGreaterThan(150);
  sender.add('{"n":1}');
  await until(() => bodies.length === 2);
  await sender.finish();
  expect([bodies, notes]).toEqual([[['{"n":0}'], ['{"n":1}']], []]);
});

test('many go out at once, 500 at a time, in their order', async () => {
  const sender = makeSender({ batchWaitMs: 60_000 });
  for (const line of lines(0, 1200)) sender.add(line);
  await until(() => bodies.length === 2);
  await sender.finish();
  expect(bodies.map(({ length }) => length)).toEqual([500, 500, 200]);
  expect(bodies.flat()).toEqual(lines(0, 1200));
});

test('long lines make smaller requests', async () => {
  const sender = makeSender();
  for (let i = 0; i < 6; i++) sender.add(JSON.stringify({ message: 'x'.repeat(400_000) }));
  await sender.finish();
  expect(bodies.map(({ length }) => length)).toEqual([2, 2, 2]);
});

test.each([429, 503, 507])('%i is tried again after Retry-After, and told once', async (status) => {
  answers = [error(status, { 'retry-after': '1' }), error(status)];
  const sender = makeSender();
  const before = performance.now();
  sender.add('{"n":0}');
  await until(() => bodies.length === 3);
  expect(performance.now() - before).toBeGreaterThan(1000);
  await sender.finish();
  expect(bodies).toEqual([['{"n":0}'], ['{"n":0}'], ['{"n":0}']]);
  expect(notes).toEqual([expect.stringContaining('not so')]);
});

test('a lost connection is tried again', async () => {
  answers = [(response) => response.destroy()];
  const sender = makeSender();
  sender.add('{"n":0}');
  await until(() => bodies.length === 2);
  await sender.finish();
  expect(notes).toHaveLength(1);
});

test.each([401, 403, 404])('%i ends the sending, told once', async (status) => {
  answers = [error(status)];
  const sender = makeSender();
  sender.add('{"n":0}');
  await until(() => notes.length === 1);
  for (const line of lines(1, 600)) sender.add(line);
  await sender.finish();
  expect(bodies).toHaveLength(1);
  expect(notes).toEqual([expect.stringContaining('not so'), '601 lines were not sent']);
});

test('400 loses one request, not the next', async () => {
  answers = [error(400)];
  const sender = makeSender();
  sender.add('{"n":0}');
  await until(() => notes.length === 1);
  sender.add('{"n":1}');
  await sender.finish();
  expect(bodies).toHaveLength(2);
  expect(notes.at(-1)).toBe('1 line was not sent');
});

test('lines that the server rejects are counted', async () => {
  answers = [json(202, { accepted: 1, rejected: [{ index: 0, error: 'no time' }], rejected_total: 3 })];
  const sender = makeSender();
  sender.add('{"n":0}');
  await sender.finish();
  expect(notes).toEqual([expect.stringContaining('no time'), '3 lines were not sent']);
});

test('nobody there: told once, the newest 10,000 kept and sent when somebody is', async () => {
  const port = Number(new URL(url).port);
  await new Promise((resolve) => server.close(resolve));
  const sender = makeSender();
  sender.add('{"n":-1}');
  await until(() => notes.length === 1);
  for (const line of lines(0, 10_100)) sender.add(line);
  await listen(port);
  await until(() => bodies.length > 0);
  await sender.finish();
  // The first was on its way when the others came.
  expect(bodies.flat()).toEqual(['{"n":-1}', ...lines(100, 10_000)]);
  expect(notes).toEqual([
    expect.stringMatching(/no Tailwater server answers.*passed through/),
    expect.stringContaining('dropped'),
    '100 lines were not sent',
  ]);
});

test('memory is bounded by size too', async () => {
  answers = [() => undefined];
  const sender = makeSender({ flushMs: 50 });
  sender.add('{"n":0}');
  await until(() => bodies.length === 1);
  for (let i = 0; i < 200; i++) sender.add('x'.repeat(262_144));
  expect(notes).toEqual([expect.stringContaining('dropped')]);
  await sender.finish();
  expect(notes.at(-1)).toBe('201 lines were not sent');
});

test('at the end nobody waits for a server that is gone', async () => {
  await new Promise((resolve) => server.close(resolve));
  const sender = makeSender({ retryFirstMs: 60_000 });
  for (const line of lines(0, 700)) sender.add(line);
  const before = performance.now();
  await sender.finish();
  expect(performance.now() - before).toBeLessThan(1000);
  expect(notes).toEqual([expect.stringContaining('no Tailwater server'), '700 lines were not sent']);
  await listen(0);
});

test.each([
  ['does not answer', () => undefined],
  ['takes nothing for now', error(503, { 'retry-after': '0' })],
] satisfies [string, Answer][])('at the end a server that %s is waited for, but not for long', async (_, answer) => {
  answers = Array.from({ length: 1000 }, () => answer);
  const sender = makeSender({ flushMs: 300, retryFirstMs: 20 });
  sender.add('{"n":0}');
  const before = performance.now();
  await sender.finish();
  const tookMs = performance.now() - before;
  expect([tookMs > 250, tookMs < 1500]).toEqual([true, true]);
  expect(notes.at(-1)).toBe('1 line was not sent');
});

test('nothing to send, nothing said', async () => {
  await makeSender().finish();
  expect([bodies, notes]).toEqual([[], []]);
});
