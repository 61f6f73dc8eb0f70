import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError } from '../runtime/errors.ts';
import { type ApiKey, findApiKeyByHash, hashSecret, saveLastUsed } from './api-keys.ts';
import type { ControlDb } from './control-db.ts';
import { type Credentials, checkedSecret, credentialsOf } from './credentials.ts';
import { checkLocalRequest } from './open-mode.ts';
import type { OrgCache } from './org-cache.ts';
import { DEFAULT_ORG_ID } from './orgs.ts';
import { expandScopes, type Identity, meansOf, SCOPES } from './scopes.ts';
import { checkOwnPage, sessionSecretOf } from './session-cookie.ts';
import { Sessions } from './sessions.ts';
import { TimedCache } from './timed-cache.ts';

/** Between two savings of one key's last use. */
const SAVE_USE_INTERVAL_MS = 60_000;
/** Between two savings of any: each is one synced transaction for all keys that are due. */
const SAVE_ANY_INTERVAL_MS = 5000;

/** What of a request says who it is from. */
export interface RequestCredentials {
  headers: IncomingHttpHeaders;
  /** The peer's address: `socket.remoteAddress`. */
  remoteAddress: string | undefined;
  /** The key, when it was found where a protocol has a place of its own for it. The headers' places are passed over. */
  secret?: string | undefined;
}

/** The same of a request to the API, where sessions of the web UI count. */
export interface ApiCredentials extends RequestCredentials {
  /** It changes something, or opens a WebSocket: a session counts then only for the server's own pages. */
  changes?: boolean;
}

export interface AuthenticatorOptions {
  orgs: OrgCache;
  /** From isOpenMode(config): never true for a server that other machines can reach. */
  openMode: boolean;
  /** Told when last uses could not be saved. Requests go on. */
  onFault: (error: unknown) => void;
  nowMs?: () => number;
}

interface KnownKey {
  id: string;
  identity: Identity;
}

/**
 * Tells who a request acts as. With a key: as its org, or as the org that `X-Scope-OrgID` names when the key may
 * select orgs. Without one, in open mode and from this machine: as `default`, or as the org named where it exists
 * (Loki clients name one routinely, so an unknown name is no fault there). A wrong key is refused in open mode too.
 */
export class Authenticator {
  readonly sessions: Sessions;
  readonly #db: ControlDb;
  readonly #options: AuthenticatorOptions;
  readonly #nowMs: () => number;
  readonly #keys: TimedCache<KnownKey | null>;
  /** When each key's last use was saved, and the uses not saved yet. */
  readonly #savedAtMs = new Map<string, number>();
  readonly #unsavedUsesMs = new Map<string, number>();
  #lastSaveAtMs = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();

