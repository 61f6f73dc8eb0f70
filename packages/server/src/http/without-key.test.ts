import { expect, test } from 'vitest';
import type { RequestHead } from '../receivers/receiver.ts';
import { pathWithoutKey, withoutKey } from './without-key.ts';

const head = (path: string, query = '', params: Record<string, string> = {}): RequestHead => ({
  method: 'POST',
  path,
  query: new URLSearchParams(query),
  params,
  headers: {},
});

test.each<[string, string, Record<string, string>, string | undefined, string]>([
  ['no key', '/v1/input', {}, undefined, '/v1/input'],
  ['as a segment', '/v1/input/tw_a', { key: 'tw_a' }, 'tw_a', '/v1/input/***'],
  ['encoded', '/v1/input/tw%5fa', { key: 'tw_a' }, 'tw_a', '/v1/input/***'],
  ['beside another one in a header', '/v1/input/tw_a', { key: 'tw_a' }, 'tw_b', '/v1/input/***'],
  ['where no key was looked for', '/v1/input/tw_a', { key: 'tw_a' }, undefined, '/v1/input/***'],
  ['broken encoding', '/v1/%zz/tw_a', {}, 'tw_a', '/v1/%zz/***'],
])('path, %s', (_name, path, params, secret, expected) => {
  expect(pathWithoutKey(head(path, '', params), secret)).toBe(expected);
});

test.each<[string, string, Record<string, string>, string | undefined, object]>([
  ['no key', 'a=1', { index: 'i' }, undefined, { query: 'a=1', params: { index: 'i' } }],
  ['in the query', 'a=1&key=tw_a', {}, 'tw_a', { query: 'a=1', params: {} }],
  ['in the path, another in a header', 'a=1', { key: 'tw_a' }, 'tw_b', { query: 'a=1', params: {} }],
])('query and parameters, %s', (_name, query, params, secret, expected) => {
  expect(withoutKey(head('/', query, params), secret)).toEqual(expected);
});
