import { expect, test } from 'vitest';
import { createDice, mutate } from '../../../test/fuzz/mutate.ts';
import { fuzzCases } from '../../../test/fuzz/otlp.ts';
import { PermanentError } from '../../runtime/errors.ts';

const BODIES = 3000;
const SEED = 1;

test.each(fuzzCases())('mutated bodies: $name takes or refuses them, and nothing else', ({ seeds, run }) => {
  const dice = createDice(SEED);
  let taken = 0;
  for (let i = 0; i < BODIES; i++) {
    const body = mutate(seeds, dice);
    try {
      run(body);
      taken++;
    } catch (error) {
      if (!(error instanceof PermanentError)) throw new Error(`body ${i}, seed ${SEED}`, { cause: error });
    }
  }
  for (const seed of seeds) run(seed);
  expect(taken).toBeGreaterThan(BODIES / 100);
  expect(taken).toBeLessThan(BODIES);
});
