import type { Matcher } from '@tailwater/schema/logql';
import type { Labels } from '../row.ts';
import { compareText } from '../vector/labels.ts';

/**
 * The labels of what absent_over_time reports: those that the selector sets by `=`; a label with another matcher, or
 * with a second one, is left out.
 */
export function absentLabels(selector: readonly Matcher[]): Labels {
  const set = new Map<string, string>();
  const unclear: string[] = [];
  for (const { name, op, value } of selector) {
    if (name === '__name__') continue;
    if (op !== '=' || set.has(name)) unclear.push(name);
    else if (value !== '') set.set(name, value);
  }
  for (const name of unclear) set.delete(name);
  return [...set].sort(([left], [right]) => compareText(left, right));
}

/** Which steps have no sample at all, of any series. */
export class AbsentSteps {
  /** By step: how many ranges of windows start there, less those that ended. */
  readonly #changes: Int32Array;

  constructor(steps: number) {
    this.#changes = new Int32Array(steps + 1);
  }

  /** A sample lies in the windows `from` to `to` − 1. */
  add(from: number, to: number): void {
    this.#changes[from]! += 1;
    this.#changes[to]! -= 1;
  }

  steps(): number[] {
    const steps: number[] = [];
    let present = 0;
    for (let step = 0; step < this.#changes.length - 1; step++) {
      present += this.#changes[step]!;
      if (present === 0) steps.push(step);
    }
    return steps;
  }
}
