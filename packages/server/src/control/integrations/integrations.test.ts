import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { integrationsContract } from '../../../test/contracts/integrations.contract.ts';
import { type LocalIntegrations, localIntegrations } from '../../../test/support/local-integrations.ts';
import { StrictVault } from '../../../test/support/strict-vault.ts';
import { datadog } from '../../destinations/datadog/index.ts';
import type { DestinationType } from '../../destinations/destination.ts';
import { createEgress } from '../../runtime/egress/create-egress.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { type ControlDb, openControlDb } from '../control-db.ts';
import { createOrg } from '../orgs.ts';
import { openKeyring } from '../secrets/keyring.ts';
import { openVault, type Vault } from '../secrets/vault.ts';
import { applyEnvironment } from './from-environment.ts';
import type { IntegrationDraft } from './integrations.ts';
import { listIntegrations } from './rows.ts';
import { openIntegrationSecrets } from './secrets.ts';
import { DEFAULT_DELIVERY, NO_FILTER } from './settings.ts';

const makeDir = (): string => mkdtempSync(join(tmpdir(), 'tailwater-integrations-'));

integrationsContract('SQLite', async () => {
  const dir = makeDir();
  return {
    open: () => openControlDb(dir),
    remove: async () => rmSync(dir, { recursive: true }),
  };
});

let dir: string;
let db: ControlDb;
let closers: (() => unknown)[];
beforeEach(async () => {
  dir = makeDir();
  db = await openControlDb(dir);
  closers = [];
  for (const id of ['default', 'acme']) await createOrg(db, { id, name: id });
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  await db.close();
  rmSync(dir, { recursive: true });
});

const types: readonly DestinationType[] = [datadog as unknown as DestinationType];
const draft = (change: Partial<IntegrationDraft> = {}): IntegrationDraft => ({
  name: 'n',
  type: 'datadog',
  config: {},
  secrets: { api_key: 'first-key' },
  filter: NO_FILTER,
  delivery: DEFAULT_DELIVERY,
  enabled: true,
  ...change,
});

function open(vault: Vault | null = null): LocalIntegrations {
  const local = localIntegrations(db, dir, { types, vault });
  closers.push(() => local.egress.close());
  return local;
}
const given = ({ sender }: LocalIntegrations) => sender.configured.map(({ id, secrets }) => ({ id, secrets }));

describe('with Vault', () => {
  let server: StrictVault;
  let egress: Egress;
  let vault: Vault;

  beforeEach(async () => {
    server = new StrictVault();
    const url = await server.listen();
    egress = createEgress({ mode: 'any', allow: [], plainHttp: true });
    vault = openVault(
      {
        ...{ url, mount: 'kv', prefix: 'log-integrations', namespace: undefined, ca: undefined },
        auth: { method: 'token', token: 'hvs.given' },
      },
      { egress, onFault: () => {} },
    );
    closers.push(
      () => server.close(),
      () => egress.close(),
      () => vault.close(),
    );
  });
  const versions = (id: string) => server.secrets.get(`log-integrations/${id}`);

  test('secrets are there, and a sealed copy here', async () => {
    const local = open(vault);
    const { id } = await local.integrations.create('acme', draft());
    expect(versions(id)).toEqual([{ api_key: 'first-key' }]);
    expect((await local.integrations.get('acme', id)).secrets.api_key!.sealed).toMatch(/^v1\.k1\./);
    await local.integrations.replace('acme', id, draft({ secrets: { api_key: 'second-key' } }));
    expect(versions(id)!.at(-1)).toEqual({ api_key: 'second-key' });
    expect(given(local)).toEqual([{ id, secrets: { api_key: 'second-key' } }]);
    await local.integrations.remove('acme', id);
    expect(server.secrets.size).toBe(0);
  });

  test('what was rotated in Vault is used from the next refresh on', async () => {
    const local = open(vault);
    const { id } = await local.integrations.create('acme', draft());
    server.secrets.set(`log-integrations/${id}`, [{ api_key: 'rotated-key' }]);
    await local.integrations.refresh();
    expect(given(local)).toEqual([{ id, secrets: { api_key: 'rotated-key' } }]);
  });

  test('while Vault is away the sealed copy is used, and nothing can be saved', async () => {
    const { id } = await open(vault).integrations.create('acme', draft());
    server.down = 503;
    const local = open(vault);
    await local.integrations.start();
    expect(given(local)).toEqual([{ id, secrets: { api_key: 'first-key' } }]);
    expect(local.faults).toEqual([expect.objectContaining({ code: 'destination_unavailable' })]);
    const change = draft({ secrets: { api_key: 'second-key' } });
    await expect(local.integrations.replace('acme', id, change)).rejects.toMatchObject({ name: 'RetryableError' });
    await expect(local.integrations.create('acme', draft({ name: 'm' }))).rejects.toMatchObject({
      name: 'RetryableError',
    });
    expect(await listIntegrations(db, 'acme')).toHaveLength(1);
  });

  test('the copy is what Vault had last: a key that was rotated there is in it too', async () => {
    const local = open(vault);
    const { id } = await local.integrations.create('acme', draft());
    server.secrets.set(`log-integrations/${id}`, [{ api_key: 'rotated-key' }]);
    await local.integrations.refresh();
    server.down = 503;
    const later = open(vault);
    await later.integrations.start();
    expect(given(later)).toEqual([{ id, secrets: { api_key: 'rotated-key' } }]);
  });

  test('what was removed in Vault is not used any more', async () => {
    const local = open(vault);
    const { id } = await local.integrations.create('acme', draft());
    server.secrets.clear();
    await local.integrations.refresh();
    expect(given(local)).toEqual([{ id, secrets: {} }]);
    expect(local.sender.configured[0]!.unavailable).toContain('removed there');
    expect(local.integrations.problemOf(id)).toContain('removed there');
    const kept = draft({ secrets: {} });
    await expect(local.integrations.replace('acme', id, kept)).rejects.toThrow('removed there');
    await local.integrations.replace('acme', id, draft({ secrets: { api_key: 'set-anew' } }));
    expect(given(local)).toEqual([{ id, secrets: { api_key: 'set-anew' } }]);
  });

  test('secrets that were sealed before there was Vault are moved there at start', async () => {
    const { id } = await open().integrations.create('acme', draft());
    const local = open(vault);
    await local.integrations.start();
    expect(versions(id)).toEqual([{ api_key: 'first-key' }]);
    expect((await local.integrations.get('acme', id)).inVault).toBe(true);
    await open(vault).integrations.start();
    expect(versions(id)).toHaveLength(1);
  });

  test('a name that is taken leaves nothing in Vault', async () => {
    const local = open(vault);
    await local.integrations.create('acme', draft());
    await expect(local.integrations.create('acme', draft())).rejects.toMatchObject({ code: 'conflict' });
    expect(server.secrets.size).toBe(1);
  });
});

