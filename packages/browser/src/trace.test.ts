import { expect, test } from 'vitest';
import { type RequestScope, traceRequests } from './trace.ts';

class NoXhr {
  open() {}
  setRequestHeader() {}
  send() {}
}

const VALUE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function scopeWith() {
  const seen: (string | null)[] = [];
  const own: typeof fetch = (_, init) => {
    seen.push(new Headers(init?.headers).get('traceparent'));
    return Promise.resolve(new Response());
  };
  const scope: RequestScope = {
    fetch: own,
    XMLHttpRequest: NoXhr as unknown as typeof XMLHttpRequest,
    location: { href: 'https://shop.example/cart', origin: 'https://shop.example' },
  };
  return { scope, seen, own };
}

test.each<[string | URL | Request, RequestInit | undefined, string | null]>([
  ['/api', undefined, VALUE],
  [new URL('https://shop.example/api'), undefined, VALUE],
  ['https://api.example/v1', { method: 'POST' }, VALUE],
  [new Request('https://api.example/v1'), undefined, VALUE],
  ['https://other.example/', undefined, null],
  ['https://shop.example.other/', undefined, null],
  ['http://[', undefined, null],
  ['/api', { headers: { TraceParent: 'its own' } }, 'its own'],
])('fetch of %s', async (input, init, expected) => {
  const { scope, seen } = scopeWith();
  traceRequests(scope, ['https://api.example'], () => VALUE);
  await scope.fetch(input, init);
  expect(seen).toEqual([expected]);
});

test('headers and all else that the page says stay', async () => {
  const { scope } = scopeWith();
  let given: RequestInit | undefined;
  scope.fetch = (_, init) => {
    given = init;
    return Promise.resolve(new Response());
  };
  traceRequests(scope, [], () => VALUE);
  await scope.fetch(new Request('https://shop.example/a', { headers: { a: '1' } }), { method: 'PUT', body: 'x' });
  expect(given).toMatchObject({ method: 'PUT', body: 'x' });
  expect(Object.fromEntries(given!.headers as Headers)).toEqual({ a: '1', traceparent: VALUE });
});

test('it is taken back, and where others wrapped it since, it adds nothing', async () => {
  const { scope, seen, own } = scopeWith();
  let value: string | undefined = VALUE;
  const undo = traceRequests(scope, [], () => value);
  const wrapped = scope.fetch;
  undo();
  expect(scope.fetch).toBe(own);
  value = undefined;
  await wrapped('/api');
  expect(seen).toEqual([null]);
});
