import { type CommonFacts, shape } from './facts.ts';

/** One request to a model, or to what stands behind the gateway. */
export interface GatewayRequest extends CommonFacts {
  model: string;
  provider?: string;
  /** HTTP status that the caller was answered. */
  status: number;
  durationMs: number;
  inputTokens?: number;
  outputTokens?: number;
  /** Tokens that the provider had in its cache. */
  cachedTokens?: number;
  /** Milliseconds until the first token. */
  firstTokenMs?: number;
  /** In the currency that the platform counts in. */
  cost?: number;
  stream?: boolean;
}

export interface GatewayRateLimit extends CommonFacts {
  /** What was exceeded. */
  limit: 'requests' | 'tokens' | 'cost' | 'concurrency';
  limitValue: number;
  /** Of the limit: 60,000 for a minute. */
  windowMs?: number;
  retryAfterMs?: number;
  model?: string;
  provider?: string;
}

export interface GatewayKeyFailure extends CommonFacts {
  reason: 'missing' | 'unknown' | 'expired' | 'revoked' | 'scope' | 'quota';
  /** As much of the key as may be shown. */
  keyPrefix?: string;
  ip?: string;
  provider?: string;
}

export const GATEWAY = {
  request: shape<GatewayRequest>({
    logType: 'gateway',
    eventType: 'request',
    severity: ({ status }) => (status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'),
    message: ({ model, status }) => `${model} ${status}`,
  }),
  rateLimited: shape<GatewayRateLimit>({
    logType: 'gateway',
    eventType: 'rate_limit',
    severity: 'warn',
    message: ({ limit, limitValue }) => `rate limit: more than ${limitValue} ${limit}`,
  }),
  keyFailed: shape<GatewayKeyFailure>({
    logType: 'gateway',
    eventType: 'key_failure',
    severity: 'warn',
    message: ({ reason }) => `API key refused: ${reason}`,
  }),
};
