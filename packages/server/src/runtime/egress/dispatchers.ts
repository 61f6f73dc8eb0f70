import { Agent, type buildConnector, type Dispatcher, errors, Pool, ProxyAgent } from 'undici';
import { CONNECT_TIMEOUT_MS, dial, lookupOf, secureContext } from './dial.ts';
import type { EgressRequest, EgressTls } from './egress.ts';
import type { Guard } from './guard.ts';
import { goalOf, goalOfUrl, parseUrl } from './target.ts';

/** Settings that have connections of their own; beyond it those that were longest unused are closed. */
const DISPATCHERS_MAX = 256;
/** Per host and settings. */
const CONNECTIONS_MAX = 32;

export interface Dispatchers {
  of(request: Pick<EgressRequest, 'tls' | 'proxy'>): Dispatcher;
  close(): Promise<void>;
}

/** Keeps connections alive, apart by TLS and proxy settings: what one integration may do, another may not. */
export function createDispatchers(guard: Guard, closing: AbortSignal): Dispatchers {
  const kept = new Map<string, Dispatcher>();
  const make = ({ tls = {}, proxy }: Pick<EgressRequest, 'tls' | 'proxy'>): Dispatcher =>
    proxy === undefined
      ? new Agent({ connect: connector(guard, tls, closing), connections: CONNECTIONS_MAX })
      : throughProxy(guard, tls, proxy);
  return {
    of: (request) => {
      closing.throwIfAborted();
      const key = JSON.stringify([request.tls, request.proxy]);
      const dispatcher = kept.get(key) ?? make(request);
      kept.delete(key);
      kept.set(key, dispatcher);
      const [oldest] = kept;
      if (kept.size > DISPATCHERS_MAX && oldest) {
        kept.delete(oldest[0]);
        void oldest[1].close();
      }
      return dispatcher;
    },
    close: async () => {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function connector(guard: Guard, tls: EgressTls, closing: AbortSignal): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const isPlainHttp = protocol === 'http:';
    const goal = { ...goalOf(hostname, Number(port) || (isPlainHttp ? 80 : 443)), isPlainHttp };
    const call = {
      goal,
      tls: isPlainHttp ? null : tls,
      alpn: ['http/1.1'],
      signal: closing,
      timeoutMs: CONNECT_TIMEOUT_MS,
    };
    dial(guard, call).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

/**
 * undici takes a socket that closes for one that can be opened again, and does so at once and without end where a proxy
 * closes it in answer to CONNECT. Under another code it is the request's error.
 */
class ProxyPool extends Pool {
  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>;
  override connect(
    options: Dispatcher.ConnectOptions,
    callback: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): void;
  override connect(
    options: Dispatcher.ConnectOptions,
    callback?: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): Promise<Dispatcher.ConnectData> | undefined {
    if (callback !== undefined) {
      super.connect(options, callback);
      return undefined;
    }
    return super.connect(options).catch((error: unknown) => {
      if (!(error instanceof errors.SocketError)) throw error;
      throw Object.assign(new Error('the proxy closed the connection', { cause: error }), { code: 'ECONNRESET' });
    });
  }
}

/** The proxy resolves the host; TLS goes through to it, so its certificate is checked here all the same. */
function throughProxy(guard: Guard, tls: EgressTls, proxy: string): Dispatcher {
  const goal = goalOfUrl(parseUrl(proxy, 'proxy'));
  const verified = { rejectUnauthorized: true, timeout: CONNECT_TIMEOUT_MS };
  return new ProxyAgent({
    uri: proxy,
    connections: CONNECTIONS_MAX,
    // Its answer to CONNECT; undici would wait for 300 s.
    clientFactory: (origin, options) => new ProxyPool(origin, { ...options, headersTimeout: CONNECT_TIMEOUT_MS }),
    requestTls: {
      ...verified,
      secureContext: secureContext(tls),
      ...(tls.serverName && { servername: tls.serverName }),
    },
    proxyTls: {
      ...verified,
      lookup: (host, options, answer) => {
        guard.resolve(goal).then(
          (addresses) => lookupOf(addresses)(host, options, answer),
          (error: Error) => answer(error, ''),
        );
      },
    },
  });
}
