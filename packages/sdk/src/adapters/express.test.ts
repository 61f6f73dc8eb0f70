import { expect, test } from 'vitest';
import { routeOf } from './express.ts';

const at = (originalUrl: string, path: unknown, baseUrl = '', params = {}) => ({
  originalUrl,
  baseUrl,
  params,
  headers: {},
  ...(path !== undefined && { route: { path } }),
});

test.each([
  ['no route', at('/a/b', undefined), undefined],
  ['a route', at('/orders/7?x=1', '/orders/:id'), '/orders/:id'],
  ['in a mounted router', at('/api/orders/7', '/orders/:id', '/api'), '/api/orders/:id'],
  ['behind a mounted router, after an error', at('/api/orders/7', '/orders/:id'), '/api/orders/:id'],
  ['the root of a mounted router', at('/api', '/', '/api'), '/api'],
  ['the root', at('/', '/'), '/'],
  ['mounted with parameters that are merged', at('/orgs/a%20b/x', '/x', '/orgs/a%20b', { org: 'a b' }), '/orgs/:org/x'],
  ['several patterns', at('/a', ['/a', '/b']), '/a|/b'],
  ['a regular expression', at('/abc', /^\/a/), '/^\\/a/'],
  ['a wildcard', at('/files/a/b/c', '/files/*rest'), '/files/*rest'],
])('%s', (_, request, route) => {
  expect(routeOf(request)).toBe(route);
});
