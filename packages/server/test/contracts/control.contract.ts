import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createApiKey,
  findApiKeyByHash,
  hashSecret,
  listApiKeys,
  type NewApiKey,
  revokeApiKey,
  saveLastUsed,
} from '../../src/control/api-keys.ts';
import { bootstrap } from '../../src/control/bootstrap.ts';
import type { ControlDb } from '../../src/control/control-db.ts';
import { DEFAULT_LOGQL_SETTINGS } from '../../src/control/logql-settings.ts';
import { createOrg, getOrg, listOrgs, NO_QUOTA, updateOrgSettings } from '../../src/control/orgs.ts';
import { installationSecret, settingOr } from '../../src/control/settings.ts';

/** An empty database of one kind that can be opened again and again. */
export interface ControlStorage {
  open(): Promise<ControlDb>;
  remove(): Promise<void>;
}

const CHOSEN_SECRET = 'a-secret-that-an-operator-chose-0123456789';

/**
 * What every control database promises, whatever its dialect:
 * C1 What a call answered is there after the database is opened again.
 * C2 An id that is taken is a `conflict`, what is not there (or is another org's) `not_found`, a bad value `invalid_field`.
 * C3 A secret is answered once, and neither it nor anything it can be computed from is kept.
 * C4 Opening at the same time, and starting for the first time at the same time, ends as if one came after the other.
 * C5 Every change to orgs and keys raises `revision`; saving last uses does not.
 */
