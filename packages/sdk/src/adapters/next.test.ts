import { afterAll, beforeEach, expect, test } from 'vitest';
import { createTailwater } from '../tailwater.ts';
import type { EmitEvent } from '../types.ts';
import { tailwaterInstrumentation, withTailwater } from './next.ts';

/** Next.js itself is not installed (over 100 MB): these are the requests and responses that it passes. */
const seen: EmitEvent[] = [];
const beforeEmit = (event: EmitEvent) => {
  seen.push(event);
  return null;
};
const tailwater = createTailwater({ stdout: 'off', handleExit: false, beforeEmit });
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => tailwater.close());

const request = (path: string, init: RequestInit = {}) =>
  new Request(`http://shop${path}`, { ...init, headers: { 'x-request-id': 'r1', ...init.headers } });
const withParams = (params: object) => ({ params: Promise.resolve(params) });
const answer = (status = 200) => withTailwater(tailwater, async () => new Response('x', { status }));

test.each([
  ['/api/orders/7', { id: '7' }, '/api/orders/[id]'],
  ['/api/docs/a/b%20c', { path: ['a', 'b c'] }, '/api/docs/[...path]'],
  ['/api/docs', { path: undefined }, '/api/docs'],
  ['/api/7/7', { a: '7', b: '7' }, '/api/[a]/[b]'],
  ['/', {}, '/'],
])('the route of %s', async (path, params, route) => {
  const response = await answer()(request(`${path}?q=secret`), withParams(params));
  expect(response.headers.get('x-request-id')).toBe('r1');
  expect(seen).toMatchObject([{ message: `GET ${route} 200`, metadata: { route, status: 200 } }]);
});

test('responses whose headers cannot be changed get the id, too', async () => {
  const handler = withTailwater(tailwater, () => Response.redirect('http://shop/else', 307));
  const response = await handler(request('/old'), withParams({}));
  expect([response.status, response.headers.get('location')]).toEqual([307, 'http://shop/else']);
  expect(response.headers.get('x-request-id')).toBe('r1');
});

test('an error goes on to Next.js, which tells of it again', async () => {
  const error = new Error('boom');
  const handler = withTailwater(tailwater, () => Promise.reject(error));
  await expect(handler(request('/x'), withParams({}))).rejects.toBe(error);
  const { onRequestError } = tailwaterInstrumentation(tailwater);
  onRequestError(error, { path: '/x', method: 'GET', headers: {} }, { routePath: '/x' });
  expect(seen).toMatchObject([
    { severity: 'error', message: 'GET /x 500', metadata: { outcome: 'failed', exception: error } },
  ]);
});

test.each([
  ['NEXT_REDIRECT;replace;/login;307;', 307, 'info'],
  ['NEXT_HTTP_ERROR_FALLBACK;404', 404, 'warn'],
  ['NEXT_NOT_FOUND', 404, 'warn'],
])('%s is no error', async (digest, status, severity) => {
  const signal = Object.assign(new Error('x'), { digest });
  await expect(withTailwater(tailwater, () => Promise.reject(signal))(request('/x'), {})).rejects.toBe(signal);
  expect(seen).toMatchObject([{ severity, metadata: { status } }]);
  expect(seen[0]?.metadata).not.toHaveProperty('exception');
});

test('errors of pages', () => {
  const { onRequestError } = tailwaterInstrumentation(tailwater);
  const error = new Error('render');
  const context = { routePath: '/shop/[id]', routeType: 'render', routerKind: 'App Router' };
  onRequestError(error, { path: '/shop/7?q=1', method: 'GET', headers: {} }, context);
  expect(seen).toMatchObject([
    { eventType: 'request_error', severity: 'error', message: 'render', metadata: { route: '/shop/[id]' } },
  ]);
});

test('a client that has gone', async () => {
  await answer()(request('/x', { signal: AbortSignal.abort() }), withParams({}));
  expect(seen).toMatchObject([{ severity: 'warn', metadata: { outcome: 'aborted' } }]);
});
