/**
 * Which numbers of a sequence have been seen, as ascending half-open intervals. Numbers come almost in order, so there
 * are few: a hole is a batch under way or one that was lost.
 */
export class Intervals {
  /** start, end, start, end … */
  private readonly bounds: number[];
  private readonly intervalsMax: number;

  /** Beyond `intervalsMax` the lowest interval is forgotten: what comes again of it counts as new. */
  constructor(intervalsMax: number, bounds: readonly number[] = []) {
    this.intervalsMax = intervalsMax;
    this.bounds = [...bounds];
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const { bounds } = this;
    let from = 0;
    while (from < bounds.length && bounds[from + 1] < start) from += 2;
    let to = from;
    let low = start;
    let high = end;
    for (; to < bounds.length && bounds[to] <= end; to += 2) {
      low = Math.min(low, bounds[to]);
      high = Math.max(high, bounds[to + 1]);
    }
    bounds.splice(from, to - from, low, high);
    if (bounds.length > this.intervalsMax * 2) bounds.splice(0, 2);
  }

  /** The parts of [start, end) that are not covered, as start, end, start, end … */
  missing(start: number, end: number): number[] {
    const { bounds } = this;
    const holes: number[] = [];
    let at = start;
    for (let i = 0; i < bounds.length && at < end; i += 2) {
      if (bounds[i + 1] <= at) continue;
      if (bounds[i] > at) holes.push(at, Math.min(bounds[i], end));
      at = Math.max(at, bounds[i + 1]);
    }
    if (at < end) holes.push(at, end);
    return holes;
  }

  /** How many numbers below `end` are covered. */
  countBelow(end: number): number {
    let count = 0;
    for (let i = 0; i < this.bounds.length; i += 2) {
      count += Math.max(0, Math.min(this.bounds[i + 1], end) - this.bounds[i]);
    }
    return count;
  }

  /** One after the highest covered number, 0 when there is none. */
  end(): number {
    return this.bounds.at(-1) ?? 0;
  }

  toJSON(): number[] {
    return this.bounds;
  }
}
