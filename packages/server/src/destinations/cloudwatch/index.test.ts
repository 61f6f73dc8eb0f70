import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openCloudWatchVendor } from '../../../test/support/vendors/cloudwatch.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { RetryableError } from '../../runtime/errors.ts';
import { cloudwatch } from './index.ts';

const HOUR_NS = 3_600_000_000_000n;
const { signal } = new AbortController();

let vendor: Awaited<ReturnType<typeof openCloudWatchVendor>>;
let egress: Egress;
beforeEach(async () => {
  vendor = await openCloudWatchVendor();
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await vendor.close();
});

const settingsOf = (more: object = {}) => ({
  config: cloudwatch.config.parse({ ...(vendor.settings.config as object), ...more }),
  secrets: vendor.settings.secrets,
});

const deliver = (hoursAgo: readonly number[], more: object = {}) => {
  const settings = settingsOf(more);
  const events = hoursAgo.map((hours, number) => {
    const event = sampleEvent(number);
    return { ...event, timestampNs: event.timestampNs - BigInt(hours) * HOUR_NS };
  });
  const batch = batchOf(cloudwatch, events, settings.config);
  return cloudwatch.open(settings, { egress }).deliver(batch, signal);
};

test('the group is made once, with its retention; then nothing but events is sent', async () => {
  await deliver([0]);
  await deliver([0]);
  expect(vendor.operations).toEqual([
    ...['PutLogEvents', 'CreateLogStream', 'CreateLogGroup', 'PutRetentionPolicy', 'CreateLogStream', 'PutLogEvents'],
    'PutLogEvents',
  ]);
  expect(vendor.groups).toEqual(new Map([['/tailwater/prod', 30]]));
  expect([...vendor.streams.keys()]).toEqual(['/tailwater/prod acme']);
});

test('events more than a day apart go in several calls, each in order of time', async () => {
  expect(await deliver([0, 50, 26, 1, 30])).toMatchObject({ rejected: [], again: [] });
  expect(vendor.messages().map((message) => Number(/\d+/.exec(message)![0]))).toEqual([1, 4, 2, 3, 0]);
  expect(vendor.complaints()).toEqual([]);
});

test('rejected events are told by their place in the batch', async () => {
  const { rejected } = await deliver([0, 24 * 20, 1, -3, 24 * 15]);
  expect(rejected.map(({ index, reason }) => [index, reason.split(':')[0]])).toEqual([
    [1, 'tooOld'],
    [4, 'tooOld'],
    [3, 'tooNew'],
  ]);
});

test('when a later call has to wait, only what was not taken comes again', async () => {
  await deliver([0]);
  let calls = 0;
  const limited: Egress = {
    ...egress,
    request: async (request) => {
      calls += 1;
      return egress.request(request).then((response) => {
        const body = Buffer.from('{"__type":"ThrottlingException","message":"Rate exceeded"}');
        return calls > 1 ? { ...response, status: 400, body } : response;
      });
    },
  };
  const events = [0, 50].map((hours) =>
    sampleEvent(hours, { timestampNs: sampleEvent(0).timestampNs - BigInt(hours) * HOUR_NS }),
  );
  const batch = batchOf(cloudwatch, events, vendor.settings.config);
  const result = await cloudwatch.open(settingsOf(), { egress: limited }).deliver(batch, signal);
  expect(result).toMatchObject({
    rejected: [],
    again: [{ index: 0, reason: expect.stringContaining('Rate exceeded') }],
  });
});

test('no group and no leave to make one: later, and no event is at fault', async () => {
  await expect(deliver([0], { create: false })).rejects.toBeInstanceOf(RetryableError);
  expect(vendor.operations).toEqual(['PutLogEvents']);
});

test('an event that is too large is cut and stays JSON', () => {
  const config = cloudwatch.config.parse(vendor.settings.config);
  const bytes = cloudwatch.encode(sampleEvent(1, { message: 'x'.repeat(2_000_000) }), config);
  expect(bytes.length).toBeLessThanOrEqual(1_048_576 - 26);
  expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ message: expect.stringMatching(/^x+…\[cut\]$/) });
});

test('events before 1970 are dead letters', () => {
  const config = cloudwatch.config.parse(vendor.settings.config);
  expect(() => cloudwatch.encode(sampleEvent(1, { timestampNs: -1n }), config)).toThrow('before 1970');
});

test('settings of the environment', () => {
  const environment = {
    ...{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-central-1' },
    ...{ AWS_SESSION_TOKEN: '', CLOUDWATCH_LOG_GROUP: '/prod' },
  };
  expect(cloudwatch.fromEnvironment(environment)).toMatchObject({
    config: { log_group: '/prod', log_stream: '{org}', region: 'eu-central-1', create: true },
    secrets: { access_key_id: 'AKIA', secret_access_key: 'secret' },
  });
  expect(cloudwatch.fromEnvironment({ ...environment, CLOUDWATCH_LOG_GROUP: undefined })).toBeNull();
});
