import { Logger } from 'splunk-logging';
import { expect, test } from 'vitest';
import { splunkHec } from '../../src/destinations/splunk-hec/index.ts';
import { batchOf, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { openSplunkVendor } from '../support/vendors/splunk-hec.ts';

/** Splunk's own JavaScript client, sending the same event to the same collector. */
test('the request is the one that splunk-logging makes', async () => {
  const vendor = await openSplunkVendor();
  const egress = loopbackEgress();
  try {
    const { url } = vendor.settings.config as { url: string };
    const { secrets } = vendor.settings;
    const config = splunkHec.config.parse({ url, index: 'main', source: 'app.log', sourcetype: 'shop' });
    const event = sampleEvent(1, { timestampNs: 1_795_255_200_123_000_000n });
    const destination = splunkHec.open({ config, secrets }, { egress });
    await destination.deliver(batchOf(splunkHec, [event], config), new AbortController().signal);

    const logger = new Logger({ token: secrets.token!, url, maxBatchCount: 0 });
    const metadata = { time: 1_795_255_200.123, host: 'box-1', source: 'app.log', sourcetype: 'shop', index: 'main' };
    logger.send({ message: event.message, severity: event.severity, metadata });
    const answer = await new Promise((resolve) => logger.flush((_error, _response, body) => resolve(body)));
    expect(answer).toEqual({ text: 'Success', code: 0 });

    const [ours, theirs] = vendor.requests;
    expect(ours!.method).toBe(theirs!.method);
    // Theirs names the version of the protocol, of which there is one.
    expect(theirs!.path).toBe(`${ours!.path}/1.0`);
    expect(ours!.headers.authorization).toBe(theirs!.headers.authorization);
    const read = (body: Buffer) => {
      const { event: payload, time, ...rest } = JSON.parse(body.toString()) as Record<string, unknown>;
      return { ...rest, time: Number(time), payload: payload as object };
    };
    const [own, official] = [read(ours!.body), read(theirs!.body)];
    expect({ ...own, payload: null }).toEqual({ ...official, payload: null });
    expect(own.payload).toMatchObject(official.payload);
  } finally {
    await vendor.close();
    await egress.close();
  }
});
