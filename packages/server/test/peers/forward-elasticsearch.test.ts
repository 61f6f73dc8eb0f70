import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client as OpenSearch } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws';
import { afterAll, expect, test } from 'vitest';
import type { TestStep } from '../../src/destinations/destination.ts';
import { elasticsearch } from '../../src/destinations/elasticsearch/index.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { numbersTo } from '../support/peer.ts';
import { removeTempDirs } from '../support/server.ts';
import { openElasticsearchVendor } from '../support/vendors/elasticsearch.ts';
import type { VendorRequest } from '../support/vendors/http-vendor.ts';
import { victoriaLogs, withVictoriaLogs } from '../support/victoria-logs.ts';

/** Our Elasticsearch destination, against a receiver of `_bulk` that others wrote, and beside the official clients. */
const EVENTS = 5000;
const victoria = victoriaLogs();
const egress = loopbackEgress();
const signal = () => new AbortController().signal;

afterAll(async () => {
  await egress.close();
  removeTempDirs();
});

test.skipIf(victoria.isMissing)(`VictoriaLogs takes all events${victoria.why}`, async () => {
  await withVictoriaLogs(async (logs) => {
    const url = `${logs.origin}/insert/elasticsearch/?_msg_field=message&_time_field=@timestamp`;
    const config = elasticsearch.config.parse({ url, auth: 'none' });
    const destination = elasticsearch.open({ config, secrets: {} }, { egress });
    const { eventsMax } = elasticsearch.limits(config);
    const events = numbersTo(EVENTS).map((i) =>
      sampleEvent(i, { message: `order ${i} größe "x"`, service: 'forward' }),
    );
    for (let from = 0; from < EVENTS; from += eventsMax) {
      const batch = batchOf(elasticsearch, events.slice(from, from + eventsMax), config);
      expect(await destination.deliver(batch, signal())).toMatchObject({ rejected: [], again: [], status: '200' });
    }
    const rows = await logs.rows('service.name:forward', EVENTS);
    const byId = new Map(rows.map((row) => [row['event.id'], row]));
    expect(rows).toHaveLength(EVENTS);
    for (const event of events) {
      const row = byId.get(event.eventId);
      expect(row).toMatchObject({ _msg: event.message, 'log.level': 'warn', 'host.name': 'box-1', 'user.id': 'u-1' });
      // To the nanosecond.
      expect(Date.parse(row!._time!)).toBe(Number(event.timestampNs / 1_000_000n));
      expect(Number(row!._time!.slice(20, 29).padEnd(9, '0').replace('Z', '0')) % 1_000_000).toBe(
        Number(event.timestampNs % 1_000_000n),
      );
    }
    const steps: TestStep[] = [];
    const marked = encoded(elasticsearch, sampleEvent(0, { message: 'marked', service: 'marked' }), config);
    await destination.test(marked, (step) => steps.push(step), signal());
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(await logs.rows('service.name:marked', 1)).toMatchObject([{ _msg: 'marked' }]);
  });
});

interface Action {
  create: { _index: string; _id: string };
}

const linesOf = ({ body }: VendorRequest) =>
  body
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test.each(['elasticsearch', 'opensearch'] as const)(
  'the request is the one that the client of %s makes',
  async (product) => {
    const vendor = await openElasticsearchVendor({ product });
    try {
      const config = elasticsearch.config.parse(vendor.settings.config);
      const { secrets } = vendor.settings;
      const destination = elasticsearch.open({ config, secrets }, { egress });
      const events = [sampleEvent(1), sampleEvent(2), sampleEvent(3)];
      await destination.deliver(batchOf(elasticsearch, events, config), signal());
      const ours = vendor.requests.at(-1)!;
      const operations = linesOf(ours) as object[];
      vendor.documents.clear();
      const index = (operations[0] as Action).create._index;
      if (product === 'elasticsearch') {
        const official = new Elasticsearch({ node: config.url, auth: { apiKey: secrets.api_key! }, compression: true });
        // The client asks who is there by a header of the answer, which only a real cluster has.
        await official.bulk({ operations } as never).catch(() => undefined);
        await official.close();
      } else {
        const headers = { authorization: `ApiKey ${secrets.api_key!}` };
        const official = new OpenSearch({ node: config.url, headers, compression: 'gzip' } as never);
        await official.bulk({ body: operations } as never);
        await official.close();
      }
      const theirs = vendor.requests.at(-1)!;
      expect(theirs).not.toBe(ours);
      expect([ours.method, ours.path]).toEqual([theirs.method === 'PUT' ? 'PUT' : 'POST', theirs.path]);
      expect(ours.headers.authorization).toBe(theirs.headers.authorization);
      expect(ours.headers['content-encoding']).toBe(theirs.headers['content-encoding']);
      expect(theirs.headers['content-type']).toMatch(/ndjson/);
      expect(ours.headers['content-type']).toBe('application/x-ndjson');
      expect(operations).toEqual(linesOf(theirs));
      expect(index).toBe('logs-tailwater-default');
      expect([...vendor.documents.keys()]).toEqual(events.map(({ eventId }) => eventId));
    } finally {
      await vendor.close();
    }
  },
);

/** Amazon's clusters: the signature of ours, and of the official client, by the documented steps. */
test.each(['es', 'aoss'] as const)('requests are signed for %s', async (service) => {
  const keys = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secretAccessKey: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' };
  const region = 'eu-central-1';
  const vendor = await openElasticsearchVendor({ product: 'opensearch', keys: { ...keys, region, service } });
  try {
    const { url } = vendor.settings.config as { url: string };
    const config = elasticsearch.config.parse({
      ...{ url, product: 'opensearch', auth: 'aws', aws: { region }, aws_service: service },
    });
    const secrets = { access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey };
    const destination = elasticsearch.open({ config, secrets }, { egress });
    const batch = batchOf(elasticsearch, [sampleEvent(1), sampleEvent(2)], config);
    expect(await destination.deliver(batch, signal())).toMatchObject({ rejected: [], again: [] });
    const official = new OpenSearch({
      ...AwsSigv4Signer({ region, service, getCredentials: () => Promise.resolve(keys as never) }),
      node: url,
    });
    const operations = linesOf(vendor.requests[0]!);
    expect((await official.bulk({ body: operations } as never)).body.items).toMatchObject([
      { create: { status: 409 } },
      { create: { status: 409 } },
    ]);
    await official.close();
    const wrong = elasticsearch.open(
      { config, secrets: { ...secrets, secret_access_key: 'an0therSecretKey' } },
      { egress },
    );
    await expect(wrong.deliver(batch, signal())).rejects.toMatchObject({ code: 'destination_unauthorized' });
  } finally {
    await vendor.close();
  }
});
