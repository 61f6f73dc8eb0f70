import { describe, expect, test } from 'vitest';
import { runHistory } from './store-writer-history.ts';

const HISTORIES = 16;

/** Many more of them: make soak ARGS="--only store-writer". */
describe.each([
  ['the embedded engine', true],
  ['a server elsewhere', false],
])('store writer, with %s', (_, isEmbedded) => {
  test('every frame is stored exactly once, or set aside, whatever notes of tokens are wrong or lost', async () => {
    const seeds = Array.from({ length: HISTORIES }, (_, seed) => seed);
    const histories = await Promise.all(seeds.map((seed) => runHistory(seed, isEmbedded)));
    for (const { seed, stored, setAside, expected } of histories)
      expect({ seed, stored, setAside }).toEqual({ seed, ...expected });
  });
});
