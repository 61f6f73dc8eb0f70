import type { Parts } from './parts.ts';
import { eachWindow } from './slide.ts';

/**
 * The quantile of each window, by linear interpolation between the two values around rank q·(n−1); NaN counts as the
 * lowest value. Below 0 it is −Inf, above 1 +Inf. Values enter and leave a Fenwick tree over their ranks, so a series
 * of m samples costs m·log m, however much windows overlap.
 */
export function slideQuantile(
  parts: Parts,
  steps: number,
  q: number,
  emit: (step: number, value: number) => void,
): void {
  const sorted = sortNanFirst(parts.values);
  const tree = new RankCounts(sorted.length);
  const ranks = rankAll(parts.values, sorted);
  let entered = 0;
  let left = 0;
  let size = 0;
  let enteredPart = 0;
  let leftPart = 0;
  eachWindow(parts, steps, (step, low, high) => {
    for (; enteredPart < high; enteredPart++) {
      for (let k = parts.count[enteredPart]!; k > 0; k--) tree.add(ranks[entered++]!, 1);
      size += parts.count[enteredPart]!;
    }
    for (; leftPart < low; leftPart++) {
      for (let k = parts.count[leftPart]!; k > 0; k--) tree.add(ranks[left++]!, -1);
      size -= parts.count[leftPart]!;
    }
    emit(
      step,
      interpolate(q, size, (index) => sorted[tree.select(index)]!),
    );
  });
}

function interpolate(q: number, size: number, valueAt: (index: number) => number): number {
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const rank = q * (size - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  return valueAt(lower) * (1 - weight) + valueAt(Math.min(size - 1, lower + 1)) * weight;
}

function sortNanFirst(values: readonly number[]): Float64Array {
  // Typed arrays sort NaN last.
  const sorted = Float64Array.from(values).sort();
  let numbers = sorted.length;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1]!)) numbers--;
  if (numbers === sorted.length) return sorted;
  sorted.copyWithin(sorted.length - numbers, 0, numbers);
  return sorted.fill(Number.NaN, 0, sorted.length - numbers);
}

/** Each value's first place in `sorted`; equal values share it. */
function rankAll(values: readonly number[], sorted: Float64Array): Int32Array {
  const ranks = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let low = 0;
    let high = Number.isNaN(value) ? 0 : sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! >= value) high = middle;
      else low = middle + 1;
    }
    ranks[i] = low;
  }
  return ranks;
}

/** Counts by rank, as a Fenwick tree (https://en.wikipedia.org/wiki/Fenwick_tree). */
class RankCounts {
  readonly #tree: Int32Array;
  readonly #top: number;

  constructor(size: number) {
    this.#tree = new Int32Array(size + 1);
    this.#top = size === 0 ? 0 : 2 ** Math.floor(Math.log2(size));
  }

  add(rank: number, count: number): void {
    for (let i = rank + 1; i < this.#tree.length; i += i & -i) this.#tree[i]! += count;
  }

  /** The rank of the element that has `index` elements before it. */
  select(index: number): number {
    let position = 0;
    let rest = index;
    for (let width = this.#top; width > 0; width >>= 1) {
      const next = position + width;
      if (next >= this.#tree.length || this.#tree[next]! > rest) continue;
      position = next;
      rest -= this.#tree[next]!;
    }
    return position;
  }
}
