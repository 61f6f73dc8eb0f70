import type { Metadata, Tailwater } from '../types.ts';
import { captureConsole } from './console.ts';
import { pathOf, REQUEST_ID_HEADER, type RequestOptions, RequestScope } from './request-scope.ts';
import { parseTraceParent } from './trace-parent.ts';

/** What Next.js gives a route handler beside the request. */
export interface RouteContext {
  params?: unknown;
}

export interface NextOptions<R> extends RequestOptions<R> {
  /** `/api/orders/[id]`. Default: the path, with the names of the route's parameters in place of their values. */
  route?: string;
}

type Handler<R, C> = (request: R, context: C) => Response | Promise<Response>;

/** Wraps a handler of the App Router: `export const GET = withTailwater(tailwater, async (request) => …)`. */
export function withTailwater<R extends Request, C extends RouteContext>(
  tailwater: Tailwater,
  handler: Handler<R, C>,
  options: NextOptions<R> = {},
): (request: R, context: C) => Promise<Response> {
  return async (request, context) => {
    const scope = new RequestScope(tailwater, options, {
      request,
      method: request.method,
      url: request.url,
      header: (name) => request.headers.get(name) ?? undefined,
    });
    const route = options.route ?? (await routeOf(request.url, context));
    const end = (status: number) => scope.end({ status, route, isAborted: request.signal.aborted });
    try {
      const response = await scope.run(() => handler(request, context));
      end(response.status);
      return withHeader(response, REQUEST_ID_HEADER, scope.requestId);
    } catch (error) {
      const status = statusOfSignal(error);
      if (status === undefined) scope.note(error);
      if (error instanceof Error) told().add(error);
      // What Next.js answers then.
      end(status ?? 500);
      throw error;
    }
  };
}

/** Undefined when the handler was called without Next's context. */
async function routeOf(url: string, context: RouteContext | undefined): Promise<string | undefined> {
  const params = (await context?.params) as Record<string, string | string[]> | undefined;
  if (context === undefined || params === null) return undefined;
  let path = pathOf(url);
  for (const [name, value = []] of Object.entries(params ?? {})) {
    const values = [value].flat().map((part) => `/${encodeURIComponent(part)}`);
    const pattern = Array.isArray(value) ? `/[...${name}]` : `/[${name}]`;
    if (values.length > 0) path = `${path}/`.replace(`${values.join('')}/`, `${pattern}/`).replace(/\/$/, '');
  }
  return path;
}

/**
 * Next.js throws to redirect and to answer 404: no failures.
 * https://github.com/vercel/next.js/tree/canary/packages/next/src/client/components
 */
function statusOfSignal(error: unknown): number | undefined {
  const digest = (error as { digest?: unknown } | null | undefined)?.digest;
  if (typeof digest !== 'string') return undefined;
  const [kind, ...rest] = digest.split(';');
  if (kind === 'NEXT_NOT_FOUND') return 404;
  if (kind === 'NEXT_HTTP_ERROR_FALLBACK') return Number(rest[0]);
  return kind === 'NEXT_REDIRECT' ? Number(rest.at(-2)) : undefined;
}

/** Headers of redirects and of fetched responses cannot be changed. */
function withHeader(response: Response, name: string, value: string): Response {
  try {
    response.headers.set(name, value);
    return response;
  } catch {
    const headers = new Headers(response.headers);
    headers.set(name, value);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  }
}

/** As Next.js calls `onRequestError`: https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation */
export interface ErrorRequest {
  path: string;
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}
export interface ErrorContext {
  routerKind?: string;
  routePath?: string;
  routeType?: string;
}

export interface InstrumentationOptions {
  /** Events of what the program writes with `console`, too. Default false. */
  console?: boolean;
}

export interface NextInstrumentation {
  register(): void;
  onRequestError(error: unknown, request: ErrorRequest, context: ErrorContext): void;
}

/** What `instrumentation.ts` exports: errors of pages, server components and actions, which no handler wraps. */
export function tailwaterInstrumentation(
  tailwater: Tailwater,
  options: InstrumentationOptions = {},
): NextInstrumentation {
  return {
    register: () => {
      if (options.console === true) captureConsole(tailwater);
    },
    onRequestError: (error, request, context) => {
      if (error instanceof Error && told().has(error)) return;
      tailwater.withContext(contextOf(request), () => emitError(tailwater, error, request, context));
    },
  };
}

function contextOf({ headers }: ErrorRequest) {
  const header = (name: string) => [headers[name]].flat()[0];
  return { requestId: header(REQUEST_ID_HEADER), ...parseTraceParent(header('traceparent')) };
}

function emitError(tailwater: Tailwater, error: unknown, request: ErrorRequest, context: ErrorContext): void {
  const { routePath, routeType, routerKind } = context;
  const message = error instanceof Error ? error.message : String(error);
  const metadata: Metadata = {
    method: request.method,
    ...(routePath === undefined ? { path: pathOf(request.path) } : { route: routePath }),
    route_type: routeType,
    router: routerKind,
    exception: error instanceof Error ? error : { message },
  };
  tailwater.emit({ logType: 'http', logger: 'http', eventType: 'request_error', severity: 'error', message, metadata });
}

const TOLD = Symbol.for('@tailwater/sdk/next');
const globals: Record<symbol, WeakSet<Error> | undefined> = globalThis as never;

/** Errors that a handler's event tells of. Next.js bundles route handlers and instrumentation apart: one for both. */
function told(): WeakSet<Error> {
  globals[TOLD] ??= new WeakSet();
  return globals[TOLD];
}
