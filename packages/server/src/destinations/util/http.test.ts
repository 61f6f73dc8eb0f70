import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { loopbackEgress } from '../../../test/support/destination-events.ts';
import { httpCaller, httpUrl, urlUnder } from './http.ts';
import { secretStripper } from './secrets.ts';

const signal = () => new AbortController().signal;

test('a host that is a secret is in no error', async () => {
  const lookup = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
  const egress = loopbackEgress({ lookup, allow: ['s3cret.hooks.example'] });
  const call = httpCaller(egress, {}, secretStripper({ secret_url: 's3cret.hooks.example' }));
  const called = call({ method: 'GET', url: 'http://s3cret.hooks.example/', signal: signal() });
  await expect(called).rejects.toMatchObject({
    code: 'destination_unavailable',
    message: expect.stringMatching(/^\*\*\*: /),
    retryAfterMs: expect.any(Number),
  });
  await egress.close();
});

test('a proxy of the integration is gone through', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on('connect', ({ url }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const egress = loopbackEgress();
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const call = httpCaller(egress, { proxy: address }, (text) => text);
  const called = call({ method: 'GET', url: 'https://far.example/', signal: signal() });
  await expect(called).rejects.toMatchObject({
    code: 'destination_unavailable',
    message: expect.stringContaining('proxy'),
  });
  expect(asked).toEqual(['far.example:443']);
  await egress.close();
  proxy.close();
});

test.each([
  ['https://a.example', 'https://a.example/x'],
  ['https://a.example/', 'https://a.example/x'],
  ['https://a.example/base/?q=1', 'https://a.example/base/x?q=1'],
])('a path under %s', (base, url) => {
  expect(urlUnder(base, '/x')).toBe(url);
});

test.each(['https://user@a.example', 'https://user:password@a.example', 'file:///etc/passwd', 'a.example', ''])(
  '%j is no address for settings',
  (text) => {
    expect(httpUrl.safeParse(text).success).toBe(false);
  },
);
