import type { Tailwater } from '../types.ts';
import { type NodeRequest, type NodeResponse, openScope } from './node-http.ts';
import { REQUEST_ID_HEADER, type RequestOptions } from './request-scope.ts';

export type { RequestOptions } from './request-scope.ts';

/** As much of Koa's context as is needed here. */
export interface KoaContext {
  req: NodeRequest;
  res: NodeResponse & { writeHead: (...parameters: never[]) => unknown };
  originalUrl: string;
  /** Of @koa/router. */
  _matchedRoute?: string | RegExp | undefined;
}

/** Middleware for Koa 2 and 3: goes before all others. */
export function tailwaterKoa<C extends KoaContext = KoaContext>(
  tailwater: Tailwater,
  options: RequestOptions<C> = {},
): (context: C, next: () => Promise<unknown>) => Promise<void> {
  return async (context, next) => {
    const scope = openScope(tailwater, options, {
      request: context,
      incoming: context.req,
      outgoing: context.res,
      url: context.originalUrl,
      route: () => (context._matchedRoute === undefined ? undefined : String(context._matchedRoute)),
    });
    keepHeader(context.res, scope.requestId);
    try {
      await scope.run(next);
    } catch (error) {
      scope.note(error);
      throw error;
    }
  };
}

/** Koa drops all headers of a request that failed before it answers: https://github.com/koajs/koa/blob/master/lib/context.js */
function keepHeader(response: KoaContext['res'], requestId: string): void {
  const { writeHead } = response;
  response.writeHead = (...parameters) => {
    if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, requestId);
    return writeHead.apply(response, parameters);
  };
}
