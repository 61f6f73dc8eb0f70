import { createSignInLink, grantOf } from '../../../control/sign-in-links.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { serverUrlOf } from '../../server-url.ts';
import { signInLinkSchema } from '../../wire/sessions.ts';

/** Where the page takes the token. Behind `#`, so that it is in no request line and no log. */
export function signInUrl(serverUrl: string, token: string): string {
  return `${serverUrl}/sign-in#${token}`;
}

export const createLink = defineRoute({
  method: 'POST',
  path: '/api/sign-in-links',
  scope: 'admin',
  resource: null,
  summary: 'Make a link that signs in to the web UI once, within 24 hours, as who asked',
  answers: { 201: signInLinkSchema },
  async handle({ deps, identity, nowMs, request }) {
    const { token, expiresAtMs } = await createSignInLink(deps.control, grantOf(identity), nowMs);
    return json({ url: signInUrl(serverUrlOf(request.raw), token), expires_at: formatMs(expiresAtMs) }, 201);
  },
});
