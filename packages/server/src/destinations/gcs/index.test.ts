import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { removeTempDirs, tempDir } from '../../../test/support/server.ts';
import { openGcsVendor } from '../../../test/support/vendors/gcs.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { Destination, TestStep } from '../destination.ts';
import { gcs } from './index.ts';

const { signal } = new AbortController();

let vendor: Awaited<ReturnType<typeof openGcsVendor>>;
let egress: Egress;
beforeEach(async () => {
  vendor = await openGcsVendor();
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await vendor.close();
});

const open = (more: object = {}, secrets = vendor.settings.secrets): Destination =>
  gcs.open({ config: gcs.config.parse({ ...(vendor.settings.config as object), ...more }), secrets }, { egress });
const batch = () => batchOf(gcs, [sampleEvent(0)], vendor.settings.config);
const tokensAsked = () => vendor.requests.filter(({ path }) => path === '/token').length;

async function lastStep(destination: Destination): Promise<TestStep | undefined> {
  const steps: TestStep[] = [];
  const [marked] = batch().events;
  await destination.test(marked!, (step) => steps.push(step), signal);
  return steps.at(-1);
}

test('one token for many objects; another when it is valid no more', async () => {
  const destination = open();
  await destination.deliver(batch(), signal);
  await destination.deliver(batch(), signal);
  expect(tokensAsked()).toBe(1);
  vendor.account.endTokens();
  expect(await destination.deliver(batch(), signal)).toMatchObject({ status: '412 already there' });
  expect(tokensAsked()).toBe(2);
});

test.each([['no-such-bucket', 'bucket', 'no bucket no-such-bucket']])(
  'the bucket %s: %s, %s',
  async (bucket, field, advice) => {
    expect(await lastStep(open({ bucket }))).toMatchObject({
      ok: false,
      field,
      advice: expect.stringContaining(advice),
    });
  },
);

test.each([
  '',
  'not JSON',
  '{"type":"authorized_user"}',
  '{"type":"service_account","client_email":"a@b","private_key":"x"}',
])('the key %j is told to be none', async (key) => {
  expect(await lastStep(open({}, { service_account_key: key }))).toMatchObject({
    ...{ name: 'credentials', ok: false, field: 'service_account_key' },
    advice: expect.stringContaining('Create a JSON key'),
  });
});

test('settings of the environment', () => {
  const environment = { GOOGLE_APPLICATION_CREDENTIALS_JSON: '{}', GCS_BUCKET: 'acme-logs' };
  expect(gcs.fromEnvironment(environment)).toMatchObject({
    config: { bucket: 'acme-logs', endpoint: 'https://storage.googleapis.com' },
    secrets: { service_account_key: '{}' },
  });
  const path = join(tempDir(), 'key.json');
  writeFileSync(path, '{"a":1}');
  const byPath = { GOOGLE_APPLICATION_CREDENTIALS: path, GCS_BUCKET: 'acme-logs' };
  expect(gcs.fromEnvironment(byPath)).toMatchObject({ secrets: { service_account_key: '{"a":1}' } });
  removeTempDirs();
  expect(gcs.fromEnvironment(byPath)).toMatchObject({ secrets: { service_account_key: path } });
  expect(gcs.fromEnvironment({ ...environment, GCS_BUCKET: '' })).toBeNull();
});
