import { expect, test } from 'vitest';
import { checkLocalRequest } from './open-mode.ts';

const LOCAL = { host: 'localhost:4750' };

test.each<[string, Record<string, string>]>([
  ['curl', LOCAL],
  ['curl by address', { host: '127.0.0.1:4750' }],
  ['curl by IPv6', { host: '[::1]:4750' }],
  ['another loopback address, no port', { host: '127.9.8.7' }],
  ['its own web UI', { ...LOCAL, origin: 'http://localhost:4750', 'sec-fetch-site': 'same-origin' }],
  [
    'a development server of this machine',
    { ...LOCAL, origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' },
  ],
  ['the same by address', { ...LOCAL, origin: 'https://[::1]:5173', 'sec-fetch-site': 'cross-site' }],
  ['an address typed into a browser', { ...LOCAL, 'sec-fetch-site': 'none' }],
  ['the UI reading', { ...LOCAL, 'sec-fetch-site': 'same-origin' }],
  ['Grafana on this machine', { ...LOCAL, 'x-forwarded-for': '127.0.0.1, ::1' }],
])('answered: %s', (_who, headers) => {
  for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
    expect(() => checkLocalRequest(headers, peer)).not.toThrow();
});

test.each<[string, Record<string, string>, string?]>([
  ['rebound name', { host: 'evil.example:4750' }],
  ['rebound name that looks local', { host: '127.0.0.1.evil.example:4750' }],
  [
    'rebound name with its own origin',
    { host: 'evil.example:4750', origin: 'http://evil.example:4750', 'sec-fetch-site': 'same-origin' },
  ],
  ['no Host', {}],
  ['user part in Host', { host: 'localhost@evil.example' }],
  ['form of a foreign page', { ...LOCAL, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['its origin dressed up', { ...LOCAL, origin: 'https://localhost.evil.example' }],
  ['its origin dressed up with a user', { ...LOCAL, origin: 'https://localhost:1@evil.example' }],
  ['sandboxed frame', { ...LOCAL, origin: 'null' }],
  ['browser extension', { ...LOCAL, origin: 'chrome-extension://abcdef' }],
  ['empty Origin', { ...LOCAL, origin: '' }],
  ['image of a foreign page', { ...LOCAL, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['proxy in front', { ...LOCAL, 'x-forwarded-for': '203.0.113.9' }],
  ['proxy in front, client dressed up', { ...LOCAL, 'x-forwarded-for': '127.0.0.1, 203.0.113.9' }],
  ['proxy with X-Real-IP', { ...LOCAL, 'x-real-ip': '203.0.113.9' }],
  ['another machine', LOCAL, '192.168.1.2'],
  ['another machine by IPv6', LOCAL, 'fe80::1'],
])('refused: %s', (_who, headers, peer = '127.0.0.1') => {
  expect(() => checkLocalRequest(headers, peer)).toThrow(expect.objectContaining({ code: 'origin_refused' }));
});

test('refused: a connection that is gone', () => {
  expect(() => checkLocalRequest(LOCAL, undefined)).toThrow(expect.objectContaining({ code: 'origin_refused' }));
});
