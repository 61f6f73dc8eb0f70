import { useMemo } from 'react';
import type { components } from '../../api/schema.gen.ts';
import { ChartLegend } from '../../components/chart-legend.tsx';
import { Segments } from '../../components/choices.tsx';
import { Card } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import type { ChartSeries } from '../../components/time-chart.tsx';
import { formatCompact } from '../../lib/format.ts';
import { logsLink, stretchRange } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { resolveRange, type TimeRange } from '../../lib/time.ts';
import { type Breakdown, breakdownOf, gridOf, intervalOf } from './breakdown.ts';
import { BucketChart } from './bucket-chart.tsx';
import { type Scope, type SplitDimension, useSplit } from './stats-queries.ts';
import type { ChartKind } from './volume-card.tsx';

const SERIES_MAX = 8;
const HOUR_MS = 3_600_000;
const DIMENSIONS = [
  { id: 'log_type', label: 'Log type' },
  { id: 'service', label: 'Service' },
  { id: 'event_type', label: 'Event type' },
] as const;

interface SplitCardProps {
  scope: Scope;
  link: Scope;
  by: SplitDimension;
  kind: ChartKind;
  onBy(by: SplitDimension): void;
  onZoom(range: TimeRange): void;
}

/** Events over time by log type, service or event type. */
export function SplitCard({ scope, link, by, kind, onBy, onZoom }: SplitCardProps) {
  const { data, error, refetch } = useSplit(scope, gridOf(resolveRange(scope.range, 0)).granularity, by);
  return (
    <Card
      title={`By ${DIMENSIONS.find(({ id }) => id === by)!.label.toLowerCase()}`}
      actions={<Segments label="Split by" options={DIMENSIONS} value={by} onChange={onBy} />}
    >
      {data !== undefined ? (
        <SplitChart
          rows={data.series}
          isWholeHours={data.source === 'view'}
          {...{ by, kind, link, onZoom }}
          {...gridOfAnswer(data, scope.range)}
        />
      ) : error !== null ? (
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={6} label="Loading events over time" />
      )}
    </Card>
  );
}

/** The grid of what was answered, which may still be the question before. */
function gridOfAnswer(stats: components['schemas']['Stats'], range: TimeRange) {
  const { fromMs, toMs } = resolveRange({ from: stats.from, to: stats.to ?? range.to }, 0);
  return { fromMs, toMs, intervalMs: intervalOf(stats.granularity, toMs - fromMs) };
}

interface SplitChartProps extends Pick<SplitCardProps, 'by' | 'kind' | 'link' | 'onZoom'> {
  rows: readonly ({ time: string; events: number } & Record<string, unknown>)[];
  /** The numbers are of full hours, also at the beginning. */
  isWholeHours: boolean;
  fromMs: number;
  toMs: number;
  intervalMs: number;
}

function SplitChart({ rows, isWholeHours, by, kind, link, onZoom, fromMs, toMs, intervalMs }: SplitChartProps) {
  const shown = useMemo(
    () =>
      breakdownOf(
        rows.map((row) => ({ time: row.time, events: row.events, value: String(row[by] ?? '') })),
        { fromMs, toMs },
        intervalMs,
        SERIES_MAX,
      ),
    [rows, by, fromMs, toMs, intervalMs],
  );
  const series = useMemo(() => chartSeries(shown), [shown]);
  const termsOf = (name: string | null): string[] => {
    if (name === null) return [];
    if (name === shown.rest?.name) return shown.series.map((one) => fieldTerm(by, one.name, { isExcluded: true }));
    return [fieldTerm(by, name === NO_VALUE ? '' : name)];
  };
  const linkOf = (index: number, name: string | null) => {
    const start = shown.times[index]!;
    const within = { fromMs: isWholeHours ? Math.floor(fromMs / HOUR_MS) * HOUR_MS : fromMs, toMs };
    return logsLink(link.q, stretchRange({ fromMs: start, toMs: start + intervalMs }, within), termsOf(name));
  };
  const totals = [...shown.series, ...(shown.rest === null ? [] : [shown.rest])];
  const legend = series.map(({ name, colour }, index) => ({
    ...{ name, colour },
    value: formatCompact(totals[index]!.total),
    link: logsLink(link.q, link.range, termsOf(name)),
  }));
  return (
    <>
      <BucketChart
        label={`Events over time by ${by.replace('_', ' ')}`}
        times={shown.times}
        {...{ intervalMs, series, kind, linkOf, onZoom }}
      />
      <ChartLegend label={`Events by ${by.replace('_', ' ')}`} entries={legend} />
    </>
  );
}

const NO_VALUE = '(none)';

function chartSeries({ series, rest }: Breakdown): ChartSeries[] {
  const named = series.map(({ name, values }, index) => ({
    name: name === '' ? NO_VALUE : name,
    colour: index < SERIES_MAX ? `var(--series-${index + 1})` : 'var(--series-rest)',
    values,
  }));
  return rest === null ? named : [...named, { name: rest.name, colour: 'var(--series-rest)', values: rest.values }];
}
