import { expect, test } from 'vitest';
import { speedWords, usageWords } from './usage-words.ts';

test('without a limit there is no share', () => {
  expect(usageWords(2048, null, 'bytes')).toEqual({ text: '2.0 KiB, no limit', share: null, state: 'good' });
});

test.each([
  [500, 'good', '500 of 1,000 (50 %)'],
  [800, 'warn', '800 of 1,000 (80 %)'],
  [1000, 'bad', '1,000 of 1,000 (100 %)'],
])('%i of 1000 is %s', (used, state, text) => expect(usageWords(used, 1000, 'count')).toMatchObject({ state, text }));

test('how fast an org may send', () => {
  const quota = { bytes_per_second: null, events_per_second: null, bytes_per_day: null, events_per_day: null };
  expect(speedWords(quota)).toBe('As fast as it likes.');
  expect(speedWords({ ...quota, bytes_per_second: 2048, events_per_second: 500 })).toBe(
    'At most 2.0 KiB and 500 events per second.',
  );
});
