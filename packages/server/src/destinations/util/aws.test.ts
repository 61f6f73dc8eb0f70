import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loopbackEgress } from '../../../test/support/destination-events.ts';
import {
  type HttpVendor,
  openHttpVendor,
  type VendorAnswer,
  type VendorRequest,
} from '../../../test/support/vendors/http-vendor.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { createAwsClient } from './aws.ts';
import { type AwsConfig, awsFields, checkAws } from './aws-config.ts';
import { awsRefusal } from './aws-errors.ts';

const schema = z.strictObject(awsFields).superRefine(checkAws);
const KEYS = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'a-secret-key' };
const ROLE = 'arn:aws:iam::123456789012:role/tailwater';
const { signal } = new AbortController();

let server: HttpVendor;
let answer: (request: VendorRequest) => VendorAnswer;
let egress: Egress;
beforeEach(async () => {
  server = await openHttpVendor({ handle: (request) => answer(request) });
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await server.close();
});

function send(config: Partial<AwsConfig>, secrets: Record<string, string> = KEYS) {
  const settings = schema.parse({ region: 'eu-central-1', ...config });
  const surroundings = { config: settings, secrets, egress, call: egress.request, strip: (text: string) => text };
  const client = createAwsClient('logs', surroundings);
  return () => client.request({ method: 'POST', url: `${server.origin}/service`, headers: {}, body: '{}' }, signal);
}

/** Credentials that STS gives, numbered. */
function stsAnswers() {
  let given = 0;
  return (request: VendorRequest): VendorAnswer | null => {
    if (request.path !== '/') return null;
    given += 1;
    const end = new Date(Date.now() + 3_600_000).toISOString();
    return {
      status: 200,
      body: `<R><AccessKeyId>ASIA${given}</AccessKeyId><SecretAccessKey>s${given}</SecretAccessKey><SessionToken>t${given}</SessionToken><Expiration>${end}</Expiration></R>`,
    };
  };
}

const keyOf = ({ headers }: VendorRequest) => /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1];

describe('credentials', () => {
  test('a role is assumed once for many requests, with its external id', async () => {
    const sts = stsAnswers();
    answer = (request) => sts(request) ?? { status: 200 };
    const request = send({ role_arn: ROLE, external_id: 'acme-4711', sts_endpoint: server.origin });
    await request();
    await request();
    expect(server.requests.map(keyOf)).toEqual(['AKIDEXAMPLE', 'ASIA1', 'ASIA1']);
    const form = new URLSearchParams(server.requests[0]!.body.toString());
    expect(Object.fromEntries(form)).toMatchObject({ Action: 'AssumeRole', RoleArn: ROLE, ExternalId: 'acme-4711' });
    expect(server.requests[1]!.headers['x-amz-security-token']).toBe('t1');
  });

  test('a role whose time was over is assumed anew, once', async () => {
    const sts = stsAnswers();
    const expired = { status: 400, body: { __type: 'ExpiredTokenException' } };
    answer = (request) => sts(request) ?? expired;
    const response = await send({ role_arn: ROLE, sts_endpoint: server.origin })();
    expect(response.status).toBe(400);
    expect(server.requests.map(keyOf)).toEqual(['AKIDEXAMPLE', 'ASIA1', 'AKIDEXAMPLE', 'ASIA2']);
  });

  test('a role that may not be assumed is told with the field', async () => {
    const body =
      '<E><Error><Code>AccessDenied</Code><Message>User is not authorized to perform: sts:AssumeRole</Message></Error></E>';
    answer = () => ({ status: 403, body });
    await expect(send({ role_arn: ROLE, sts_endpoint: server.origin })()).rejects.toMatchObject({
      ...{ code: 'destination_unauthorized', field: 'role_arn' },
    });
  });

  test('the identity of a pod is lent only where the operator allows the metadata address', async () => {
    await expect(send({ credentials: 'pod', role_arn: ROLE }, {})()).rejects.toMatchObject({ code: 'egress_denied' });
    expect(server.requests).toEqual([]);
  });

  test.each([
    [{ credentials: 'pod' }, 'role_arn'],
    [{ credentials: 'pod', role_arn: ROLE, sts_endpoint: 'https://collector.example' }, 'sts_endpoint'],
    [{ external_id: 'acme' }, 'external_id'],
    [{ region: 'eu-central-1.evil.example/' }, 'region'],
  ])('%j is refused for %s', (config, field) => {
    const { error } = schema.safeParse({ region: 'eu-central-1', ...config });
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  });
});

