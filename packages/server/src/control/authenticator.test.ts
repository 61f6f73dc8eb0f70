import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { Authenticator } from './authenticator.ts';
import { type ControlDb, openControlDb } from './control-db.ts';
import { OrgCache } from './org-cache.ts';
import { createOrg } from './orgs.ts';
import { requireScope, SCOPES, type Scope } from './scopes.ts';
import { STALE_AFTER_MS } from './timed-cache.ts';

let dir: string;
let db: ControlDb;
let nowMs: number;
let faults: unknown[];
const opened: Authenticator[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-auth-'));
  db = await openControlDb(dir);
  nowMs = 1_000_000;
  faults = [];
  for (const id of ['default', 'a', 'b']) await createOrg(db, { id, name: id });
});
afterEach(async () => {
  for (const authenticator of opened.splice(0)) await authenticator.close();
  await db.close();
  rmSync(dir, { recursive: true });
  expect(faults).toEqual([]);
});

function makeAuthenticator(openMode = false): Authenticator {
  const onFault = (error: unknown) => faults.push(error);
  const clock = () => nowMs;
  const authenticator = new Authenticator(db, { orgs: new OrgCache(db, clock), openMode, onFault, nowMs: clock });
  opened.push(authenticator);
  return authenticator;
}

async function makeKey(
  options: { scopes?: Scope[]; maySelectOrgs?: boolean } = {},
): Promise<{ id: string; secret: string }> {
  return createApiKey(db, { orgId: 'a', name: 'k', scopes: ['ingest'], ...options });
}

/** What `authenticate` answers: the org, or the code of its refusal. */
async function orgOf(authenticator: Authenticator, headers: Record<string, string>): Promise<string> {
  const request = { headers: { host: 'localhost', ...headers }, remoteAddress: '127.0.0.1' };
  return authenticator.authenticate(request).then(
    (identity) => identity.orgId,
    (error: { code: string }) => error.code,
  );
}

const lastUse = async (): Promise<number | null> => (await listApiKeys(db, 'a'))[0]!.lastUsedAtMs;

describe('with keys', () => {
  test('a key acts as its org, by any way to send it', async () => {
    const authenticator = makeAuthenticator();
    const { id, secret } = await makeKey();
    for (const headers of [
      { authorization: `Bearer ${secret}` },
      { 'x-api-key': secret },
      { authorization: `Basic ${btoa(`any:${secret}`)}` },
    ]) {
      const identity = await authenticator.authenticate({ headers, remoteAddress: '203.0.113.9' });
      expect(identity).toEqual({
        orgId: 'a',
        keyId: id,
        scopes: new Set(['ingest']),
        maySelectOrgs: false,
        browserOrigins: null,
      });
    }
  });

  test.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': `tw_${'A'.repeat(43)}` }],
    ['a hash for a secret', { 'x-api-key': 'f'.repeat(64) }],
  ])('unauthenticated: %s', async (_name, headers) => {
    expect(await orgOf(makeAuthenticator(), headers)).toBe('unauthenticated');
  });

  test('X-Scope-OrgID', async () => {
    const authenticator = makeAuthenticator();
    const one = (await makeKey()).secret;
    const all = (await makeKey({ maySelectOrgs: true })).secret;
    const select = (secret: string, org: string) => orgOf(authenticator, { 'x-api-key': secret, 'x-scope-orgid': org });
    expect(await select(one, 'a')).toBe('a');
    expect(await select(one, '')).toBe('a');
    expect(await select(one, 'b')).toBe('forbidden');
    expect(await select(one, 'nowhere')).toBe('forbidden');
    expect(await select(all, 'b')).toBe('b');
    expect(await select(all, 'a')).toBe('a');
    expect(await select(all, 'nowhere')).toBe('forbidden');
    expect(await select(all, 'a|b')).toBe('forbidden');
    expect(await select(all, '../a')).toBe('forbidden');
  });

  test('an org made a moment ago may be selected', async () => {
    const authenticator = makeAuthenticator();
    const headers = { 'x-api-key': (await makeKey({ maySelectOrgs: true })).secret, 'x-scope-orgid': 'new' };
    expect(await orgOf(authenticator, headers)).toBe('forbidden');
    await createOrg(db, { id: 'new', name: 'New' });
    expect(await orgOf(authenticator, headers)).toBe('new');
  });

  test('Basic credentials that a browser sent for a foreign page', async () => {
    const headers = {
      authorization: `Basic ${btoa(`any:${(await makeKey()).secret}`)}`,
      'sec-fetch-site': 'cross-site',
    };
    expect(await orgOf(makeAuthenticator(), headers)).toBe('origin_refused');
  });
});

