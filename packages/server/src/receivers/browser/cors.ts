/** How long browsers may remember a preflight. Chromium keeps none for more than 2 hours, Firefox 24. */
const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

/**
 * Lets the page at `origin` read the answer. `*` would not do: sendBeacon sends with credentials, which wants the
 * origin by name and Allow-Credentials. There is no cookie here that it could give away.
 */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after, x-request-id',
    vary: 'Origin',
  };
}

/** What a preflight of the page at `origin` is answered. */
export function preflightHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type, x-api-key',
    'access-control-allow-credentials': 'true',
    'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
    vary: 'Origin',
  };
}
