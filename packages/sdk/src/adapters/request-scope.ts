import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context, Metadata, Severity, Tailwater } from '../types.ts';
import { quietly } from './hooks.ts';
import { parseTraceParent } from './trace-parent.ts';

/** What the middleware of all frameworks may be told. A hook that throws counts as one that says nothing. */
export interface RequestOptions<Request> {
  /**
   * Id of the user. Asked when the request comes, for the context of all that is emitted inside, and when it ends, when
   * the program knows more.
   */
  user?: (request: Request) => string | undefined;
  /** More metadata of the request's event. Asked when it ends. */
  metadata?: (request: Request) => Metadata | undefined;
  /** Requests without an event of their own, such as health checks. They have a context all the same. */
  ignore?: (request: Request) => boolean;
  /** Names of query parameters whose values are logged. Default: none. */
  query?: readonly string[];
  /** Logger and log type of the requests' events. Default `http`. */
  logger?: string;
}

/** What is known of a request when it comes. */
export interface RequestFacts<Request> {
  request: Request;
  method: string;
  /** Path and query, or a whole URL. */
  url: string;
  header(name: string): string | undefined;
}

export interface RequestEnd {
  /** Undefined when no response was begun. */
  status: number | undefined;
  /** The pattern, `/orders/:id`; undefined when no route matched, or the framework does not tell. */
  route: string | undefined;
  /** The client went before the response was whole. */
  isAborted: boolean;
}

export const REQUEST_ID_HEADER = 'x-request-id';
const LOGGER = 'http';
const PATH_CHARACTERS_MAX = 500;
/** No white space, quotes or control characters: it is sent back and printed by programs of all kinds. */
const HARMLESS_ID = /^[\w.:/+=@-]{1,128}$/;

/** One request from its start to its end: the context around it, and the one event that is emitted of it. */
export class RequestScope<Request = unknown> {
  readonly requestId: string;
  private readonly tailwater: Tailwater;
  private readonly options: RequestOptions<Request>;
  private readonly facts: RequestFacts<Request>;
  private readonly context: Context;
  /** Where the program was when the request came, with its context and active span. */
  private readonly atStart: <T>(run: () => T) => T;
  private readonly startMs = performance.now();
  private error: { thrown: unknown } | undefined;
  private hasEnded = false;

  constructor(tailwater: Tailwater, options: RequestOptions<Request>, facts: RequestFacts<Request>) {
    this.tailwater = tailwater;
    this.options = options;
    this.facts = facts;
    const given = facts.header(REQUEST_ID_HEADER);
    this.requestId = given !== undefined && HARMLESS_ID.test(given) ? given : randomUUID();
    const context: Context = { requestId: this.requestId };
    const userId = this.user();
    if (userId !== undefined) context.userId = userId;
    // The span that is active here belongs to this request; the header names the one that it is a child of.
    if (tailwater.context()?.traceId === undefined)
      Object.assign(context, parseTraceParent(facts.header('traceparent')));
    this.context = context;
    this.atStart = this.run(() => AsyncLocalStorage.snapshot());
  }

  /** Runs inside the request's context, wherever it is called from; what others have put around it stays. */
  run<T>(run: () => T): T {
    return this.tailwater.withContext(this.context, run);
  }

  /** As `run`, with the user that is known by now. */
  runAsUser<T>(run: () => T): T {
    const userId = this.user() ?? this.context.userId;
    return this.tailwater.withContext({ ...this.context, userId }, run);
  }

  /** What was thrown on the way. The last one counts. */
  note(thrown: unknown): void {
    this.error = { thrown };
  }

  /** Emits the request's event, once. */
  end(end: RequestEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { options, facts } = this;
    if (quietly(() => options.ignore?.(facts.request)) === true) return;
    // A response may end inside of another request: on its connection, behind it.
    this.atStart(() => this.emit(end));
  }

  private emit({ status, route, isAborted }: RequestEnd): void {
    const { options, facts, error, tailwater } = this;
    const path = pathOf(facts.url);
    const severity = severityOf(status, isAborted, error !== undefined);
    const outcome = severity === 'error' ? 'failed' : isAborted ? 'aborted' : 'completed';
    const logger = options.logger ?? LOGGER;
    tailwater.emit({
      logType: logger,
      logger,
      eventType: 'request',
      severity,
      message: `${facts.method} ${route ?? path} ${isAborted ? outcome : (status ?? outcome)}`,
      userId: this.user(),
      durationMs: Math.round((performance.now() - this.startMs) * 1000) / 1000,
      metadata: {
        method: facts.method,
        ...(route === undefined ? { path } : { route }),
        status,
        outcome,
        ...queryOf(facts.url, options.query),
        ...quietly(() => options.metadata?.(facts.request)),
        ...(error !== undefined && { exception: described(error.thrown) }),
      },
    });
  }

  private user(): string | undefined {
    return quietly(() => this.options.user?.(this.facts.request));
  }
}

/** What an error handler answers with 4xx is the client's doing; every other error is ours. */
function severityOf(status: number | undefined, isAborted: boolean, hasError: boolean): Severity {
  const isRefusal = status !== undefined && status >= 400 && status < 500;
  if (hasError && (isAborted || !isRefusal)) return 'error';
  if (status !== undefined && status >= 500) return 'error';
  return isAborted || isRefusal ? 'warn' : 'info';
}

const described = (thrown: unknown): unknown => (thrown instanceof Error ? thrown : { message: String(thrown) });

/** The path alone: a query holds what people typed. */
export function pathOf(url: string): string {
  const [path = ''] = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  return (path || '/').slice(0, PATH_CHARACTERS_MAX);
}

function queryOf(url: string, names: readonly string[] = []): { query?: Record<string, string> } {
  const start = url.indexOf('?');
  if (names.length === 0 || start < 0) return {};
  const parameters = new URLSearchParams(url.slice(start + 1));
  const found = names.filter((name) => parameters.has(name));
  return { query: Object.fromEntries(found.map((name) => [name, parameters.get(name) ?? ''])) };
}
