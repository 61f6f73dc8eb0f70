import type { PlatformEvents } from '@tailwater/sdk/events';

type Facts<Group> = { [Name in keyof Group]: Group[Name] extends (facts: infer F) => void ? readonly F[] : never };

const CLIENT = { ip: '203.0.113.9', userAgent: 'curl/8.5' };
const USER = { userId: 'u1' };
const RUN = { agent: 'support', runId: 'run-1' };
const DOCUMENT = { knowledgeBase: 'handbook', resourceId: 'd1' };

/** Of every helper: all that may be said, and only what has to be. */
export const SAMPLES: { readonly [Name in keyof PlatformEvents]: Facts<PlatformEvents[Name]> } = {
  gateway: {
    request: [
      {
        ...{ ...USER, model: 'large-1', provider: 'p', status: 200, durationMs: 812, cost: 0.5, stream: true },
        ...{ inputTokens: 1200, outputTokens: 180, cachedTokens: 0, firstTokenMs: 90.5 },
      },
      { model: 'small', status: 429, durationMs: 1 },
    ],
    rateLimited: [
      { limit: 'tokens', limitValue: 1000, windowMs: 60_000, retryAfterMs: 100, model: 'm', provider: 'p' },
      { limit: 'requests', limitValue: 5 },
    ],
    keyFailed: [{ reason: 'revoked', keyPrefix: 'ab12', ip: '::1', provider: 'p' }, { reason: 'missing' }],
  },
  auth: {
    loginSucceeded: [
      { ...USER, ...CLIENT, method: 'passkey', sessionId: 's1' },
      { ...USER, ip: '::1', method: 'sso' },
    ],
    loginFailed: [
      { ...CLIENT, method: 'password', reason: 'bad_credentials', account: 'ann', attempt: 3, ...USER },
      { ip: '::1', method: 'password', reason: 'unknown_user' },
    ],
    loggedOut: [{ ...USER, ...CLIENT, reason: 'expired', sessionId: 's1' }, USER],
    tokenRefreshed: [{ ...USER, ...CLIENT, sessionId: 's1', expiresInMs: 3_600_000 }, USER],
    ssoSucceeded: [
      { ...USER, ...CLIENT, provider: 'okta', protocol: 'saml', isNew: true },
      { ...USER, ip: '::1', provider: 'okta', protocol: 'oidc' },
    ],
    ssoFailed: [
      { ...CLIENT, provider: 'okta', protocol: 'saml', reason: 'signature' },
      { ip: '::1', provider: 'okta', protocol: 'oauth2', reason: 'state' },
    ],
    passwordResetRequested: [CLIENT, { ip: '::1' }],
    passwordReset: [{ ...USER, ...CLIENT }, USER],
    emailVerificationSent: [{ ...USER, ...CLIENT }, USER],
    emailVerified: [{ ...USER, ...CLIENT }, USER],
    twoFactorEnabled: [
      { ...USER, ...CLIENT, method: 'totp' },
      { ...USER, method: 'sms' },
    ],
    twoFactorDisabled: [
      { ...USER, ...CLIENT, method: 'totp', disabledBy: 'u2' },
      { ...USER, method: 'sms' },
    ],
    twoFactorChallenged: [{ ...USER, ...CLIENT, method: 'email' }],
    twoFactorSucceeded: [{ ...USER, ...CLIENT, method: 'webauthn' }],
    twoFactorFailed: [
      { ...USER, ...CLIENT, method: 'recovery_code', attempt: 2 },
      { ...USER, method: 'totp' },
    ],
  },
  agent: {
    started: [{ ...RUN, model: 'large-1', trigger: 'webhook' }, RUN],
    completed: [
      { ...RUN, durationMs: 900, steps: 4, inputTokens: 10, outputTokens: 20, cost: 1 },
      { ...RUN, durationMs: 0 },
    ],
    failed: [
      { ...RUN, error: new RangeError('too far'), steps: 2 },
      { ...RUN, error: 'text' },
    ],
    toolCalled: [
      { ...RUN, tool: 'search', succeeded: false, durationMs: 35, reason: 'timeout' },
      { ...RUN, tool: 'search', succeeded: true, durationMs: 35 },
    ],
    tokensUsed: [
      { ...RUN, model: 'large-1', inputTokens: 10, outputTokens: 20, cachedTokens: 5 },
      { ...RUN, model: 'large-1', inputTokens: 0, outputTokens: 0 },
    ],
  },
  knowledgeBase: {
    uploaded: [
      { ...DOCUMENT, ...USER, bytes: 1024, mediaType: 'text/plain' },
      { ...DOCUMENT, bytes: 0 },
    ],
    processed: [
      { ...DOCUMENT, succeeded: true, durationMs: 10, chunks: 8, embeddingModel: 'e', inputTokens: 9 },
      { ...DOCUMENT, succeeded: false, durationMs: 10, reason: 'no text' },
    ],
    searched: [
      { knowledgeBase: 'handbook', results: 3, durationMs: 12, topScore: 0.75 },
      { knowledgeBase: 'handbook', results: 0, durationMs: 12 },
    ],
    deleted: [{ ...DOCUMENT, ...USER }, DOCUMENT],
  },
  admin: {
    memberInvited: [{ ...USER, role: 'editor', resourceId: 'i1' }],
    roleChanged: [{ ...USER, resourceId: 'u2', oldRole: 'editor', newRole: 'admin' }],
    configChanged: [{ ...USER, setting: 'retention', metadata: { new_value: 30 } }],
    integrationChanged: [{ ...USER, integration: 'slack', action: 'created', resourceId: 'i1' }],
  },
};
