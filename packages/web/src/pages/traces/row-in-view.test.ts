import { expect, test } from 'vitest';
import { scrollTopFor } from './row-in-view.ts';

const box = { scrollTopPx: 100, heightPx: 90, headPx: 30 };

test('a row that is seen stays where it is', () => {
  expect(scrollTopFor({ topPx: 100, heightPx: 30 }, box)).toBeNull();
  expect(scrollTopFor({ topPx: 130, heightPx: 30 }, box)).toBeNull();
});

test('a row above or below comes to the nearest end', () => {
  expect(scrollTopFor({ topPx: 70, heightPx: 30 }, box)).toBe(70);
  expect(scrollTopFor({ topPx: 160, heightPx: 30 }, box)).toBe(130);
});
