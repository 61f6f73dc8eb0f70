import { expect, it } from 'vitest';
import { viewSearch } from './view-search.ts';

it('keeps everything but the open event', () => {
  expect(viewSearch('?q=a%20b&event=1&tab=json&cols=service')).toBe('?q=a+b&cols=service');
  expect(viewSearch('?event=1')).toBe('');
  expect(viewSearch('')).toBe('');
});
