import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { azureBlob } from '../../src/destinations/azure-blob/index.ts';
import { azureMonitor } from '../../src/destinations/azure-monitor/index.ts';
import { cloudwatch } from '../../src/destinations/cloudwatch/index.ts';
import type { DestinationType, EncodedEvent, Settings } from '../../src/destinations/destination.ts';
import { gcpLogging } from '../../src/destinations/gcp-logging/index.ts';
import { gcs } from '../../src/destinations/gcs/index.ts';
import { s3 } from '../../src/destinations/s3/index.ts';
import { sharedKeyAuthorization } from '../../src/destinations/util/azure-shared-key.ts';
import { batchOf, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { CLIENT, CLIENT_SECRET, entraTokens, TENANT } from '../support/vendors/entra-token.ts';
import { googleAccount } from '../support/vendors/google-token.ts';
import {
  type HttpVendor,
  openHttpVendor,
  type VendorAnswer,
  type VendorRequest,
} from '../support/vendors/http-vendor.ts';

/** clouds/README.md says how they came to be. */
interface Recorded {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'clouds', `${name}.json`), 'utf8'));
const recorded = (name: string) => read(name) as Recorded[];

const KEYS = {
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  session_token: 'session+token/of==',
};
const PREFIX = "logs/it's/a=b(c)!*";
/** 2026-11-21T10:00:00.123456789Z */
const TIME_NS = 1_795_255_200_123_456_789n;
const at = (number: number) => sampleEvent(number, { timestampNs: TIME_NS });

let server: HttpVendor;
let answer: (request: VendorRequest) => VendorAnswer;
beforeEach(async () => {
  answer = () => ({ status: 200, body: {} });
  server = await openHttpVendor({ handle: (request) => answer(request) });
});
afterEach(() => server.close());

/** What the destination sent, in order. */
async function sent(
  type: DestinationType,
  settings: Settings<unknown>,
  events?: EncodedEvent[],
): Promise<VendorRequest[]> {
  const egress = loopbackEgress();
  const destination = type.open(settings, { egress });
  const batch = { ...batchOf(type, [at(0)], settings.config), ...(events && { events }) };
  await destination.deliver(batch, new AbortController().signal);
  await egress.close();
  return server.requests;
}

/** Only the headers named. */
const some = (headers: Readonly<Record<string, string>>, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, headers[name]]));

