import { checkOwnPage, sessionCookie, sessionSecretOf } from '../../../control/session-cookie.ts';
import { defineRoute, noContent } from '../../route.ts';

export const signOut = defineRoute({
  method: 'DELETE',
  path: '/api/sessions/current',
  scope: 'public',
  resource: null,
  summary: 'Sign out: ends the session of the cookie',
  answers: { 204: 'The session is over, if there was one.' },
  async handle({ deps, request, reply }) {
    const { headers } = request.raw;
    const secret = sessionSecretOf(headers);
    if (secret !== null) {
      checkOwnPage(headers, true);
      await deps.sessions.end(secret);
    }
    reply.header('set-cookie', sessionCookie(headers, null, 0));
    return noContent();
  },
});