describe('from the environment', () => {
  const apply = (environment: Record<string, string>, wanted = ['datadog']) => {
    const keyring = openKeyring({ keys: undefined, keysFile: join(dir, 'secret-keys') });
    const secrets = openIntegrationSecrets({ keyring, vault: null, onFault: () => {} });
    const byId = new Map(types.map((type) => [type.id, type]));
    return applyEnvironment({ db, types: byId, secrets, wanted, environment, journalNext: () => 3 });
  };

  test('an integration of the default org is made, refreshed, and left alone when nothing changed', async () => {
    await apply({ DD_API_KEY: 'one', DD_SITE: 'datadoghq.eu' });
    const local = open();
    await local.integrations.start();
    const [made] = await listIntegrations(db, 'default');
    expect(made).toMatchObject({ id: 'env-datadog', fromEnvironment: true, enabled: true, fromPosition: 3 });
    expect(local.sender.configured).toMatchObject([
      { id: 'env-datadog', orgId: 'default', config: { site: 'datadoghq.eu' }, secrets: { api_key: 'one' } },
    ]);
    await apply({ DD_API_KEY: 'one', DD_SITE: 'datadoghq.eu' });
    expect(await listIntegrations(db, null)).toEqual([made]);
    await apply({ DD_API_KEY: 'two' });
    await local.integrations.start();
    expect(local.sender.configured).toMatchObject([{ config: { site: 'datadoghq.com' }, secrets: { api_key: 'two' } }]);
  });

  test('the API does not change it', async () => {
    await apply({ DD_API_KEY: 'one' });
    const { integrations } = open();
    const refused = { code: 'conflict', message: expect.stringContaining('LOG_DESTINATION') };
    await expect(integrations.setEnabled('default', 'env-datadog', false)).rejects.toMatchObject(refused);
    await expect(integrations.replace('default', 'env-datadog', draft())).rejects.toMatchObject(refused);
    await expect(integrations.remove('default', 'env-datadog')).rejects.toMatchObject(refused);
  });

  test('one that is named no longer is disabled and may be removed; named again it runs again', async () => {
    await apply({ DD_API_KEY: 'one' });
    await apply({}, []);
    const { integrations } = open();
    expect(await integrations.get('default', 'env-datadog')).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('LOG_DESTINATION'),
    });
    await apply({ DD_API_KEY: 'one' });
    expect(await integrations.get('default', 'env-datadog')).toMatchObject({ enabled: true, disabledReason: null });
    await apply({}, []);
    await integrations.remove('default', 'env-datadog');
    expect(await listIntegrations(db, null)).toEqual([]);
  });

  test.each([
    ['an unknown destination', {}, ['nowhere'], 'there is no destination `nowhere`'],
    ['variables that are missing', {}, ['datadog'], 'needs variables that are not set'],
    ['a variable that is wrong', { DD_API_KEY: 'the-key', DD_SITE: 'not a site' }, ['datadog'], 'cannot be used'],
  ])('%s stops the start, without values', async (_, environment, wanted, message) => {
    const refused = apply(environment as Record<string, string>, wanted);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_field', field: 'logDestination' });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow('the-key');
  });
});