export function controlContract(kind: string, make: () => Promise<ControlStorage>): void {
  describe(`control database: ${kind}`, () => {
    let storage: ControlStorage;
    let db: ControlDb;

    beforeEach(async () => {
      storage = await make();
      db = await storage.open();
    });
    afterEach(async () => {
      await db.close();
      await storage.remove();
    });

    const reopen = async (): Promise<void> => {
      await db.close();
      db = await storage.open();
    };
    const makeKey = (orgId: string) => createApiKey(db, { orgId, name: 'k', scopes: ['ingest'] });

    describe('orgs', () => {
      test('C1 are created, listed by id, and kept', async () => {
        await createOrg(db, { id: 'b', name: 'Bee', retentionDays: 7 }, 1000);
        await createOrg(db, { id: 'a', name: 'Ä ✓' }, 2000);
        await reopen();
        const settings = { redactRulesOff: [], logTypes: {}, ingestQuota: NO_QUOTA, loki: DEFAULT_LOGQL_SETTINGS };
        const bee = { id: 'b', name: 'Bee', retentionDays: 7, settings, createdAtMs: 1000 };
        expect(await getOrg(db, 'b')).toEqual(bee);
        expect(await listOrgs(db)).toEqual([
          { id: 'a', name: 'Ä ✓', retentionDays: null, settings, createdAtMs: 2000 },
          bee,
        ]);
      });

      test('C2 conflict, not found, null', async () => {
        await createOrg(db, { id: 'a', name: 'first' });
        await expect(createOrg(db, { id: 'a', name: 'second' })).rejects.toMatchObject({
          code: 'conflict',
          field: 'id',
        });
        await expect(updateOrgSettings(db, 'b', { name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
        expect(await getOrg(db, 'b')).toBeNull();
        expect((await getOrg(db, 'a'))?.name).toBe('first');
      });

      test.each([
        ['id', { id: 'Upper', name: 'n' }],
        ['id', { id: '', name: 'n' }],
        ['id', { id: '-a', name: 'n' }],
        ['id', { id: 'a'.repeat(64), name: 'n' }],
        ['id', { id: 'a/../b', name: 'n' }],
        ['name', { id: 'a', name: '  ' }],
        ['name', { id: 'a', name: 'x'.repeat(201) }],
        ['name', { id: 'a', name: 'a\u001b[31m' }],
        ['retention_days', { id: 'a', name: 'n', retentionDays: 0 }],
        ['retention_days', { id: 'a', name: 'n', retentionDays: 1.5 }],
      ])('C2 bad %s: %j', async (field, org) => {
        await expect(createOrg(db, org)).rejects.toMatchObject({ code: 'invalid_field', field });
        expect(await listOrgs(db)).toEqual([]);
      });

      test('a change leaves alone what it does not name', async () => {
        await createOrg(db, { id: 'a', name: 'A', retentionDays: 7 });
        await updateOrgSettings(db, 'a', { settings: { redactRulesOff: ['email'] } });
        await updateOrgSettings(db, 'a', { settings: { logTypes: { 'my.auth': 'auth' } } });
        const changed = await updateOrgSettings(db, 'a', { retentionDays: null });
        await reopen();
        expect(await getOrg(db, 'a')).toEqual(changed);
        expect(changed).toMatchObject({
          name: 'A',
          retentionDays: null,
          settings: { redactRulesOff: ['email'], logTypes: { 'my.auth': 'auth' } },
        });
      });

      test('changes at a time do not undo each other', async () => {
        await createOrg(db, { id: 'a', name: 'A' });
        const other = await storage.open();
        await Promise.all([
          updateOrgSettings(db, 'a', { settings: { redactRulesOff: ['email'] } }),
          updateOrgSettings(other, 'a', { settings: { logTypes: { x: 'auth' } } }),
          updateOrgSettings(db, 'a', { name: 'B' }),
        ]);
        await other.close();
        const settings = { redactRulesOff: ['email'], logTypes: { x: 'auth' } };
        expect(await getOrg(db, 'a')).toMatchObject({ name: 'B', settings });
      });
    });

    describe('API keys', () => {
      beforeEach(async () => {
        await createOrg(db, { id: 'a', name: 'A' });
        await createOrg(db, { id: 'b', name: 'B' });
      });

      test('C1 C3 a key is found by the hash of its secret, and the secret is nowhere kept', async () => {
        const request = { orgId: 'a', name: 'ci', scopes: ['query', 'ingest'], maySelectOrgs: true } as const;
        const { secret, ...key } = await createApiKey(db, request, 1234);
        expect(secret).toMatch(/^tw_[A-Za-z0-9_-]{43}$/);
        await reopen();
        expect(await findApiKeyByHash(db, hashSecret(secret))).toEqual(key);
        expect(key).toMatchObject({
          orgId: 'a',
          name: 'ci',
          prefix: secret.slice(0, 8),
          scopes: ['ingest', 'query'],
          maySelectOrgs: true,
          createdAtMs: 1234,
          lastUsedAtMs: null,
          revokedAtMs: null,
        });
        const kept = JSON.stringify(await db.sql.selectFrom('api_keys').selectAll().execute());
        expect(kept).not.toContain(secret.slice(8));
      });

      test('C3 of a chosen secret not even the beginning is kept', async () => {
        await createApiKey(db, { orgId: 'a', name: 'k', scopes: ['admin'], secret: CHOSEN_SECRET });
        expect((await findApiKeyByHash(db, hashSecret(CHOSEN_SECRET)))?.prefix).toBe('');
      });

      const browserKey = (browserOrigins: readonly string[], more: Partial<NewApiKey> = {}) =>
        createApiKey(db, { orgId: 'a', name: 'web', scopes: ['ingest'], browserOrigins, ...more });

      test('C1 a browser key keeps its origins, other keys have none', async () => {
        const origins = ['https://app.example.com', 'http://localhost:5173', 'http://[::1]:8080'];
        const { secret } = await browserKey(origins);
        const other = await makeKey('a');
        await reopen();
        expect((await findApiKeyByHash(db, hashSecret(secret)))?.browserOrigins).toEqual(origins);
        expect((await findApiKeyByHash(db, hashSecret(other.secret)))?.browserOrigins).toBeNull();
      });

      test.each([
        'https://app.example.com/',
        'https://app.example.com/path',
        'https://APP.example.com',
        'https://app.example.com:443',
        'https://user@app.example.com',
        'https://*.example.com',
        'app.example.com',
        'file:///tmp',
        'null',
        '*',
        '',
      ])('C2 no origin: %j', async (origin) => {
        const refused = { code: 'invalid_field', field: 'browser_origins' };
        await expect(browserKey(['https://good.example.com', origin])).rejects.toMatchObject(refused);
      });

      test('C2 a browser key may only ingest, from 1 to 50 origins', async () => {
        const one = ['https://app.example.com'];
        for (const more of [{ scopes: ['ingest', 'query'] }, { scopes: ['admin'] }, { maySelectOrgs: true }] as const) {
          await expect(browserKey(one, more)).rejects.toMatchObject({ code: 'invalid_field', field: 'scopes' });
        }
        for (const origins of [[], Array.from({ length: 51 }, (_, i) => `https://a${i}.example.com`)]) {
          await expect(browserKey(origins)).rejects.toMatchObject({ field: 'browser_origins' });
        }
        expect(await listApiKeys(db, 'a')).toEqual([]);
      });

      test('C2 no such org, bad scopes, a secret twice', async () => {
        const key = { orgId: 'a', name: 'k', scopes: ['ingest'] as const, secret: CHOSEN_SECRET };
        await createApiKey(db, key);
        await expect(createApiKey(db, key)).rejects.toMatchObject({ code: 'conflict' });
        await expect(makeKey('nowhere')).rejects.toMatchObject({ code: 'not_found', field: 'org_id' });
        await expect(createApiKey(db, { ...key, scopes: [] })).rejects.toMatchObject({
          code: 'invalid_field',
          field: 'scopes',
        });
        await expect(createApiKey(db, { ...key, name: '' })).rejects.toMatchObject({
          code: 'invalid_field',
          field: 'name',
        });
      });

      test('are listed by org, or all', async () => {
        const first = await makeKey('a');
        const second = await makeKey('b');
        const ids = async (orgId: string | null) => (await listApiKeys(db, orgId)).map((key) => key.id).sort();
        expect(await ids('a')).toEqual([first.id]);
        expect(await ids('b')).toEqual([second.id]);
        expect(await ids(null)).toEqual([first.id, second.id].sort());
        expect(JSON.stringify(await listApiKeys(db, null))).not.toContain(first.secret.slice(8));
      });

      test("C1 C2 revoking: kept, harmless twice, another org's key is not found", async () => {
        const key = await makeKey('a');
        await expect(revokeApiKey(db, key.id, 'b')).rejects.toMatchObject({ code: 'not_found' });
        await expect(revokeApiKey(db, 'nowhere', null)).rejects.toMatchObject({ code: 'not_found' });
        expect((await findApiKeyByHash(db, hashSecret(key.secret)))?.revokedAtMs).toBeNull();
        await revokeApiKey(db, key.id, 'a', 5000);
        await revokeApiKey(db, key.id, null, 6000);
        await reopen();
        expect((await findApiKeyByHash(db, hashSecret(key.secret)))?.revokedAtMs).toBe(5000);
      });

      test('a last use never goes back', async () => {
        const key = await makeKey('a');
        for (const atMs of [2000, 1000]) await saveLastUsed(db, new Map([[key.id, atMs]]));
        expect((await listApiKeys(db, 'a'))[0]?.lastUsedAtMs).toBe(2000);
      });

      test('C5 revision', async () => {
        const seen = [db.revision];
        const key = await makeKey('a');
        seen.push(db.revision);
        await updateOrgSettings(db, 'a', { name: 'x' });
        seen.push(db.revision);
        await revokeApiKey(db, key.id, null);
        seen.push(db.revision);
        expect(new Set(seen).size).toBe(4);
        await saveLastUsed(db, new Map([[key.id, 1]]));
        expect(db.revision).toBe(seen.at(-1));
      });
    });

    describe('first start', () => {
      test('C1 makes `default` and one admin key, and only once', async () => {
        const { generatedSecret } = await bootstrap(db, undefined);
        await reopen();
        expect(await bootstrap(db, undefined)).toEqual({ generatedSecret: null, isRevoked: false });
        const key = await findApiKeyByHash(db, hashSecret(generatedSecret!));
        expect(key).toMatchObject({ orgId: 'default', scopes: ['admin'], maySelectOrgs: true });
        expect((await listOrgs(db)).map((org) => org.id)).toEqual(['default']);
      });

      test("takes the operator's secret, and a new one later", async () => {
        for (const secret of [CHOSEN_SECRET, CHOSEN_SECRET, `new-${CHOSEN_SECRET}`]) {
          expect(await bootstrap(db, secret)).toEqual({ generatedSecret: null, isRevoked: false });
        }
        expect(await listApiKeys(db, null)).toHaveLength(2);
      });

      test('a revoked bootstrap key stays revoked', async () => {
        await bootstrap(db, CHOSEN_SECRET);
        await revokeApiKey(db, (await listApiKeys(db, null))[0]!.id, null);
        expect(await bootstrap(db, CHOSEN_SECRET)).toEqual({ generatedSecret: null, isRevoked: true });
        expect(await bootstrap(db, undefined)).toEqual({ generatedSecret: null, isRevoked: false });
      });

      test('C4 of several servers at a time', async () => {
        const fresh = await make();
        const servers = await Promise.all([fresh.open(), fresh.open(), fresh.open()]);
        await Promise.all(servers.map((server) => bootstrap(server, CHOSEN_SECRET)));
        expect(await listApiKeys(servers[0]!, null)).toHaveLength(1);
        for (const server of servers) await server.close();
        await fresh.remove();
      });
    });

    describe('settings', () => {
      test('C1 the first value wins', async () => {
        expect(await settingOr(db, 'x', '1')).toBe('1');
        await reopen();
        expect(await settingOr(db, 'x', '2')).toBe('1');
      });

      test('C1 a secret of the installation: 32 bytes, the same ever after', async () => {
        const secret = await installationSecret(db, 'cursor');
        await reopen();
        expect(secret).toHaveLength(32);
        expect(await installationSecret(db, 'cursor')).toEqual(secret);
        expect(await installationSecret(db, 'other')).not.toEqual(secret);
      });
    });
  });
}
