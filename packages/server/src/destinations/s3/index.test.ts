import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openS3Vendor } from '../../../test/support/vendors/s3.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { TestStep } from '../destination.ts';
import { s3 } from './index.ts';

const { signal } = new AbortController();

let vendor: Awaited<ReturnType<typeof openS3Vendor>>;
let egress: Egress;
beforeEach(async () => {
  vendor = await openS3Vendor();
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await vendor.close();
});

const SECRETS = { access_key_id: 'AKIA', secret_access_key: 'secret' };

/** Where a request would go. */
async function addressOf(settings: object): Promise<URL> {
  const config = s3.config.parse({ bucket: 'acme-logs', region: 'eu-central-1', ...settings });
  const asked: string[] = [];
  const noted: Egress = {
    ...egress,
    request: async ({ url }) => {
      asked.push(url);
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    },
  };
  const destination = s3.open({ config, secrets: SECRETS }, { egress: noted });
  await destination.deliver(batchOf(s3, [sampleEvent(0)], config), signal);
  return new URL(asked[0]!);
}

test.each([
  [{}, 'acme-logs.s3.eu-central-1.amazonaws.com', '/acme/'],
  [{ bucket: 'logs.acme.example' }, 's3.eu-central-1.amazonaws.com', '/logs.acme.example/acme/'],
  [{ region: 'cn-north-1' }, 'acme-logs.s3.cn-north-1.amazonaws.com.cn', '/acme/'],
  [{ endpoint: 'https://storage.googleapis.com/' }, 'storage.googleapis.com', '/acme-logs/acme/'],
])('%j goes to %s%s', async (settings, host, path) => {
  const url = await addressOf(settings);
  expect([url.protocol, url.host]).toEqual(['https:', host]);
  expect(url.pathname.startsWith(path)).toBe(true);
});

test('the same batch is the same object, other bytes are not taken', async () => {
  const config = s3.config.parse(vendor.settings.config);
  const destination = s3.open({ config, secrets: vendor.settings.secrets }, { egress });
  const batch = batchOf(s3, [sampleEvent(0), sampleEvent(1)], config);
  const first = await destination.deliver(batch, signal);
  expect(await destination.deliver(batch, signal)).toEqual(first);
  expect(vendor.objects.size).toBe(1);
  expect(first.bytesSent).toBe([...vendor.objects.values()][0]!.length);
});

test.each([
  [403, 'AccessDenied', 'credentials', 's3:PutObject on arn:aws:s3:::acme-logs/logs/*, and kms:GenerateDataKey'],
  [404, 'NoSuchBucket', 'bucket', 'no bucket acme-logs'],
  [400, 'KMS.DisabledException', 'kms_key_id', 'disabled'],
])('%i %s: %s, %s', async (status, code, field, advice) => {
  const config = s3.config.parse({ ...(vendor.settings.config as object), prefix: 'logs', kms_key_id: 'alias/logs' });
  const body = Buffer.from(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
  const refusing: Egress = { ...egress, request: async () => ({ status, headers: {}, body }) };
  const steps: TestStep[] = [];
  const [marked] = batchOf(s3, [sampleEvent(0)], config).events;
  await s3.open({ config, secrets: SECRETS }, { egress: refusing }).test(marked!, (step) => steps.push(step), signal);
  expect(steps.at(-1)).toMatchObject({ ok: false, field, advice: expect.stringContaining(advice) });
});

test('settings of the environment', () => {
  const environment = {
    ...{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_DEFAULT_REGION: 'eu-central-1' },
    ...{ S3_BUCKET: 'acme-logs', S3_PREFIX: 'logs', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/writer' },
  };
  expect(s3.fromEnvironment(environment)).toMatchObject({
    config: { bucket: 'acme-logs', prefix: 'logs', role_arn: 'arn:aws:iam::123456789012:role/writer' },
    secrets: SECRETS,
  });
  expect(s3.fromEnvironment({ ...environment, AWS_SECRET_ACCESS_KEY: '' })).toBeNull();
  expect(s3.fromEnvironment({ ...environment, S3_BUCKET: undefined })).toBeNull();
});
