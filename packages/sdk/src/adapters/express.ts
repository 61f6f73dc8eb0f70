import type { Tailwater } from '../types.ts';
import { type NodeRequest, type NodeResponse, openScope, scopeOf } from './node-http.ts';
import { pathOf, type RequestOptions } from './request-scope.ts';

export type { RequestOptions } from './request-scope.ts';

/** As much of Express's request as is needed here. */
export interface ExpressRequest extends NodeRequest {
  originalUrl?: string;
  baseUrl?: string;
  route?: { path?: unknown };
  params?: Readonly<Record<string, unknown>>;
}

type Next = (error?: unknown) => void;

export interface ExpressLogging<Request> {
  (request: Request, response: NodeResponse, next: Next): void;
  /** Goes behind all routes: adds what was thrown to the request's event, and leaves it to the handlers behind. */
  errors: (error: unknown, request: Request, response: NodeResponse, next: Next) => void;
}

/** Middleware for Express 4 and 5: goes before all others. */
export function tailwaterExpress<Request extends ExpressRequest = ExpressRequest>(
  tailwater: Tailwater,
  options: RequestOptions<Request> = {},
): ExpressLogging<Request> {
  const logging = (request: Request, response: NodeResponse, next: Next): void => {
    const scope = openScope(tailwater, options, {
      request,
      incoming: request,
      outgoing: response,
      url: request.originalUrl ?? request.url,
      route: () => routeOf(request),
    });
    scope.run(next);
  };
  const errors = (error: unknown, request: Request, _response: NodeResponse, next: Next): void => {
    scopeOf(request)?.note(error);
    next(error);
  };
  return Object.assign(logging, { errors });
}

/** The pattern of the route that was called, with that of the routers around it. */
export function routeOf({ route, baseUrl, originalUrl, url, params }: ExpressRequest): string | undefined {
  if (route?.path === undefined) return undefined;
  const pattern = [route.path].flat().map(String).join('|');
  const mounted = baseUrl || mountOf(pathOf(originalUrl ?? url ?? ''), pattern);
  return `${named(mounted, params)}${pattern === '/' && mounted !== '' ? '' : pattern}`;
}

const segmentsOf = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

/** Express forgets where a router was mounted once an error has left it: what the pattern does not cover. */
function mountOf(path: string, pattern: string): string {
  if (/[*{|^]/.test(pattern)) return '';
  const segments = segmentsOf(path);
  const mounted = segments.slice(0, Math.max(0, segments.length - segmentsOf(pattern).length));
  return mounted.map((segment) => `/${segment}`).join('');
}

/** Express does not tell with which pattern a router was mounted, but which values it found (with `mergeParams`). */
function named(mounted: string, params: Readonly<Record<string, unknown>> = {}): string {
  const names = new Map(Object.entries(params).map(([name, value]) => [encodeURIComponent(String(value)), name]));
  return mounted.replace(/[^/]+/g, (segment) => (names.has(segment) ? `:${names.get(segment)}` : segment));
}
