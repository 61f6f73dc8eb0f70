import type { components } from '../../../api/schema.gen.ts';
import type { ChartSeries } from '../../../components/time-chart.tsx';
import { SEVERITIES, SEVERITY_LOOKS, type Severity } from '../../../lib/severity.ts';
import type { TimeRange } from '../../../lib/time.ts';

export type Histogram = components['schemas']['Histogram'];
export type SeverityCounts = Readonly<Record<Severity, number>>;

/** The worst at the bottom, where its height can be compared. */
const STACKED: readonly Severity[] = SEVERITIES.toReversed();

export function histogramSeries({ buckets }: Histogram): { times: number[]; series: ChartSeries[] } {
  return {
    times: buckets.map(({ time }) => Date.parse(time)),
    series: STACKED.map((severity) => ({
      name: severity,
      colour: SEVERITY_LOOKS[severity].colour,
      values: buckets.map(({ by_severity }) => by_severity[severity]),
    })),
  };
}

/** Sums over the buckets from `first` to `last`, both inclusive. */
export function countsOf({ buckets }: Histogram, first = 0, last = buckets.length - 1): SeverityCounts {
  const counts: Record<Severity, number> = { debug: 0, info: 0, warn: 0, error: 0, critical: 0 };
  for (const { by_severity } of buckets.slice(first, last + 1)) {
    for (const severity of SEVERITIES) counts[severity] += by_severity[severity];
  }
  return counts;
}

export const totalOf = (counts: SeverityCounts): number => SEVERITIES.reduce((sum, name) => sum + counts[name], 0);

/** The range of whole buckets that a drawn stretch touches. */
export function brushedRange({ interval_ms }: Histogram, fromMs: number, toMs: number): TimeRange {
  const from = Math.floor(fromMs / interval_ms) * interval_ms;
  const to = Math.max(from + interval_ms, Math.ceil(toMs / interval_ms) * interval_ms);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Twice as long around the same middle; what would end in the future ends now, and goes on being now. */
export function zoomedOut({ fromMs, toMs }: { fromMs: number; toMs: number }, nowMs: number): TimeRange {
  const half = (toMs - fromMs) / 2;
  const isNow = toMs + half >= nowMs;
  return {
    from: new Date(fromMs - (isNow ? 2 * half - (nowMs - toMs) : half)).toISOString(),
    to: isNow ? '' : new Date(toMs + half).toISOString(),
  };
}
