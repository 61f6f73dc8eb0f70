import { client, v2 } from '@datadog/datadog-api-client';
import { afterAll, expect, test } from 'vitest';
import { datadog } from '../../src/destinations/datadog/index.ts';
import type { TestStep } from '../../src/destinations/destination.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { numbersTo } from '../support/peer.ts';
import { removeTempDirs } from '../support/server.ts';
import { openDatadogVendor } from '../support/vendors/datadog.ts';
import { victoriaLogs, withVictoriaLogs } from '../support/victoria-logs.ts';

/** Our Datadog destination, against a receiver of Datadog's protocol that others wrote, and beside Datadog's own client. */
const EVENTS = 2500;
const victoria = victoriaLogs();
const egress = loopbackEgress();
const signal = () => new AbortController().signal;

afterAll(async () => {
  await egress.close();
  removeTempDirs();
});

test.skipIf(victoria.isMissing)(`VictoriaLogs takes all events${victoria.why}`, async () => {
  await withVictoriaLogs(async (logs) => {
    const config = datadog.config.parse({ url: `${logs.origin}/insert/datadog`, tags: ['env:prod'] });
    const destination = datadog.open({ config, secrets: { api_key: 'any' } }, { egress });
    const { eventsMax } = datadog.limits(config);
    // It takes nothing but texts beside the timestamp, which Datadog does not ask for.
    const texts = { durationMs: null, cost: null, attributes: { note: { kind: 'string', text: 'ä' } } } as const;
    const events = numbersTo(EVENTS).map((i) =>
      sampleEvent(i, { message: `order ${i} größe "x"`, service: 'forward', ...texts }),
    );
    for (let from = 0; from < EVENTS; from += eventsMax) {
      const batch = batchOf(datadog, events.slice(from, from + eventsMax), config);
      expect(await destination.deliver(batch, signal())).toMatchObject({ rejected: [], again: [], status: '202' });
    }
    const rows = await logs.rows('service:forward', EVENTS);
    const numbers = rows.map(({ _msg }) => Number(/^order (\d+) größe "x"$/.exec(_msg!)?.[1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbersTo(EVENTS));
    expect(new Set(rows.map(({ event_id: id }) => id)).size).toBe(EVENTS);
    for (const row of rows) {
      expect(row).toMatchObject({
        hostname: 'box-1',
        status: 'warn',
        ddsource: 'tailwater',
        env: 'prod',
        region: 'north',
      });
      expect(row.note).toBe('ä');
    }
    const steps: TestStep[] = [];
    const marked = encoded(datadog, sampleEvent(0, { message: 'marked', service: 'marked', ...texts }), config);
    await destination.test(marked, (step) => steps.push(step), signal());
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['credentials', true],
      ['event', true],
    ]);
    expect(await logs.rows('service:marked', 1)).toMatchObject([{ _msg: 'marked' }]);
  });
});

test('the request is the one that @datadog/datadog-api-client makes', async () => {
  const vendor = await openDatadogVendor();
  try {
    const { config, secrets } = vendor.settings;
    const event = sampleEvent(1);
    const destination = datadog.open({ config: datadog.config.parse(config), secrets }, { egress });
    const batch = batchOf(datadog, [event, sampleEvent(2), sampleEvent(3)], config);
    await destination.deliver(batch, signal());
    const configuration = client.createConfiguration({
      authMethods: { apiKeyAuth: secrets.api_key! },
      baseServer: new client.BaseServerConfiguration((config as { url: string }).url, {}),
    });
    const body = vendor.logs.map(({ message, ddsource, ddtags, ...additionalProperties }) => {
      return { message, ddsource: ddsource!, ddtags: ddtags!, additionalProperties } as unknown as v2.HTTPLogItem;
    });
    await new v2.LogsApi(configuration).submitLog({ contentEncoding: 'gzip', body });
    const [ours, theirs] = vendor.requests;
    expect(vendor.complaints()).toEqual([]);
    for (const key of ['method', 'path'] as const) expect(ours![key]).toBe(theirs![key]);
    for (const name of ['content-type', 'content-encoding', 'dd-api-key']) {
      expect(ours!.headers[name], name).toBe(theirs!.headers[name]);
    }
    expect(JSON.parse(ours!.body.toString())).toEqual(JSON.parse(theirs!.body.toString()));
    // Digits that JavaScript's numbers do not have are kept by ours alone.
    expect(ours!.body.toString()).toContain('"price":1.50,"big":123456789012345678901234567890');
  } finally {
    await vendor.close();
  }
});
