import type { Stretch } from '../../lib/logs-link.ts';

export const GRANULARITY_MS = { minute: 60_000, hourly: 3_600_000, daily: 86_400_000 } as const;
export type Granularity = keyof typeof GRANULARITY_MS;

export interface Grid {
  granularity: Granularity;
  intervalMs: number;
}

const BUCKETS_MAX = 72;
const FACTORS: Readonly<Record<Granularity, readonly number[]>> = {
  minute: [1, 2, 5, 10],
  hourly: [1, 2, 3, 6, 12],
  daily: [1, 7, 28, 364],
};

/** Which of the API's granularities to ask for, and how long the buckets are that are put together of it. */
export function gridOf({ fromMs, toMs }: Stretch): Grid {
  const spanMs = toMs - fromMs;
  const granularity =
    spanMs <= 6 * GRANULARITY_MS.hourly ? 'minute' : spanMs <= 15 * GRANULARITY_MS.daily ? 'hourly' : 'daily';
  return { granularity, intervalMs: intervalOf(granularity, spanMs) };
}

/** How long buckets are that are put together of a granularity, so that they are not too many. */
export function intervalOf(granularity: Granularity, spanMs: number): number {
  const unitMs = GRANULARITY_MS[granularity];
  const factors = FACTORS[granularity];
  return unitMs * (factors.find((one) => spanMs / (one * unitMs) <= BUCKETS_MAX) ?? factors.at(-1)!);
}

export interface BreakdownRow {
  time: string;
  value: string;
  events: number;
}

export interface BreakdownSeries {
  name: string;
  total: number;
  values: number[];
}

export interface Breakdown {
  times: number[];
  intervalMs: number;
  /** Most events first. */
  series: BreakdownSeries[];
  /** All values that have no series of their own, as one; null when there are none. */
  rest: (BreakdownSeries & { count: number }) | null;
}

/** Events over time by value: those with the most events one by one, the others together. */
export function breakdownOf(
  rows: readonly BreakdownRow[],
  { fromMs, toMs }: Stretch,
  intervalMs: number,
  seriesMax: number,
): Breakdown {
  const firstMs = Math.floor(fromMs / intervalMs) * intervalMs;
  const times = Array.from(
    { length: Math.max(1, Math.ceil((toMs - firstMs) / intervalMs)) },
    (_, i) => firstMs + i * intervalMs,
  );
  const byValue = new Map<string, BreakdownSeries>();
  for (const { time, value, events } of rows) {
    const index = Math.floor((Date.parse(time) - firstMs) / intervalMs);
    if (index < 0 || index >= times.length) continue;
    let series = byValue.get(value);
    if (series === undefined) {
      series = { name: value, total: 0, values: times.map(() => 0) };
      byValue.set(value, series);
    }
    series.values[index]! += events;
    series.total += events;
  }
  const all = [...byValue.values()].toSorted((a, b) => b.total - a.total || a.name.localeCompare(b.name));
  // One more is shown rather than said to be others.
  const kept = all.length <= seriesMax + 1 ? all.length : seriesMax;
  return { times, intervalMs, series: all.slice(0, kept), rest: sumOf(all.slice(kept), times.length) };
}

function sumOf(series: readonly BreakdownSeries[], length: number): Breakdown['rest'] {
  if (series.length === 0) return null;
  return {
    name: `${series.length} others`,
    count: series.length,
    total: series.reduce((sum, { total }) => sum + total, 0),
    values: Array.from({ length }, (_, index) => series.reduce((sum, { values }) => sum + values[index]!, 0)),
  };
}
