import { expect, test } from 'vitest';
import { parseView, ticksOf, viewText, zoomed } from './zoom.ts';

test('the URL names a part, anything else is the whole', () => {
  expect(parseView('12.5~340', 500)).toEqual({ fromMs: 12.5, toMs: 340 });
  expect(parseView('12.5~900', 500)).toEqual({ fromMs: 12.5, toMs: 500 });
  for (const text of ['', 'x', '5~4', '600~700']) expect(parseView(text, 500)).toEqual({ fromMs: 0, toMs: 500 });
  expect(parseView('', 0)).toEqual({ fromMs: 0, toMs: 1 });
  expect(viewText({ fromMs: 0, toMs: 500 }, 500)).toBe('');
  expect(viewText({ fromMs: 1.25, toMs: 3 }, 500)).toBe('1.25~3');
});

test('zooming keeps the moment where it stands, and stays within the trace', () => {
  expect(zoomed({ fromMs: 0, toMs: 100 }, 0.5, 20, 100)).toEqual({ fromMs: 10, toMs: 60 });
  expect(zoomed({ fromMs: 10, toMs: 60 }, 4, 20, 100)).toEqual({ fromMs: 0, toMs: 100 });
  expect(zoomed({ fromMs: 50, toMs: 100 }, 0.5, 10, 100)).toEqual({ fromMs: 0, toMs: 25 });
});

test('an axis has round numbers', () => {
  expect(ticksOf({ fromMs: 0, toMs: 100 }, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticksOf({ fromMs: 0.31, toMs: 0.59 }, 5)).toEqual([0.4, 0.5]);
  expect(ticksOf({ fromMs: 100, toMs: 435 }, 6)).toEqual([100, 200, 300, 400]);
});
