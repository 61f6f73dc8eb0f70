import type { ErrorCode } from '@tailwater/schema';
import type { Authenticator } from '../control/authenticator.ts';
import type { OrgCache } from '../control/org-cache.ts';
import { type IngestQuota, NO_QUOTA, type Org } from '../control/orgs.ts';
import { type Identity, requireScope } from '../control/scopes.ts';
import type { IngestTask } from '../pipeline/ingest.ts';
import type { IngestClient } from '../pipeline/ingest-client.ts';
import type { OrgSettings } from '../processors/processor.ts';
import type { Producers } from '../producers/producers.ts';
import type { SequencedBatch } from '../producers/sequence.ts';
import type { Receipt, RequestHead } from '../receivers/receiver.ts';
import { checkOrigin } from '../receivers/util/origin.ts';
import { PermanentError } from '../runtime/errors.ts';
import { type Attempt, Attempts } from './attempts.ts';
import { firstBytesOf } from './first-bytes.ts';
import { KeyRates } from './key-rates.ts';
import type { Quotas } from './quotas.ts';

/** Who sends, once that is known. */
export interface Sender {
  orgId: string;
  identity: Identity;
  settings: OrgSettings;
  quota: IngestQuota;
}

/** What an org may send, and how it wants it processed. */
type Terms = Pick<Sender, 'settings' | 'quota'>;

const NO_ORG: Partial<Org> = {};

function termsOf({ retentionDays, settings }: Partial<Org>, defaultRetentionDays: number): Terms {
  const { redactRulesOff = [], logTypes = {}, ingestQuota = NO_QUOTA } = settings ?? {};
  return {
    settings: { redactRulesOff, logTypes, retentionDays: retentionDays ?? defaultRetentionDays },
    quota: ingestQuota,
  };
}

/** A request's or message's events, but for whose they are. */
export type SubmittedTask = Omit<IngestTask, 'orgId' | 'settings'>;

/** What of a request or connection says whose it is. */
export interface SenderCredentials {
  /** Null for what does not come over HTTP. */
  headers: RequestHead['headers'] | null;
  /** The key where the protocol has a place of its own for it. */
  secret: string | null | undefined;
  remoteAddress: string | undefined;
}

export interface AdmissionOptions {
  authenticator: Authenticator;
  orgs: OrgCache;
  ingest: IngestClient;
  quotas: Quotas;
  producers: Producers;
  defaultRetentionDays: number;
  /** What one browser key may send. */
  browserKeyBytesPerSecond: number;
}

/**
 * What every receiver's events pass on the main thread: whose they are, whether that org may send so much, into the
 * ingest worker, and a note of what was refused.
 */
export class Admission {
  readonly attempts = new Attempts();
  private readonly options: AdmissionOptions;
  private readonly keyRates: KeyRates;
  /** Made once for an org as the cache has it: what is one object to all requests crosses to the worker once a message. */
  private readonly terms = new WeakMap<object, Terms>();

  constructor(options: AdmissionOptions) {
    this.options = options;
    this.keyRates = new KeyRates(options.browserKeyBytesPerSecond);
  }

  /** @throws PermanentError `unauthenticated`, `forbidden` or `origin_refused`. */
  async authorize({ headers, secret, remoteAddress }: SenderCredentials): Promise<Sender> {
    const { authenticator } = this.options;
    const identity =
      headers === null
        ? await authenticator.authenticatePeer(secret ?? null, remoteAddress)
        : await authenticator.authenticate({ headers, remoteAddress, secret: secret ?? undefined });
    requireScope(identity, 'ingest');
    return this.senderOf(identity);
  }

  /** What the identity's org may send, and how it wants it processed. */
  async senderOf(identity: Identity): Promise<Sender> {
    const { orgs, quotas, defaultRetentionDays } = this.options;
    const org = (await orgs.get(identity.orgId)) ?? NO_ORG;
    let terms = this.terms.get(org);
    if (terms === undefined) {
      const { settings, quota } = termsOf(org, defaultRetentionDays);
      terms = { settings, quota: quotas.of(quota) };
      this.terms.set(org, terms);
    }
    return { orgId: identity.orgId, identity, ...terms };
  }

  /**
   * Browser keys are public: they open the routes made for them, from the pages they list, and nothing else does.
   * @throws PermanentError `forbidden` or `origin_refused`.
   */
  checkRoute({ identity }: Sender, forBrowsers: boolean, origin: string | undefined): void {
    const { browserOrigins } = identity;
    if (browserOrigins === null) {
      if (forBrowsers)
        throw new PermanentError('forbidden', 'this path takes browser keys only, since every visitor can read them');
      return;
    }
    if (!forBrowsers) throw new PermanentError('forbidden', 'a browser key may send to /api/browser/logs only');
    checkOrigin(browserOrigins, origin);
  }

  /** The browser key that the secret is, null when it is none. */
  async browserKey(secret: string): Promise<{ origins: readonly string[] } | null> {
    const origins = await this.options.authenticator.browserOrigins(secret);
    return origins === null ? null : { origins };
  }

  /**
   * Whose key it was that was refused for its scope, its origin or the org it named: they are shown what they sent.
   * Null for every other reason, since there was no valid key then.
   */
  async orgOfRefused(code: ErrorCode, credentials: Omit<SenderCredentials, 'remoteAddress'>): Promise<string | null> {
    if (code !== 'forbidden' && code !== 'origin_refused') return null;
    const { headers, secret } = credentials;
    return this.options.authenticator.orgOfKey({ headers: headers ?? {}, secret: secret ?? undefined });
  }

  /** Notes what was refused. Of the body only the first bytes are kept, without what looks like a secret. */
  note({ body, ...attempt }: Omit<Attempt, 'atMs' | 'firstBytes'> & { body: Buffer | null }): void {
    this.attempts.note({ ...attempt, atMs: Date.now(), firstBytes: body === null ? '' : firstBytesOf(body) });
  }

  /**
   * Resolves once the events are durable; numbered ones are taken once, however often they are sent.
   * @throws PermanentError or RetryableError, whichever refused them.
   */
  submit(sender: Sender, task: SubmittedTask, batch?: SequencedBatch): Promise<Receipt> {
    const { sequence } = task;
    if (sequence !== undefined) {
      return this.options.producers.record(sender.orgId, sequence, () => this.submitOnce(sender, task));
    }
    if (batch === undefined) return this.submitOnce(sender, task);
    const { producer, first, next } = batch;
    return this.options.producers.once(sender.orgId, batch, (places) =>
      this.submitOnce(sender, { ...task, sequence: { producer, first, next, places } }),
    );
  }

  private async submitOnce(sender: Sender, task: SubmittedTask): Promise<Receipt> {
    const { orgId, identity, settings, quota } = sender;
    const { quotas, ingest } = this.options;
    quotas.check(orgId, quota);
    const bytes = task.body.length;
    if (identity.browserOrigins !== null) this.keyRates.take(identity.keyId ?? '', bytes);
    // At once, so that requests that come together are not all let through on what is left.
    quotas.charge(orgId, quota, { bytes, events: 0 });
    const outcome = await ingest.submit({ ...task, orgId, settings });
    if ('error' in outcome) {
      quotas.charge(orgId, quota, { bytes: -bytes, events: 0 });
      throw outcome.error;
    }
    const { accepted, rejectedCount } = outcome.receipt;
    quotas.charge(orgId, quota, { bytes: 0, events: accepted + rejectedCount });
    return outcome.receipt;
  }
}
