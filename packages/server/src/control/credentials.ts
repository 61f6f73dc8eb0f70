import type { IncomingHttpHeaders } from 'node:http';
import { PermanentError } from '../runtime/errors.ts';

/** Longest secret that is hashed; no real one comes near. */
const SECRET_CHARACTERS_MAX = 1024;

export interface Credentials {
  secret: string;
  /** Browsers send Basic credentials by themselves once they know them, also for a foreign page's request. */
  isAmbient: boolean;
}

/**
 * The API key of a request: `X-API-Key`, else `Authorization: Bearer KEY`, else Basic with the key as password and any
 * user. Null when the request holds none.
 * @throws PermanentError `unauthenticated` when there is something in those headers that is no key.
 */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials | null {
  const apiKey = headers['x-api-key'];
  if (apiKey !== undefined) return checked(String(apiKey), false);
  const { authorization } = headers;
  if (authorization === undefined) return null;
  const at = authorization.indexOf(' ');
  const scheme = (at < 0 ? authorization : authorization.slice(0, at)).toLowerCase();
  const parameter = at < 0 ? '' : authorization.slice(at + 1).trim();
  if (scheme === 'bearer') return checked(parameter, false);
  if (scheme === 'basic') {
    const pair = Buffer.from(parameter, 'base64').toString('utf8');
    return checked(pair.slice(pair.indexOf(':') + 1), true);
  }
  throw new PermanentError('unauthenticated', 'Authorization: expected Bearer or Basic');
}

/** @throws PermanentError `unauthenticated` when it cannot be a key. */
export function checkedSecret(secret: string): Credentials {
  return checked(secret, false);
}

function checked(secret: string, isAmbient: boolean): Credentials {
  if (secret !== '' && secret.length <= SECRET_CHARACTERS_MAX) return { secret, isAmbient };
  throw new PermanentError('unauthenticated', 'the API key is empty or too long');
}
