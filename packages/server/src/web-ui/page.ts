import { randomBytes } from 'node:crypto';

/** The page in two parts, between which the nonce of one answer stands. */
export interface PageTemplate {
  before: string;
  after: string;
}

const NONCE_META = /(<meta\s+name="csp-nonce"\s+content=")[^"]*(")/;

/**
 * Splits the built index.html where `<meta name="csp-nonce" content="…">` has its value; a page without one gets it. The
 * nonce is for style elements that the page makes: it reads it there.
 */
export function pageTemplate(html: string): PageTemplate {
  const withMeta = NONCE_META.test(html) ? html : html.replace(/<head[^>]*>/, '$&<meta name="csp-nonce" content="">');
  const { index, 0: whole, 1: opening, 2: closing } = NONCE_META.exec(withMeta)!;
  return {
    before: withMeta.slice(0, index) + opening!,
    after: closing! + withMeta.slice(index + whole.length),
  };
}

export function newNonce(): string {
  return randomBytes(16).toString('base64');
}

/** What may run and be loaded: nothing that is inline, nothing of others. 'self' in connect-src covers its WebSockets. */
export function contentSecurityPolicy(nonce: string | null): string {
  const style = nonce === null ? '' : ` 'nonce-${nonce}'`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${style}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** For every answer of the web UI. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()',
};