describe('revoking', () => {
  test('in this process: at once', async () => {
    const authenticator = makeAuthenticator();
    const { id, secret } = await makeKey();
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('a');
    await revokeApiKey(db, id, null);
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('unauthenticated');
  });

  test('a look-up that began before it answers nobody after it', async () => {
    const authenticator = makeAuthenticator();
    const { id, secret } = await makeKey();
    const before = orgOf(authenticator, { 'x-api-key': secret });
    await revokeApiKey(db, id, null);
    await before;
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('unauthenticated');
  });

  test('by another process: after STALE_AFTER_MS', async () => {
    const authenticator = makeAuthenticator();
    const { id, secret } = await makeKey();
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('a');
    const other = await openControlDb(dir);
    await revokeApiKey(other, id, null);
    await other.close();
    nowMs += STALE_AFTER_MS + 1;
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('unauthenticated');
  });

  test('a key that another process made works at once', async () => {
    const authenticator = makeAuthenticator();
    const other = await openControlDb(dir);
    const { secret } = await createApiKey(other, { orgId: 'a', name: 'k', scopes: ['query'] });
    await other.close();
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('a');
  });
});

describe('open mode', () => {
  test('without a key: `default`, all scopes', async () => {
    const identity = await makeAuthenticator(true).authenticate({
      headers: { host: '127.0.0.1:1' },
      remoteAddress: '::1',
    });
    expect(identity).toEqual({
      orgId: 'default',
      keyId: null,
      scopes: new Set(SCOPES),
      maySelectOrgs: true,
      browserOrigins: null,
    });
  });

  test.each([
    ['fake', 'default'],
    ['1', 'default'],
    ['a|b', 'default'],
    ['b', 'b'],
  ])('X-Scope-OrgID %s acts as %s', async (org, expected) => {
    expect(await orgOf(makeAuthenticator(true), { 'x-scope-orgid': org })).toBe(expected);
  });

  test('a key counts, a wrong one too', async () => {
    const authenticator = makeAuthenticator(true);
    expect(await orgOf(authenticator, { 'x-api-key': (await makeKey()).secret })).toBe('a');
    expect(await orgOf(authenticator, { 'x-api-key': 'wrong' })).toBe('unauthenticated');
    expect(await orgOf(authenticator, { authorization: 'Digest x' })).toBe('unauthenticated');
  });

  test('a web page is refused, but not one with a key', async () => {
    const authenticator = makeAuthenticator(true);
    const page = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect(await orgOf(authenticator, page)).toBe('origin_refused');
    expect(await orgOf(authenticator, { ...page, 'x-api-key': (await makeKey()).secret })).toBe('a');
  });
});

