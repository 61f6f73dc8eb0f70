import { expect, test } from 'vitest';
import { eventLink } from './event-link.ts';

test('a link shows the event among those around it', () => {
  expect(eventLink('http://h', '0a', '2026-11-21T10:00:00.123456789Z')).toBe(
    'http://h/logs?from=2026-11-21T09:55:00.123Z&to=2026-11-21T10:05:00.123Z&event=0a',
  );
  expect(eventLink('http://h', '0a', null)).toBe('http://h/logs?event=0a');
});
