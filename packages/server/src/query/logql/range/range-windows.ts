import type { RangeAggregation } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import type { Series } from '../pipeline/types.ts';
import type { Labels } from '../row.ts';
import type { StepGrid, StepSeries } from '../series.ts';
import { AbsentSteps, absentLabels } from './absent.ts';
import { slideCounter } from './counter.ts';
import { Parts } from './parts.ts';
import { slideQuantile } from './quantile.ts';
import { finisher, keepsSamples, mergeOf, type ReduceKind, reduceKind, sampleM2 } from './reduce.ts';
import { slide } from './slide.ts';
import type { BucketRow } from './types.ts';
import { WindowGrid } from './window-grid.ts';

/** How many samples, parts of windows and points one range aggregation may hold: 0.3 to 0.8 GB, by operation. */
export const MAX_HELD = 20_000_000;

interface State {
  labels: Labels;
  parts: Parts;
}

/** The series that a range aggregation gives over a grid, from its samples in any order of time and series. */
export class RangeWindows {
  readonly #leaf: RangeAggregation;
  readonly #kind: ReduceKind;
  readonly #grid: WindowGrid;
  readonly #stepMs: number;
  readonly #maxHeld: number;
  readonly #merge: ReturnType<typeof mergeOf>;
  readonly #absent: AbsentSteps | null;
  readonly #byKey = new Map<string, State>();
  readonly #bySeries = new Map<Series, State>();
  #lastSeries: Series | null = null;
  #lastState: State | null = null;
  #held = 0;

  constructor(leaf: RangeAggregation, grid: StepGrid, maxHeld: number = MAX_HELD) {
    this.#leaf = leaf;
    this.#kind = reduceKind(leaf);
    this.#grid = new WindowGrid(grid, leaf.range);
    this.#stepMs = grid.stepMs;
    this.#maxHeld = maxHeld;
    this.#merge = mergeOf(this.#kind);
    this.#absent = this.#kind === 'absent' ? new AbsentSteps(this.#grid.steps) : null;
  }

  /** Whether any window has the time: where range is shorter than step, rows elsewhere need no pipeline. */
  covers(timeMs: number, timeNs: number): boolean {
    return this.#grid.locate(timeMs, timeNs);
  }

  /**
   * Adds a sample. Of equal times the earlier added is the first.
   * @throws PermanentError when too much would be held.
   */
  add(series: Series, timeMs: number, timeNs: number, value: number): void {
    const grid = this.#grid;
    if (!grid.locate(timeMs, timeNs)) return;
    if (this.#absent !== null) {
      this.#absent.add(grid.from, grid.to);
      return;
    }
    const reduced = this.#kind === 'count' ? 1 : value;
    const time = grid.sinceStart(timeMs, timeNs);
    this.#put(series, time, 1, reduced, this.#kind === 'moments' ? sampleM2(value) : 0);
  }

  /** Adds what the store made of a bucket that ends (included) at `endMs` and does not cross the edge of a window. */
  addBucket(row: BucketRow, endMs: number): void {
    const grid = this.#grid;
    if (!grid.locate(endMs, 0)) return;
    if (this.#absent !== null) this.#absent.add(grid.from, grid.to);
    else this.#put(row.series, row.order ?? endMs, row.count, this.#kind === 'count' ? row.count : row.value, row.m2);
  }

  /** The series, each with at least one step; in order of appearance. Nothing may be added afterwards. */
  finish(): StepSeries[] {
    if (this.#absent !== null) return this.#finishAbsent(this.#absent);
    const result: StepSeries[] = [];
    for (const { labels, parts } of this.#byKey.values()) {
      parts.settle();
      const steps: number[] = [];
      const values: number[] = [];
      this.#slide(parts, (step, value) => {
        steps.push(step);
        values.push(value);
      });
      this.#hold(steps.length);
      result.push({ labels, steps, values });
    }
    return result;
  }

  #put(series: Series, time: number, count: number, value: number, m2: number): void {
    const parts = this.#stateOf(series).parts;
    const grew = parts.add(this.#grid.from, this.#grid.to, time, count, value, m2);
    if (grew || keepsSamples(this.#kind)) this.#hold(1);
  }

  #stateOf(series: Series): State {
    if (series === this.#lastSeries) return this.#lastState!;
    let state = this.#bySeries.get(series);
    if (state === undefined) {
      state = this.#byKey.get(series.key);
      if (state === undefined) {
        state = { labels: series.labels, parts: new Parts(this.#kind, this.#merge) };
        this.#byKey.set(series.key, state);
      }
      this.#bySeries.set(series, state);
    }
    this.#lastSeries = series;
    this.#lastState = state;
    return state;
  }

  #slide(parts: Parts, emit: (step: number, value: number) => void): void {
    const steps = this.#grid.steps;
    if (this.#kind === 'quantile') {
      slideQuantile(parts, steps, this.#leaf.parameter ?? 0, emit);
    } else if (this.#kind === 'counter') {
      const rangeMs = this.#grid.rangeMs;
      const span = (step: number) => ({ startMs: step * this.#stepMs, endMs: step * this.#stepMs + rangeMs });
      slideCounter(parts, steps, span, emit);
    } else {
      const finish = finisher(this.#leaf);
      slide(parts, steps, this.#merge, (step, part) => emit(step, finish(part)));
    }
  }

  #finishAbsent(absent: AbsentSteps): StepSeries[] {
    const steps = absent.steps();
    if (steps.length === 0) return [];
    return [{ labels: absentLabels(this.#leaf.range.log.selector), steps, values: steps.map(() => 1) }];
  }

  #hold(count: number): void {
    this.#held += count;
    if (this.#held <= this.#maxHeld) return;
    throw badQuery(
      `the query would hold too many samples (limit: ${this.#maxHeld}); ` +
        'consider a shorter time range, a longer step, or fewer series',
    );
  }
}
