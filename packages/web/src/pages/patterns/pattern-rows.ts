import type { components } from '../../api/schema.gen.ts';
import type { Column } from '../../components/data-table.tsx';
import type { TimeRange } from '../../lib/time.ts';

export type Patterns = components['schemas']['Patterns'];
export type Pattern = components['schemas']['Pattern'];
export type PatternColumn = Column<Pattern>;

export const errorsOf = ({ by_severity }: Pattern): number => by_severity.error + by_severity.critical;

/** The patterns to show: all of them, or only those that were not there the day before. */
export function shownPatterns(patterns: readonly Pattern[], isNewOnly: boolean): Pattern[] {
  return patterns.filter(({ is_new }) => is_new || !isNewOnly);
}

/** When each of the trend's intervals begins, in milliseconds. */
export function trendTimes(from: string, intervalMs: number, count: number): number[] {
  const firstMs = Math.floor(Date.parse(from) / intervalMs) * intervalMs;
  return Array.from({ length: count }, (_, index) => firstMs + index * intervalMs);
}

/** The time of one interval of the trend, within the range that was asked for. */
export function trendRange({ from, to, interval_ms }: Patterns, index: number): TimeRange {
  const startMs = trendTimes(from, interval_ms, index + 1)[index]!;
  return {
    from: new Date(Math.max(startMs, Date.parse(from))).toISOString(),
    to: new Date(Math.min(startMs + interval_ms, Date.parse(to))).toISOString(),
  };
}

/** How much the numbers can be trusted, in words. */
export function readText({ complete, events_read, events_total }: Patterns): string {
  const count = (value: number) => value.toLocaleString('en');
  if (complete) return `All ${count(events_read)} events were read.`;
  return `Estimated: ${count(events_read)} of ${count(events_total)} events were read, evenly over the range. A shorter range is exact.`;
}
