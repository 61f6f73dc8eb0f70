import type { z } from 'zod';
import { requireScope } from '../../../control/scopes.ts';
import { checkOwnPage, sessionCookie, sessionSecretOf } from '../../../control/session-cookie.ts';
import { LIFETIME_MS } from '../../../control/sessions.ts';
import { type Grant, grantOf, redeemSignInLink } from '../../../control/sign-in-links.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import type { ApiDeps } from '../../deps.ts';
import { defineRoute, json } from '../../route.ts';
import { currentSessionSchema, signInSchema } from '../../wire/sessions.ts';
import { currentSession } from './current.ts';

export const signIn = defineRoute({
  method: 'POST',
  path: '/api/sessions',
  scope: 'public',
  resource: null,
  summary: 'Sign in, by the token of a one-time link or by an API key: sets the cookie of a session',
  body: signInSchema,
  answers: { 200: currentSessionSchema },
  async handle({ deps, body, nowMs, request, reply }) {
    const { headers, socket } = request.raw;
    // Signing somebody in as another is an attack too. Programs send neither header.
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) checkOwnPage(headers, true);
    const address = socket.remoteAddress ?? '';
    deps.sessions.failures.check(address);
    const grant = await grantFor(deps, body, nowMs).catch((error: unknown) => {
      if (error instanceof PermanentError && error.code === 'unauthenticated') deps.sessions.failures.note(address);
      throw error;
    });
    const before = sessionSecretOf(headers);
    if (before !== null) await deps.sessions.end(before);
    const secret = await deps.sessions.begin(grant);
    const identity = await deps.sessions.identityOf(secret);
    reply.header('set-cookie', sessionCookie(headers, secret, LIFETIME_MS));
    return json(await currentSession(deps, identity, request));
  },
});

/** @throws PermanentError `unauthenticated`, or `forbidden` for a key that finds nothing. */
async function grantFor(deps: ApiDeps, { token, key }: z.output<typeof signInSchema>, nowMs: number): Promise<Grant> {
  if (key === undefined) {
    const grant = await redeemSignInLink(deps.control, token ?? '', nowMs);
    if (grant !== null) return grant;
    throw new PermanentError('unauthenticated', 'the link was used, is older than 24 hours, or never was', 'token');
  }
  const identity = await deps.identityOfKey(key);
  if (identity === null) throw new PermanentError('unauthenticated', 'the API key is unknown or revoked', 'key');
  requireScope(identity, 'query');
  return grantOf(identity);
}