describe('Amazon', () => {
  test.each([...recorded('cloudwatch'), ...recorded('s3')])(
    'SigV4 of $headers.x-amz-target $method $url',
    async (request) => {
      const { host, authorization, ...headers } = request.headers;
      const [, region, service] = /\/([a-z0-9-]+)\/(logs|s3)\/aws4_request/.exec(authorization!)!;
      const { 'x-amz-date': datetime = '', 'x-amz-security-token': sessionToken = '', ...signed } = headers;
      const signer = new AwsV4Signer({
        ...{ url: `http://${host}${request.url}`, method: request.method, headers: signed, body: request.body },
        ...{ datetime, region: region!, service: service!, allHeaders: true, sessionToken },
        ...{ accessKeyId: KEYS.access_key_id, secretAccessKey: KEYS.secret_access_key },
      });
      expect((await signer.sign()).headers.get('authorization')).toBe(authorization);
    },
  );

  test('CloudWatch Logs: all its operations', async () => {
    const golden = recorded('cloudwatch');
    const missing = { status: 400, body: { __type: 'ResourceNotFoundException' } };
    // The stream, then the group, then the stream are missing.
    const answers = [missing, missing];
    answer = () => answers.shift() ?? { status: 200, body: {} };
    const config = cloudwatch.config.parse({
      ...{ log_group: '/tailwater/prod', region: 'eu-central-1', endpoint: server.origin, retention_days: 30 },
    });
    const events = ['{"message":"größe 😀 \\"quoted\\""}', '{"message":"b"}'].map((text, i) => ({
      ...{ eventId: `${i}`, timestampNs: BigInt(1_795_255_200_000 + i) * 1_000_000n, bytes: Buffer.from(text) },
    }));
    const ours = await sent(cloudwatch, { config, secrets: KEYS }, events);
    const operation = ({ headers }: { headers: Readonly<Record<string, string>> }) =>
      headers['x-amz-target']!.split('.')[1]!;
    expect(ours.map(operation)).toEqual([
      ...['PutLogEvents', 'CreateLogStream', 'CreateLogGroup', 'PutRetentionPolicy', 'CreateLogStream', 'PutLogEvents'],
    ]);
    for (const request of ours) {
      const same = golden.find((each) => operation(each) === operation(request))!;
      const names = ['content-type', 'x-amz-target', 'x-amz-content-sha256', 'x-amz-security-token'];
      expect(some(request.headers, ...names)).toEqual(some(same.headers, ...names));
      expect([request.method, request.path, request.body.toString()]).toEqual([same.method, same.url, same.body]);
    }
  });

  test('S3: path and headers of PutObject', async () => {
    const [golden] = recorded('s3') as [Recorded];
    const config = s3.config.parse({
      ...{ bucket: 'acme-logs', region: 'eu-central-1', endpoint: server.origin, prefix: PREFIX },
      ...{ storage_class: 'STANDARD_IA', kms_key_id: 'alias/logs' },
    });
    const [ours] = (await sent(s3, { config, secrets: KEYS })) as [VendorRequest];
    const names = ['content-type', 'x-amz-security-token', 'x-amz-storage-class', 'x-amz-server-side-encryption'];
    names.push('x-amz-server-side-encryption-aws-kms-key-id');
    expect(some(ours.headers, ...names)).toEqual(some(golden.headers, ...names));
    expect([ours.method, folderOf(ours.path)]).toEqual([golden.method, folderOf(golden.url)]);
    expect(ours.headers).toMatchObject({
      'content-md5': expect.stringMatching(/^[\w+/]{22}==$/),
      'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

/** Without the last part, which is ours alone, and the query. */
const folderOf = (path: string) => path.replace(/[^/]*$/, '');

describe('Azure', () => {
  test('Shared Key of Put Blob', () => {
    const [{ method, url, headers }] = recorded('azure-blob') as [Recorded];
    const { host, authorization, ...signed } = headers;
    // Account and key of the recording; the path has the account once, as the server was no emulator.
    const key = Buffer.alloc(64, 'k').toString('base64');
    expect(sharedKeyAuthorization('acmelogs', key, method, `http://${host}${url}`, signed)).toBe(authorization);
  });

  test('Put Blob: path and headers', async () => {
    const [golden] = recorded('azure-blob') as [Recorded];
    answer = () => ({ status: 201 });
    const config = azureBlob.config.parse({
      ...{ account: 'acmelogs', container: 'events', endpoint: `${server.origin}/acmelogs`, prefix: PREFIX },
    });
    const secrets = { account_key: Buffer.alloc(64, 'k').toString('base64') };
    const [ours] = (await sent(azureBlob, { config, secrets })) as [VendorRequest];
    const names = ['x-ms-blob-type', 'x-ms-blob-content-type', 'if-none-match'];
    expect(some(ours.headers, ...names)).toEqual(some(golden.headers, ...names));
    const decoded = (path: string) => folderOf(path).split('/').map(decodeURIComponent);
    expect([ours.method, decoded(ours.path)]).toEqual([golden.method, decoded(golden.url)]);
  });

  test('Logs Ingestion: path, headers and rows', async () => {
    const [golden] = recorded('azure-monitor') as [Recorded];
    const tokens = entraTokens('https://monitor.azure.com/.default');
    answer = (request) => tokens.give(request) ?? { status: 204 };
    const config = azureMonitor.config.parse({
      ...{ endpoint: server.origin, rule_id: 'dcr-00a1b2c3d4e5f60718293a4b5c6d7e8f', stream: 'Custom-Tailwater_CL' },
      ...{ tenant_id: TENANT, client_id: CLIENT, authority: server.origin },
    });
    const rows = JSON.parse(golden.body) as object[];
    const events = rows.map((row, i) => ({
      ...{ eventId: `${i}`, timestampNs: TIME_NS, bytes: Buffer.from(JSON.stringify(row)) },
    }));
    const [, ours] = (await sent(azureMonitor, { config, secrets: { client_secret: CLIENT_SECRET } }, events)) as [
      VendorRequest,
      VendorRequest,
    ];
    const { pathname, searchParams } = new URL(golden.url.replace('%2D', '-'), server.origin);
    expect([ours.method, ours.path, ours.body.toString()]).toEqual([golden.method, pathname, golden.body]);
    expect([...ours.query]).toEqual([...searchParams]);
    expect(ours.headers).toMatchObject({
      ...some(golden.headers, 'content-type'),
      authorization: expect.stringMatching(/^Bearer /),
    });
  });
});

describe('Google', () => {
  const account = googleAccount();

  test('the assertion that a token is given for', async () => {
    const golden = read('google-token') as Record<'header' | 'claims', Record<string, unknown>> & {
      grant_type: string;
    };
    answer = (request) => (request.path === '/token' ? account.takeAssertion(request) : { status: 200, body: {} });
    const config = gcpLogging.config.parse({ project: 'acme-logs', endpoint: server.origin });
    const [ours] = await sent(gcpLogging, { config, secrets: { service_account_key: account.keyFile(server.origin) } });
    const form = new URLSearchParams(ours!.body.toString());
    const [header, claims] = form
      .get('assertion')!
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, number>);
    expect(form.get('grant_type')).toBe(golden.grant_type);
    expect(header).toMatchObject(golden.header);
    expect(Object.keys(claims!).sort()).toEqual(Object.keys(golden.claims).sort());
    expect(claims).toMatchObject({ iss: golden.claims.iss, scope: golden.claims.scope, aud: `${server.origin}/token` });
    expect(claims!.exp! - claims!.iat!).toBe(Number(golden.claims.exp) - Number(golden.claims.iat));
  });

  test('Cloud Storage: name and condition of an upload', async () => {
    const [golden] = recorded('gcs') as [Recorded];
    answer = (request) => (request.path === '/token' ? account.takeAssertion(request) : { status: 200, body: {} });
    const config = gcs.config.parse({ bucket: 'acme-logs', endpoint: server.origin, prefix: PREFIX });
    const secrets = { service_account_key: account.keyFile(server.origin) };
    const [, ours] = (await sent(gcs, { config, secrets })) as [VendorRequest, VendorRequest];
    const { pathname, searchParams } = new URL(golden.url, server.origin);
    expect([ours.method, ours.path]).toEqual([golden.method, pathname]);
    expect(folderOf(ours.query.get('name')!)).toBe(folderOf(searchParams.get('name')!));
    expect(ours.query.get('ifGenerationMatch')).toBe(searchParams.get('ifGenerationMatch'));
    expect(golden.body).toContain(`Content-Type: ${ours.headers['content-type']}`);
  });

  test('Cloud Logging: the entry', async () => {
    const [golden] = recorded('gcp-logging') as [Recorded];
    answer = (request) => (request.path === '/token' ? account.takeAssertion(request) : { status: 200, body: {} });
    const config = gcpLogging.config.parse({ project: 'acme-logs', endpoint: server.origin, log_id: 'tail/water' });
    const secrets = { service_account_key: account.keyFile(server.origin) };
    const fields = { message: 'größe', labels: { region: 'north' }, eventId: '0000000000000003e8000000' };
    const bytes = gcpLogging.encode({ ...at(0), ...fields }, config);
    const events = [{ eventId: fields.eventId, timestampNs: TIME_NS, bytes }];
    const [, ours] = (await sent(gcpLogging, { config, secrets }, events)) as [VendorRequest, VendorRequest];
    const body = JSON.parse(ours.body.toString()) as { entries: { jsonPayload: object }[] };
    const expected = JSON.parse(golden.body) as {
      labels?: object;
      entries: { jsonPayload: object; severity: unknown }[];
    };
    expect(golden.url.split('?', 1)[0]).toBe(ours.path);
    // Of the numbers of LogSeverity, 400 is WARNING.
    expected.entries[0]!.severity = 'WARNING';
    // The client writes members that are empty.
    const { labels: _none, ...request } = expected;
    const message = { message: fields.message };
    expect({ ...body, entries: [{ ...body.entries[0], jsonPayload: message }] }).toEqual({
      ...request,
      entries: [{ ...request.entries[0], jsonPayload: message }],
    });
    expect(body.entries[0]!.jsonPayload).toMatchObject(message);
  });
});
