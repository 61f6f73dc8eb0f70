import { keepsSamples, type Merge, type ReduceKind, type WindowPart } from './reduce.ts';

/**
 * The samples of one series, reduced to one part for each run of samples that lie in the same windows. Parts are in
 * order of time when samples come in order; `settle` makes it so.
 */
export class Parts {
  /** Part i lies in the windows from[i] to to[i] − 1. */
  from: number[] = [];
  to: number[] = [];
  count: number[] = [];
  value: number[] = [];
  m2: number[] = [];
  /** When the first or last value was, in milliseconds since the first window's start; only of those kinds. */
  time: number[] = [];
  /** Of kinds that keep samples: all values in order of arrival, and their times where they are needed. */
  values: number[] = [];
  times: number[] = [];
  #ordered = true;
  readonly #kind: ReduceKind;
  readonly #merge: Merge;
  readonly #keeps: boolean;
  readonly #timed: boolean;
  readonly #adds: boolean;
  readonly #scratch: WindowPart = { count: 0, value: 0, m2: 0 };

  constructor(kind: ReduceKind, merge: Merge) {
    this.#kind = kind;
    this.#merge = merge;
    this.#keeps = keepsSamples(kind);
    this.#timed = kind === 'first' || kind === 'last';
    this.#adds = kind === 'count' || kind === 'sum';
  }

  get length(): number {
    return this.from.length;
  }

  /** Adds `count` samples that were reduced to `value` and `m2`; true when it made a new part. */
  add(from: number, to: number, time: number, count: number, value: number, m2: number): boolean {
    const last = this.from.length - 1;
    if (this.#keeps) this.#keep(time, value);
    if (last >= 0 && this.from[last] === from && this.to[last] === to) {
      if (this.#adds) {
        this.count[last]! += count;
        this.value[last]! += value;
      } else {
        this.#mergeInto(last, time, count, value, m2);
      }
      return false;
    }
    if (last >= 0 && from + to < this.from[last]! + this.to[last]!) this.#ordered = false;
    this.from.push(from);
    this.to.push(to);
    this.count.push(count);
    this.value.push(value);
    if (this.#kind === 'moments') this.m2.push(m2);
    if (this.#timed) this.time.push(time);
    return true;
  }

  /** Puts parts in order of time, with one part for the same windows. */
  settle(): void {
    if (this.#ordered) return;
    if (this.#kind === 'counter') this.#replaySamples();
    else this.#sortParts();
    this.#ordered = true;
  }

  #keep(time: number, value: number): void {
    this.values.push(value);
    if (this.#kind !== 'counter') return;
    if (this.times.length > 0 && time < this.times[this.times.length - 1]!) this.#ordered = false;
    this.times.push(time);
  }

  #mergeInto(index: number, time: number, count: number, value: number, m2: number): void {
    if (this.#timed) {
      // Samples of one time: the first that came is the first, the last that came the last.
      const wins = this.#kind === 'first' ? time < this.time[index]! : time >= this.time[index]!;
      this.count[index]! += count;
      if (!wins) return;
      this.time[index] = time;
      this.value[index] = value;
      return;
    }
    const into = this.#scratch;
    into.count = this.count[index]!;
    into.value = this.value[index]!;
    into.m2 = this.#kind === 'moments' ? this.m2[index]! : 0;
    this.#merge(into, count, value, m2);
    this.count[index] = into.count;
    this.value[index] = into.value;
    if (this.#kind === 'moments') this.m2[index] = into.m2;
  }

  #sortParts(): void {
    const order = this.from.map((_, i) => i);
    order.sort((a, b) => this.from[a]! + this.to[a]! - this.from[b]! - this.to[b]! || a - b);
    const sorted = new Parts(this.#kind, this.#merge);
    const offsets = this.#offsets();
    for (const i of order) {
      if (this.#kind === 'quantile') {
        for (let k = offsets[i]!; k < offsets[i]! + this.count[i]!; k++) {
          sorted.add(this.from[i]!, this.to[i]!, 0, 1, this.values[k]!, 0);
        }
      } else {
        sorted.add(this.from[i]!, this.to[i]!, this.time[i] ?? 0, this.count[i]!, this.value[i]!, this.m2[i] ?? 0);
      }
    }
    this.#take(sorted);
  }

  #replaySamples(): void {
    const order = this.values.map((_, i) => i);
    order.sort((a, b) => this.times[a]! - this.times[b]! || a - b);
    const part = new Int32Array(order.length);
    const offsets = this.#offsets();
    for (let i = 0; i < this.length; i++) part.fill(i, offsets[i]!, offsets[i]! + this.count[i]!);
    const sorted = new Parts(this.#kind, this.#merge);
    for (const i of order) {
      const at = part[i]!;
      sorted.add(this.from[at]!, this.to[at]!, this.times[i]!, 1, this.values[i]!, 0);
    }
    this.#take(sorted);
  }

  /** Where the samples of each part start in `values`. */
  #offsets(): number[] {
    const offsets: number[] = [];
    let offset = 0;
    for (const count of this.count) {
      offsets.push(offset);
      offset += count;
    }
    return offsets;
  }

  #take(other: Parts): void {
    this.from = other.from;
    this.to = other.to;
    this.count = other.count;
    this.value = other.value;
    this.m2 = other.m2;
    this.time = other.time;
    this.values = other.values;
    this.times = other.times;
  }
}