  constructor(db: ControlDb, options: AuthenticatorOptions) {
    this.#db = db;
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.sessions = new Sessions(db, { onFault: options.onFault, nowMs: this.#nowMs });
    this.#keys = new TimedCache(db, async (hashed) => knownKeyOf(await findApiKeyByHash(db, hashed)), this.#nowMs);
  }

  /**
   * A key that this process revoked is refused at once, one that another revoked within STALE_AFTER_MS.
   * @throws PermanentError `unauthenticated`, `forbidden` (X-Scope-OrgID) or `origin_refused`.
   */
  async authenticate({ headers, remoteAddress, secret }: RequestCredentials): Promise<Identity> {
    const credentials = secret === undefined ? credentialsOf(headers) : checkedSecret(secret);
    const identity = (await this.#identityOfKey(headers, credentials)) ?? this.#openIdentity(headers, remoteAddress);
    return this.#inOrg(identity, headers);
  }

  /**
   * The same for the API: the cookie of a session counts where there is no key.
   * @throws PermanentError as authenticate does; `unauthenticated` with the field `session` when the session is over.
   */
  async authenticateApi(credentials: ApiCredentials): Promise<Identity> {
    const { headers, changes = false } = credentials;
    const hasKey = headers['x-api-key'] !== undefined || headers.authorization !== undefined;
    const secret = hasKey ? null : sessionSecretOf(headers);
    if (secret === null) return this.authenticate(credentials);
    const identity = await this.sessions.identityOf(secret);
    if (identity !== null) {
      checkOwnPage(headers, changes);
      return this.#inOrg(identity, headers);
    }
    // Whoever needs no session is not kept out by an old one.
    if (this.#options.openMode) return this.authenticate(credentials);
    throw new PermanentError('unauthenticated', 'the session is over: sign in again', 'session');
  }

  /** Who a key acts as, null when it is unknown or revoked. Counts as use. */
  async identityOfSecret(secret: string): Promise<Identity | null> {
    const known = await this.#keys.get(hashSecret(secret));
    if (known !== null) this.#noteUse(known.id);
    return known?.identity ?? null;
  }

  /**
   * The same for a connection that is not HTTP. Without a key, in open mode and from this machine: org `default`.
   * @throws PermanentError `unauthenticated` or `origin_refused`.
   */
  async authenticatePeer(secret: string | null, remoteAddress: string | undefined): Promise<Identity> {
    if (secret !== null) return (await this.#identityOfKey({}, checkedSecret(secret)))!;
    // No page and no proxy can speak these protocols: the address is all there is to look at.
    return this.#openIdentity({ host: 'localhost' }, remoteAddress);
  }

  /** The origins that a browser key lists; null when the secret is none. */
  async browserOrigins(secret: string): Promise<readonly string[] | null> {
    return (await this.#keys.get(hashSecret(secret)))?.identity.browserOrigins ?? null;
  }

  /** The org whose key it is, whatever else was wrong with the request; null without a valid one. */
  async orgOfKey({ headers, secret }: Omit<RequestCredentials, 'remoteAddress'>): Promise<string | null> {
    const found = secret ?? secretIn(headers);
    return found === null ? null : ((await this.#keys.get(hashSecret(found)))?.identity.orgId ?? null);
  }

  /** Saves the last uses that are not saved yet. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#unsavedUsesMs.size > 0) this.#saveUses(this.#nowMs());
    await Promise.all([this.#saving, this.sessions.close()]);
  }

  async #identityOfKey(headers: IncomingHttpHeaders, credentials: Credentials | null): Promise<Identity | null> {
    if (!credentials) return null;
    if (credentials.isAmbient && headers['sec-fetch-site'] === 'cross-site') {
      throw new PermanentError('origin_refused', 'a page of another site sent the Basic credentials of its visitor');
    }
    const identity = await this.identityOfSecret(credentials.secret);
    if (!identity) throw new PermanentError('unauthenticated', 'the API key is unknown or revoked');
    return identity;
  }

  #openIdentity(headers: IncomingHttpHeaders, remoteAddress: string | undefined): Identity {
    if (!this.#options.openMode) throw new PermanentError('unauthenticated', NO_KEY);
    checkLocalRequest(headers, remoteAddress);
    return OPEN_IDENTITY;
  }

  /** As the org that X-Scope-OrgID names. */
  async #inOrg(identity: Identity, headers: IncomingHttpHeaders): Promise<Identity> {
    const wanted = headers['x-scope-orgid'];
    if (wanted === undefined || wanted === '' || wanted === identity.orgId) return identity;
    return this.#selectOrg(identity, String(wanted));
  }

  async #selectOrg(identity: Identity, orgId: string): Promise<Identity> {
    const org = identity.maySelectOrgs ? await this.#options.orgs.get(orgId) : null;
    if (org) return { ...identity, orgId };
    if (identity === OPEN_IDENTITY) return identity;
    // One message for "not allowed" and "no such org": a key that may not select learns nothing of other orgs.
    throw new PermanentError('forbidden', `this ${meansOf(identity)} may not act for the org that X-Scope-OrgID names`);
  }

  #noteUse(keyId: string): void {
    const nowMs = this.#nowMs();
    const savedAtMs = this.#savedAtMs.get(keyId);
    if (savedAtMs !== undefined && nowMs - savedAtMs < SAVE_USE_INTERVAL_MS) return;
    this.#unsavedUsesMs.set(keyId, nowMs);
    if (nowMs - this.#lastSaveAtMs >= SAVE_ANY_INTERVAL_MS) this.#saveUses(nowMs);
  }

  #saveUses(nowMs: number): void {
    const uses = new Map(this.#unsavedUsesMs);
    this.#unsavedUsesMs.clear();
    this.#lastSaveAtMs = nowMs;
    for (const keyId of uses.keys()) this.#savedAtMs.set(keyId, nowMs);
    const saved = saveLastUsed(this.#db, uses).catch(this.#options.onFault);
    this.#saving = Promise.all([this.#saving, saved]).then(() => undefined);
  }
}

const NO_KEY = 'this request needs an API key: in X-API-Key, Authorization: Bearer, or as the password of Basic';

/** The secret in the headers; null when there is none, or nothing that could be one. */
function secretIn(headers: IncomingHttpHeaders): string | null {
  try {
    return credentialsOf(headers)?.secret ?? null;
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}

const OPEN_IDENTITY: Identity = Object.freeze({
  orgId: DEFAULT_ORG_ID,
  keyId: null,
  scopes: new Set(SCOPES),
  maySelectOrgs: true,
  browserOrigins: null,
});

function knownKeyOf(key: ApiKey | null): KnownKey | null {
  if (!key || key.revokedAtMs !== null) return null;
  const { id, orgId, scopes, maySelectOrgs, browserOrigins } = key;
  const identity = { orgId, keyId: id, scopes: expandScopes(scopes), maySelectOrgs, browserOrigins };
  return { id, identity: Object.freeze(identity) };
}
