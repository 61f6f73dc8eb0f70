import type { Event } from '@tailwater/schema';
import { expect, test } from 'vitest';
import { PermanentError } from '../../runtime/errors.ts';
import { cutText, encodeWithin } from './cut.ts';

const BYTES_MAX = 10_000;
const encode = ({ message, attributes }: Event) => JSON.stringify({ message, attributes });
const eventWith = (message: string, attributes: Event['attributes'] = {}) => ({ message, attributes }) as Event;

test.each([
  ['letters', 'a'],
  ['two bytes each', 'ß'],
  ['three bytes each', '漢'],
  ['pairs of units', '😀'],
  ['escaped in JSON', '\n'],
  ['six bytes each in JSON', '\u0001'],
])('of a message that is too long most of what fits stays: %s', (_, character) => {
  const bytes = encodeWithin(eventWith(character.repeat(50_000)), BYTES_MAX, encode);
  expect(bytes.length).toBeLessThanOrEqual(BYTES_MAX);
  expect(bytes.length).toBeGreaterThan(BYTES_MAX * 0.9);
  const { message } = JSON.parse(bytes.toString()) as Event;
  expect(message.endsWith('…[cut]')).toBe(true);
  expect(message.isWellFormed()).toBe(true);
});

test('the longest text is cut, be it an attribute, and is a text then', () => {
  const big = { kind: 'json', text: `[${'1,'.repeat(20_000)}1]` } as const;
  const bytes = encodeWithin(eventWith('short', { big }), BYTES_MAX, encode);
  const event = JSON.parse(bytes.toString()) as Event;
  expect(event.message).toBe('short');
  expect(event.attributes.big).toMatchObject({ kind: 'string' });
});

test('an event that no cut makes small enough is refused', () => {
  const many = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, i) => [`n${i}`, { kind: 'string', text: 'x' } as const]),
  );
  expect(() => encodeWithin(eventWith('', many), BYTES_MAX, encode)).toThrow(PermanentError);
});

test.each([
  ['abc', 3, 'abc'],
  ['ßßßßßßßßßß', 15, 'ßßß…[cut]'],
])('%j in %i bytes', (text, bytesMax, cut) => {
  expect(cutText(text, bytesMax)).toBe(cut);
  expect(Buffer.byteLength(cutText(text, bytesMax))).toBeLessThanOrEqual(bytesMax);
});
