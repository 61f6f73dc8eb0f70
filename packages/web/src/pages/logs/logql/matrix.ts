import type { components } from '../../../api/schema.gen.ts';
import { isSeverity, type Severity } from '../../../lib/severity.ts';

/** One series of Loki's answer: seconds since the epoch, and numbers as text. */
export interface LokiSeries {
  metric: Readonly<Record<string, string>>;
  values: readonly (readonly [seconds: number, value: string])[];
}

export interface MetricSeries {
  /** `{host="a", service_name="b"}`, or the query's own where it has no labels. */
  name: string;
  /** At each of the times; null where there is none. */
  values: readonly (number | null)[];
  last: number | null;
  min: number | null;
  max: number | null;
  avg: number | null;
}

export interface Metric {
  times: readonly number[];
  /** The largest average first. */
  series: readonly MetricSeries[];
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/** A round step, so that the range has at most so many points. */
export function stepSeconds(fromMs: number, toMs: number, pointsMax: number): number {
  const wanted = (toMs - fromMs) / 1000 / pointsMax;
  return STEPS_S.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
}

export function metricOf(answer: readonly LokiSeries[], fromS: number, toS: number, stepS: number): Metric {
  const times: number[] = [];
  for (let time = fromS; time <= toS; time += stepS) times.push(time * 1000);
  const series = answer.map(({ metric, values }) => {
    const known = new Map(values.map(([seconds, text]) => [Math.round(seconds * 1000), Number(text)]));
    const numbers = [...known.values()].filter(Number.isFinite);
    const sum = numbers.reduce((total, value) => total + value, 0);
    const least = (pick: (a: number, b: number) => number) => (numbers.length === 0 ? null : numbers.reduce(pick));
    return {
      name: seriesName(metric),
      values: times.map((time) => finite(known.get(time))),
      last: numbers.at(-1) ?? null,
      min: least((a, b) => Math.min(a, b)),
      max: least((a, b) => Math.max(a, b)),
      avg: numbers.length === 0 ? null : sum / numbers.length,
    };
  });
  return { times, series: series.toSorted((a, b) => (b.avg ?? 0) - (a.avg ?? 0)) };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

function seriesName(metric: Readonly<Record<string, string>>): string {
  const labels = Object.entries(metric).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${labels.join(', ')}}`;
}

type HistogramAnswer = components['schemas']['Histogram'];

/** Counts by severity as the histogram has them. A count at a time is of the step before it. */
export function histogramOf(answer: readonly LokiSeries[], fromS: number, toS: number, stepS: number): HistogramAnswer {
  const buckets: HistogramAnswer['buckets'] = [];
  for (let time = fromS; time < toS; time += stepS) {
    const by_severity = { debug: 0, info: 0, warn: 0, error: 0, critical: 0 };
    buckets.push({ time: new Date(time * 1000).toISOString(), events: 0, by_severity });
  }
  let total = 0;
  for (const { metric, values } of answer) {
    const said = metric.severity ?? '';
    const severity: Severity = isSeverity(said) ? said : 'info';
    for (const [seconds, text] of values) {
      const bucket = buckets[Math.round((seconds - fromS) / stepS) - 1];
      if (bucket === undefined) continue;
      bucket.events += Number(text);
      bucket.by_severity[severity] += Number(text);
      total += Number(text);
    }
  }
  const [from, to] = [fromS, toS].map((seconds) => new Date(seconds * 1000).toISOString()) as [string, string];
  return { from, to, interval_ms: stepS * 1000, buckets, total };
}
