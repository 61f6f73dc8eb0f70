import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openNewRelicVendor } from '../../../test/support/vendors/new-relic.ts';
import { newRelic } from './index.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

test('what compression does not make small enough is halved', async () => {
  const vendor = await openNewRelicVendor();
  const egress = loopbackEgress();
  const destination = newRelic.open(vendor.settings as never, { egress });
  opened.push(vendor, egress);
  const events = Array.from({ length: 28 }, (_, i) =>
    sampleEvent(i, { message: `${i} ${randomBytes(70_000).toString('base64')}` }),
  );
  const batch = batchOf(newRelic, events, vendor.settings.config);
  const result = await destination.deliver(batch, new AbortController().signal);
  expect(vendor.messages()).toEqual(events.map(({ message }) => message));
  expect(vendor.requests.length).toBeGreaterThan(1);
  expect(Math.max(...vendor.requests.map(({ wire }) => wire.length))).toBeLessThanOrEqual(1_000_000);
  expect(result.bytesSent).toBe(vendor.requests.reduce((sum, { wire }) => sum + wire.length, 0));
});

test('attributes stay within what New Relic keeps', () => {
  const many = Array.from(
    { length: 400 },
    (_, i) => [`${'n'.repeat(300)}${i}`, { kind: 'number', text: '1.50' }] as const,
  );
  const attributes = { ...Object.fromEntries(many.map(([name, value], i) => [i < 5 ? name : `a${i}`, value])) };
  const config = newRelic.config.parse({});
  const log = JSON.parse(
    Buffer.from(newRelic.encode(sampleEvent(1, { attributes, message: 'ä'.repeat(200_000) }), config)).toString(),
  ) as Record<string, unknown>;
  expect(Object.keys(log).length).toBeLessThanOrEqual(255);
  expect(Math.max(...Object.keys(log).map((name) => name.length))).toBe(255);
  expect(Buffer.byteLength(String(log.message))).toBeLessThanOrEqual(128 * 1024);
});

test.each([
  [{ NEW_RELIC_LICENSE_KEY: 'eu01xx0000NRAL' }, 'eu'],
  [{ NEW_RELIC_LICENSE_KEY: 'abc0000NRAL' }, 'us'],
  [{ NEW_RELIC_LICENSE_KEY: 'abc0000NRAL', NEW_RELIC_REGION: 'EU' }, 'eu'],
])('the usual variables: %j', (environment, region) => {
  expect(newRelic.fromEnvironment(environment)).toMatchObject({ config: { region } });
});
