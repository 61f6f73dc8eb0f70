import type { IncomingMessage } from 'node:http';
import { checkLocalRequest } from '../control/open-mode.ts';
import { type Identity, requireScope } from '../control/scopes.ts';
import { PermanentError } from '../runtime/errors.ts';
import type { ApiDeps } from './deps.ts';
import type { RouteScope } from './route.ts';

/**
 * Who the request acts as, null where anybody may call.
 * @throws PermanentError `unauthenticated`, `forbidden` or `origin_refused`.
 */
export async function authorize(deps: ApiDeps, scope: RouteScope, request: IncomingMessage): Promise<Identity | null> {
  if (scope === 'public') return null;
  // A scraper on this machine needs no key; the numbers are of all orgs, so any other needs one for all orgs.
  if (scope === 'metrics' && isLocal(request)) return null;
  const identity = await identify(deps, request);
  requireScope(identity, scope === 'metrics' ? 'admin' : scope);
  if (scope === 'metrics' && !identity.maySelectOrgs) {
    throw new PermanentError('forbidden', 'the numbers are of all orgs: this needs a key that may select orgs');
  }
  return identity;
}

/** Who the request acts as, whatever that may do. @throws PermanentError `unauthenticated`, `forbidden` or `origin_refused`. */
export function identify(
  deps: Pick<ApiDeps, 'authenticate'>,
  { headers, method = '', socket }: IncomingMessage,
): Promise<Identity> {
  return deps.authenticate({ headers, remoteAddress: socket.remoteAddress, changes: !READS.has(method) });
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

function isLocal({ headers, socket }: IncomingMessage): boolean {
  // A proxy on this machine that says for whom it asks must send a key.
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false;
  try {
    checkLocalRequest(headers, socket.remoteAddress);
    return true;
  } catch {
    return false;
  }
}
