import { expect, test } from 'vitest';
import { changeOf, pointsOf } from './compare.ts';

test('a change is said in percent, a large one in times', () => {
  expect(changeOf(112, 100)).toEqual({ direction: 'up', text: '+12 %' });
  expect(changeOf(50, 100)).toEqual({ direction: 'down', text: '−50 %' });
  expect(changeOf(1_003, 1_000).text).toBe('+0.3 %');
  expect(changeOf(1_400, 100).text).toBe('×14');
});

test('nothing before is no percentage', () => {
  expect(changeOf(5, 0)).toEqual({ direction: 'up', text: 'none before' });
  expect(changeOf(0, 0)).toEqual({ direction: 'same', text: 'as before' });
  expect(changeOf(0, 5)).toEqual({ direction: 'down', text: '−100 %' });
});

test('shares differ by points', () => {
  expect(pointsOf(0.08, 0.05)).toEqual({ direction: 'up', text: '+3.00 points' });
  expect(pointsOf(0.05, 0.05).direction).toBe('same');
});
