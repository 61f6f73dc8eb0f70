import type { Parts } from './parts.ts';
import type { Merge, WindowPart } from './reduce.ts';

/** Gets a step that has samples, in ascending order, and its part. */
export type EmitWindow = (step: number, low: number, high: number) => void;

/** Calls `emit` for each window that has parts, with the parts low to high − 1 in it. */
export function eachWindow({ from, to }: Parts, steps: number, emit: EmitWindow): void {
  let low = 0;
  let high = 0;
  let step = from[0] ?? steps;
  while (step < steps) {
    while (low < from.length && to[low]! <= step) low++;
    if (high < low) high = low;
    while (high < from.length && from[high]! <= step) high++;
    if (low < high) emit(step++, low, high);
    else if (low < from.length) step = from[low]!;
    else return;
  }
}

/**
 * Reduces every window to one value with a constant number of merges a part, however long windows are: a queue of two
 * stacks, the older parts as reduced suffixes and the newer as one sum. Nothing is ever subtracted, so NaN and infinity
 * leave with the part that brought them, and big values do not cancel.
 */
export function slide(parts: Parts, steps: number, merge: Merge, emit: (step: number, part: WindowPart) => void): void {
  const suffixes = new Suffixes(parts, merge);
  const back: WindowPart = { count: 0, value: 0, m2: 0 };
  const window: WindowPart = { count: 0, value: 0, m2: 0 };
  let split = 0;
  let taken = 0;
  eachWindow(parts, steps, (step, low, high) => {
    if (low >= split) {
      suffixes.build(low, high);
      split = high;
      taken = high;
      back.count = 0;
    }
    for (; taken < high; taken++) append(back, parts, taken, merge);
    suffixes.read(low, window);
    if (back.count > 0) merge(window, back.count, back.value, back.m2);
    emit(step, window);
  });
}

function append(into: WindowPart, parts: Parts, index: number, merge: Merge): void {
  if (into.count > 0) {
    merge(into, parts.count[index]!, parts.value[index]!, parts.m2[index] ?? 0);
    return;
  }
  into.count = parts.count[index]!;
  into.value = parts.value[index]!;
  into.m2 = parts.m2[index] ?? 0;
}

/** Element i is the reduction of the parts from i to the end that `build` was given. */
class Suffixes {
  readonly #parts: Parts;
  readonly #merge: Merge;
  readonly #count: Float64Array;
  readonly #value: Float64Array;
  readonly #m2: Float64Array;

  constructor(parts: Parts, merge: Merge) {
    this.#parts = parts;
    this.#merge = merge;
    this.#count = new Float64Array(parts.length);
    this.#value = new Float64Array(parts.length);
    this.#m2 = new Float64Array(parts.length);
  }

  build(low: number, high: number): void {
    const part: WindowPart = { count: 0, value: 0, m2: 0 };
    for (let i = high - 1; i >= low; i--) {
      part.count = 0;
      append(part, this.#parts, i, this.#merge);
      if (i < high - 1) this.#merge(part, this.#count[i + 1]!, this.#value[i + 1]!, this.#m2[i + 1]!);
      this.#count[i] = part.count;
      this.#value[i] = part.value;
      this.#m2[i] = part.m2;
    }
  }

  read(index: number, into: WindowPart): void {
    into.count = this.#count[index]!;
    into.value = this.#value[index]!;
    into.m2 = this.#m2[index]!;
  }
}
