import type { EmitEvent, Metadata, Severity, Tailwater } from '../types.ts';
import { type ExpressRequest, tailwaterExpress } from './express.ts';
import { quietly } from './hooks.ts';
import { type NodeResponse, scopeOf } from './node-http.ts';
import type { RequestOptions } from './request-scope.ts';

export type { RequestOptions } from './request-scope.ts';

/** Nest's LoggerService: `NestFactory.create(AppModule, { logger: new TailwaterLoggerService(tailwater) })`. */
export class TailwaterLoggerService {
  private readonly tailwater: Tailwater;
  private readonly logType: string;

  /** `logType` of the events; their logger is the context that Nest names, `OrdersService`. Default `app`. */
  constructor(tailwater: Tailwater, { logType = 'app' }: { logType?: string } = {}) {
    this.tailwater = tailwater;
    this.logType = logType;
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('critical', message, rest);
  }

  private write(severity: Severity, message: unknown, rest: unknown[]): void {
    const { tailwater, logType } = this;
    quietly(() => tailwater.emit({ logType, logger: 'nest', severity, ...read(message, rest) }));
  }
}

const isStack = (value: unknown): value is string => typeof value === 'string' && /\n\s+at /.test(value);

/** Nest appends the context, a text, and for errors the stack before it. */
function read(message: unknown, rest: readonly unknown[]): EmitEvent {
  const logger = rest.findLast((value): value is string => typeof value === 'string' && !isStack(value));
  const stack = rest.find(isStack);
  const objects = rest.filter((value) => typeof value === 'object' && value !== null && !(value instanceof Error));
  const error = [message, ...rest].find((value) => value instanceof Error);
  const metadata: Metadata = Object.assign({}, ...objects);
  let text: string;
  if (message instanceof Error) text = message.message;
  else if (typeof message === 'object' && message !== null) {
    Object.assign(metadata, message);
    text = String((message as { message?: unknown }).message ?? '');
  } else text = String(message);
  if (error !== undefined) metadata.exception = error;
  else if (stack !== undefined) metadata.exception = { message: text, stacktrace: stack };
  return { message: text, metadata, ...(logger !== undefined && { logger }) };
}

interface ObserverLike {
  next?(value: unknown): void;
  error?(error: unknown): void;
  complete?(): void;
  add?(teardown: unknown): void;
}
interface ObservableLike {
  subscribe(observer: never): unknown;
}

/** As much of Nest's ExecutionContext as is needed here. */
export interface ExecutionContextLike {
  getType(): string;
  switchToHttp(): { getRequest(): object };
}

export interface NestLogging<Request> {
  /** `app.use(logging.middleware)`: context and event of each request. With Fastify below Nest: its plugin instead. */
  middleware: (request: Request, response: NodeResponse, next: (error?: unknown) => void) => void;
  /** `app.useGlobalInterceptors(logging.interceptor)`: adds the user that guards have found, and what was thrown. */
  interceptor: { intercept<T extends ObservableLike>(context: ExecutionContextLike, next: { handle(): T }): T };
}

/** Middleware and interceptor for Nest 10 to 12. */
export function tailwaterNest<Request extends ExpressRequest = ExpressRequest>(
  tailwater: Tailwater,
  options: RequestOptions<Request> = {},
): NestLogging<Request> {
  return {
    middleware: tailwaterExpress(tailwater, options),
    interceptor: {
      intercept: (context, next) => {
        const request = context.getType() === 'http' ? context.switchToHttp().getRequest() : {};
        const scope = scopeOf((request as { raw?: object }).raw ?? request);
        if (scope === undefined) return next.handle();
        return seeingErrors(
          scope.runAsUser(() => next.handle()),
          (error) => scope.note(error),
        );
      },
    },
  };
}

/** The same observable, whose errors are seen on their way. Made without RxJS, which the program brings. */
function seeingErrors<T extends ObservableLike>(source: T, see: (error: unknown) => void): T {
  const seen = Object.create(source) as T & { subscribe(observer: ObserverLike): unknown };
  seen.subscribe = (observer: ObserverLike | ((value: unknown) => void)) => {
    const target: ObserverLike = typeof observer === 'function' ? { next: observer } : observer;
    const subscription = source.subscribe({
      next: (value: unknown) => target.next?.(value),
      error: (error: unknown) => {
        see(error);
        target.error?.(error);
      },
      complete: () => target.complete?.(),
    } as never);
    // Who ends a subscriber of RxJS ends what was added to it.
    target.add?.(subscription);
    return subscription;
  };
  return seen;
}
