import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attemptsWith, expectNumbered, type FoundEvent, peerServer } from '../support/peer.ts';
import { pythonWith } from '../support/program.ts';
import { ADMIN_KEY, allEvents } from '../support/server.ts';

/** What Python programs send with, one client a process: python-clients.py. */
const EVENTS = 200;
const WRONG_KEY = 'tw_no_such_key';

const peer = peerServer(() => ({
  env: {
    TAILWATER_RECEIVERS_GELF_UDP: '0',
    TAILWATER_RECEIVERS_GELF_TCP: '0',
    TAILWATER_RECEIVERS_GELF_API_KEY: ADMIN_KEY,
    TAILWATER_RECEIVERS_LUMBERJACK_TCP: '0',
    TAILWATER_RECEIVERS_LUMBERJACK_API_KEY: ADMIN_KEY,
    TAILWATER_RECEIVERS_FLUENT_FORWARD_TCP: '0',
    TAILWATER_RECEIVERS_FLUENT_FORWARD_API_KEY: ADMIN_KEY,
  },
}));

interface PythonClient {
  /** A function of python-clients.py. */
  name: string;
  /** The package on PyPI and its module. */
  modules: readonly string[];
  listener: string;
  receiver: string;
  /** True of the protocols whose requests carry the key. */
  hasKey?: boolean;
  /** True of those that send again what a server that was away did not take. */
  isRetrying?: boolean;
  known?: (i: number) => object;
}

const CLIENTS: readonly PythonClient[] = [
  {
    ...{ name: 'python_logging_loki', modules: ['logging_loki'], listener: 'http', receiver: 'loki', hasKey: true },
    known: (i) => ({ labels: { env: 'test', shard: `${i % 3}`, severity: 'error' }, logger: 'shop.cart' }),
  },
  {
    ...{ name: 'graypy_udp', modules: ['graypy'], listener: 'gelf.udp', receiver: 'gelf' },
    known: (i) => ({ metadata: { order_no: i, ratio: 0.5, noise: 'x'.repeat(3000 * (i % 2)) } }),
  },
  {
    ...{ name: 'graypy_tcp', modules: ['graypy'], listener: 'gelf.tcp', receiver: 'gelf' },
    known: (i) => ({ metadata: { order_no: i, ratio: 0.5, process_name: 'MainProcess' } }),
  },
  {
    ...{ name: 'graypy_http', modules: ['graypy'], listener: 'http', receiver: 'gelf', hasKey: true },
    known: (i) => ({ metadata: { order_no: i, ratio: 0.5 } }),
  },
  {
    ...{ name: 'fluent_logger', modules: ['fluent'], listener: 'fluent-forward.tcp', receiver: 'fluent-forward' },
    known: (i) => ({ logger: 'shop.cart', metadata: { order_no: `${i}` } }),
  },
  {
    ...{ name: 'splunk_handler', modules: ['splunk_handler'], listener: 'http', receiver: 'splunk-hec', hasKey: true },
    // It sends the text alone.
    known: () => ({ severity: 'info', host: 'box-1', metadata: { source: 'shop', index: 'main' } }),
  },
  {
    ...{ name: 'logstash_beats', modules: ['logstash_async'], listener: 'lumberjack.tcp', receiver: 'lumberjack' },
    known: (i) => ({ logger: 'shop.cart', metadata: { order_no: i } }),
  },
  {
    ...{ name: 'logstash_http', modules: ['logstash_async'], listener: 'http', receiver: 'ndjson', hasKey: true },
    known: (i) => ({ logger: 'shop.cart', metadata: { order_no: i } }),
  },
  {
    ...{ name: 'datadog_api_client', modules: ['datadog_api_client'], listener: 'http', receiver: 'datadog' },
    ...{ hasKey: true },
    known: () => ({ host: 'box-1', metadata: { env: 'test' } }),
  },
  {
    ...{ name: 'elasticsearch', modules: ['elasticsearch'], listener: 'http', receiver: 'elasticsearch', hasKey: true },
    known: (i) => ({ metadata: { order_no: i, index: 'logs-shop-prod' } }),
  },
  {
    ...{ name: 'opentelemetry_grpc', modules: ['opentelemetry.exporter.otlp.proto.grpc'], listener: 'otlp.grpc' },
    ...{ receiver: 'otlp', hasKey: true, isRetrying: true },
    known: (i) => ({ host: 'box-1', logger: 'shop.cart', metadata: { order_no: i, ratio: 0.5, paid: true } }),
  },
  {
    ...{ name: 'opentelemetry_http', modules: ['opentelemetry.exporter.otlp.proto.http'], listener: 'otlp.http' },
    ...{ receiver: 'otlp', hasKey: true, isRetrying: true },
    known: (i) => ({ host: 'box-1', logger: 'shop.cart', metadata: { order_no: i, ratio: 0.5, paid: true } }),
  },
];

/** The program lies beside this file in the sources, which are not copied into the build. */
const PROGRAM = join(import.meta.dirname.replace('/dist/test/', '/test/'), 'python-clients.py');

interface Sending {
  service: string;
  port: number;
  key?: string;
  between?: () => Promise<void>;
}

interface Sent {
  code: number | null;
  /** What it printed on stderr. */
  output: string;
}

/** Runs the client to its end; `between` happens while it waits after half of the events. */
async function send(
  python: string,
  client: PythonClient,
  { service, port, key = ADMIN_KEY, between }: Sending,
): Promise<Sent> {
  const pause = between === undefined ? [] : ['pause'];
  const args = [PROGRAM, client.name, `${port}`, key, service, `${key === ADMIN_KEY ? EVENTS : 5}`, ...pause];
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 90_000 });
  const ended = once(child, 'close');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  if (between === undefined) child.stdout.resume();
  else await once(child.stdout, 'data');
  const happened = between?.();
  child.stdin.end('\n');
  await happened;
  const [code] = (await ended) as [number | null];
  return { code, output };
}

async function expectEvents(client: PythonClient, service: string): Promise<void> {
  const events: FoundEvent[] = await peer.found(service, EVENTS);
  expectNumbered(events, EVENTS, /^order (\d+) größe "x"$/, (i) => ({
    ...{ severity: 'error', receiver: client.receiver, org_id: 'default' },
    ...client.known?.(i),
  }));
}

describe.each(CLIENTS)('$name', (client) => {
  const python = pythonWith(...client.modules);

  const { name, listener, receiver } = client;

  test.skipIf(python.isMissing)(`every event is found once, with its fields${python.why}`, async () => {
    const { code, output } = await send(python.path, client, { service: name, port: peer.port(listener) });
    expect(code, output).toBe(0);
    await expectEvents(client, name);
  });

  const overRestart = client.isRetrying === true ? [client] : [];
  test.skipIf(python.isMissing).each(overRestart)(`over a restart of the server${python.why}`, async () => {
    const { port } = await peer.gate(listener);
    const service = `${name}-restart`;
    const { code, output } = await send(python.path, client, { service, port, between: peer.restart });
    expect(code, output).toBe(0);
    await expectEvents(client, service);
  });

  const withKey = client.hasKey === true ? [client] : [];
  test.skipIf(python.isMissing).each(withKey)(`a wrong key stores nothing${python.why}`, async () => {
    const service = `${name}-wrong`;
    await send(python.path, client, { service, port: peer.port(listener), key: WRONG_KEY });
    await attemptsWith(peer, `"receiver":"${receiver}"`, '"code":"unauthenticated"');
    expect(await allEvents(peer, `service=${service}&from=-1h`)).toEqual([]);
  });
});
