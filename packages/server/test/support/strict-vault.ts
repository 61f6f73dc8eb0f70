import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Answer = [status: number, body?: object];
const FOREVER = { ttlS: 0, renewable: false };

/**
 * A server as the documentation of KV version 2, tokens, AppRole and Kubernetes says, and strict: a path, method or header
 * that is not there is refused. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 Its KV engine is mounted at
 * `kv`; `hvs.given` is a token without an end.
 */
export class StrictVault {
  /** Versions by path; null for a deleted one. */
  readonly secrets = new Map<string, (Record<string, string> | null)[]>();
  readonly tokens = new Map([['hvs.given', { ...FOREVER, renewals: 0 }]]);
  /** Answers everything with this status. */
  down: number | null = null;
  namespace: string | undefined;
  /** Of tokens that a log-in gets. */
  ttlS = 0;
  renewable = true;
  logins = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = this.#answerTo(request, await text(request));
    response.writeHead(status, { 'content-type': 'application/json' });
    const rest = { request_id: 'r', lease_id: '', warnings: null };
    response.end(body === undefined ? '' : JSON.stringify({ ...rest, ...body }));
  }

  #answerTo(request: IncomingMessage, body: string): Answer {
    const line = `${request.method} ${request.url}`;
    if (this.down !== null) return [this.down, { errors: ['Vault is sealed'] }];
    if (request.headers['x-vault-request'] !== 'true') return [412, { errors: ['required header is missing'] }];
    if (request.headers['x-vault-namespace'] !== this.namespace) return [404, { errors: [] }];
    const given: unknown = body === '' ? undefined : JSON.parse(body);
    if (/^POST \/v1\/auth\/(approle|kubernetes)\/login$/.test(line)) return this.#logIn(line, given);
    const id = String(request.headers['x-vault-token']);
    const token = this.tokens.get(id);
    if (token === undefined) return [403, { errors: ['permission denied'] }];
    if (line === 'GET /v1/auth/token/lookup-self') {
      return [200, { data: { id, ttl: token.ttlS, renewable: token.renewable } }];
    }
    if (line === 'POST /v1/auth/token/renew-self') {
      if (!token.renewable) return [400, { errors: ['lease is not renewable'] }];
      token.renewals += 1;
      return [200, { auth: auth(id, token) }];
    }
    return this.#keyValue(request, given);
  }

  #logIn(line: string, given: unknown): Answer {
    const expected = line.includes('approle')
      ? { role_id: 'the-role', secret_id: 'the-secret-id' }
      : { role: 'tailwater', jwt: 'the.service.account' };
    if (JSON.stringify(given) !== JSON.stringify(expected)) return [400, { errors: ['invalid role or secret ID'] }];
    this.logins += 1;
    const made = { ttlS: this.ttlS, renewable: this.renewable, renewals: 0 };
    this.tokens.set(`hvs.${this.logins}`, made);
    return [200, { auth: auth(`hvs.${this.logins}`, made) }];
  }

  #keyValue({ url, method }: IncomingMessage, given: unknown): Answer {
    const [, kind, path = ''] = /^\/v1\/kv\/(data|metadata)\/(.+)$/.exec(url!) ?? [];
    const versions = this.secrets.get(path) ?? [];
    const metadata = {
      created_time: '2026-11-21T00:00:00Z',
      deletion_time: '',
      destroyed: false,
      version: versions.length,
    };
    if (kind === 'data' && method === 'GET') {
      const last = versions.at(-1);
      if (last === undefined) return [404, { errors: [] }];
      // A deleted version is 404 with metadata.
      return [last === null ? 404 : 200, { data: { data: last, metadata } }];
    }
    if (kind === 'data' && method === 'POST') {
      this.secrets.set(path, [...versions, (given as { data: Record<string, string> }).data]);
      return [200, { data: { ...metadata, version: versions.length + 1 } }];
    }
    if (kind === 'metadata' && method === 'DELETE') {
      this.secrets.delete(path);
      return [204];
    }
    return [405, { errors: ['unsupported operation'] }];
  }
}

const auth = (token: string, { ttlS, renewable }: { ttlS: number; renewable: boolean }) => ({
  client_token: token,
  accessor: 'a',
  policies: ['default'],
  lease_duration: ttlS,
  renewable,
});
