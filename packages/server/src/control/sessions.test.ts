import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey, revokeApiKey } from './api-keys.ts';
import { type ControlDb, openControlDb } from './control-db.ts';
import { FailureLimit } from './failure-limit.ts';
import { createOrg } from './orgs.ts';
import { checkOwnPage, sessionCookie, sessionSecretOf } from './session-cookie.ts';
import { Sessions } from './sessions.ts';
import { createSignInLink, type Grant, OPERATOR_GRANT, redeemSignInLink } from './sign-in-links.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START_MS = 1_700_000_000_000;

let dir: string;
let db: ControlDb;
let nowMs: number;
let sessions: Sessions;

const onFault = (error: unknown) => {
  throw error;
};
const open = () => new Sessions(db, { onFault, nowMs: () => nowMs });

const ACME: Grant = { orgId: 'acme', keyId: null, scopes: ['query'], maySelectOrgs: false };
const count = async (table: 'sessions' | 'sign_in_links') =>
  (await db.sql.selectFrom(table).selectAll().execute()).length;

function withDatabase(): void {
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tailwater-sessions-'));
    db = await openControlDb(dir);
    nowMs = START_MS;
    sessions = open();
    for (const id of ['default', 'acme']) await createOrg(db, { id, name: id });
  });
  afterEach(async () => {
    await sessions.close();
    await db.close();
    rmSync(dir, { recursive: true });
  });
}

describe('sessions', () => {
  withDatabase();
  test('act as what was granted', async () => {
    expect(await sessions.identityOf(await sessions.begin(ACME))).toEqual({
      orgId: 'acme',
      keyId: null,
      scopes: new Set(['query']),
      maySelectOrgs: false,
      browserOrigins: null,
      sessionEndsAtMs: START_MS + 7 * DAY_MS,
    });
    const operator = await sessions.identityOf(await sessions.begin(OPERATOR_GRANT));
    expect(operator).toMatchObject({ orgId: 'default', maySelectOrgs: true });
    expect([...operator!.scopes].sort()).toEqual(['admin', 'ingest', 'query']);
    expect(await sessions.identityOf('tws_none')).toBeNull();
  });

  test('are kept as hashes', async () => {
    const secret = await sessions.begin(ACME);
    expect(JSON.stringify(await db.sql.selectFrom('sessions').selectAll().execute())).not.toContain(secret.slice(4));
  });

  test('end after 7 days without use, and after 30 with it', async () => {
    const [idle, used] = [await sessions.begin(ACME), await sessions.begin(ACME)];
    const isOpenOn = async (secret: string, day: number): Promise<boolean> => {
      nowMs = START_MS + day * DAY_MS;
      return (await sessions.identityOf(secret)) !== null;
    };
    expect([await isOpenOn(used, 6), await isOpenOn(idle, 7), await isOpenOn(used, 12)]).toEqual([true, false, true]);
    for (const day of [18, 24]) expect(await isOpenOn(used, day)).toBe(true);
    await sessions.close();
    // What was saved counts, not only what this process knows.
    sessions = open();
    expect(await isOpenOn(used, 29)).toBe(true);
    expect(await sessions.identityOf(used)).toMatchObject({ sessionEndsAtMs: START_MS + 30 * DAY_MS });
    expect(await isOpenOn(used, 30)).toBe(false);
  });

  test('end when they are ended, at once', async () => {
    const [left, stays] = [await sessions.begin(ACME), await sessions.begin(ACME)];
    expect(await sessions.identityOf(left)).not.toBeNull();
    await sessions.end(left);
    expect(await sessions.identityOf(left)).toBeNull();
    expect(await sessions.identityOf(stays)).not.toBeNull();
  });

  test('end with their key, and are removed when others begin', async () => {
    const { id } = await createApiKey(db, { orgId: 'acme', name: 'k', scopes: ['query'] });
    const secret = await sessions.begin({ ...ACME, keyId: id });
    const link = await createSignInLink(db, { ...ACME, keyId: id }, nowMs);
    expect(await sessions.identityOf(secret)).toMatchObject({ keyId: id });
    await revokeApiKey(db, id, 'acme');
    expect(await sessions.identityOf(secret)).toBeNull();
    const late = await sessions.begin((await redeemSignInLink(db, link.token, nowMs))!);
    expect(await sessions.identityOf(late)).toBeNull();
    await sessions.begin(ACME);
    expect(await count('sessions')).toBe(1);
  });
});

