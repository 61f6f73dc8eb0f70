import type { Histogram, Top } from './stats-queries.ts';

export interface Figures {
  events: number;
  errors: number;
  /** 0 to 1; 0 where there are no events. */
  errorRate: number;
  /** Null while they are not known. */
  bytes: number | null;
  services: number | null;
}

/** The numbers on top of the page, of one period. */
export function figuresOf(histogram: Histogram, byLogType: Top | undefined, byService: Top | undefined): Figures {
  const errors = histogram.buckets.reduce((sum, { by_severity }) => sum + by_severity.error + by_severity.critical, 0);
  return {
    events: histogram.total,
    errors,
    errorRate: histogram.total === 0 ? 0 : errors / histogram.total,
    // Every event has a log type.
    bytes: byLogType?.values.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
    services: byService?.values.length ?? null,
  };
}
