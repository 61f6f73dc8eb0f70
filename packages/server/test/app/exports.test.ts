import { get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportSchema } from '../../src/api/wire/exports.ts';
import { eventually } from '../support/server.ts';
import { openTestApi, openTestStore, type TestApi, type TestStore } from './api-fixture.ts';

let opened: TestStore;
let api: TestApi;
let headers: Record<string, string>;
let other: Record<string, string>;
let large: Record<string, string>;
let base: string;

const COUNT = 12_000;
const START_MS = Date.now() - 60_000;
const RANGE = `from=${START_MS - 1000}`;

beforeAll(async () => {
  opened = await openTestStore();
  api = await openTestApi(opened.store);
  headers = await api.keyOf('acme', ['query']);
  other = await api.keyOf('other', ['query']);
  large = await api.keyOf('large', ['query']);
  const events = Array.from({ length: COUNT }, (_, i) => ({
    message: i % 2 === 0 ? `event ${i}` : `=cmd ${i}, "x"`,
    service: i < 3 ? 'few' : 'many',
    timestampNs: BigInt(START_MS + i) * 1_000_000n,
    attributes: { n: { kind: 'number' as const, text: String(i) } },
  }));
  await opened.insert('acme', events);
  // More than sockets hold on their way.
  const longEvents = Array.from({ length: 8_000 }, (_, i) => ({
    message: `${i} ${'x'.repeat(4_000)}`,
    service: 'large',
  }));
  await opened.insert('large', longEvents);
  await opened.insert('other', [{ message: 'secret of other' }]);
  await api.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await api?.close();
  await opened?.close();
});

async function create(payload: object, as = headers) {
  const response = await api.app.inject({ method: 'POST', url: '/api/logs/exports', headers: as, payload });
  return { status: response.statusCode, body: response.json() };
}
async function make(payload: object, as = headers) {
  const { status, body } = await create(payload, as);
  expect(status, JSON.stringify(body)).toBe(201);
  return exportSchema.parse(body);
}
const get = (path: string, as = headers) => api.app.inject({ url: `/api/logs/exports/${path}`, headers: as });
const stateOf = async (id: string, as = headers) => exportSchema.parse((await get(id, as)).json());

describe('formats', () => {
  test('ndjson: every event once, in order, with the progress', async () => {
    const made = await make({ format: 'ndjson', query: `?${RANGE}&order=asc&page_size=7` });
    expect(made).toMatchObject({ state: 'ready', events_total: COUNT, events_written: 0, bytes_written: 0 });
    const file = await get(`${made.id}/file`);
    expect(file.headers['content-type']).toBe('application/x-ndjson');
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="tailwater-logs-[\dT-]+\.ndjson"$/);
    const events = file.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ metadata }) => metadata.n)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    expect(await stateOf(made.id)).toMatchObject({
      ...{ state: 'done', events_written: COUNT, error: null },
      bytes_written: Buffer.byteLength(file.body),
    });
    expect((await get(`${made.id}/file`)).statusCode).toBe(409);
  });

  test('json is one array, also of nothing', async () => {
    const few = await make({ format: 'json', query: `${RANGE}&service=few` });
    expect((await get(`${few.id}/file`)).json()).toHaveLength(3);
    const none = await make({ format: 'json', query: 'service=none' });
    expect((await get(`${none.id}/file`)).json()).toEqual([]);
  });

  test('csv: chosen columns, and no cell that a spreadsheet computes', async () => {
    const { id } = await make({
      format: 'csv',
      query: `${RANGE}&service=few&order=asc`,
      columns: ['message', 'attr.n'],
    });
    const file = await get(`${id}/file`);
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(file.body).toBe(`message,attr.n\r\nevent 0,0\r\n"'=cmd 1, ""x""",1\r\nevent 2,2\r\n`);
  });
});

test("another org's export is not there", async () => {
  const { id } = await make({ format: 'csv', query: RANGE });
  for (const path of [id, `${id}/file`]) expect((await get(path, other)).statusCode).toBe(404);
  const cancel = (as: Record<string, string>) =>
    api.app.inject({ method: 'DELETE', url: `/api/logs/exports/${id}`, headers: as });
  expect((await cancel(other)).statusCode).toBe(404);
  expect((await cancel(headers)).statusCode).toBe(204);
  expect((await get(id)).statusCode).toBe(404);
});

test.each<[object, string]>([
  [{ format: 'xml', query: '' }, 'format'],
  [{ format: 'csv' }, 'query'],
  [{ format: 'csv', query: 'from=x' }, 'from'],
  [{ format: 'csv', query: 'nothing=1' }, 'nothing'],
  [{ format: 'csv', query: 'q=%22' }, 'q'],
  [{ format: 'json', query: '', columns: ['message'] }, 'columns'],
  [{ format: 'csv', query: '', columns: [] }, 'columns'],
])('refuses %j', async (payload, field) => {
  const { status, body } = await create(payload);
  expect(status).toBe(400);
  expect(body.error.field).toBe(field);
});

/** Begins a download and reads none of it. `rest` reads what is there and tells whether that was all. */
function openDownload(id: string) {
  return new Promise<{ rest(): Promise<boolean>; destroy(): void }>((resolve, reject) => {
    const request = httpGet(`${base}/api/logs/exports/${id}/file`, { headers: large, agent: false }, (response) => {
      response.on('error', () => {});
      const rest = () => new Promise<boolean>((done) => response.once('close', () => done(response.complete)).resume());
      resolve({ rest, destroy: () => request.destroy() });
    });
    request.on('error', reject);
  });
}

test('a client that goes away leaves a failed export, cancelling cuts the download', async () => {
  const left = await make({ format: 'ndjson', query: '' }, large);
  const download = await openDownload(left.id);
  download.destroy();
  await eventually(async () => (await stateOf(left.id, large)).state === 'failed' || undefined);
  expect((await stateOf(left.id, large)).error).toBe('the download broke off');
  expect(api.faults).toEqual([]);

  const cancelled = await make({ format: 'ndjson', query: '' }, large);
  const running = await openDownload(cancelled.id);
  expect((await stateOf(cancelled.id, large)).state).toBe('running');
  await api.app.inject({ method: 'DELETE', url: `/api/logs/exports/${cancelled.id}`, headers: large });
  expect(await running.rest()).toBe(false);
  expect((await get(cancelled.id, large)).statusCode).toBe(404);
  expect(api.faults).toEqual([]);
});
