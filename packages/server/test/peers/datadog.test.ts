import { client, v2 } from '@datadog/datadog-api-client';
import { expect, test } from 'vitest';
import { expectNumbered, sharedPeer } from '../support/peer.ts';
import { ADMIN_KEY } from '../support/server.ts';

const peer = sharedPeer();

const EVENTS = 200;
const BATCH = 50;

function logsApi(key: string): v2.LogsApi {
  const configuration = client.createConfiguration({
    authMethods: { apiKeyAuth: key },
    baseServer: new client.BaseServerConfiguration(peer.url, {}),
  });
  return new v2.LogsApi(configuration);
}

test.each([undefined, 'gzip', 'deflate'] as const)('@datadog/datadog-api-client, %s', async (contentEncoding) => {
  const service = `datadog-${contentEncoding ?? 'identity'}`;
  const api = logsApi(ADMIN_KEY);
  const item = (i: number): v2.HTTPLogItem => ({
    message: `login ${i} failed`,
    service,
    hostname: 'box-1',
    ddsource: 'nodejs',
    ddtags: 'version:5.1,canary',
    additionalProperties: { status: 'warn', 'usr.id': `u${i}`, attempt: `${i}` },
  });
  for (let from = 0; from < EVENTS; from += BATCH) {
    const body = Array.from({ length: BATCH }, (_, i) => item(from + i));
    const encoding = contentEncoding === undefined ? {} : { contentEncoding };
    expect(await api.submitLog({ ...encoding, ddtags: 'env:prod', body })).toEqual({});
  }
  expectNumbered(await peer.found(service, EVENTS), EVENTS, /^login (\d+) failed$/, (i) => ({
    user_id: `u${i}`,
    severity: 'warn',
    host: 'box-1',
    receiver: 'datadog',
    org_id: 'default',
    metadata: { ddsource: 'nodejs', version: '5.1', canary: true, env: 'prod', attempt: `${i}` },
  }));
});

test('@datadog/datadog-api-client with a wrong key', async () => {
  const sent = logsApi('tw_wrong').submitLog({ body: [{ message: 'never' }] });
  await expect(sent).rejects.toMatchObject({ code: 401, body: { errors: [{ status: '401', title: 'Unauthorized' }] } });
});

test('the key in the path, and validate', async () => {
  const keep = await fetch(`${peer.url}/v1/input/${ADMIN_KEY}`, { method: 'POST', body: '{}' });
  expect({ status: keep.status, body: await keep.json() }).toEqual({ status: 202, body: {} });
  const wrong = await fetch(`${peer.url}/v1/input/wrong`, { method: 'POST', body: '{}' });
  expect(wrong.status).toBe(401);
  const validate = (key: string) => fetch(`${peer.url}/api/v1/validate`, { headers: { 'dd-api-key': key } });
  expect(await (await validate(ADMIN_KEY)).json()).toEqual({ valid: true });
  expect((await validate('wrong')).status).toBe(403);
});
