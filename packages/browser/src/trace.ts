const HEADER = 'traceparent';

/** The requests of a page that are wrapped; `window` has them. */
export interface RequestScope {
  fetch: typeof fetch;
  XMLHttpRequest: typeof XMLHttpRequest;
  location: { href: string; origin: string };
}

/**
 * Adds `traceparent` to the page's requests to its own origin and to `origins`. A request that brings its own keeps it.
 *
 * @param header The value for a request, or undefined to leave requests alone.
 * @returns Takes it back.
 */
export function traceRequests(
  scope: RequestScope,
  origins: readonly string[],
  header: () => string | undefined,
): () => void {
  const valueFor = (url: string): string | undefined => {
    try {
      const { origin } = new URL(url, scope.location.href);
      return origin === scope.location.origin || origins.includes(origin) ? header() : undefined;
    } catch {
      return undefined;
    }
  };
  const undo = [wrapFetch(scope, valueFor), wrapXhr(scope.XMLHttpRequest.prototype, valueFor)];
  return () => {
    for (const back of undo) back();
  };
}

type ValueFor = (url: string) => string | undefined;

/** Puts `wrapper` in the place of a method; the answer puts the method back unless somebody has wrapped it again. */
export function wrap<T extends object, K extends keyof T>(
  target: T,
  name: K,
  wrapper: (own: T[K]) => T[K],
): () => void {
  const own = target[name];
  const wrapped = wrapper(own);
  target[name] = wrapped;
  return () => {
    if (target[name] === wrapped) target[name] = own;
  };
}

function wrapFetch(scope: RequestScope, valueFor: ValueFor): () => void {
  return wrap(scope, 'fetch', (own) => (input, init) => {
    let traced = init;
    try {
      const isRequest = input instanceof Request;
      const value = valueFor(isRequest ? input.url : String(input));
      const headers = new Headers(init?.headers ?? (isRequest ? input.headers : undefined));
      if (value !== undefined && !headers.has(HEADER)) {
        headers.set(HEADER, value);
        traced = { ...init, headers };
      }
    } catch {
      // What is wrong with it, fetch says itself.
    }
    return own.call(scope, input, traced);
  });
}

function wrapXhr(prototype: XMLHttpRequest, valueFor: ValueFor): () => void {
  /** What send is to add. Headers cannot be read back, and a second value would be added to the first. */
  const values = new WeakMap<XMLHttpRequest, string>();
  type Open = (this: XMLHttpRequest, ...args: unknown[]) => void;
  const undo = [
    wrap(prototype, 'open', (own) => {
      const open: Open = function (...args) {
        (own as Open).apply(this, args);
        const value = valueFor(String(args[1]));
        if (value === undefined) values.delete(this);
        else values.set(this, value);
      };
      return open as typeof own;
    }),
    wrap(
      prototype,
      'setRequestHeader',
      (own) =>
        function (this: XMLHttpRequest, name, value) {
          if (String(name).toLowerCase() === HEADER) values.delete(this);
          own.call(this, name, value);
        },
    ),
    wrap(
      prototype,
      'send',
      (own) =>
        function (this: XMLHttpRequest, body) {
          const value = values.get(this);
          if (value !== undefined) this.setRequestHeader(HEADER, value);
          own.call(this, body);
        },
    ),
  ];
  return () => {
    for (const back of undo) back();
  };
}
