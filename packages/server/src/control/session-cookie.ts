import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError } from '../runtime/errors.ts';

const NAME = 'tailwater_session';
/** Browsers take a cookie of that prefix only from the very host, over https: no other name of the domain can set it. */
const SECURE_PREFIX = '__Host-';

/** Whether the client came by https: TLS is the proxy's, which says so. */
export function isSecure(headers: IncomingHttpHeaders): boolean {
  const [first] = String(headers['x-forwarded-proto'] ?? '').split(',');
  return first!.trim().toLowerCase() === 'https';
}

function cookieName(headers: IncomingHttpHeaders): string {
  return isSecure(headers) ? SECURE_PREFIX + NAME : NAME;
}

/** The session's secret that a request brings, null for none. */
export function sessionSecretOf(headers: IncomingHttpHeaders): string | null {
  const opening = `${cookieName(headers)}=`;
  const pair = headers.cookie
    ?.split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(opening));
  return pair?.slice(opening.length) || null;
}

/** Set-Cookie for the answer to a request with those headers; without a secret it removes the cookie. */
export function sessionCookie(headers: IncomingHttpHeaders, secret: string | null, lifetimeMs: number): string {
  const maxAge = secret === null ? 0 : Math.floor(lifetimeMs / 1000);
  const secure = isSecure(headers) ? '; Secure' : '';
  return `${cookieName(headers)}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`;
}

/**
 * Whether a page of this server asked: browsers send cookies with requests of others' pages too, and SameSite counts
 * other ports and names of one domain as the same site. Either header is enough, since pages can set neither: a proxy may
 * have changed Host, and browsers leave Sec-Fetch-Site out where the page came by http from another machine.
 * `changes`: of what changes nothing it is enough that no other page asked.
 * @throws PermanentError `origin_refused`
 */
export function checkOwnPage(headers: IncomingHttpHeaders, changes: boolean): void {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return;
  const { origin } = headers;
  if (origin !== undefined) {
    if (isOwnOrigin(origin, headers.host)) return;
    refuse(`Origin ${origin.slice(0, 256)} is not this server: behind a proxy Host must be what the browser asked for`);
  }
  if (changes) refuse('the cookie of a session counts with an Origin header or Sec-Fetch-Site: same-origin');
  if (site === 'cross-site' || site === 'same-site') refuse('a page of another site asked');
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const page = URL.parse(origin);
  if (page === null || host === undefined || !/^https?:$/.test(page.protocol)) return false;
  // Of the scheme only its port matters: who ends TLS is in front of us.
  return page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}

function refuse(reason: string): never {
  throw new PermanentError('origin_refused', reason, 'Origin');
}
