import { useMemo, useState } from 'react';
import { useTimeZone } from '../../../app/time-zone.ts';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { TimeChart } from '../../../components/time-chart.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { formatTime } from '../../../lib/time.ts';
import type { LogsChange, LogsQuestion } from '../logs-search.ts';
import type { Metric, MetricSeries } from './matrix.ts';
import { useMetric } from './use-metric.ts';

const SERIES_MAX = 8;

/** What a metric query answers: lines over time, and a table of its series. */
export default function MetricView({
  question,
  onChange,
}: {
  question: LogsQuestion;
  onChange(change: LogsChange): void;
}) {
  const { data, error, refetch, isPending } = useMetric(question, question.q.trim() !== '');
  if (error !== null)
    return <ErrorNotice error={error} onRetry={() => void refetch()} className="m-3 flex-1 self-start" />;
  if (isPending || data === undefined)
    return (
      <div className="flex-1 px-3">
        <Loading rows={8} />
      </div>
    );
  if (data.series.length === 0) {
    return (
      <div className="flex-1">
        <EmptyNotice title="The query has no numbers in this range">
          A longer time range, another selector, or a longer range in the brackets may have some.
        </EmptyNotice>
      </div>
    );
  }
  const zoom = (fromMs: number, toMs: number) => {
    const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    onChange({ range, isLive: false });
  };
  return (
    <section aria-label="Metric" tabIndex={0} className="min-h-0 min-w-0 flex-1 overflow-y-auto px-3 pb-16 md:px-4">
      <MetricChart metric={data} stepMs={data.stepS * 1000} onZoom={zoom} />
      <SeriesTable series={data.series} />
    </section>
  );
}

interface MetricChartProps {
  metric: Metric;
  stepMs: number;
  onZoom(fromMs: number, toMs: number): void;
}

function MetricChart({ metric, stepMs, onZoom }: MetricChartProps) {
  const [hovered, setHovered] = useState<number | null>(null);
  const [zone] = useTimeZone();
  const series = useMemo(
    () =>
      metric.series
        .slice(0, SERIES_MAX)
        .map(({ name, values }, index) => ({ name, values, colour: `var(--series-${index + 1})` })),
    [metric],
  );
  const hidden = metric.series.length - series.length;
  return (
    <>
      <TimeChart
        label={`${plural(metric.series.length, 'series', 'series')} over time; the table below has their numbers`}
        times={metric.times}
        intervalMs={stepMs}
        series={series}
        kind="line"
        zone={zone}
        height={240}
        formatValue={formatNumber}
        onHover={setHovered}
        onBrush={onZoom}
      />
      <ul aria-label="Series" className="my-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {series.map(({ name, colour, values }) => (
          <li key={name} className="flex min-w-0 items-center gap-1.5">
            <span aria-hidden className="h-2.5 w-3 shrink-0 rounded-sm" style={{ background: colour }} />
            <span className="max-w-96 truncate font-mono">{name}</span>
            {hovered !== null && <span className="tabular-nums">{formatNumber(values[hovered] ?? null)}</span>}
          </li>
        ))}
        {hidden > 0 && <li className="text-muted">and {formatCount(hidden)} more in the table</li>}
        {hovered !== null && (
          <li className="ml-auto text-muted tabular-nums">{formatTime(metric.times[hovered] ?? 0, zone, 0)}</li>
        )}
      </ul>
    </>
  );
}

const NUMBERS = [
  { id: 'last', label: 'Last' },
  { id: 'avg', label: 'Average' },
  { id: 'min', label: 'Lowest' },
  { id: 'max', label: 'Highest' },
] as const;

const COLUMNS: readonly Column<MetricSeries>[] = [
  {
    id: 'name',
    label: 'Series',
    isWide: true,
    sortValue: ({ name }) => name,
    cell: ({ name }) => (
      <span className="block truncate font-mono text-[13px]" title={name}>
        {name}
      </span>
    ),
  },
  ...NUMBERS.map(
    ({ id, label }): Column<MetricSeries> => ({
      id,
      label,
      isNumber: true,
      sortValue: (series) => series[id],
      cell: (series) => formatNumber(series[id]),
    }),
  ),
];
const ROWS_MAX = 500;

function SeriesTable({ series }: { series: readonly MetricSeries[] }) {
  const [sort, setSort] = useState('');
  return (
    <>
      <DataTable
        label="Series with their numbers"
        columns={COLUMNS}
        rows={series.slice(0, ROWS_MAX)}
        keyOf={({ name }) => name}
        sort={sort}
        onSort={setSort}
      />
      {series.length > ROWS_MAX && (
        <p className="py-2 text-muted">
          The {ROWS_MAX} largest of {formatCount(series.length)}: aggregate by fewer labels to see fewer.
        </p>
      )}
    </>
  );
}

/** Four digits that count. */
function formatNumber(value: number | null): string {
  if (value === null) return '–';
  return Math.abs(value) >= 1000 ? formatCount(value) : String(Number(value.toPrecision(4)));
}
