import { randomUUID } from 'node:crypto';
import { beforeAll, inject } from 'vitest';
import { call } from './http-call.ts';
import { ADMIN_KEY } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of shared-server.setup.ts. */
    sharedServer: { url: string; httpPort: number; listeners: Record<string, number> };
  }
}

/** The server that all files share, as one org of it that this file has to itself. */
export interface SharedServer {
  readonly url: string;
  readonly httpPort: number;
  readonly orgId: string;
  /** Of the org: a key with all scopes. `request` sends it. */
  readonly adminKey: string;
}

/**
 * For tests that neither stop the server, nor set it up, nor ask what it did for others. Makes the org before the tests
 * of the file; until then its members are empty.
 */
export function sharedServer(): SharedServer {
  const { url, httpPort } = inject('sharedServer');
  const server = { url, httpPort, orgId: `shared-${randomUUID()}`, adminKey: '' };
  beforeAll(async () => {
    await operate(server, 'POST /api/orgs', { id: server.orgId, name: server.orgId });
    const scopes = ['ingest', 'query', 'admin'];
    const key = await operate(server, 'POST /api/keys', { name: 'tests', scopes, org_id: server.orgId });
    server.adminKey = key.secret!;
  });
  return server;
}

async function operate(server: SharedServer, line: string, body: object): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const answer = await call(server, line, { headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(`${line}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, string>;
}
