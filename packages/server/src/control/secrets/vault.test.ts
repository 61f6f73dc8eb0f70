import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StrictVault } from '../../../test/support/strict-vault.ts';
import { createEgress } from '../../runtime/egress/create-egress.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { openVault, type Vault, type VaultSettings } from './vault.ts';

let server: StrictVault;
let url: string;
let egress: Egress;
let vault: Vault | undefined;
let dir: string;
let faults: unknown[];
const signal = AbortSignal.timeout(60_000);

beforeEach(async () => {
  server = new StrictVault();
  url = await server.listen();
  egress = createEgress({ mode: 'any', allow: [], plainHttp: true });
  dir = mkdtempSync(join(tmpdir(), 'tailwater-vault-'));
  writeFileSync(join(dir, 'token'), 'the.service.account\n');
  faults = [];
});
afterEach(async () => {
  vault?.close();
  await egress.close();
  await server.close();
  rmSync(dir, { recursive: true });
});

function open(settings: Partial<VaultSettings> = {}): Vault {
  const given = { method: 'token', token: 'hvs.given' } as const;
  vault = openVault(
    {
      url: `${url}/`,
      mount: 'kv',
      prefix: 'log-integrations',
      namespace: undefined,
      ca: undefined,
      auth: given,
      ...settings,
    },
    { egress, onFault: (error) => faults.push(error) },
  );
  return vault;
}
const approle = { method: 'approle', mount: 'approle', roleId: 'the-role', secretId: 'the-secret-id' } as const;

describe('KV version 2', () => {
  test('what is written is read, as a new version; removing takes all versions', async () => {
    const kv = open();
    expect(await kv.read('one', signal)).toBeNull();
    await kv.write('one', { api_key: 'a' }, signal);
    await kv.write('one', { api_key: 'b', pem: 'x\ny' }, signal);
    expect(await kv.read('one', signal)).toEqual({ api_key: 'b', pem: 'x\ny' });
    expect(server.secrets.get('log-integrations/one')).toHaveLength(2);
    await kv.remove('one', signal);
    expect(await kv.read('one', signal)).toBeNull();
  });

  test('a version that was deleted in Vault is nothing', async () => {
    server.secrets.set('log-integrations/one', [{ api_key: 'a' }, null]);
    expect(await open().read('one', signal)).toBeNull();
  });

  test('an id cannot leave its path', async () => {
    await open().write('../other', { a: 'b' }, signal);
    expect([...server.secrets.keys()]).toEqual(['log-integrations/..%2Fother']);
  });

  test('the namespace is told', async () => {
    server.namespace = 'team/a';
    await open({ namespace: 'team/a' }).write('one', { a: 'b' }, signal);
    expect(server.secrets.size).toBe(1);
  });

  test.each([503, 429, 472, 473, 500, 412])('status %i is away, and may be asked again', async (status) => {
    const kv = open();
    await kv.read('one', signal);
    server.down = status;
    await expect(kv.read('one', signal)).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'destination_unavailable',
    });
  });

  test('no connection is away', async () => {
    const kv = open();
    await server.close();
    await expect(kv.read('one', signal)).rejects.toMatchObject({ name: 'RetryableError' });
  });

  test('a token without a policy, or that there is not', async () => {
    const kv = open({ auth: { method: 'token', token: 'hvs.unknown' } });
    const refused = { code: 'destination_unauthorized', message: expect.not.stringContaining('hvs.') };
    await expect(kv.write('one', { a: 'b' }, signal)).rejects.toMatchObject(refused);
  });
});

describe('tokens', () => {
  test.each([
    ['AppRole', approle],
    ['Kubernetes', { method: 'kubernetes', mount: 'kubernetes', role: 'tailwater', tokenFile: 'token' }],
  ] as const)('%s logs in once for many requests', async (_, method) => {
    const auth = method.method === 'kubernetes' ? { ...method, tokenFile: join(dir, 'token') } : method;
    const kv = open({ auth });
    await Promise.all(['a', 'b', 'c'].map((id) => kv.write(id, { id }, signal)));
    expect([server.logins, server.secrets.size]).toEqual([1, 3]);
  });

  test('a wrong secret id is told without it', async () => {
    const kv = open({ auth: { ...approle, secretId: 'wrong-secret-id' } });
    const refused = { code: 'destination_unauthorized', message: expect.not.stringContaining('wrong-secret-id') };
    await expect(kv.read('one', signal)).rejects.toMatchObject(refused);
  });

  test('a token file that is not there is named', async () => {
    const kv = open({ auth: { method: 'kubernetes', mount: 'kubernetes', role: 'r', tokenFile: '/nowhere/token' } });
    await expect(kv.read('one', signal)).rejects.toMatchObject({ message: expect.stringContaining('/nowhere/token') });
  });

  test('it is renewed before its time is over, again and again', async () => {
    server.ttlS = 2;
    const kv = open({ auth: approle });
    await kv.read('one', signal);
    await expect.poll(() => server.tokens.get('hvs.1')!.renewals, { timeout: 10_000 }).toBeGreaterThan(1);
    expect([server.logins, faults]).toEqual([1, []]);
  });

  test('one that cannot be renewed is followed by another log-in', async () => {
    server.ttlS = 2;
    server.renewable = false;
    const kv = open({ auth: approle });
    await kv.read('one', signal);
    await expect.poll(() => server.logins, { timeout: 10_000 }).toBeGreaterThan(1);
  });

  test('one that was revoked is found out, and another is got', async () => {
    const kv = open({ auth: approle });
    await kv.write('one', { a: 'b' }, signal);
    server.tokens.clear();
    expect(await kv.read('one', signal)).toEqual({ a: 'b' });
    expect(server.logins).toBe(2);
  });

  test('a log-in that failed is tried again by the next request', async () => {
    const kv = open({ auth: approle });
    server.down = 503;
    await expect(kv.read('one', signal)).rejects.toMatchObject({ name: 'RetryableError' });
    server.down = null;
    expect(await kv.read('one', signal)).toBeNull();
  });
});
