import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, request } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

const server = sharedServer();

type Value = [ns: string, line: string, categories?: object];

/** Opens a tail as the client does; `values` grows with what comes. */
async function tail(query: Record<string, string>, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${server.adminKey}`, ...headers },
  });
  const values: Value[] = [];
  socket.on('message', (data) => {
    const { streams } = JSON.parse(data.toString()) as { streams: { values: Value[] }[] };
    for (const stream of streams) values.push(...stream.values);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, values };
}

async function push(first: number, count: number): Promise<void> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const values = Array.from({ length: count }, (_, i) => [String(nowNs + BigInt(i)), `line ${first + i}`]);
  const response = await request(server, '/loki/api/v1/push', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ stream: { app: 'web' }, values }] }),
  });
  expect(response.status).toBe(204);
}

const lines = (values: Value[]) => values.map(([, line]) => line);
const numbered = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => `line ${first + i}`);

test('Grafana and logcli tail what is pushed, from the store and then live', async () => {
  await push(1, 50);
  await eventually(async () => {
    const span = `start=${Date.now() - 600_000}000000&end=${Date.now() + 600_000}000000`;
    const response = await request(server, `/loki/api/v1/query_range?query={app="web"}&limit=100&${span}`);
    const { data } = (await response.json()) as { data: { result: { values: Value[] }[] } };
    return data.result.flatMap(({ values }) => values).length === 50 ? true : undefined;
  });
  const grafana = await tail(
    { query: '{app="web"} |= "line"' },
    { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' },
  );
  const logcli = await tail({
    query: '{app="web"}',
    delay_for: '0',
    limit: '30',
    start: `${Date.now() - 300_000}000000`,
  });
  await push(51, 50);
  await eventually(async () => (grafana.values.length === 100 && logcli.values.length === 80 ? true : undefined));
  await push(101, 10);
  await eventually(async () => (grafana.values.length === 110 && logcli.values.length === 90 ? true : undefined));
  expect(lines(grafana.values)).toEqual(numbered(1, 110));
  expect(lines(logcli.values)).toEqual(numbered(21, 110));
  expect(grafana.values[0]![2]).toEqual(expect.objectContaining({ structuredMetadata: expect.anything() }));
  expect(logcli.values[0]).toHaveLength(2);
  const closed = new Promise((resolve) => logcli.socket.once('close', resolve));
  logcli.socket.close(1000);
  expect(await closed).toBe(1000);
  grafana.socket.terminate();
});
