import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { isKnownError } from '../errors.ts';
import { CONNECT_TIMEOUT_MS, dial } from './dial.ts';
import { createDispatchers } from './dispatchers.ts';
import type { Egress, EgressRequest, EgressResponse, EgressTarget } from './egress.ts';
import { unavailable } from './failures.ts';
import { createGuard, type Guard } from './guard.ts';
import { checkHeaders } from './headers.ts';
import { boundedLookup, type Lookup, systemLookup } from './lookup.ts';
import { createPolicy, type PolicySettings } from './policy.ts';
import { goalOf, goalOfUrl, parseTarget, parseTargetUrl, parseUrl } from './target.ts';

export interface EgressOptions extends PolicySettings {
  /** In place of the system's resolver. */
  lookup?: Lookup;
}

const RESPONSE_BYTES_MAX = 2 ** 20;
const ANSWER_TIMEOUT_MS = 30_000;

/** The way out, by the rules of `egress` in the configuration. */
export function createEgress(options: EgressOptions): Egress {
  const guard = createGuard(createPolicy(options), boundedLookup(options.lookup ?? systemLookup));
  const closing = new AbortController();
  const dispatchers = createDispatchers(guard, closing.signal);
  return {
    request: async (request) => {
      const url = parseTargetUrl(request.url);
      const headers = checkHeaders(request.headers ?? {});
      await checkFirst(guard, url, request);
      return inWords(url.hostname, request.signal, () => {
        return send(dispatchers.of(request), { ...request, headers }, url);
      });
    },
    connect: ({ host, port, tls, signal, timeoutMs = CONNECT_TIMEOUT_MS }: EgressTarget) => {
      const connect = async (): Promise<Socket> => {
        closing.signal.throwIfAborted();
        return dial(guard, { goal: goalOf(host, port), tls, signal, timeoutMs });
      };
      return inWords(host, signal, connect);
    },
    check: async (target) => {
      const goal = parseTarget(target);
      // A name that is not known now is for the connection test to tell.
      await guard.resolve(goal).catch((error: unknown) => {
        if (isKnownError(error)) throw error;
      });
    },
    close: async () => {
      closing.abort();
      await dispatchers.close();
    },
  };
}

/** What is known without a connection; a proxy that is an address is never looked up. */
async function checkFirst(guard: Guard, url: URL, request: EgressRequest): Promise<void> {
  if (request.proxy === undefined) return;
  guard.checkUnresolved(goalOfUrl(url));
  const proxy = goalOfUrl(parseUrl(request.proxy, 'proxy'));
  await inWords(proxy.host, request.signal, () => guard.resolve(proxy));
}

async function inWords<T>(host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isKnownError(error) ? error : unavailable(error, host, signal);
  }
}

async function send(dispatcher: Dispatcher, request: EgressRequest, url: URL): Promise<EgressResponse> {
  const timeoutMs = request.timeoutMs ?? ANSWER_TIMEOUT_MS;
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    signal: request.signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode, headers, body: await readBody(answer.body) };
}

/** Leaving the loop destroys the rest, and with it the connection. */
async function readBody(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= RESPONSE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, RESPONSE_BYTES_MAX);
}
