import { afterEach, describe, expect, test } from 'vitest';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openElasticsearchVendor } from '../../../test/support/vendors/elasticsearch.ts';
import type { TestStep } from '../destination.ts';
import { elasticsearch } from './index.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function cluster(options: Parameters<typeof openElasticsearchVendor>[0] = {}, settings: object = {}) {
  const vendor = await openElasticsearchVendor(options);
  const egress = loopbackEgress();
  const config = elasticsearch.config.parse({ ...(vendor.settings.config as object), ...settings });
  const destination = elasticsearch.open({ config, secrets: vendor.settings.secrets }, { egress });
  opened.push(vendor, egress, destination);
  const batch = batchOf(elasticsearch, [sampleEvent(0), sampleEvent(1), sampleEvent(2), sampleEvent(3)], config);
  const testSteps = async () => {
    const steps: TestStep[] = [];
    await destination.test(encoded(elasticsearch, sampleEvent(9), config), (step) => steps.push(step), signal());
    return steps;
  };
  return { vendor, destination, batch, config, testSteps };
}
const signal = () => new AbortController().signal;

describe('items', () => {
  test('throttled ones are asked for again, those that are there are done', async () => {
    const { vendor, destination, batch } = await cluster({ isThrottled: (item) => item === 1 || item === 2 });
    const first = await destination.deliver(batch, signal());
    expect(first).toMatchObject({ rejected: [], again: [{ index: 1 }, { index: 2 }] });
    expect(first.again[0]!.reason).toBe(
      '429 es_rejected_execution_exception: rejected execution of coordinating operation',
    );
    expect(await destination.deliver(batch, signal())).toMatchObject({ rejected: [], again: [] });
    expect(vendor.documents.size).toBe(4);
  });

  test('one that is refused tells why', async () => {
    const { destination, config } = await cluster();
    const odd = sampleEvent(1, { attributes: { price: { kind: 'string', text: 'free' } } });
    const result = await destination.deliver(batchOf(elasticsearch, [sampleEvent(0), odd], config), signal());
    expect(result.rejected).toEqual([
      { index: 1, reason: '400 document_parsing_exception: failed to parse field [attributes.price] of type [float]' },
    ]);
  });

  test('a stream that is missing is no fault of events', async () => {
    const { destination, batch, testSteps } = await cluster({ canCreateStreams: false });
    await expect(destination.deliver(batch, signal())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      field: 'data_stream',
    });
    expect((await testSteps()).at(-1)).toMatchObject({ name: 'event', ok: false, field: 'data_stream' });
  });
});

test('without ids for those that take none', async () => {
  const { vendor, destination, config } = await cluster({ config: { document_ids: false, data_stream: 'logs-a-b' } });
  await destination.deliver(batchOf(elasticsearch, [sampleEvent(0)], config), signal());
  expect(vendor.requests[0]!.body.toString().split('\n')[0]).toBe('{"create":{"_index":"logs-a-b"}}');
});

describe('setup', () => {
  test.each([
    ['elasticsearch', '/_ilm/policy/logs-tailwater-default'],
    ['opensearch', '/_plugins/_ism/policies/logs-tailwater-default'],
  ] as const)('%s: policy and template are created once', async (product, policy) => {
    const { vendor, destination, batch } = await cluster({ product }, { setup: { retention_days: 7 } });
    await destination.deliver(batch, signal());
    await destination.deliver(batch, signal());
    expect([...vendor.objects.keys()]).toEqual([policy, '/_index_template/logs-tailwater-default']);
    expect(vendor.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    expect(JSON.stringify(vendor.objects.get(policy))).toContain('"7d"');
  });

  test('what exists is left as it is', async () => {
    const { vendor, testSteps } = await cluster({}, { setup: {} });
    vendor.objects.set('/_ilm/policy/logs-tailwater-default', { mine: true });
    vendor.objects.set('/_index_template/logs-tailwater-default', { mine: true });
    const steps = await testSteps();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['credentials', true],
      ['permissions', true],
      ['setup', true],
      ['event', true],
    ]);
    expect([...vendor.objects.values()]).toEqual([{ mine: true }, { mine: true }]);
  });

  test('where it cannot be done, events wait', async () => {
    const { vendor, destination, batch, testSteps } = await cluster({ canSetUp: false }, { setup: {} });
    await expect(destination.deliver(batch, signal())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      field: 'setup',
    });
    expect((await testSteps()).at(-1)).toMatchObject({ name: 'setup', ok: false, field: 'setup' });
    expect(vendor.documents.size).toBe(0);
  });

  test('nothing is created unless it is asked for', async () => {
    const { vendor, destination, batch } = await cluster();
    await destination.deliver(batch, signal());
    expect(vendor.requests.map(({ path }) => path)).toEqual(['/_bulk']);
  });
});

test('a product that is another one is told', async () => {
  const { testSteps } = await cluster({ product: 'opensearch' }, { product: 'elasticsearch' });
  expect((await testSteps()).at(-1)).toMatchObject({ ok: false, field: 'product' });
});

test('the path and the query of the address stay', async () => {
  const vendor = await openElasticsearchVendor();
  const egress = loopbackEgress();
  opened.push(vendor, egress);
  const url = `${(vendor.settings.config as { url: string }).url}/prefix/?pipeline=a`;
  const config = elasticsearch.config.parse({ url, auth: 'none' });
  const destination = elasticsearch.open({ config, secrets: {} }, { egress });
  await expect(destination.deliver(batchOf(elasticsearch, [sampleEvent(1)], config), signal())).rejects.toThrow();
  expect(vendor.requests[0]).toMatchObject({ path: '/prefix/_bulk', method: 'POST' });
  expect(vendor.requests[0]!.query.get('pipeline')).toBe('a');
});

test.each([
  [
    { ELASTICSEARCH_URL: 'https://es.example', ELASTICSEARCH_API_KEY: 'k3y' },
    { product: 'elasticsearch', auth: 'api_key' },
  ],
  [
    { OPENSEARCH_URL: 'https://os.example', OPENSEARCH_USERNAME: 'u', OPENSEARCH_PASSWORD: 'pass' },
    { product: 'opensearch', auth: 'basic', username: 'u' },
  ],
  [
    { ELASTICSEARCH_URL: 'https://ann:s%3Acret@es.example/path' },
    { url: 'https://es.example/path', auth: 'basic', username: 'ann' },
  ],
])('the usual variables: %j', (environment, config) => {
  expect(elasticsearch.fromEnvironment(environment)).toMatchObject({ config });
});
