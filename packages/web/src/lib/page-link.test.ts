import { expect, it } from 'vitest';
import { pageLink } from './page-link.ts';

const address = 'http://host/logs?q=a+b&live=1#x';

it('keeps relative times, and says the default', () => {
  expect(pageLink(address, { from: '-1h', to: '' })).toBe('http://host/logs?q=a+b&live=1&from=-1h');
});

it('fixes times to what they mean now', () => {
  const link = pageLink(address, { from: '-1h', to: '' }, { isAbsolute: true, nowMs: 3_600_000 });
  expect(link).toBe('http://host/logs?q=a+b&from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T01%3A00%3A00.000Z');
});