describe('one-time links', () => {
  withDatabase();
  test('sign in once, also when two come at a time', async () => {
    const { token } = await createSignInLink(db, ACME, nowMs);
    const both = await Promise.all([redeemSignInLink(db, token, nowMs), redeemSignInLink(db, token, nowMs)]);
    expect(both.filter((grant) => grant !== null)).toEqual([ACME]);
    expect(await redeemSignInLink(db, token, nowMs)).toBeNull();
  });

  test('end after 24 hours, and are removed when others are made', async () => {
    const { token, expiresAtMs } = await createSignInLink(db, ACME, nowMs);
    await createSignInLink(db, ACME, nowMs);
    expect(expiresAtMs).toBe(nowMs + DAY_MS);
    expect(await redeemSignInLink(db, token, nowMs + DAY_MS)).toBeNull();
    await createSignInLink(db, ACME, nowMs + DAY_MS);
    expect(await count('sign_in_links')).toBe(1);
  });
});

describe('the cookie', () => {
  const secure = { 'x-forwarded-proto': 'https, http' };

  test.each([
    [{}, 'tailwater_session', ''],
    [{ 'x-forwarded-proto': 'http' }, 'tailwater_session', ''],
    [secure, '__Host-tailwater_session', '; Secure'],
  ])('with %j is %s', (headers, name, end) => {
    const rest = '; Path=/; HttpOnly; SameSite=Strict; Max-Age=';
    expect(sessionCookie(headers, 'tws_x', 90_000)).toBe(`${name}=tws_x${rest}90${end}`);
    expect(sessionCookie(headers, null, 0)).toBe(`${name}=${rest}0${end}`);
    expect(sessionSecretOf({ ...headers, cookie: `a=b; ${name}=tws_x; c=d` })).toBe('tws_x');
  });

  test.each([
    [{}],
    [{ cookie: 'a=b' }],
    [{ cookie: 'tailwater_session=' }],
    [{ cookie: 'x_tailwater_session=tws_x' }],
    // Another name of the domain could have set it.
    [{ ...secure, cookie: 'tailwater_session=tws_x' }],
    [{ cookie: '__Host-tailwater_session=tws_x' }],
  ])('none in %j', (headers) => {
    expect(sessionSecretOf(headers)).toBeNull();
  });
});

describe('whose page asks', () => {
  const host = 'logs.example.com';
  const refuses = (headers: Record<string, string>, changes: boolean): boolean => {
    try {
      checkOwnPage(headers, changes);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'origin_refused' });
      return true;
    }
  };

  test.each<[Record<string, string>, boolean, boolean]>([
    [{ host }, true, false],
    [{ host, 'sec-fetch-site': 'none' }, true, false],
    [{ host, 'sec-fetch-site': 'same-origin' }, false, false],
    [{ host: '127.0.0.1:4750', 'sec-fetch-site': 'same-origin', origin: 'https://logs.example.com' }, false, false],
    [{ host, 'sec-fetch-site': 'same-site' }, true, true],
    [{ host, 'sec-fetch-site': 'cross-site' }, true, true],
    [{ host, origin: 'https://logs.example.com' }, false, false],
    [{ host: 'LOGS.example.com:443', origin: 'https://logs.example.com' }, false, false],
    [{ host: '127.0.0.1:4750', origin: 'http://127.0.0.1:4750' }, false, false],
    [{ host: '127.0.0.1:4750', origin: 'http://127.0.0.1:3000' }, true, true],
    [{ host: '127.0.0.1:4750', origin: 'http://localhost:4750' }, true, true],
    [{ host: '127.0.0.1:4750', 'x-forwarded-host': host, origin: 'https://logs.example.com' }, true, true],
    [{ host, origin: 'https://logs.example.com:8443' }, true, true],
    [{ host, origin: 'https://evil.example' }, true, true],
    [{ host, origin: 'null' }, true, true],
    [{ host, origin: 'logs.example.com' }, true, true],
    [{ origin: 'https://logs.example.com' }, true, true],
  ])('%j: a change is refused %s, a look %s', (headers, change, look) => {
    expect([refuses(headers, true), refuses(headers, false)]).toEqual([change, look]);
  });
});

test('after 20 failures within a minute an address waits', () => {
  nowMs = START_MS;
  const limit = new FailureLimit(() => nowMs);
  for (let i = 0; i < 20; i++) {
    limit.check('a');
    limit.note('a');
  }
  expect(() => limit.check('a')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterMs: MINUTE_MS }));
  limit.check('b');
  nowMs += MINUTE_MS;
  limit.check('a');
  limit.note('a');
  limit.check('a');
});
