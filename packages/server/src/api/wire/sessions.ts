import { z } from 'zod';
import { SCOPES } from '../../control/scopes.ts';

const org = z.strictObject({ id: z.string(), name: z.string() });

export const currentSessionSchema = z
  .strictObject({
    signed_in: z.boolean().meta({ description: 'False when the page has to ask for a sign-in.' }),
    mode: z.enum(['open', 'session', 'key', 'none']).meta({
      description:
        '`open`: this machine needs no sign-in; `session`: by the cookie of a session; `key`: by an API key of the request.',
    }),
    org: org.nullable().meta({ description: 'The org that the request acts for.' }),
    orgs: z.array(org).meta({ description: 'Orgs that X-Scope-OrgID may name.' }),
    scopes: z.array(z.enum(SCOPES)),
    expires_at: z
      .string()
      .nullable()
      .meta({ description: 'Of a session, unless it is used: ISO 8601, UTC, milliseconds.' }),
    version: z.string(),
    server_url: z.string().meta({ description: 'Where the client found the server.' }),
    ingest_ports: z
      .record(z.string(), z.int())
      .meta({ description: 'Ports beside that of server_url, by `receiver.listener`; empty without a sign-in.' }),
  })
  .meta({ id: 'CurrentSession' });

const SECRET_CHARACTERS_MAX = 1024;

export const signInSchema = z
  .strictObject({
    token: z.string().min(1).max(SECRET_CHARACTERS_MAX).optional().meta({ description: 'Of a one-time link.' }),
    key: z
      .string()
      .min(1)
      .max(SECRET_CHARACTERS_MAX)
      .optional()
      .meta({ description: 'An API key with the scope `query` or `admin`.' }),
  })
  .refine(({ token, key }) => (token === undefined) !== (key === undefined), 'expected either token or key')
  .meta({ id: 'SignIn' });

export const signInLinkSchema = z
  .strictObject({
    url: z.string().meta({ description: 'Whoever opens it first is signed in.' }),
    expires_at: z.string().meta({ description: 'ISO 8601, UTC, milliseconds.' }),
  })
  .meta({ id: 'SignInLink' });
