import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * The one way out to addresses that a user gave. Each address is looked at when it is resolved, by the very lookup that the
 * connection uses: private, link-local and metadata ranges are refused unless the operator allowed them, whatever name or
 * notation leads there. No redirect is followed. Every refusal is PermanentError `egress_denied`, without the address.
 */
export interface Egress {
  /** One HTTP request. Throws PermanentError `egress_denied`, RetryableError `destination_unavailable` (no connection, cut off, timeout). Any status is an answer. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** A TCP or TLS connection. Throws as `request` does. */
  connect(target: EgressTarget): Promise<Socket | TLSSocket>;
  /** Whether the URL or host:port may be spoken to now, for when settings are saved. Throws PermanentError `egress_denied` or `invalid_field`. */
  check(target: string): Promise<void>;
  close(): Promise<void>;
}

/** How TLS is done with one integration's peer. Certificates are always verified. */
export interface EgressTls {
  /** PEM; in place of the system's. */
  ca?: string;
  /** PEM, for mutual TLS. */
  cert?: string;
  key?: string;
  serverName?: string;
}

export interface EgressRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  signal: AbortSignal;
  /** Until the answer's headers, and between its chunks; the whole body has four times that. Default 30 s; connecting 5 s. */
  timeoutMs?: number;
  tls?: EgressTls;
  /** URL of an HTTP proxy, which then does the resolving; it is checked itself. */
  proxy?: string;
}

export interface EgressResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** At most 1 MiB; what is beyond is cut off, and the connection closed. */
  body: Buffer;
}

export interface EgressTarget {
  host: string;
  port: number;
  /** Null: plain TCP. */
  tls: EgressTls | null;
  /** Protocols to offer in TLS, `h2` for gRPC. None by default. */
  alpn?: readonly string[];
  signal: AbortSignal;
  /** Default 5 s. */
  timeoutMs?: number;
}
