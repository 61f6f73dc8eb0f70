import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client as OpenSearch } from '@opensearch-project/opensearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** Elasticsearch's clients, as their users configure them, with nothing changed but the address. */
let server: SpawnedServer;

beforeAll(async () => {
  server = await spawnServer({ args: ['--receivers-elasticsearch-http', '0'] });
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const EVENTS = 500;

/** All events of the service once there are as many as were sent. */
function found(service: string, count = EVENTS): Promise<Record<string, unknown>[]> {
  return eventually(async () => {
    const events = await allEvents(server, `service=${service}&order=asc&from=-1h`);
    return events.length >= count ? events : undefined;
  });
}

const documents = (service: string) =>
  Array.from({ length: EVENTS }, (_, i) => ({
    '@timestamp': new Date().toISOString(),
    message: `order ${i} "größe" 😀`,
    log: { level: i % 2 === 0 ? 'warn' : 'error', logger: 'shop.cart' },
    service: { name: service },
    host: { name: 'box-1' },
    'trace.id': 'a0f81bfd3b4688fdbb096b93da06f28e',
    user: { id: `u${i}` },
    order_no: i,
    ratio: 0.5,
    paid: i % 3 === 0,
    tags: ['a', 'b'],
  }));

/** Every document once, with all its fields. */
function expectAll(events: Record<string, unknown>[], service: string, index: string, logType: string): void {
  expect(events).toHaveLength(EVENTS);
  const numbers = events.map(({ metadata }) => (metadata as { order_no: number }).order_no);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, i) => i));
  for (const event of events) {
    const { order_no: i } = event.metadata as { order_no: number };
    expect(event).toMatchObject({
      message: `order ${i} "größe" 😀`,
      severity: i % 2 === 0 ? 'warn' : 'error',
      log_type: logType,
      logger: 'shop.cart',
      service,
      host: 'box-1',
      trace_id: 'a0f81bfd3b4688fdbb096b93da06f28e',
      user_id: `u${i}`,
      receiver: 'elasticsearch',
      metadata: { order_no: i, ratio: 0.5, paid: i % 3 === 0, tags: ['a', 'b'], index },
    });
  }
}

describe('@elastic/elasticsearch', () => {
  const nodes = [
    ['', () => server.url, { apiKey: ADMIN_KEY }],
    ['/elasticsearch', () => `${server.url}/elasticsearch`, { apiKey: { id: 'tailwater', api_key: ADMIN_KEY } }],
    ['its own port', () => `http://127.0.0.1:${ownPort()}`, { username: 'tailwater', password: ADMIN_KEY }],
  ] as const;
  const ownPort = () => (server.ready.listeners as Record<string, number>)['elasticsearch.http'];

  test.each(nodes)('at %s', async (name, node, auth) => {
    const service = `elastic-${name.replace(/\W/g, '')}`;
    const client = new Elasticsearch({ node: node(), auth });
    expect((await client.info()).tagline).toBe('You Know, for Search');
    expect(await client.indices.exists({ index: 'logs-auth.login-prod' })).toBe(true);
    const result = await client.helpers.bulk({
      datasource: documents(service),
      flushBytes: 20_000,
      concurrency: 3,
      refreshOnCompletion: 'logs-auth.login-prod',
      onDocument: () => ({ create: { _index: 'logs-auth.login-prod' } }),
    });
    expect(result).toMatchObject({ total: EVENTS, successful: EVENTS, failed: 0, retry: 0 });
    expectAll(await found(service), service, 'logs-auth.login-prod', 'auth');
    await client.close();
  });

  test('what is refused is told document by document, and the rest is kept', async () => {
    const client = new Elasticsearch({ node: server.url, auth: { apiKey: ADMIN_KEY } });
    const dropped: number[] = [];
    const result = await client.helpers.bulk({
      datasource: Array.from({ length: 20 }, (_, n) => ({
        n,
        service: 'elastic-part',
        message: n % 5 === 0 ? 'x'.repeat(2 << 20) : 'fits',
      })),
      onDocument: ({ n }) => ({ index: { _index: 'shop', _id: `id-${n}` } }),
      onDrop: ({ status, error, document }) => {
        expect([status, error?.type]).toEqual([400, 'document_parsing_exception']);
        expect(error?.reason).toContain('limits.eventBytesMax');
        dropped.push(document.n);
      },
    });
    expect(result).toMatchObject({ total: 20, successful: 16, failed: 4 });
    expect(dropped.toSorted((a, b) => a - b)).toEqual([0, 5, 10, 15]);
    const events = await found('elastic-part', 16);
    expect(events.map(({ client_event_id }) => client_event_id).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => `id-${n}`)
        .filter((_, n) => n % 5 !== 0)
        .toSorted(),
    );
    await client.close();
  });

  test('single documents', async () => {
    const client = new Elasticsearch({ node: server.url, auth: { apiKey: ADMIN_KEY } });
    const document = { message: 'one', service: 'elastic-one' };
    const made = await client.index({ index: 'billing', document });
    expect(made).toMatchObject({ _index: 'billing', result: 'created' });
    expect((await client.index({ index: 'billing', id: 'a/b', document }))._id).toBe('a/b');
    expect((await client.create({ index: 'billing', id: '2', document }))._id).toBe('2');
    const events = await found('elastic-one', 3);
    expect(new Set(events.map((event) => event.client_event_id))).toEqual(new Set(['', '2', 'a/b']));
    expect(events.every((event) => event.log_type === 'billing')).toBe(true);
    await client.close();
  });

  test('a wrong key is refused, in words the client understands', async () => {
    const client = new Elasticsearch({ node: server.url, auth: { apiKey: `tw_${'x'.repeat(43)}` } });
    const refused = { statusCode: 401, body: { error: { type: 'security_exception' } } };
    await expect(client.info()).rejects.toMatchObject({ meta: refused });
    const operations = [{ index: { _index: 'x' } }, { service: 'elastic-refused' }];
    await expect(client.bulk({ operations })).rejects.toMatchObject({ meta: refused });
    await client.close();
  });
});

