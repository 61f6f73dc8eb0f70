import type { Tailwater } from '../types.ts';
import { type NodeRequest, type NodeResponse, openScope } from './node-http.ts';
import { REQUEST_ID_HEADER, type RequestOptions, RequestScope } from './request-scope.ts';

export type { RequestOptions } from './request-scope.ts';

/** As much of Hono's context as is needed here. */
export interface HonoContext {
  req: {
    method: string;
    url: string;
    raw: { signal?: AbortSignal };
    /** The pattern of the route that is running, or ran last. */
    routePath: string;
    header(name: string): string | undefined;
  };
  res: { status: number };
  error: Error | undefined;
  /** On @hono/node-server: node's own request and response. */
  env: unknown;
  header(name: string, value: string): void;
}

interface NodeBindings {
  incoming: NodeRequest;
  outgoing: NodeResponse;
}

/**
 * Middleware for Hono 4 on Node: goes before all others. With @hono/node-server a request ends with its last byte;
 * elsewhere when its response is made, before a streamed body is.
 */
export function tailwaterHono<C extends HonoContext = HonoContext>(
  tailwater: Tailwater,
  options: RequestOptions<C> = {},
): (context: C, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const own = context.req.routePath;
    // Without a route, what ran last is this middleware itself.
    const route = () => (context.req.routePath === own ? undefined : context.req.routePath);
    const bindings = bindingsOf(context.env);
    const scope = bindings === undefined ? scopeOfWeb(tailwater, options, context) : onNode(bindings);
    await scope.run(next);
    if (context.error !== undefined) scope.note(context.error);
    context.header(REQUEST_ID_HEADER, scope.requestId);
    if (bindings !== undefined) return;
    const isAborted = context.req.raw.signal?.aborted === true;
    scope.end({ status: context.res.status, route: route(), isAborted });

    function onNode({ incoming, outgoing }: NodeBindings): RequestScope<C> {
      return openScope(tailwater, options, { request: context, incoming, outgoing, url: context.req.url, route });
    }
  };
}

function bindingsOf(env: unknown): NodeBindings | undefined {
  const bindings = env as Partial<NodeBindings> | undefined;
  return typeof bindings?.outgoing?.on === 'function' ? (bindings as NodeBindings) : undefined;
}

function scopeOfWeb<C extends HonoContext>(tailwater: Tailwater, options: RequestOptions<C>, context: C) {
  const { req } = context;
  const header = (name: string) => req.header(name);
  return new RequestScope(tailwater, options, { request: context, method: req.method, url: req.url, header });
}
