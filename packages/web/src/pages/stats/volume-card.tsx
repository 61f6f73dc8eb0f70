import { useMemo } from 'react';
import { ChartLegend, type LegendEntry } from '../../components/chart-legend.tsx';
import { Segments } from '../../components/choices.tsx';
import { Card } from '../../components/display.tsx';
import type { ChartSeries } from '../../components/time-chart.tsx';
import { formatCompact } from '../../lib/format.ts';
import { logsLink, stretchRange } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { isSeverity, SEVERITIES, SEVERITY_LOOKS } from '../../lib/severity.ts';
import type { TimeRange } from '../../lib/time.ts';
import { BucketChart } from './bucket-chart.tsx';
import type { Histogram, Scope } from './stats-queries.ts';

const TOTAL = 'events';
export const CHART_KINDS = [
  { id: 'bars', label: 'Bars' },
  { id: 'line', label: 'Lines' },
] as const;
export type ChartKind = (typeof CHART_KINDS)[number]['id'];
const PARTS = [
  { id: 'severity', label: 'By severity' },
  { id: 'total', label: 'Total' },
] as const;
export type VolumePart = (typeof PARTS)[number]['id'];

interface VolumeCardProps {
  now: Histogram;
  before: Histogram | null;
  /** As the page has it, for links. */
  link: Scope;
  kind: ChartKind;
  part: VolumePart;
  onKind(kind: ChartKind): void;
  onPart(part: VolumePart): void;
  onZoom(range: TimeRange): void;
}

/** Events over time, of the period before too when the page compares. */
export function VolumeCard({ now, before, link, kind, part, onKind, onPart, onZoom }: VolumeCardProps) {
  const times = useMemo(() => now.buckets.map(({ time }) => Date.parse(time)), [now]);
  const series = useMemo(() => seriesOf(now, part), [now, part]);
  const overlay = useMemo(() => (before === null ? [] : overlayOf(before, now)), [before, now]);
  const within = { fromMs: Date.parse(now.from), toMs: Date.parse(now.to) };
  const linkOf = (index: number, name: string | null) => {
    const fromMs = times[index]!;
    const stretch = { fromMs, toMs: fromMs + now.interval_ms };
    return logsLink(link.q, stretchRange(stretch, within), termsOf(name));
  };
  const legend: LegendEntry[] = series.map(({ name, colour, values }) => ({
    ...{ name, colour },
    value: formatCompact(values.reduce<number>((sum, value) => sum + (value ?? 0), 0)),
    link: logsLink(link.q, link.range, termsOf(name)),
  }));
  if (before !== null) {
    const range = { from: before.from, to: before.to };
    const value = formatCompact(before.total);
    legend.push({ name: 'before', colour: OVERLAY_COLOUR, value, isDashed: true, link: logsLink(link.q, range) });
  }
  return (
    <Card
      title="Volume"
      actions={
        <>
          <Segments label="Volume by" options={PARTS} value={part} onChange={onPart} />
          <Segments label="Charts as" options={CHART_KINDS} value={kind} onChange={onKind} />
        </>
      }
    >
      <BucketChart
        label="Events over time"
        {...{ times, series, overlay, kind, linkOf, onZoom }}
        intervalMs={now.interval_ms}
        height={220}
      />
      <ChartLegend label="Volume by series" entries={legend} />
    </Card>
  );
}

const OVERLAY_COLOUR = 'var(--text)';

const termsOf = (name: string | null): string[] =>
  name !== null && isSeverity(name) ? [fieldTerm('severity', name)] : [];

function seriesOf({ buckets }: Histogram, part: VolumePart): ChartSeries[] {
  if (part === 'total') {
    return [{ name: TOTAL, colour: 'var(--accent)', values: buckets.map(({ events }) => events) }];
  }
  // As on the logs page: the worst at the bottom, where its height can be compared.
  return SEVERITIES.toReversed()
    .map((name) => ({
      name,
      colour: SEVERITY_LOOKS[name].colour,
      values: buckets.map(({ by_severity }) => by_severity[name]),
    }))
    .filter(({ values }) => values.some((value) => value > 0));
}

/** All events of the period before, bucket by bucket from its beginning. */
function overlayOf(before: Histogram, now: Histogram): ChartSeries[] {
  const values = now.buckets.map((_, index) => before.buckets[index]?.events ?? null);
  return [{ name: 'before', colour: OVERLAY_COLOUR, values }];
}
