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
