import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { HttpCall, HttpRequest } from './http.ts';

/** Something that is asked for once and used until shortly before it expires: a token, credentials of a role. */
export interface Expiring<T> {
  get(signal: AbortSignal): Promise<T>;
  /** The next `get` asks anew: the value was refused though its time was not over. */
  forget(): void;
}

/** Renewed this long before the end, ms: clocks differ, and a request takes its time. */
const MARGIN_MS = 5 * 60_000;

/** Keeps what `ask` answers; asks again when less than five minutes, or a fifth of a shorter life, are left. */
export function createExpiring<T>(
  ask: (signal: AbortSignal) => Promise<{ value: T; expiresAtMs: number }>,
): Expiring<T> {
  let kept: { value: T; renewAtMs: number } | null = null;
  return {
    async get(signal) {
      if (kept !== null && Date.now() < kept.renewAtMs) return kept.value;
      const { value, expiresAtMs } = await ask(signal);
      const margin = Math.min(MARGIN_MS, (expiresAtMs - Date.now()) / 5);
      kept = { value, renewAtMs: expiresAtMs - margin };
      return value;
    },
    forget() {
      kept = null;
    },
  };
}

/** Sends with `Authorization: Bearer`; a 401 renews the token and sends once again. */
export async function requestWithToken(
  call: HttpCall,
  token: Expiring<string>,
  request: HttpRequest,
): Promise<EgressResponse> {
  const send = async () => {
    const authorization = `Bearer ${await token.get(request.signal)}`;
    return call({ ...request, headers: { ...request.headers, authorization } });
  };
  const response = await send();
  if (response.status !== 401) return response;
  token.forget();
  return send();
}
