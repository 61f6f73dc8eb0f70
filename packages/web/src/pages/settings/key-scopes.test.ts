import { expect, test } from 'vitest';
import { originsOf, sortKeys } from './key-scopes.ts';

test('origins of what people type', () => {
  expect(originsOf(' https://a.example/\nhttps://b.example, http://localhost:3000\n')).toEqual([
    'https://a.example',
    'https://b.example',
    'http://localhost:3000',
  ]);
});

test('keys that work and revoked ones, newest first', () => {
  const key = (id: string, created_at: string, revoked_at: string | null = null) => ({ id, created_at, revoked_at });
  const { live, revoked } = sortKeys([
    key('a', '2026-01-01'),
    key('b', '2026-02-01'),
    key('c', '2026-03-01', '2026-04-01'),
  ]);
  expect(live.map(({ id }) => id)).toEqual(['b', 'a']);
  expect(revoked.map(({ id }) => id)).toEqual(['c']);
});
