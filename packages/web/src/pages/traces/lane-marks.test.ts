import { expect, test } from 'vitest';
import type { Severity } from '../../lib/severity.ts';
import { laneMarks, markAt } from './lane-marks.ts';

const view = { fromMs: 0, toMs: 100 };
const marksOf = (places: [number, number][], severities: Severity[] = [], shown = view) =>
  laneMarks({
    events: places.map((_, index) => index),
    places: places.map(([startMs, endMs]) => ({ startMs, endMs })),
    severityOf: (event) => severities[event] ?? 'info',
    view: shown,
    widthPx: 1_000,
  });

test('a duration is a bar, a moment a dot on it', () => {
  expect(
    marksOf([
      [50, 50],
      [10, 60],
    ]),
  ).toEqual([
    { x: 100, width: 500, severity: 'info', event: 1, count: 1 },
    { x: 500, width: 0, severity: 'info', event: 0, count: 1 },
  ]);
});

test('what stands in one place is one mark that shows the gravest', () => {
  const places = Array.from({ length: 5_000 }, (): [number, number] => [50, 50]);
  const severities = places.map((_, index): Severity => (index === 3_000 ? 'error' : 'info'));
  expect(marksOf(places, severities)).toEqual([{ x: 500, width: 0, severity: 'error', event: 3_000, count: 5_000 }]);
});

test('what is outside is left out, what reaches outside is cut', () => {
  const shown = { fromMs: 40, toMs: 60 };
  const marks = marksOf(
    [
      [0, 10],
      [30, 50],
      [90, 90],
    ],
    [],
    shown,
  );
  expect(marks).toEqual([{ x: 0, width: 500, severity: 'info', event: 1, count: 1 }]);
});

test('the pointer finds the nearest mark, the shortest of those that cover it', () => {
  const marks = marksOf([
    [10, 60],
    [50, 50],
  ]);
  expect(markAt(marks, 502)?.event).toBe(0);
  expect(markAt(marks, 500)?.event).toBe(1);
  expect(markAt(marks, 300)?.event).toBe(0);
  expect(markAt(marks, 900)).toBeNull();
});
