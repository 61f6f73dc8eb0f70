import { expect, test } from 'vitest';
import { credentialsOf } from './credentials.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test.each<[string, Record<string, string>, string, boolean]>([
  ['bearer', { authorization: 'Bearer KEY' }, 'KEY', false],
  ['scheme in any case, blanks', { authorization: 'bEARER   KEY ' }, 'KEY', false],
  ['X-API-Key', { 'x-api-key': 'KEY' }, 'KEY', false],
  ['X-API-Key before what a proxy added', { 'x-api-key': 'KEY', authorization: basic('proxy:pass') }, 'KEY', false],
  ['basic', { authorization: basic('user:KEY') }, 'KEY', true],
  ['basic, no user', { authorization: basic(':KEY') }, 'KEY', true],
  ['basic, colons in the key', { authorization: basic('user:K:E:Y') }, 'K:E:Y', true],
])('%s', (_name, headers, secret, isAmbient) => expect(credentialsOf(headers)).toEqual({ secret, isAmbient }));

test.each<[string, Record<string, string>]>([
  ['another scheme', { authorization: 'Digest username="x"' }],
  ['scheme alone', { authorization: 'Bearer' }],
  ['empty', { authorization: '' }],
  ['empty X-API-Key', { 'x-api-key': '' }],
  ['basic without password', { authorization: basic('user:') }],
  ['too long', { 'x-api-key': 'x'.repeat(1025) }],
])('no key: %s', (_name, headers) => {
  expect(() => credentialsOf(headers)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});

test('none', () => expect(credentialsOf({ host: 'localhost' })).toBeNull());
