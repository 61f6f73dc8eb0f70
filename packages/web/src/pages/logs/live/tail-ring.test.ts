import { expect, test } from 'vitest';
import { gapRow } from '../table/row.ts';
import { TailRing } from './tail-ring.ts';

function ringOf(capacity: number, count: number): TailRing {
  const ring = new TailRing(capacity);
  for (let at = 1; at <= count; at++) ring.push(gapRow(String(at), '', ''));
  return ring;
}

test.each([
  [3, 0, []],
  [3, 2, ['2', '1']],
  [3, 3, ['3', '2', '1']],
  [3, 4, ['4', '3', '2']],
  [3, 9, ['9', '8', '7']],
])('of %i places, %i rows pushed', (capacity, count, ids) => {
  const ring = ringOf(capacity, count);
  const view = ring.view();
  expect(ring.copy().map(({ id }) => id)).toEqual(ids);
  expect(Array.from({ length: view.length }, (_, at) => view.at(at)?.id)).toEqual(ids);
  expect(view.at(view.length)).toBeUndefined();
  expect(view.at(-1)).toBeUndefined();
});

test('a copy stays as it was', () => {
  const ring = ringOf(2, 2);
  const copy = ring.copy();
  ring.push(gapRow('3', '', ''));
  expect(copy.map(({ id }) => id)).toEqual(['2', '1']);
});
