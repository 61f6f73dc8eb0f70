import { afterEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openSplunkVendor } from '../../../test/support/vendors/splunk-hec.ts';
import type { TestStep } from '../destination.ts';
import { splunkHec } from './index.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function splunk(options: Parameters<typeof openSplunkVendor>[0], settings: object = {}) {
  const vendor = await openSplunkVendor(options);
  const egress = loopbackEgress();
  const config = splunkHec.config.parse({ ...(vendor.settings.config as object), ...settings });
  const destination = splunkHec.open({ config, secrets: vendor.settings.secrets }, { egress });
  opened.push(vendor, egress, destination);
  return { vendor, destination, batch: batchOf(splunkHec, [sampleEvent(1), sampleEvent(2)], config) };
}
const signal = () => new AbortController().signal;
const POLLING = { acknowledge: true, acknowledge_poll_seconds: 0.1 };

test('an event in the shape of the collector', async () => {
  const { vendor, destination } = await splunk({});
  const config = splunkHec.config.parse({ ...(vendor.settings.config as object), index: 'main', source: 'shop' });
  const event = sampleEvent(1, { timestampNs: 1_795_255_200_123_456_789n });
  await destination.deliver(batchOf(splunkHec, [event], config), signal());
  expect(vendor.requests[0]!.body.toString()).toContain('{"time":1795255200.123456789,"host":"box-1"');
  expect(vendor.events).toMatchObject([
    {
      ...{ index: 'main', source: 'shop', sourcetype: '_json' },
      event: { message: event.message, severity: 'warn', attributes: { price: 1.5 } },
    },
  ]);
});

test('with acknowledgement, a batch is delivered when it is indexed', async () => {
  const { vendor, destination, batch } = await splunk({ polls: 3 }, POLLING);
  await destination.deliver(batch, signal());
  const paths = vendor.requests.map(({ path }) => path.replace('/services/collector', ''));
  expect(paths).toEqual(['/event', '/ack', '/ack', '/ack']);
  const channels = new Set(vendor.requests.map(({ headers }) => headers['x-splunk-request-channel']));
  expect(channels.size).toBe(1);
});

test('what is not indexed in time is sent again', async () => {
  const { destination, batch } = await splunk({ polls: 1000 }, { ...POLLING, acknowledge_timeout_seconds: 1 });
  await expect(destination.deliver(batch, signal())).rejects.toMatchObject({
    code: 'destination_unavailable',
    message: 'Splunk indexed nothing within 1 s.',
  });
});

test('waiting for an acknowledgement ends with the signal', async () => {
  const { vendor, destination, batch } = await splunk(
    { polls: 1000 },
    { acknowledge: true, acknowledge_poll_seconds: 10 },
  );
  const stop = new AbortController();
  const delivered = destination.deliver(batch, stop.signal);
  const ended = expect(delivered).rejects.toBeInstanceOf(Error);
  while (vendor.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await ended;
});

test.each([
  [{ polls: 1 }, {}, 'acknowledge'],
  [{}, POLLING, 'acknowledge'],
  [{}, { index: 'nowhere' }, 'index'],
])('the setting that does not fit is named: %j %j', async (options, settings, field) => {
  const { destination, batch } = await splunk(options, settings);
  await expect(destination.deliver(batch, signal())).rejects.toMatchObject({ code: 'destination_unauthorized', field });
  const steps: TestStep[] = [];
  await destination.test(batch.events[0]!, (step) => steps.push(step), signal());
  expect(steps.at(-1)).toMatchObject({ ok: false, field, advice: expect.stringContaining('token') });
});

test.each(['/services/collector', '/services/collector/event', '/services/collector/event/1.0', '/'])(
  'an address that ends with %s',
  async (path) => {
    const { vendor, batch } = await splunk({});
    const egress = loopbackEgress();
    opened.push(egress);
    const { url } = vendor.settings.config as { url: string };
    const config = splunkHec.config.parse({ url: url + path });
    await splunkHec.open({ config, secrets: vendor.settings.secrets }, { egress }).deliver(batch, signal());
    expect(vendor.requests.map((request) => request.path)).toEqual(['/services/collector/event']);
  },
);

test('the usual variables', () => {
  const environment = {
    SPLUNK_HEC_URL: 'https://splunk.example:8088',
    SPLUNK_HEC_TOKEN: 't0k3n',
    SPLUNK_INDEX: 'main',
  };
  expect(splunkHec.fromEnvironment(environment)).toMatchObject({
    config: { url: 'https://splunk.example:8088', index: 'main', acknowledge: false },
    secrets: { token: 't0k3n' },
  });
  expect(splunkHec.fromEnvironment({ SPLUNK_HEC_URL: 'https://splunk.example:8088' })).toBeNull();
});
