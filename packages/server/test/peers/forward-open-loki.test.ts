import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { loki } from '../../src/destinations/loki/index.ts';
import { otlp } from '../../src/destinations/otlp/index.ts';
import { countNumbers, deliveryTo, numberedEvents, type PeerDelivery } from '../support/deliver-to-peer.ts';
import { freePort, PROGRAM_ENV, program } from '../support/program.ts';
import { eventually, removeTempDirs, tempDir } from '../support/server.ts';

/** A real Loki takes pushes and OTLP, tells by query_range what it has, and is killed and started again in the middle. */
const found = program('loki');
const path = process.env.LOKI ?? found.path;
const isMissing = !existsSync(path);
const why = isMissing ? ' (skipped: no loki on PATH, nor in LOKI)' : '';
const EVENTS = 500;

interface Loki {
  url: string;
  stop(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});
afterAll(removeTempDirs);

function configuration(dir: string, [http, grpc]: [number, number]): string {
  return `
auth_enabled: true
server: { http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc}, log_level: error }
common:
  instance_addr: 127.0.0.1
  path_prefix: ${dir}
  storage: { filesystem: { chunks_directory: ${dir}/chunks, rules_directory: ${dir}/rules } }
  replication_factor: 1
  ring: { kvstore: { store: inmemory } }
schema_config:
  configs: [{ from: 2020-01-01, store: tsdb, object_store: filesystem, schema: v13, index: { prefix: index_, period: 24h } }]
limits_config: { allow_structured_metadata: true }
ingester: { wal: { enabled: true, flush_on_shutdown: true } }
analytics: { reporting_enabled: false }
pattern_ingester: { enabled: false }
`;
}

async function openLoki(): Promise<Loki> {
  const dir = tempDir();
  const [http, grpc] = [await freePort(), await freePort()];
  writeFileSync(join(dir, 'config.yaml'), configuration(dir, [http, grpc]));
  const url = `http://127.0.0.1:${http}`;
  let child: ChildProcess = spawn('true');
  const server: Loki = {
    url,
    start: async () => {
      child = spawn(path, [`-config.file=${dir}/config.yaml`], { stdio: 'ignore', env: PROGRAM_ENV });
      await eventually(async () => ((await fetch(`${url}/ready`)).status === 200 ? true : undefined), 60_000);
    },
    stop: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
  opened.push({ close: () => server.stop('SIGKILL') });
  await server.start();
  return server;
}

interface Stream {
  stream: Record<string, string>;
  values: [string, string][];
}

/** Lines once there are that many, with their labels and structured metadata. */
function linesOf(
  { url }: Loki,
  query: string,
  count: number,
): Promise<{ line: string; labels: Record<string, string> }[]> {
  return eventually(async () => {
    const search = new URLSearchParams({ query, limit: '5000', since: '1h' });
    const response = await fetch(`${url}/loki/api/v1/query_range?${search}`, { headers: { 'x-scope-orgid': 'acme' } });
    const { data } = (await response.json()) as { data: { result: Stream[] } };
    const lines = data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ line, labels: stream })));
    return lines.length >= count ? lines : undefined;
  }, 30_000);
}

function deliver(server: Loki, format: string): PeerDelivery {
  const config = loki.config.parse({ url: server.url, tenant: 'acme', format, static_labels: { env: 'test' } });
  const delivery = deliveryTo(loki, { config, secrets: {} });
  opened.push(delivery);
  return delivery;
}

test.skipIf(isMissing).each(['json', 'protobuf'])(`Loki, %s, killed and started again${why}`, async (format) => {
  const server = await openLoki();
  const delivery = deliver(server, format);
  expect((await delivery.test()).map(({ name, ok }) => [name, ok])).toEqual([
    ['ready', true],
    ['event', true],
  ]);
  await delivery.send(numberedEvents('shop', 0, EVENTS / 2));
  await server.stop('SIGKILL');
  const [{ failures, rejected }] = await Promise.all([
    delivery.send(numberedEvents('shop', EVENTS / 2, EVENTS)),
    server.start(),
  ]);
  expect(failures).toBeGreaterThan(0);
  expect(rejected).toEqual([]);
  const lines = await linesOf(server, '{service_name="shop", env="test"}', EVENTS);
  expect(
    countNumbers(
      lines.map(({ line }) => line),
      EVENTS,
    ),
  ).toEqual({ twice: 0 });
  for (const { labels } of lines) {
    expect(labels).toMatchObject({
      ...{
        service_name: 'shop',
        log_type: 'gateway',
        severity: 'warn',
        host: 'box-1',
        user_id: 'u-1',
        duration_ms: '12.5',
      },
      ...{ trace_id: 'a0f81bfd3b4688fdbb096b93da06f28e', price: '1.50', http_status_code: '200', region: 'north' },
    });
  }
});

test.skipIf(isMissing)(`Loki takes what is valid beside what it refuses, and each entry once${why}`, async () => {
  const server = await openLoki();
  const delivery = deliver(server, 'json');
  const events = numberedEvents('mixed', 0, 20);
  const old = BigInt(Date.now() - 8 * 24 * 3600_000) * 1_000_000n;
  const behind = BigInt(Date.now() - 90 * 60_000) * 1_000_000n;
  const future = BigInt(Date.now() + 3600_000) * 1_000_000n;
  const mixed = events.map((event, i) => {
    if (i === 3) return { ...event, timestampNs: old };
    if (i === 9) return { ...event, timestampNs: behind };
    return i === 17 ? { ...event, timestampNs: future } : event;
  });
  const { rejected } = await delivery.send(mixed);
  // Which of its two faults the oldest is told for is Loki's choice.
  expect(rejected.length).toBe(3);
  expect(rejected).toContainEqual(expect.stringContaining('entry too far behind'));
  expect(rejected).toContainEqual(expect.stringContaining('timestamp too new'));
  // As after a cut connection.
  await delivery.send(mixed);
  const lines = await linesOf(server, '{service_name="mixed"}', 17);
  expect(lines.length).toBe(17);
});

test.skipIf(isMissing)(`Loki takes OTLP${why}`, async () => {
  const server = await openLoki();
  const config = otlp.config.parse({ url: `${server.url}/otlp`, headers: { 'x-scope-orgid': 'acme' } });
  const delivery = deliveryTo(otlp, { config, secrets: {} });
  opened.push(delivery);
  expect((await delivery.test()).map(({ ok }) => ok)).toEqual([true, true]);
  await delivery.send(numberedEvents('otlp-shop', 0, 200));
  const lines = await linesOf(server, '{service_name="otlp-shop"}', 200);
  expect(
    countNumbers(
      lines.map(({ line }) => line),
      200,
    ),
  ).toEqual({ twice: 0 });
  expect(lines[0]!.labels).toMatchObject({ user_id: 'u-1', scope_name: 'http', severity_number: '13', price: '1.5' });
});
