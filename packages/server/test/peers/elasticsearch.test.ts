import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client as OpenSearch } from '@opensearch-project/opensearch';
import { describe, expect, test } from 'vitest';
import { expectNumbered, type FoundEvent, peerServer, readmeBlock } from '../support/peer.ts';
import { freePort, program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, eventually, tempDir } from '../support/server.ts';

/** Elasticsearch's clients, as their users configure them, with nothing changed but the address. */
const peer = peerServer(() => ({ args: ['--receivers-elasticsearch-http', '0'] }));

const EVENTS = 500;

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
function expectAll(events: FoundEvent[], service: string, index: string, logType: string): void {
  const numberOf = ({ metadata }: FoundEvent) => (metadata as { order_no: number }).order_no;
  expectNumbered(events, EVENTS, numberOf, (i) => ({
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
  }));
}

describe('@elastic/elasticsearch', () => {
  const nodes = [
    ['', () => peer.url, { apiKey: ADMIN_KEY }],
    ['/elasticsearch', () => `${peer.url}/elasticsearch`, { apiKey: { id: 'tailwater', api_key: ADMIN_KEY } }],
    [
      'its own port',
      () => `http://127.0.0.1:${peer.port('elasticsearch.http')}`,
      { username: 'tailwater', password: ADMIN_KEY },
    ],
  ] as const;

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
    expectAll(await peer.found(service, EVENTS), service, 'logs-auth.login-prod', 'auth');
    await client.close();
  });

  test('what is refused is told document by document, and the rest is kept', async () => {
    const client = new Elasticsearch({ node: peer.url, auth: { apiKey: ADMIN_KEY } });
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
    const events = await peer.found('elastic-part', 16);
    expect(events.map(({ client_event_id }) => client_event_id).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => `id-${n}`)
        .filter((_, n) => n % 5 !== 0)
        .toSorted(),
    );
    await client.close();
  });

  test('single documents', async () => {
    const client = new Elasticsearch({ node: peer.url, auth: { apiKey: ADMIN_KEY } });
    const document = { message: 'one', service: 'elastic-one' };
    const made = await client.index({ index: 'billing', document });
    expect(made).toMatchObject({ _index: 'billing', result: 'created' });
    expect((await client.index({ index: 'billing', id: 'a/b', document }))._id).toBe('a/b');
    expect((await client.create({ index: 'billing', id: '2', document }))._id).toBe('2');
    const events = await peer.found('elastic-one', 3);
    expect(new Set(events.map((event) => event.client_event_id))).toEqual(new Set(['', '2', 'a/b']));
    expect(events.every((event) => event.log_type === 'billing')).toBe(true);
    await client.close();
  });

  test('a wrong key is refused, in words the client understands', async () => {
    const client = new Elasticsearch({ node: peer.url, auth: { apiKey: `tw_${'x'.repeat(43)}` } });
    const refused = { statusCode: 401, body: { error: { type: 'security_exception' } } };
    await expect(client.info()).rejects.toMatchObject({ meta: refused });
    const operations = [{ index: { _index: 'x' } }, { service: 'elastic-refused' }];
    await expect(client.bulk({ operations })).rejects.toMatchObject({ meta: refused });
    await client.close();
  });
});

test('@opensearch-project/opensearch', async () => {
  const client = new OpenSearch({ node: peer.url, auth: { username: 'tailwater', password: ADMIN_KEY } });
  expect((await client.info()).body.version.number).toBe('8.19.0');
  const result = await client.helpers.bulk({
    datasource: documents('opensearch'),
    onDocument: () => ({ index: { _index: 'logs-shop-prod' } }),
  });
  expect(result).toMatchObject({ total: EVENTS, successful: EVENTS, failed: 0 });
  expectAll(await peer.found('opensearch', EVENTS), 'opensearch', 'logs-shop-prod', 'app');
  await client.close();
});

const omelasticsearch = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rsyslog/omelasticsearch.so`;
const rsyslogd = program('rsyslogd', omelasticsearch);

test.skipIf(rsyslogd.isMissing)(`rsyslog's omelasticsearch, as in the README${rsyslogd.why}`, async () => {
  const dir = tempDir();
  const port = await freePort();
  const action = readmeBlock('elasticsearch', '', 'omelasticsearch')
    .replace('"tailwater" serverport="4750"', `"127.0.0.1" serverport="${peer.port('http')}"`)
    .replace('"KEY"', `"${ADMIN_KEY}"`);
  const input = `module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="${port}")`;
  writeFileSync(join(dir, 'rsyslog.conf'), `global(workDirectory="${dir}")\n${input}\n${action}`);
  await whileRunning(rsyslogd, ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'pid')], async () => {
    const socket = await eventually(async () => {
      const attempt = connect(port, '127.0.0.1');
      return once(attempt, 'connect').then(() => attempt);
    });
    for (let i = 0; i < EVENTS; i++) {
      const priority = i % 2 === 0 ? 12 : 11;
      socket.write(`<${priority}>1 ${new Date().toISOString()} box-2 rsyslog-app 42 - - order ${i} "paid"\n`);
    }
    socket.end();
    expectNumbered(await peer.found('rsyslog-app', EVENTS), EVENTS, /order (\d+) "paid"/, (i) => ({
      severity: i % 2 === 0 ? 'warn' : 'error',
      host: 'box-2',
      receiver: 'elasticsearch',
      metadata: { facility: 'user', index: 'logs-syslog-default' },
    }));
  });
});
