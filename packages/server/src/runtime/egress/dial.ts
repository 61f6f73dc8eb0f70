import { X509Certificate } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import {
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { PermanentError } from '../errors.ts';
import type { EgressTls } from './egress.ts';
import type { Guard } from './guard.ts';
import type { Goal } from './policy.ts';
import { abortable, withTimeout } from './time-limit.ts';

/** Long enough for a lost SYN and its repetition (1 s, then 2 s). */
export const CONNECT_TIMEOUT_MS = 5000;
/** Before the next address of a name is tried. Node's 250 ms is less than some round trips take. */
const ADDRESS_TIMEOUT_MS = 1000;
const KEEP_ALIVE_AFTER_MS = 60_000;

export type ConnectStep = 'address' | 'connection' | 'tls';

/** The connection was not there in time; `step` is what it waited for. */
export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
  readonly step: ConnectStep;
  readonly timeoutMs: number;

  constructor(step: ConnectStep, timeoutMs: number) {
    super(`no ${step} within ${timeoutMs} ms`);
    this.step = step;
    this.timeoutMs = timeoutMs;
  }
}

export interface Call {
  goal: Goal;
  /** Null: plain TCP. */
  tls: EgressTls | null;
  alpn?: readonly string[];
  signal: AbortSignal;
  timeoutMs: number;
}

/** Connects to an address that the guard let through, and to no other. Throws what happened, as Node tells it. */
export async function dial(guard: Guard, call: Call): Promise<Socket | TLSSocket> {
  const { signal, release } = withTimeout(call.signal, call.timeoutMs);
  let step: ConnectStep = 'address';
  try {
    const context = call.tls && secureContext(call.tls);
    const addresses = await abortable(guard.resolve(call.goal), signal);
    step = 'connection';
    const socket = open(call, context, addresses);
    // A TLS 1.3 server refuses a client without a certificate after `secureConnect`, even together with it. Such an error
    // destroys nothing: undici would take the end that follows for the cause. Without a listener it ends the process.
    let early: Error | undefined;
    socket.on('error', (error) => {
      early ??= error;
      socket.destroy(error);
    });
    socket.once('connect', () => {
      step = 'tls';
    });
    await connected(socket, call.tls ? 'secureConnect' : 'connect', signal);
    if (early !== undefined) throw early;
    return socket;
  } catch (error) {
    if (signal.aborted && !call.signal.aborted) throw new ConnectTimeoutError(step, call.timeoutMs);
    throw error;
  } finally {
    release();
  }
}

/** Throws PermanentError `invalid_field` for what is no PEM, or a key that does not belong to the certificate. */
export function secureContext({ ca, cert, key }: EgressTls): SecureContext {
  try {
    // OpenSSL takes a CA of no certificates without a word, and then trusts nobody.
    if (ca !== undefined) new X509Certificate(ca);
    return createSecureContext({ ca, cert, key });
  } catch {
    const message = 'the CA, client certificate or key cannot be read: each must be PEM, and the key the certificate’s';
    throw new PermanentError('invalid_field', message, 'tls');
  }
}

/** A lookup for net.connect that says what was already found, so that nothing is resolved twice. */
export function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, answer) => {
    if (options.all) answer(null, [...addresses]);
    else answer(null, addresses[0]!.address, addresses[0]!.family);
  };
}

function open(call: Call, context: SecureContext | null, addresses: readonly LookupAddress[]): Socket | TLSSocket {
  const { host, port } = call.goal;
  const options = {
    host,
    port,
    lookup: lookupOf(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
  };
  if (context === null) return netConnect(options);
  const name = call.tls?.serverName ?? host;
  return tlsConnect({
    ...options,
    secureContext: context,
    // Said, as NODE_TLS_REJECT_UNAUTHORIZED would change the default.
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    // RFC 6066 §3: names only, no addresses.
    servername: isIP(name) === 0 ? name : '',
    ...(call.alpn && { ALPNProtocols: [...call.alpn] }),
  });
}

async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, event, { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
