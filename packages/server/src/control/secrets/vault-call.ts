import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';

export interface VaultRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Behind `/v1/`. */
  path: string;
  body?: object;
  token?: string;
  signal: AbortSignal;
}
export type VaultCall = (request: VaultRequest) => Promise<VaultAnswer>;
export interface VaultAnswer {
  status: number;
  body: unknown;
}

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_AFTER_MS = 5_000;

export interface VaultAddress {
  url: string;
  namespace: string | undefined;
  /** PEM; in place of the system's certificates. */
  ca: string | undefined;
}

/** Any status is an answer; RetryableError when there is none. */
export function vaultCaller({ url, namespace, ca }: VaultAddress, egress: Egress): VaultCall {
  const base = url.replace(/\/+$/, '');
  return async ({ method, path, body, token, signal }) => {
    const response = await egress.request({
      method,
      url: `${base}/v1/${path}`,
      headers: {
        // Vault refuses requests without it where it is told to: https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent#require_request_header
        'x-vault-request': 'true',
        ...(token !== undefined && { 'x-vault-token': token }),
        ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(ca !== undefined && { tls: { ca } }),
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    });
    return { status: response.status, body: jsonOf(response) };
  };
}

function jsonOf({ body }: EgressResponse): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** 429, 472 and 473 are standbys, 412 asks to wait for replication, 503 is sealed: https://developer.hashicorp.com/vault/api-docs/system/health */
const AWAY = new Set([412, 429, 472, 473]);

/** @throws the errors that `Vault` in vault.ts names. */
export function expectOk(answer: VaultAnswer): VaultAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return answer;
  if (status >= 500 || AWAY.has(status)) {
    const message = status === 503 ? 'Vault is sealed or in maintenance' : `Vault cannot answer now (status ${status})`;
    throw new RetryableError('destination_unavailable', message, RETRY_AFTER_MS);
  }
  if (status === 401 || status === 403) {
    const message =
      'Vault refuses: the token or role lacks a policy for the path (create, update, read on `data/`, delete on `metadata/`)';
    throw new PermanentError('destination_unauthorized', message);
  }
  throw new PermanentError(
    'destination_rejected',
    `Vault refused the request (status ${status}): is secrets.vault.mount a KV engine of version 2?`,
  );
}
