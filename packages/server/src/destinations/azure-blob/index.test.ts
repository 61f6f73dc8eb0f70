import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { CLIENT, CLIENT_SECRET, entraTokens, TENANT } from '../../../test/support/vendors/entra-token.ts';
import {
  type HttpVendor,
  openHttpVendor,
  type VendorAnswer,
  type VendorRequest,
} from '../../../test/support/vendors/http-vendor.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { TestStep } from '../destination.ts';
import { azureBlob } from './index.ts';

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

function open(more: object, secrets: Record<string, string>) {
  const config = azureBlob.config.parse({ account: 'acmelogs', container: 'events', endpoint: server.origin, ...more });
  return { config, destination: azureBlob.open({ config, secrets }, { egress }) };
}

async function lastStep(more: object, secrets: Record<string, string>): Promise<TestStep | undefined> {
  const { config, destination } = open(more, secrets);
  const steps: TestStep[] = [];
  const [marked] = batchOf(azureBlob, [sampleEvent(0)], config).events;
  await destination.test(marked!, (step) => steps.push(step), signal);
  return steps.at(-1);
}

const KEY = { account_key: Buffer.alloc(64, 'k').toString('base64') };
const SAS = { sas_token: '?sv=2023-11-03&sp=cw&se=2030-01-01T00:00:00Z&sig=signature%2Bof%2Fthe%3Dtoken' };

test('an application gets a token, and another when it is valid no more', async () => {
  const tokens = entraTokens('https://storage.azure.com/.default');
  answer = (request) => tokens.give(request) ?? { status: tokens.isValid(request) ? 201 : 401 };
  const more = { auth: 'application', tenant_id: TENANT, client_id: CLIENT, authority: server.origin };
  const { config, destination } = open(more, { client_secret: CLIENT_SECRET });
  const batch = batchOf(azureBlob, [sampleEvent(0)], config);
  await destination.deliver(batch, signal);
  tokens.endTokens();
  await destination.deliver(batch, signal);
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'PUT', 'POST', 'PUT']);
});

test('a SAS token goes with the address, and no other signature', async () => {
  answer = () => ({ status: 201 });
  const { config, destination } = open({ auth: 'sas' }, SAS);
  await destination.deliver(batchOf(azureBlob, [sampleEvent(0)], config), signal);
  const [{ query, headers }] = server.requests as [VendorRequest];
  expect(query.get('sig')).toBe('signature+of/the=token');
  expect(headers.authorization).toBeUndefined();
});

const refused =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  (): VendorAnswer => ({
    ...{ status, headers: { 'x-ms-error-code': code, ...headers } },
    body: `<Error><Code>${code}</Code><Message>${code}\nRequestId: 1</Message></Error>`,
  });
const LATE = new Date(Date.now() - 20 * 60_000).toUTCString();

test.each([
  [refused(404, 'ContainerNotFound'), {}, KEY, 'container', 'no container events'],
  [refused(403, 'AuthenticationFailed'), {}, KEY, 'account_key', 'copy it again'],
  [refused(403, 'AuthenticationFailed', { date: LATE }), {}, KEY, 'account_key', '20 minutes ahead'],
  [refused(403, 'AuthenticationFailed'), { auth: 'sas' }, SAS, 'sas_token', 'has ended'],
  [refused(403, 'AuthorizationPermissionMismatch'), { auth: 'sas' }, SAS, 'sas_token', 'permission to create'],
  [refused(403, 'KeyBasedAuthenticationNotPermitted'), {}, KEY, 'auth', 'forbids its keys'],
  [refused(403, 'AuthorizationFailure'), {}, KEY, 'account', 'firewall'],
])('%o with %j: %s, %s', async (refuse, more, secrets, field, advice) => {
  answer = refuse;
  const step = await lastStep(more, secrets as Record<string, string>);
  expect(step).toMatchObject({ ok: false, field, advice: expect.stringContaining(advice) });
});

test('an application needs its ids', () => {
  const { error } = azureBlob.config.safeParse({ account: 'acmelogs', container: 'events', auth: 'application' });
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['tenant_id', 'client_id']);
});

test('settings of the environment', () => {
  const text = `DefaultEndpointsProtocol=https;AccountName=acmelogs;AccountKey=${KEY.account_key};EndpointSuffix=core.windows.net`;
  const environment = { AZURE_STORAGE_CONNECTION_STRING: text, AZURE_STORAGE_CONTAINER: 'events' };
  expect(azureBlob.fromEnvironment(environment)).toMatchObject({
    config: { account: 'acmelogs', container: 'events', auth: 'shared_key' },
    secrets: KEY,
  });
  const sas = { AZURE_STORAGE_ACCOUNT: 'acmelogs', AZURE_STORAGE_CONTAINER: 'events', AZURE_STORAGE_SAS_TOKEN: 'sv=1' };
  expect(azureBlob.fromEnvironment(sas)).toMatchObject({ config: { auth: 'sas' }, secrets: { sas_token: 'sv=1' } });
  expect(azureBlob.fromEnvironment({ AZURE_STORAGE_CONTAINER: 'events' })).toBeNull();
});
