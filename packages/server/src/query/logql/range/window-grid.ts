import type { RangeAggregation } from '@tailwater/schema/logql';
import { type StepGrid, stepCount } from '../series.ts';

const NS_PER_MS = 1_000_000;

/** Whole milliseconds and the nanoseconds behind them, 0 to 999,999. */
interface Instant {
  ms: number;
  ns: number;
}

function instant(ms: number): Instant {
  const whole = Math.floor(ms);
  return { ms: whole, ns: Math.round((ms - whole) * NS_PER_MS) };
}

function minus(left: Instant, right: Instant): Instant {
  const ns = left.ns - right.ns;
  return ns < 0 ? { ms: left.ms - right.ms - 1, ns: ns + NS_PER_MS } : { ms: left.ms - right.ms, ns };
}

/**
 * The windows (T − range − offset, T − offset] of all steps T of a grid. A time lies in the windows `from` to `to` − 1
 * (none when they are equal); both never fall as time goes on, so two times with the same pair are in the same windows
 * and there are at most two such pairs a step, whatever step and range are.
 */
export class WindowGrid {
  readonly steps: number;
  readonly rangeMs: number;
  /** Set by `locate`. */
  from = 0;
  to = 0;
  /** Whole milliseconds strictly between these have the same windows as the last time that was located. */
  #lowMs = Number.POSITIVE_INFINITY;
  #highMs = Number.NEGATIVE_INFINITY;
  readonly #stepMs: number;
  /** Where the first window starts (excluded) and ends (included). */
  readonly #start: Instant;
  readonly #end: Instant;

  constructor(grid: StepGrid, range: RangeAggregation['range']) {
    this.steps = stepCount(grid);
    this.rangeMs = range.rangeMs;
    // An instant query has one window: any width of step will do.
    this.#stepMs = grid.stepMs === 0 ? 1 : grid.stepMs;
    this.#end = minus(instant(grid.startMs), instant(range.offsetMs));
    this.#start = minus(this.#end, instant(range.rangeMs));
  }

  /** Finds the windows of a time; false when it is in none. */
  locate(timeMs: number, timeNs: number): boolean {
    // Samples mostly come in order of time.
    if (timeMs > this.#lowMs && timeMs < this.#highMs) return this.from < this.to;
    this.to = this.#passed(timeMs, timeNs, this.#start);
    this.from = this.#passed(timeMs, timeNs, this.#end);
    this.#lowMs = Math.max(this.#boundaryMs(this.#start, this.to - 1), this.#boundaryMs(this.#end, this.from - 1));
    this.#highMs = Math.min(this.#boundaryMs(this.#start, this.to), this.#boundaryMs(this.#end, this.from));
    return this.from < this.to;
  }

  /** Milliseconds since the start of the first window: exact to a nanosecond over four months. */
  sinceStart(timeMs: number, timeNs: number): number {
    return timeMs - this.#start.ms + (timeNs - this.#start.ns) / NS_PER_MS;
  }

  #boundaryMs(first: Instant, index: number): number {
    if (index < 0) return Number.NEGATIVE_INFINITY;
    return index < this.steps ? first.ms + index * this.#stepMs : Number.POSITIVE_INFINITY;
  }

  /** How many of the boundaries `first`, `first` + step … lie before the time. */
  #passed(timeMs: number, timeNs: number, first: Instant): number {
    let ms = timeMs - first.ms;
    let ns = timeNs - first.ns;
    if (ns < 0) {
      ns += NS_PER_MS;
      ms--;
    }
    if (ms < 0) return 0;
    const whole = Math.floor(ms / this.#stepMs);
    const count = ns > 0 || ms > whole * this.#stepMs ? whole + 1 : whole;
    return Math.min(count, this.steps);
  }
}
