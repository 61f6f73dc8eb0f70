import { expect, test } from 'vitest';
import { askedOf } from './redaction-text.ts';

test('a JSON object is an event, anything else a message', () => {
  expect(askedOf(' {"message": "a"}')).toEqual({ event: { message: 'a' } });
  expect(askedOf('{not json')).toEqual({ text: '{not json' });
  expect(askedOf('["a"]')).toEqual({ text: '["a"]' });
});
