import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import {
  expectOk,
  type VaultAddress,
  type VaultAnswer,
  type VaultCall,
  type VaultRequest,
  vaultCaller,
} from './vault-call.ts';
import { openVaultToken, type VaultAuth, type VaultToken } from './vault-token.ts';

export interface VaultSettings extends VaultAddress {
  /** Of the KV v2 engine. */
  mount: string;
  /** Secrets of an integration are at `prefix/ID`. */
  prefix: string;
  auth: VaultAuth;
}

/**
 * Secrets in Vault or OpenBao, KV version 2: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 * Errors: RetryableError `destination_unavailable` while Vault is away, sealed or a standby without a leader;
 * PermanentError `destination_unauthorized` when it lets us not in.
 */
export interface Vault {
  /** Null when there is nothing at that path, or its newest version was deleted. */
  read(id: string, signal: AbortSignal): Promise<Record<string, string> | null>;
  /** As a new version. */
  write(id: string, values: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** With all versions. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /** Ends the renewals. */
  close(): void;
}

const secretSchema = z.object({ data: z.object({ data: z.record(z.string(), z.string()).nullable() }) });

/** Nothing is asked of Vault before the first call. */
export function openVault(
  settings: VaultSettings,
  { egress, onFault }: { egress: Egress; onFault: (error: unknown) => void },
): Vault {
  const call = vaultCaller(settings, egress);
  const token = openVaultToken({ auth: settings.auth, call, readFile: (path) => readFile(path, 'utf8'), onFault });
  const pathOf = (kind: 'data' | 'metadata', id: string) =>
    `${settings.mount}/${kind}/${settings.prefix}/${encodeURIComponent(id)}`;
  return {
    async read(id, signal) {
      const answer = await authorized(call, token, { method: 'GET', path: pathOf('data', id), signal });
      if (answer.status === 404) return null;
      const parsed = secretSchema.safeParse(expectOk(answer).body);
      if (parsed.success) return parsed.data.data.data;
      throw new PermanentError('destination_rejected', 'the secret in Vault is not of text fields alone');
    },
    async write(id, values, signal) {
      const request = { method: 'POST', path: pathOf('data', id), body: { data: values }, signal } as const;
      expectOk(await authorized(call, token, request));
    },
    async remove(id, signal) {
      const answer = await authorized(call, token, { method: 'DELETE', path: pathOf('metadata', id), signal });
      if (answer.status !== 404) expectOk(answer);
    },
    close: () => token.close(),
  };
}

/** A token that was revoked is found out by 403: once, a new one is got. */
async function authorized(call: VaultCall, token: VaultToken, request: VaultRequest): Promise<VaultAnswer> {
  const first = await token.get();
  const answer = await call({ ...request, token: first });
  if (answer.status !== 403 || !token.forget(first)) return answer;
  return call({ ...request, token: await token.get() });
}
