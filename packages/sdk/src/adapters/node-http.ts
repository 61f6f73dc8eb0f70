import type { Tailwater } from '../types.ts';
import { REQUEST_ID_HEADER, type RequestOptions, RequestScope } from './request-scope.ts';

/** As much of node:http as is needed here: every framework on Node brings these two. */
export interface NodeRequest {
  // Said as Node does, for programs that compile with exactOptionalPropertyTypes.
  method?: string | undefined;
  url?: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  setHeader(name: string, value: string): unknown;
  on(event: 'close', listener: () => void): unknown;
}

export interface NodeExchange<Request> {
  /** What the program's hooks are given. */
  request: Request;
  incoming: NodeRequest;
  outgoing: NodeResponse;
  /** Default: that of `incoming`, which some frameworks change on the way. */
  url?: string;
  /** Asked at the end. */
  route(): string | undefined;
}

/** By node's own request, so that what a framework calls later finds the scope that its middleware opened. */
const scopes = new WeakMap<object, RequestScope>();

export const scopeOf = (incoming: object): RequestScope | undefined => scopes.get(incoming);

/** Opens the scope of a request, which ends with its response: after the last byte, or when the client has gone. */
export function openScope<Request>(
  tailwater: Tailwater,
  options: RequestOptions<Request>,
  exchange: NodeExchange<Request>,
): RequestScope<Request> {
  const { request, incoming, outgoing } = exchange;
  const scope = new RequestScope(tailwater, options, {
    request,
    method: incoming.method ?? '',
    url: exchange.url ?? incoming.url ?? '',
    header: (name) => textOf(incoming.headers[name]),
  });
  scopes.set(incoming, scope as RequestScope);
  outgoing.setHeader(REQUEST_ID_HEADER, scope.requestId);
  outgoing.on('close', () =>
    scope.end({
      status: outgoing.headersSent ? outgoing.statusCode : undefined,
      route: exchange.route(),
      isAborted: !outgoing.writableFinished,
    }),
  );
  return scope;
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
