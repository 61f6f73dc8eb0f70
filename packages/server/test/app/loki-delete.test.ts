import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { request } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

const LINES = 200;
const nowMs = Date.now();
const server = sharedServer();

beforeAll(async () => {
  const values = Array.from({ length: LINES }, (_, i) => [`${nowMs - 60_000 + i}000000`, `line ${i} part=${i % 10}`]);
  const streams = ['a', 'b', 'c'].map((app) => ({ stream: { app }, values }));
  const pushed = await post('/loki/api/v1/push', JSON.stringify({ streams }));
  expect(pushed.status).toBe(204);
  await until(async () => (await counts()).c === LINES);
});

const post = (path: string, body?: string) =>
  request(server, path, {
    method: 'POST',
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await delay(50);
  }
  throw new Error(`waited in vain for ${condition}`);
}

/** Events by the label `app`. */
async function counts(): Promise<Record<string, number>> {
  const query = encodeURIComponent('sum by (app) (count_over_time({app=~".+"}[1h]))');
  const response = await request(server, `/loki/api/v1/query?query=${query}`);
  // The store may still be starting.
  if (response.status === 503) return {};
  const answer = (await response.json()) as {
    data: { result: { metric: { app: string }; value: [number, string] }[] };
  };
  return Object.fromEntries(answer.data.result.map(({ metric, value }) => [metric.app, Number(value[1])]));
}

const search = (query: string) =>
  new URLSearchParams({ query, start: String(Math.floor(nowMs / 1000) - 3600), end: String(Math.floor(nowMs / 1000)) });

async function remove(query: string): Promise<void> {
  const created = await post(`/loki/api/v1/delete?${search(query)}`);
  expect(created.status).toBe(204);
  const id = created.headers.get('x-delete-request-id');
  await until(async () => {
    const listed = (await (await request(server, '/loki/api/v1/delete')).json()) as {
      request_id: string;
      status: string;
    }[];
    return listed.some(({ request_id, status }) => request_id === id && status === 'processed');
  });
}

test('what a line filter finds is gone once the request is processed, and nothing else', async () => {
  await remove('{app="a"} |= "part=3"');
  expect(await counts()).toEqual({ a: LINES - LINES / 10, b: LINES, c: LINES });
});

test('what only the pipeline can tell is deleted event by event', async () => {
  await remove('{app="b"} | logfmt | part="4" or part="5"');
  expect(await counts()).toEqual({ a: LINES - LINES / 10, b: LINES - LINES / 5, c: LINES });
});

test('a stream without events is listed no more', async () => {
  await remove('{app="c"}');
  expect(await counts()).not.toHaveProperty('c');
  const values = await (await request(server, '/loki/api/v1/label/app/values')).json();
  expect(values).toEqual({ status: 'success', data: ['a', 'b'] });
});

test.each([
  ['', 'query not set'],
  ['{app="a"', 'invalid query expression'],
])('a delete request for %j is refused', async (query, text) => {
  const answer = await post(`/loki/api/v1/delete?${search(query)}`);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(text);
});