describe('refusals', () => {
  const DATE = new Date().toUTCString();
  const json = (type: string, message = '') => JSON.stringify({ __type: `com.amazon#${type}`, message });
  const xml = (code: string, message = '', more = '') =>
    `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
  const skewed = new Date(Date.now() - 20 * 60_000).toUTCString();

  test.each([
    [400, json('ThrottlingException'), {}, 'destination_unavailable', undefined, undefined],
    [503, xml('SlowDown'), {}, 'destination_unavailable', undefined, undefined],
    [400, xml('RequestTimeout'), {}, 'destination_unavailable', undefined, undefined],
    [
      301,
      xml('PermanentRedirect'),
      { 'x-amz-bucket-region': 'eu-west-1' },
      'destination_unavailable',
      'region',
      'eu-west-1',
    ],
    [
      400,
      xml('AuthorizationHeaderMalformed', 'the region is wrong', '<Region>eu-west-3</Region>'),
      {},
      'destination_unavailable',
      'region',
      'eu-west-3',
    ],
    [
      400,
      json('InvalidSignatureException', 'Credential should be scoped to a valid region.'),
      {},
      'destination_unavailable',
      'region',
      'endpoint',
    ],
    [
      403,
      xml('SignatureDoesNotMatch'),
      { date: DATE },
      'destination_unauthorized',
      'secret_access_key',
      'copy it again',
    ],
    [
      403,
      xml('SignatureDoesNotMatch'),
      { date: skewed },
      'destination_unauthorized',
      'secret_access_key',
      '20 minutes ahead',
    ],
    [403, xml('RequestTimeTooSkewed'), {}, 'destination_unauthorized', 'access_key_id', 'NTP'],
    [403, xml('InvalidAccessKeyId'), {}, 'destination_unauthorized', 'access_key_id', 'no such access key'],
    [400, json('UnrecognizedClientException'), {}, 'destination_unauthorized', 'access_key_id', 'no such access key'],
    [400, xml('ExpiredToken'), {}, 'destination_unauthorized', 'session_token', 'new ones'],
    [
      403,
      xml('AccessDenied'),
      { 'x-amz-bucket-region': 'eu-west-1' },
      'destination_unauthorized',
      undefined,
      undefined,
    ],
    [400, json('AccessDeniedException'), {}, 'destination_unauthorized', undefined, undefined],
    [404, xml('NoSuchBucket'), {}, 'destination_unavailable', undefined, undefined],
    [400, json('ResourceNotFoundException'), {}, 'destination_unavailable', undefined, undefined],
    [400, json('InvalidParameterException'), {}, 'destination_rejected', undefined, undefined],
    [400, xml('EntityTooLarge'), {}, 'payload_too_large', undefined, undefined],
    [400, 'no form that is known', {}, 'destination_rejected', undefined, undefined],
  ])('%i %s %j is %s, %s', (status, body, headers, code, field, advice) => {
    const refusal = awsRefusal({ status, headers, body: Buffer.from(body) }, 'S3', (text) => text);
    expect(refusal).toMatchObject({ code, detail: expect.stringContaining(`S3 answered ${status}`) });
    expect(refusal!.field).toBe(field);
    if (advice === undefined) expect(refusal!.advice).toBeUndefined();
    else expect(refusal!.advice).toContain(advice);
  });

  test('the string to sign, with its session token, is not told', () => {
    const message =
      "The signature does not match.\n\nThe Canonical String should have been\n'x-amz-security-token:IQoJb3JpZ2lu'";
    const body = Buffer.from(JSON.stringify({ __type: 'InvalidSignatureException', message }));
    expect(awsRefusal({ status: 400, headers: {}, body }, 'S3', (text) => text)!.detail).not.toContain('IQoJ');
  });
});
