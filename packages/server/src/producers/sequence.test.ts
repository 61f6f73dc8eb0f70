import { expect, test } from 'vitest';
import { parseSequence } from './sequence.ts';

test('the least that is needed', () => {
  expect(parseSequence('id=a1; first=10; count=5')).toEqual({
    producer: 'a1',
    first: 10,
    next: 15,
    report: {
      name: 'a1',
      service: '',
      host: '',
      sdk: '',
      next: 15,
      lost: {},
      completeNext: 15,
      completeAtMs: 0,
      hasEnded: false,
    },
  });
});

test('all of it', () => {
  const header =
    'id=a1;first=0;count=1;next=9;at=1763740000000;name=api%3B7;service=shop;host=h;sdk=node%2F1;lost.ring_overflow=312';
  expect(parseSequence(header)?.report).toEqual({
    name: 'api;7',
    service: 'shop',
    host: 'h',
    sdk: 'node/1',
    next: 9,
    lost: { ring_overflow: 312 },
    completeNext: 1,
    completeAtMs: 1763740000000,
    hasEnded: false,
  });
});

test('no header, no sequence', () => {
  expect(parseSequence(undefined)).toBeUndefined();
});

test.each([
  '',
  'id',
  'first=0;count=1',
  'id=a b;first=0;count=1',
  'id=a;count=1',
  'id=a;first=-1;count=1',
  'id=a;first=1.5;count=1',
  'id=a;first=0;count=0',
  'id=a;first=0;count=1000001',
  'id=a;first=9007199254740993;count=1',
  'id=a;first=0;count=1;name=%',
  'id=a;first=0;count=1;lost.A=1',
  `id=a;first=0;count=1;name=${'x'.repeat(201)}`,
])('refused: %s', (header) => {
  expect(() => parseSequence(header)).toThrow(
    expect.objectContaining({ code: 'invalid_field', field: 'X-Tailwater-Producer' }),
  );
});
