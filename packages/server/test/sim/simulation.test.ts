import { expect, test } from 'vitest';
import { Simulation } from './simulation.ts';

const SEEDS = 300;
const SEEDS_PER_TEST = 50;

for (let from = 1; from <= SEEDS; from += SEEDS_PER_TEST) {
  test(`seeds ${from} to ${from + SEEDS_PER_TEST - 1} keep every promise of the journal`, async () => {
    for (let seed = from; seed < from + SEEDS_PER_TEST; seed += 1) {
      await expect(new Simulation(seed).run(), `seed ${seed}`).resolves.toBeDefined();
    }
  });
}
