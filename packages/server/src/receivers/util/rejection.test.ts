import { expect, test } from 'vitest';
import { rejectionReason } from './rejection.ts';

test.each([
  ['short_message', 'is missing', 'short_message: is missing'],
  ['', 'an event is a JSON object', 'an event is a JSON object'],
])('%j, %j', (field, error, expected) => {
  expect(rejectionReason({ field, error })).toBe(expected);
});
