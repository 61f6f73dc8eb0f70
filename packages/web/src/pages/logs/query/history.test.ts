import { expect, it } from 'vitest';
import { parseHistory, searchHistory, withQuery } from './history.ts';

it('keeps each query once, the newest first, and only so many', () => {
  let history = withQuery([], { q: 'a', isLogql: false, at: 1 });
  history = withQuery(history, { q: 'b', isLogql: false, at: 2 });
  history = withQuery(history, { q: 'a', isLogql: false, at: 3 });
  history = withQuery(history, { q: ' ', isLogql: false, at: 4 });
  expect(history.map(({ q, at }) => [q, at])).toEqual([
    ['a', 3],
    ['b', 2],
  ]);
  for (let at = 0; at < 70; at += 1) history = withQuery(history, { q: `q${at}`, isLogql: true, at });
  expect(history).toHaveLength(50);
  expect(parseHistory(JSON.stringify(history))).toEqual(history);
});

it('reads nothing from what is no history, and finds by words', () => {
  expect(parseHistory('{"q":1}')).toEqual([]);
  expect(parseHistory('[{"q":"x"},null]')).toEqual([]);
  expect(parseHistory('no')).toEqual([]);
  const history = parseHistory('[{"q":"service:web Timeout","isLogql":false,"at":1}]');
  expect(searchHistory(history, 'time web')).toHaveLength(1);
  expect(searchHistory(history, 'nope')).toEqual([]);
  expect(searchHistory(history, '')).toHaveLength(1);
});
