import { expect, test } from 'vitest';
import { barText, bytesText, counted, shareText, sparkText } from './quantity.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [999_600, '1.00 MB'],
  [123_456_789, '123 MB'],
  [2.5e15, '2.50 PB'],
])('%d bytes', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('counts', () => {
  expect([counted(1, 'event'), counted(0, 'event'), counted(12_345, 'event')]).toEqual([
    '1 event',
    '0 events',
    '12,345 events',
  ]);
});

test('shares', () => {
  expect([shareText(0, 0), shareText(1, 1000), shareText(0, 5), shareText(1, 3)]).toEqual(['0%', '<1%', '0%', '33%']);
});

test('bars and lines', () => {
  expect([barText(0, 10, 4), barText(1, 1000, 4), barText(5, 10, 4), barText(10, 10, 4)]).toEqual([
    '',
    '▏',
    '██',
    '████',
  ]);
  expect(sparkText([0, 1, 4, 8])).toBe(' ▂▅█');
  expect(sparkText([])).toBe('');
});
