import createClient from 'openapi-fetch';
import { ApiError, errorOf } from './error.ts';
import { chosenOrg } from './org.ts';
import { noteReachable } from './reachable.ts';
import type { paths } from './schema.gen.ts';

/** Told when an answer says that the session is over. */
const onSignedOut = new Set<() => void>();

/** Calls `listener` whenever the server no longer knows who asks. Answers the function that ends it. */
export function listenSignedOut(listener: () => void): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

/** `fetch` for this server: as the chosen org, and with every answer that is no success thrown as ApiError. */
export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const org = chosenOrg();
  if (org !== null) request.headers.set('x-scope-orgid', org);
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    noteReachable(false);
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  noteReachable(true);
  if (response.ok) return response;
  if (response.status === 401) for (const listener of onSignedOut) listener();
  throw await errorOf(response);
}

const client = createClient<paths>({
  baseUrl: '/',
  fetch: apiFetch,
  // Repeated parameters: service=a&service=b. Comparisons are written by `filterQuery`.
  querySerializer: { array: { style: 'form', explode: true } },
});

/** The REST API, typed by the document that the server itself answers. A failed call throws ApiError. */
export const api = client;

/** The body of a call that succeeded. */
export async function answerOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
