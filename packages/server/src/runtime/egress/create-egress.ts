import type { Socket } from 'node:net';
import { type Dispatcher, errors } from 'undici';
import { isKnownError, PermanentError } from '../errors.ts';
import { CONNECT_TIMEOUT_MS, ConnectTimeoutError, dial } from './dial.ts';
import { createDispatchers } from './dispatchers.ts';
import type { Egress, EgressRequest, EgressResponse, EgressTarget } from './egress.ts';
import { unavailable } from './failures.ts';
import { createGuard, type Guard } from './guard.ts';
import { checkHeaders } from './headers.ts';
import { boundedLookup, type Lookup, systemLookup } from './lookup.ts';
import { createPolicy, type Goal, type PolicySettings } from './policy.ts';
import { goalOf, goalOfUrl, parseTarget, parseTargetUrl, parseUrl } from './target.ts';
import { abortable, withTimeout } from './time-limit.ts';

export interface EgressOptions extends PolicySettings {
  /** In place of the system's resolver. */
  lookup?: Lookup;
}

const RESPONSE_BYTES_MAX = 2 ** 20;
const ANSWER_TIMEOUT_MS = 30_000;
/** Of a body that comes in drops, each of them in time. */
const BODY_TIMEOUTS_MAX = 4;

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
    connect: ({ host, port, timeoutMs = CONNECT_TIMEOUT_MS, ...how }: EgressTarget) => {
      const connect = async (): Promise<Socket> => {
        closing.signal.throwIfAborted();
        return dial(guard, { ...how, goal: goalOf(host, port), timeoutMs });
      };
      return inWords(host, how.signal, connect);
    },
    check: async (target) => {
      const goal = parseTarget(target);
      // A name that is not known now is for the connection test to tell.
      await resolveInTime(guard, goal, closing.signal).catch((error: unknown) => {
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
  await inWords(proxy.host, request.signal, () => resolveInTime(guard, proxy, request.signal));
}

async function resolveInTime(guard: Guard, goal: Goal, outer: AbortSignal): Promise<void> {
  const { signal, release } = withTimeout(outer, CONNECT_TIMEOUT_MS);
  try {
    await abortable(guard.resolve(goal), signal);
  } catch (error) {
    throw signal.aborted && !outer.aborted ? new ConnectTimeoutError('address', CONNECT_TIMEOUT_MS) : error;
  } finally {
    release();
  }
}

async function inWords<T>(host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof errors.InvalidArgumentError) {
      throw new PermanentError('invalid_field', 'the request cannot be sent as it is: its headers or its address');
    }
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
  return { status: answer.statusCode, headers, body: await readBody(answer.body, timeoutMs * BODY_TIMEOUTS_MAX) };
}

/** Leaving the loop destroys the rest, and with it the connection. */
async function readBody(body: AsyncIterable<Buffer>, timeMsMax: number): Promise<Buffer> {
  const endsAt = performance.now() + timeMsMax;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= RESPONSE_BYTES_MAX) break;
    if (performance.now() > endsAt) throw new errors.BodyTimeoutError();
  }
  return Buffer.concat(chunks).subarray(0, RESPONSE_BYTES_MAX);
}
