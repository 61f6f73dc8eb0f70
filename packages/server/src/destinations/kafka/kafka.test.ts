import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openKafkaVendor } from '../../../test/support/vendors/kafka.ts';
import { readEncoded } from './encode.ts';
import { kafka } from './index.ts';
import { murmur2, partitionOf } from './partition.ts';
import { crc32c } from './record-batch.ts';
import { varint } from './wire.ts';

const configOf = (settings: object) => kafka.config.parse({ brokers: ['a:1'], topic: 't', ...settings });

// https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('the hash of %s is that of the Java client', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('partitions are never negative, and CRC-32C and varints are as published', () => {
  const partitions = Array.from({ length: 200 }, (_, i) => partitionOf(Buffer.from(`key-${i}`), 7));
  expect(new Set(partitions)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect([0, -1, 1, -2, 2147483647].map((value) => varint(value).toString('hex'))).toEqual([
    '00',
    '01',
    '02',
    '03',
    'feffffff0f',
  ]);
});

test('topic and key come from the event, in what a topic can be called', () => {
  const keyed = (settings: object, fields = {}) =>
    readEncoded({ bytes: kafka.encode(sampleEvent(1, fields), configOf(settings)) });
  expect(keyed({ topic: 'logs.{log_type}', key: 'trace_id' })).toMatchObject({
    topic: 'logs.gateway',
    key: Buffer.from('a0f81bfd3b4688fdbb096b93da06f28e'),
  });
  expect(keyed({ topic: '{service}' }, { service: 'größe / x' })).toMatchObject({ topic: 'gr__e___x', key: null });
  expect(keyed({ topic: '{service}', key: 'service' }, { service: '' })).toMatchObject({ topic: '_', key: null });
  expect(keyed({ topic: '{service}' }, { service: '..' }).topic).toBe('_');
  expect(keyed({ topic: '{service}' }, { service: 's'.repeat(400) }).topic).toBe('s'.repeat(249));
  for (const topic of ['', 'a b', '{user_id}']) expect(() => configOf({ topic })).toThrow();
  expect(() => configOf({ sasl: 'plain' })).toThrow(/SASL needs a user/);
});

test('the usual environment variables', () => {
  const environment = { KAFKA_BROKERS: 'a, b:9093', KAFKA_TOPIC: 'logs' };
  expect(kafka.fromEnvironment(environment)).toMatchObject({
    config: { brokers: ['a:9092', 'b:9093'], topic: 'logs', sasl: 'none', tls: false },
    secrets: {},
  });
  const login = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'secret' };
  expect(kafka.fromEnvironment({ ...environment, ...login, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' })).toMatchObject({
    config: { tls: true, sasl: 'scram-sha-256', username: 'u' },
    secrets: { password: 'secret' },
  });
  expect(kafka.fromEnvironment({ KAFKA_BROKERS: 'a' })).toBeNull();
});

describe('with a broker', () => {
  let vendor: Awaited<ReturnType<typeof openKafkaVendor>>;
  const egress = loopbackEgress();
  beforeEach(async () => {
    vendor = await openKafkaVendor();
  });
  afterEach(() => vendor.close());

  test('a topic that one event asks for in vain holds up no other', async () => {
    const config = kafka.config.parse({ ...(vendor.settings.config as object), topic: '{log_type}' });
    const events = ['logs', 'missing', 'logs'].map((logType, i) => sampleEvent(i, { logType }));
    const destination = kafka.open({ ...vendor.settings, config }, { egress });
    const result = await destination.deliver(batchOf(kafka, events, config), new AbortController().signal);
    expect(result).toMatchObject({
      rejected: [{ index: 1, reason: expect.stringMatching(/UNKNOWN_TOPIC/) }],
      again: [],
    });
    expect(vendor.messages()).toEqual([events[0]!.message, events[2]!.message]);
    await destination.close();
  });

  test('records have key, header and time', async () => {
    const { config, secrets } = vendor.settings;
    const destination = kafka.open({ config: kafka.config.parse(config), secrets }, { egress });
    const event = sampleEvent(5);
    await destination.deliver(batchOf(kafka, [event], vendor.settings.config), new AbortController().signal);
    expect(vendor.taken).toMatchObject([
      { key: 'shop', headers: { event_id: event.eventId }, timestampMs: Number(event.timestampNs / 1_000_000n) },
    ]);
    await destination.close();
  });

  test('a broker that the cluster names is looked at as one of the settings is', async () => {
    const own = vendor.settings.config as { brokers: string[] };
    const brokers = [`kafka.example:${own.brokers[0]!.split(':')[1]}`];
    const config = kafka.config.parse({ ...own, brokers });
    const lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const guarded = loopbackEgress({ allow: ['kafka.example'], lookup });
    const destination = kafka.open({ config, secrets: vendor.settings.secrets }, { egress: guarded });
    const delivered = destination.deliver(batchOf(kafka, [sampleEvent(1)], config), new AbortController().signal);
    // It calls itself 127.0.0.1.
    await expect(delivered).rejects.toMatchObject({ code: 'egress_denied' });
    expect(vendor.messages()).toEqual([]);
    await destination.close();
    await guarded.close();
  });
});
