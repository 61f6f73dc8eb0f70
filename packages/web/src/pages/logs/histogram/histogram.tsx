import { Undo2, ZoomOut } from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { ApiError } from '../../../api/error.ts';
import { persistently } from '../../../api/persistently.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { Button } from '../../../components/button.tsx';
import { explainError, Loading } from '../../../components/notice.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { hasTerm, splitTerms, withoutTerm, withTerm } from '../../../lib/search-text.ts';
import { SEVERITIES, type Severity } from '../../../lib/severity.ts';
import { formatClock, formatTime, resolveRange, type TimeRange, type TimeZone } from '../../../lib/time.ts';
import type { LogsChange, LogsQuestion } from '../logs-search.ts';
import {
  brushedRange,
  countsOf,
  type Histogram as HistogramAnswer,
  histogramSeries,
  totalOf,
  zoomedOut,
} from './series.ts';
import { SeverityLegend } from './severity-legend.tsx';
import { useBucketChoice } from './use-bucket-choice.ts';

interface HistogramProps {
  question: LogsQuestion;
  histogram: HistogramAnswer | undefined;
  error: unknown;
  onChange(change: LogsChange): void;
}

/** The events are there before the drawing is. */
const TimeChart = lazy(
  persistently(async () => ({ default: (await import('../../../components/time-chart.tsx')).TimeChart })),
);

const HEIGHT = 110;

/** Events over time by severity: what is drawn or chosen becomes the range. */
export function Histogram({ question, histogram, error, onChange }: HistogramProps) {
  const [hovered, setHovered] = useState<number | null>(null);
  const zoom = useZoom(question.range, onChange);
  const [zone] = useTimeZone();
  const drawn = useMemo(() => (histogram === undefined ? null : histogramSeries(histogram)), [histogram]);
  const zoomTo = (fromMs: number, toMs: number) => {
    if (histogram !== undefined) zoom.to(brushedRange(histogram, fromMs, toMs));
  };
  const startOf = (index: number) => drawn?.times[index] ?? 0;
  const choice = useBucketChoice(drawn?.times.length ?? 0, (first, last) => zoomTo(startOf(first), startOf(last) + 1));
  const shown = choice.chosen ?? (hovered === null ? null : ([hovered, hovered] as const));
  const counts = histogram === undefined ? undefined : countsOf(histogram, shown?.[0], shown?.[1]);
  const readOut = histogram === undefined ? '' : describe(histogram, shown, zone);
  return (
    <section aria-label="Events over time" className="flex flex-col">
      <div className="flex min-h-7 items-center gap-x-3">
        {counts !== undefined && <Legend question={question} counts={counts} onChange={onChange} />}
        {/* Takes what room is left and gives none away: nothing moves under the pointer. */}
        <p className="min-w-0 flex-1 truncate text-xs tabular-nums max-md:hidden">
          {histogram !== undefined && shown !== null && timeOf(histogram, shown, zone)}
        </p>
        <div className="ml-auto flex shrink-0 gap-1">
          {zoom.canUndo && (
            <Button kind="quiet" size="small" onClick={zoom.undo}>
              <Undo2 size={14} aria-hidden />
              Step back
            </Button>
          )}
          <Button kind="quiet" size="small" onClick={zoom.out}>
            <ZoomOut size={14} aria-hidden />
            Zoom out
          </Button>
        </div>
      </div>
      {question.isLogql && question.q.trim() === '' ? (
        <p className="py-4 text-muted">There is a histogram when there is a query.</p>
      ) : error !== null && histogram === undefined ? (
        <p className="py-4 text-muted">{explainNone(error)}</p>
      ) : drawn === null || histogram === undefined ? (
        <div style={{ height: HEIGHT }}>
          <Loading rows={3} label="Loading the histogram" />
        </div>
      ) : (
        <Drawing
          histogram={histogram}
          {...drawn}
          readOut={readOut}
          choice={choice}
          onHover={setHovered}
          onZoom={zoomTo}
          zone={zone}
        />
      )}
    </section>
  );
}

