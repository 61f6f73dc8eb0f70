import { expect, test } from 'vitest';
import { AckChannels } from './ack-channels.ts';

test('ids count from 0 by org and channel, are true at once and told once', () => {
  const acks = new AckChannels();
  expect([acks.add('a', 'x', 0), acks.add('a', 'x', 0), acks.add('a', 'y', 0), acks.add('b', 'x', 0)]).toEqual([
    0, 1, 0, 0,
  ]);
  expect(acks.take('a', 'x', [1, 0, 2, -1], 0)).toEqual([true, true, false, false]);
  expect(acks.take('a', 'x', [0, 1], 0)).toEqual([false, false]);
  expect(acks.take('b', 'y', [0], 0)).toEqual([false]);
  expect(acks.take('b', 'x', [0, 0], 0)).toEqual([true, false]);
});

test('a channel keeps its last 10,000 ids', () => {
  const acks = new AckChannels();
  for (let i = 0; i < 25_001; i++) expect(acks.add('a', 'x', 0)).toBe(i);
  expect(acks.take('a', 'x', [0, 15_000, 15_001, 25_000, 25_001, 15_001], 0)).toEqual([
    false,
    false,
    true,
    true,
    false,
    false,
  ]);
});

test('an org keeps 1,000 channels, those used last', () => {
  const acks = new AckChannels();
  for (let i = 0; i < 1000; i++) acks.add('a', `c${i}`, 0);
  acks.add('a', 'c0', 0);
  acks.add('a', 'more', 0);
  expect(acks.take('a', 'c1', [0], 0)).toEqual([false]);
  expect(acks.take('a', 'c0', [0, 1], 0)).toEqual([true, true]);
});

test('a channel unused for 600 s is forgotten', () => {
  const acks = new AckChannels();
  acks.add('a', 'old', 0);
  acks.add('a', 'new', 500_000);
  expect(acks.take('a', 'old', [0], 700_000)).toEqual([false]);
  expect(acks.take('a', 'new', [0], 700_000)).toEqual([true]);
  expect(acks.add('a', 'old', 700_000)).toBe(0);
});