test('@opensearch-project/opensearch', async () => {
  const client = new OpenSearch({ node: server.url, auth: { username: 'tailwater', password: ADMIN_KEY } });
  expect((await client.info()).body.version.number).toBe('8.19.0');
  const result = await client.helpers.bulk({
    datasource: documents('opensearch'),
    onDocument: () => ({ index: { _index: 'logs-shop-prod' } }),
  });
  expect(result).toMatchObject({ total: EVENTS, successful: EVENTS, failed: 0 });
  expectAll(await found('opensearch'), 'opensearch', 'logs-shop-prod', 'app');
  await client.close();
});

const RSYSLOGD = '/usr/sbin/rsyslogd';
const hasModule = [
  '/usr/lib/x86_64-linux-gnu/rsyslog/omelasticsearch.so',
  '/usr/lib/aarch64-linux-gnu/rsyslog/omelasticsearch.so',
].some((path) => existsSync(path));

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe.skipIf(!existsSync(RSYSLOGD) || !hasModule)(
  'rsyslog (skipped where rsyslog-elasticsearch is not installed)',
  () => {
    let rsyslog: ChildProcess | undefined;
    afterAll(async () => {
      if (rsyslog?.exitCode !== null) return;
      rsyslog.kill('SIGTERM');
      await once(rsyslog, 'exit');
    });

    /** The configuration of README.md. */
    const configuration = (port: number, dir: string) => `
global(workDirectory="${dir}")
module(load="imtcp")
module(load="omelasticsearch")
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="event" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="service" name="app-name" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="facility" name="syslogfacility-text" format="jsonf")
}
action(type="omelasticsearch" server="127.0.0.1" serverport="${server.httpPort}"
       uid="tailwater" pwd="${ADMIN_KEY}"
       searchIndex="logs-syslog-default" searchType="" bulkmode="on" template="event"
       action.resumeRetryCount="-1")
`;

    test('omelasticsearch', async () => {
      const dir = tempDir();
      const port = await freePort();
      writeFileSync(join(dir, 'rsyslog.conf'), configuration(port, dir));
      rsyslog = spawn(RSYSLOGD, ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'pid')], { stdio: 'ignore' });
      const socket = await eventually(async () => {
        const attempt = connect(port, '127.0.0.1');
        return once(attempt, 'connect').then(() => attempt);
      });
      for (let i = 0; i < EVENTS; i++) {
        socket.write(
          `<${i % 2 === 0 ? 12 : 11}>1 ${new Date().toISOString()} box-2 rsyslog-app 42 - - order ${i} "paid"\n`,
        );
      }
      socket.end();
      const events = await found('rsyslog-app');
      expect(events).toHaveLength(EVENTS);
      const numbers = events.map(({ message }) => Number(/order (\d+) "paid"/.exec(String(message))?.[1]));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, i) => i));
      for (const [at, event] of events.entries()) {
        expect(event).toMatchObject({
          severity: numbers[at]! % 2 === 0 ? 'warn' : 'error',
          host: 'box-2',
          receiver: 'elasticsearch',
          metadata: { facility: 'user', index: 'logs-syslog-default' },
        });
      }
    });
  },
);
