import { z } from 'zod';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { expectOk, type VaultCall } from './vault-call.ts';

export type VaultAuth =
  | { method: 'token'; token: string }
  | { method: 'approle'; mount: string; roleId: string; secretId: string }
  /** `tokenFile` holds the service account's token; the kubelet writes it anew before it expires. */
  | { method: 'kubernetes'; mount: string; role: string; tokenFile: string };

/** The token that requests to Vault carry: got at the first request, renewed when two thirds of its time are over. */
export interface VaultToken {
  get(): Promise<string>;
  /** Takes a refused token out of use. False when there is no way to another one. */
  forget(token: string): boolean;
  close(): void;
}

interface Lease {
  token: string;
  durationS: number;
  renewable: boolean;
}

interface Surroundings {
  auth: VaultAuth;
  call: VaultCall;
  readFile: (path: string) => Promise<string>;
  onFault: (error: unknown) => void;
}

const RENEW_AT = 2 / 3;
/** Of a failed renewal, and the least between two of them. */
const RENEW_AGAIN_MS = 10_000;
/** setTimeout's own limit is 2^31 ms; looking every day costs nothing. */
const RENEW_WAIT_MS_MAX = 24 * 3_600_000;
const RENEW_TIMEOUT_MS = 10_000;

const authSchema = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.number(), renewable: z.boolean() }),
});
/** https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self : `ttl` 0 never ends. */
const lookupSchema = z.object({ data: z.object({ ttl: z.number(), renewable: z.boolean().default(false) }) });

export function openVaultToken(surroundings: Surroundings): VaultToken {
  const { auth, onFault } = surroundings;
  let lease: Promise<Lease> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const plan = ({ durationS }: Lease, waitMs = durationS * 1000 * RENEW_AT) => {
    clearTimeout(timer);
    if (closed || durationS <= 0) return;
    timer = setTimeout(renewOrLogIn, Math.max(1000, Math.min(waitMs, RENEW_WAIT_MS_MAX)));
    timer.unref();
  };
  const take = (next: Promise<Lease>): Promise<Lease> => {
    lease = next;
    next.then(plan, () => {
      if (lease === next) lease = null;
    });
    return next;
  };
  const renewOrLogIn = async () => {
    const current = await lease?.catch(() => null);
    if (!current) return;
    const signal = AbortSignal.timeout(RENEW_TIMEOUT_MS);
    try {
      if (current.renewable) return void (await take(renew(surroundings, current, signal)));
    } catch (error) {
      onFault(error);
      // While Vault is away the token may still be good for the last third.
      if (error instanceof RetryableError) {
        lease = Promise.resolve(current);
        return plan(current, RENEW_AGAIN_MS);
      }
    }
    if (auth.method !== 'token') await take(logIn(surroundings, signal)).catch(onFault);
  };

  return {
    // Others may wait for the same log-in: it ends by no one's signal but its own.
    get: async () => (await (lease ?? take(logIn(surroundings, AbortSignal.timeout(RENEW_TIMEOUT_MS))))).token,
    forget: () => {
      lease = null;
      return auth.method !== 'token';
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function logIn({ auth, call, readFile }: Surroundings, signal: AbortSignal): Promise<Lease> {
  if (auth.method === 'token') {
    const answer = await call({ method: 'GET', path: 'auth/token/lookup-self', token: auth.token, signal });
    // A token may be refused the look at itself and be good for the rest: then nobody renews it.
    if (answer.status === 403) return { token: auth.token, durationS: 0, renewable: false };
    const parsed = lookupSchema.safeParse(expectOk(answer).body);
    if (!parsed.success) throw unexpected('auth/token/lookup-self');
    return { token: auth.token, durationS: parsed.data.data.ttl, renewable: parsed.data.data.renewable };
  }
  const body =
    auth.method === 'approle'
      ? { role_id: auth.roleId, secret_id: auth.secretId }
      : { role: auth.role, jwt: (await readTokenFile(auth.tokenFile, readFile)).trim() };
  const path = `auth/${auth.mount}/login`;
  const answer = await call({ method: 'POST', path, body, signal });
  // AppRole says 400 to a wrong role or secret id, Kubernetes 403 or 500.
  if (answer.status === 400 || answer.status === 403) {
    throw new PermanentError(
      'destination_unauthorized',
      `Vault refuses the log-in by ${auth.method}: check role and credentials`,
    );
  }
  return leaseOf(expectOk(answer).body, path);
}

async function renew({ call }: Surroundings, { token }: Lease, signal: AbortSignal): Promise<Lease> {
  const path = 'auth/token/renew-self';
  return leaseOf(expectOk(await call({ method: 'POST', path, body: {}, token, signal })).body, path);
}

function leaseOf(body: unknown, path: string): Lease {
  const parsed = authSchema.safeParse(body);
  if (!parsed.success) throw unexpected(path);
  const { client_token: token, lease_duration: durationS, renewable } = parsed.data.auth;
  return { token, durationS, renewable };
}

function unexpected(path: string): PermanentError {
  return new PermanentError('destination_rejected', `the answer to ${path} is not as Vault's documentation says`);
}

async function readTokenFile(path: string, readFile: (path: string) => Promise<string>): Promise<string> {
  try {
    return await readFile(path);
  } catch {
    throw new PermanentError(
      'destination_unauthorized',
      `${path} cannot be read: it should hold the service account's token`,
    );
  }
}
