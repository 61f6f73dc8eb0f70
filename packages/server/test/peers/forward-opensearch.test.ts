import type { Attribute } from '@tailwater/schema';
import { afterAll, expect, test } from 'vitest';
import type { TestStep } from '../../src/destinations/destination.ts';
import { elasticsearch } from '../../src/destinations/elasticsearch/index.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { numbersTo } from '../support/peer.ts';
import { eventually } from '../support/server.ts';
import { openElasticsearchVendor } from '../support/vendors/elasticsearch.ts';

/** A node of OpenSearch without security, such as `http://127.0.0.1:9200`; no package of Debian or npm has one. */
const node = process.env.OPENSEARCH_NODE ?? '';
const why = node === '' ? ' (skipped: OPENSEARCH_NODE names none)' : '';

const EVENTS = 5000;
const run = Date.now();
const egress = loopbackEgress();
const signal = () => new AbortController().signal;

afterAll(() => egress.close());

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const init =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(node + path, { method, ...init });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(300);
  return JSON.parse(text) as Record<string, unknown>;
}

const found = async (stream: string, query: object) => {
  await ask('POST', `/${stream}/_refresh`);
  const { hits } = (await ask('POST', `/${stream}/_search`, { query, track_total_hits: true, size: 1 })) as {
    hits: { total: { value: number }; hits: { _id: string; _source: Record<string, unknown> }[] };
  };
  return hits;
};

/** Index template and policy as `setup` puts them. */
async function templateOf(stream: string): Promise<unknown> {
  const vendor = await openElasticsearchVendor({ product: 'opensearch' });
  const config = elasticsearch.config.parse({
    ...(vendor.settings.config as object),
    data_stream: stream,
    setup: { replicas: 0 },
  });
  const destination = elasticsearch.open({ config, secrets: vendor.settings.secrets }, { egress });
  await destination.deliver(batchOf(elasticsearch, [sampleEvent(0)], config), signal());
  await vendor.close();
  return vendor.objects.get(`/_index_template/${stream}`);
}

test.skipIf(node === '')(`a data stream of the template that setup makes${why}`, async () => {
  const stream = `logs-tailwater-${run}`;
  await ask('PUT', `/_index_template/${stream}`, await templateOf(stream));
  const config = elasticsearch.config.parse({ url: node, product: 'opensearch', auth: 'none', data_stream: stream });
  const destination = elasticsearch.open({ config, secrets: {} }, { egress });
  const { eventsMax } = elasticsearch.limits(config);
  // A number here and a text there, which dynamic mapping would refuse.
  const price = (i: number) =>
    i % 2 === 0 ? ({ kind: 'number', text: '1.50' } as const) : ({ kind: 'string', text: 'free' } as const);
  const events = numbersTo(EVENTS).map((i) =>
    sampleEvent(i, { message: `order ${i}`, attributes: { price: price(i) } }),
  );
  for (let round = 0; round < 2; round++) {
    for (let from = 0; from < EVENTS; from += eventsMax) {
      const batch = batchOf(elasticsearch, events.slice(from, from + eventsMax), config);
      expect(await destination.deliver(batch, signal())).toMatchObject({ rejected: [], again: [] });
    }
  }
  // Sent twice, there once.
  expect((await found(stream, { match_all: {} })).total.value).toBe(EVENTS);
  expect((await found(stream, { term: { 'attributes.price': 'free' } })).total.value).toBe(EVENTS / 2);
  const { hits } = await found(stream, { match_phrase: { message: 'order 7' } });
  expect(hits).toMatchObject([{ _id: events[7]!.eventId, _source: { message: 'order 7', 'host.name': 'box-1' } }]);
  const steps: TestStep[] = [];
  const marked = encoded(elasticsearch, sampleEvent(EVENTS, { message: 'marked' }), config);
  await destination.test(marked, (step) => steps.push(step), signal());
  expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
    ['credentials', true],
    ['permissions', true],
    ['event', true],
  ]);
  expect((await found(stream, { match_phrase: { message: 'marked' } })).total.value).toBe(1);
  expect(await ask('GET', `/_data_stream/${stream}`)).toMatchObject({ data_streams: [{ name: stream }] });
});

test.skipIf(node === '')(`what the types of an index refuse is told event by event${why}`, async () => {
  const stream = `plain-${run}`;
  const config = elasticsearch.config.parse({ url: node, product: 'opensearch', auth: 'none', data_stream: stream });
  const destination = elasticsearch.open({ config, secrets: {} }, { egress });
  const priced = (i: number, price: Attribute) => sampleEvent(i, { attributes: { price } });
  const events = [
    priced(0, { kind: 'number', text: '1.50' }),
    priced(1, { kind: 'string', text: 'free' }),
    priced(2, { kind: 'number', text: '2' }),
  ];
  const batch = batchOf(elasticsearch, events, config);
  const result = await destination.deliver(batch, signal());
  expect(result).toMatchObject({
    rejected: [{ index: 1, reason: expect.stringContaining('mapper_parsing_exception') }],
    again: [],
  });
  await eventually(async () => ((await found(stream, { match_all: {} })).total.value === 2 ? true : undefined));
});
