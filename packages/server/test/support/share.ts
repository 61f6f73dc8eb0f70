import { inject } from 'vitest';
import { createDice } from '../fuzz/mutate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Draws the shares. The environment variable SEED sets it. */
    seed: number;
    /** Every case instead of shares: `make soak ARGS="--only all-cases"`. */
    allCases: boolean;
  }
}

/** For the titles of tests that take a share: what repeats it. */
export const SHARE = inject('allCases') ? 'all cases' : `SEED=${inject('seed')}`;

/**
 * Of the cases of one behaviour the first and others by the seed, `count` in all, in their order. In `make soak` all of
 * them. For what is asked of many things that share the code which answers.
 *
 * @param name Lists of different names have different draws.
 */
export function shareOf<T>(cases: readonly T[], count: number, name = ''): readonly T[] {
  if (inject('allCases') || cases.length <= count) return cases;
  const dice = createDice(inject('seed') + [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0));
  const rest = cases.map((_, i) => i).slice(1);
  const drawn = Array.from({ length: count - 1 }, () => rest.splice(dice(rest.length), 1)[0]!);
  return [0, ...drawn].sort((a, b) => a - b).map((i) => cases[i]!);
}

const LONG_RUNS = 10;

/** How often a property is tried in `make test`; in `make soak` ten times as often. */
export function runs(count: number): number {
  return inject('allCases') ? count * LONG_RUNS : count;
}
