import { expect, test } from 'vitest';
import { field, secretFields } from './form-model.ts';
import { isShown, missingOf } from './form-sections.ts';
import { changedValues } from './form-words.ts';

const TOKEN = { name: 'token', title: 'Token', description: '', required: false, multiline: false };
const [token] = secretFields([TOKEN], () => false);

test('a token is asked for only with a way to send it, or where the server complains of it', () => {
  expect(isShown('webhook', token!, { 'config.auth': 'none' }, {})).toBe(false);
  expect(isShown('webhook', token!, { 'config.auth': 'bearer' }, {})).toBe(true);
  expect(isShown('webhook', token!, { 'config.auth': 'none' }, { 'secrets.token': 'wrong' })).toBe(true);
  expect(isShown('splunk-hec', token!, {}, {})).toBe(true);
});

test('a webhook needs an address, open or secret', () => {
  const secret = secretFields([{ ...TOKEN, name: 'secret_url' }], () => true);
  expect(missingOf('webhook', [], { 'config.url': ' ' })).toHaveProperty('config.url');
  expect(missingOf('webhook', [], { 'config.url': 'https://example.com' })).toEqual({});
  expect(missingOf('webhook', secret, { 'secrets.secret_url': '' })).toEqual({});
  expect(missingOf('webhook', secret, { 'secrets.secret_url': null })).toHaveProperty('config.url');
});

test('what differs from the defaults is told in words', () => {
  const fields = [
    field({ id: 'config.url', label: 'URL', help: '', kind: 'text', initial: '' }),
    field({ id: 'config.stored', label: 'Stored', help: '', kind: 'switch', initial: false }),
    field({ id: 'config.tags', label: 'Tags', help: '', kind: 'list', initial: [] }),
  ];
  expect(changedValues(fields, { config: { url: 'u', stored: false, tags: ['a', 'b'] } })).toEqual([
    { id: 'config.url', label: 'URL', text: 'u' },
    { id: 'config.tags', label: 'Tags', text: 'a, b' },
  ]);
});