describe('on the API', () => {
  /** What `authenticateApi` answers to a page of the server itself. */
  const apiOrgOf = async (authenticator: Authenticator, headers: Record<string, string>): Promise<string> => {
    const page = { host: 'localhost', origin: 'http://localhost', ...headers };
    return authenticator.authenticateApi({ headers: page, remoteAddress: '127.0.0.1', changes: true }).then(
      (identity) => identity.orgId,
      (error: { code: string; field?: string }) => [error.code, error.field].join(' '),
    );
  };
  const GRANT = { orgId: 'b', keyId: null, scopes: ['query' as const], maySelectOrgs: false };
  const cookieOf = async (authenticator: Authenticator) => ({
    cookie: `tailwater_session=${await authenticator.sessions.begin(GRANT)}`,
  });
  const old = { cookie: 'tailwater_session=tws_old' };

  test.each([false, true])('a session counts, a key wins over it (open mode: %s)', async (openMode) => {
    const authenticator = makeAuthenticator(openMode);
    const session = await cookieOf(authenticator);
    expect(await apiOrgOf(authenticator, session)).toBe('b');
    expect(await apiOrgOf(authenticator, { ...session, 'x-api-key': (await makeKey()).secret })).toBe('a');
    expect(await apiOrgOf(authenticator, { ...session, 'x-api-key': 'wrong' })).toBe('unauthenticated ');
    expect(await apiOrgOf(authenticator, { ...session, 'x-scope-orgid': 'a' })).toBe('forbidden ');
    expect(await apiOrgOf(authenticator, { ...session, origin: 'http://localhost:1' })).toBe('origin_refused Origin');
  });

  test('one that is over is told from none, and keeps nobody out in open mode', async () => {
    expect(await apiOrgOf(makeAuthenticator(), old)).toBe('unauthenticated session');
    expect(await apiOrgOf(makeAuthenticator(), {})).toBe('unauthenticated ');
    expect(await apiOrgOf(makeAuthenticator(true), old)).toBe('default');
    expect(await apiOrgOf(makeAuthenticator(true), { ...old, origin: 'https://evil.example' })).toBe('origin_refused ');
  });

  test('it counts nowhere else', async () => {
    const authenticator = makeAuthenticator();
    expect(await orgOf(authenticator, await cookieOf(authenticator))).toBe('unauthenticated');
  });
});

describe('last use', () => {
  test('is saved at the first use, then once a minute', async () => {
    const authenticator = makeAuthenticator();
    const { secret } = await makeKey();
    const use = async (atMs: number): Promise<number | null> => {
      nowMs = atMs;
      await orgOf(authenticator, { 'x-api-key': secret });
      // Saving goes on beside the request; the database answers in order.
      return lastUse();
    };
    expect(await use(1_000_000)).toBe(1_000_000);
    expect(await use(1_059_999)).toBe(1_000_000);
    expect(await use(1_060_000)).toBe(1_060_000);
  });

  test('what is not saved yet is saved at close, twice is harmless', async () => {
    const authenticator = makeAuthenticator();
    const other = await makeKey();
    await orgOf(authenticator, { 'x-api-key': other.secret });
    const { id, secret } = await makeKey();
    nowMs += 1;
    await orgOf(authenticator, { 'x-api-key': secret });
    await authenticator.close();
    await authenticator.close();
    expect((await listApiKeys(db, 'a')).find((key) => key.id === id)?.lastUsedAtMs).toBe(nowMs);
  });

  test('a failure to save is told and stops no request', async () => {
    const authenticator = makeAuthenticator();
    const { id, secret } = await makeKey();
    await db.sql.schema.alterTable('api_keys').renameColumn('last_used_at', 'gone').execute();
    expect(await orgOf(authenticator, { 'x-api-key': secret })).toBe('a');
    await authenticator.close();
    expect(faults.splice(0)).toEqual([expect.objectContaining({ message: expect.stringContaining('last_used_at') })]);
    await db.sql.schema.alterTable('api_keys').renameColumn('gone', 'last_used_at').execute();
    expect((await listApiKeys(db, 'a'))[0]).toMatchObject({ id, lastUsedAtMs: null });
  });
});

describe('scopes', () => {
  test.each<[Scope[], Scope[]]>([
    [['ingest'], ['ingest']],
    [['query'], ['query']],
    [
      ['ingest', 'query'],
      ['ingest', 'query'],
    ],
    [['admin'], ['ingest', 'query', 'admin']],
  ])('%j may %j', async (scopes, allowed) => {
    const headers = { 'x-api-key': (await makeKey({ scopes })).secret };
    const identity = await makeAuthenticator().authenticate({ headers, remoteAddress: undefined });
    for (const scope of SCOPES) {
      const check = expect(() => requireScope(identity, scope));
      if (allowed.includes(scope)) check.not.toThrow();
      else check.toThrow(expect.objectContaining({ code: 'forbidden', message: expect.stringContaining(scope) }));
    }
  });
});
