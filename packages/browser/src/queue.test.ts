import { expect, test } from 'vitest';
import { linesOf, Queue } from './queue.ts';

function queueOf(eventsMax: number, ...lines: string[]): Queue {
  const queue = new Queue(eventsMax);
  for (const line of lines) queue.push(line);
  return queue;
}

test('the oldest goes, and is counted', () => {
  const queue = queueOf(2, 'a', 'b', 'c');
  expect([linesOf(queue.items), queue.lost, queue.bytes]).toEqual(['b\nc', 1, 4]);
});

test('bytes are limited too', () => {
  const queue = queueOf(100, ...Array.from({ length: 6 }, () => '\u20ac'.repeat(20_000)));
  expect([queue.items.length, queue.lost]).toEqual([4, 2]);
});

test.each([
  [2, 1_000, 'a\nbb'],
  [9, 5, 'a\nbb'],
  [9, 4, 'a'],
  [9, 1, 'a'],
])('a batch of %i events and %i bytes', (events, bytes, expected) => {
  const queue = queueOf(9, 'a', 'bb', 'ccc');
  const batch = queue.take(events, bytes);
  expect(linesOf(batch)).toBe(expected);
  queue.putBack(batch);
  expect(linesOf(queue.items)).toBe('a\nbb\nccc');
});

test('what comes back is older than what waits, and goes first', () => {
  const queue = queueOf(2, 'a', 'b');
  const batch = queue.take(2, 100);
  queue.push('c');
  queue.putBack(batch);
  expect([linesOf(queue.items), queue.lost]).toEqual(['b\nc', 1]);
});

test('nothing is taken of nothing', () => {
  expect(queueOf(2).take(5, 5)).toEqual([]);
});
