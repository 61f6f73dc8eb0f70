import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { getOrg, listOrgs } from '../../../control/orgs.ts';
import { type Identity, SCOPES } from '../../../control/scopes.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { VERSION } from '../../../runtime/version.ts';
import { identify } from '../../authorize.ts';
import type { ApiDeps } from '../../deps.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { serverUrlOf } from '../../server-url.ts';
import { currentSessionSchema } from '../../wire/sessions.ts';

type CurrentSession = z.output<typeof currentSessionSchema>;

export const getCurrentSession = defineRoute({
  method: 'GET',
  path: '/api/sessions/current',
  scope: 'public',
  resource: null,
  summary: 'Who the request acts as, and what a page needs to know of the server. Never 401',
  answers: { 200: currentSessionSchema },
  async handle({ deps, request }) {
    return json(await currentSession(deps, await identityOf(deps, request), request));
  },
});

async function identityOf(deps: ApiDeps, { raw }: FastifyRequest): Promise<Identity | null> {
  try {
    return await identify(deps, raw);
  } catch (error) {
    const needsSignIn = ['unauthenticated', 'origin_refused'];
    if (error instanceof PermanentError && needsSignIn.includes(error.code)) return null;
    throw error;
  }
}

/** What a page is told of who it acts as; null: nobody. */
export async function currentSession(
  deps: ApiDeps,
  identity: Identity | null,
  { raw }: Pick<FastifyRequest, 'raw'>,
): Promise<CurrentSession> {
  const server = { version: VERSION, server_url: serverUrlOf(raw) };
  if (identity === null) {
    const nobody = { signed_in: false, mode: 'none', org: null, expires_at: null } as const;
    return { ...nobody, orgs: [], scopes: [], ...server, ingest_ports: {} };
  }
  const own = await getOrg(deps.control, identity.orgId);
  const orgs = identity.maySelectOrgs ? await listOrgs(deps.control) : [own];
  return {
    signed_in: true,
    mode: modeOf(identity),
    org: named(own),
    orgs: orgs.flatMap((org) => named(org) ?? []),
    scopes: SCOPES.filter((scope) => identity.scopes.has(scope)),
    expires_at: identity.sessionEndsAtMs === undefined ? null : formatMs(identity.sessionEndsAtMs),
    ...server,
    ingest_ports: { ...deps.ingestPorts() },
  };
}

function modeOf({ keyId, sessionEndsAtMs }: Identity): CurrentSession['mode'] {
  if (sessionEndsAtMs !== undefined) return 'session';
  return keyId === null ? 'open' : 'key';
}

function named(org: { id: string; name: string } | null): { id: string; name: string } | null {
  return org === null ? null : { id: org.id, name: org.name };
}