interface DrawingProps extends ReturnType<typeof histogramSeries> {
  histogram: HistogramAnswer;
  readOut: string;
  choice: ReturnType<typeof useBucketChoice>;
  zone: TimeZone;
  onHover(index: number | null): void;
  onZoom(fromMs: number, toMs: number): void;
}

/** The bars, for the mouse and for the keyboard. */
function Drawing({ histogram, times, series, readOut, choice, zone, onHover, onZoom }: DrawingProps) {
  const startOf = (index: number) => times[index] ?? 0;
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Time: arrows choose, with Shift a stretch, Enter zooms in"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, times.length - 1)}
      aria-valuenow={choice.at ?? 0}
      aria-valuetext={readOut}
      onKeyDown={choice.onKeyDown}
      onBlur={choice.clear}
      className="rounded"
    >
      <Suspense fallback={<div style={{ height: HEIGHT }} />}>
        <TimeChart
          label={readOut}
          times={times}
          intervalMs={histogram.interval_ms}
          series={series}
          kind="bars"
          isStacked
          zone={zone}
          height={HEIGHT}
          marked={choice.chosen}
          onHover={onHover}
          onBrush={onZoom}
          onSelect={(index) => onZoom(startOf(index), startOf(index))}
        />
      </Suspense>
    </div>
  );
}

function explainNone(error: unknown): string {
  const isQuery = error instanceof ApiError && error.status === 400;
  return isQuery ? 'There is a histogram when the query can be read.' : `No histogram: ${explainError(error).title}.`;
}

type LegendProps = { question: LogsQuestion; counts: ReturnType<typeof countsOf>; onChange(change: LogsChange): void };

function Legend({ question: { q, isLogql }, counts, onChange }: LegendProps) {
  const toggle = (severity: Severity) => {
    const term = `-severity:${severity}`;
    onChange({ q: hasTerm(q, term) ? withoutTerm(q, term) : withTerm(q, term) });
  };
  const only = (severity: Severity) => {
    const about = SEVERITIES.flatMap((one) => [`severity:${one}`, `-severity:${one}`]);
    const others = splitTerms(q).filter((term) => !about.includes(term));
    onChange({ q: [...others, `severity:${severity}`].join(' ') });
  };
  return <SeverityLegend q={q} counts={counts} isStatic={isLogql} onToggle={toggle} onOnly={only} />;
}

/** The total, or a bucket or several with their time. */
function describe(histogram: HistogramAnswer, shown: readonly [number, number] | null, zone: TimeZone): string {
  if (shown === null) return `${plural(histogram.total, 'event')} in ${histogram.buckets.length} intervals`;
  const counts = countsOf(histogram, ...shown);
  const parts = SEVERITIES.filter((name) => counts[name] > 0).map((name) => `${formatCount(counts[name])} ${name}`);
  const sum = `${plural(totalOf(counts), 'event')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
  return `${timeOf(histogram, shown, zone)} · ${sum}`;
}

function timeOf(
  { buckets, interval_ms, from }: HistogramAnswer,
  shown: readonly [number, number],
  zone: TimeZone,
): string {
  const [first, last] = shown.map((index) => Date.parse(buckets[index]?.time ?? from)) as [number, number];
  return `${formatTime(first, zone, 0)} – ${formatClock(last + interval_ms, zone, 0)}`;
}

/** Zooming in and out, with a way back for as long as the page is open; the browser's own works too. */
function useZoom(range: TimeRange, onChange: (change: LogsChange) => void) {
  const before = useRef<TimeRange[]>([]);
  const to = (next: TimeRange) => {
    before.current.push(range);
    onChange({ range: next, isLive: false });
  };
  return {
    to,
    canUndo: before.current.length > 0,
    undo: () => {
      const last = before.current.pop();
      if (last !== undefined) onChange({ range: last });
    },
    out: () => {
      const nowMs = Date.now();
      to(zoomedOut(resolveRange(range, nowMs), nowMs));
    },
  };
}
