import { Link, useNavigate } from '@tanstack/react-router';
import { Minus, Plus, RotateCcw } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { components } from '../../api/schema.gen.ts';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { useTimeZone } from '../../app/time-zone.ts';
import { usePageSearch } from '../../app/use-search.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Segments } from '../../components/choices.tsx';
import { Card, Figure } from '../../components/display.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { type LogsLink, logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { formatClock, formatDate } from '../../lib/time.ts';
import { ChosenEvent } from './chosen-event.tsx';
import { ErrorList } from './error-list.tsx';
import { EventTable } from './event-table.tsx';
import type { TraceView as View } from './lane-marks.ts';
import { LanesView } from './lanes-view.tsx';
import { ShapeLegend } from './severity-shape.tsx';
import {
  lanesOf,
  layoutTrace,
  nextError,
  SPAN_LANES_MAX,
  spanCount,
  type TraceEvent,
  type TraceLayout,
} from './trace-layout.ts';
import { parseView, viewText, wholeView, zoomed } from './zoom.ts';

type Trace = components['schemas']['Trace'];
const LANE_KINDS = [
  { id: 'span', label: 'Spans' },
  { id: 'service', label: 'Services' },
] as const;

/** A trace: its numbers, its time line, its errors, its events. */
export function TraceView({ trace }: { trace: Trace }) {
  const { events } = trace;
  const { text, change } = usePageSearch();
  const layout = useMemo(() => layoutTrace(events), [events]);
  const hasSpans = useMemo(() => spanCount(events) <= SPAN_LANES_MAX, [events]);
  const by = text('lanes') === 'service' || !hasSpans ? 'service' : 'span';
  const lanes = useMemo(() => lanesOf(events, layout, by), [events, layout, by]);
  const shown = text('view');
  const view = useMemo(() => parseView(shown, layout.spanMs), [shown, layout]);
  const link = useMemo(() => traceLink(trace.trace_id, layout), [trace.trace_id, layout]);
  const onView = (next: View) => change({ view: viewText(next, layout.spanMs) }, { replace: true });
  const { chosen, choose } = useChoice(trace, layout, link, view, onView);
  return (
    <div className="flex flex-col gap-4 pb-16">
      <Numbers trace={trace} layout={layout} link={link} />
      {trace.truncated && (
        <p role="note" className="rounded-md border border-warn bg-warn-soft px-3 py-2 text-warn">
          The trace has more events than these: the first {formatCount(events.length)} are shown.
        </p>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 2xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <Card
            title="Time line"
            actions={
              <>
                {hasSpans && (
                  <Segments
                    label="Lanes of"
                    options={LANE_KINDS}
                    value={by}
                    onChange={(id) => change({ lanes: id === 'span' ? '' : id }, { replace: true })}
                  />
                )}
                <ZoomButtons {...{ view, layout, chosen, onView }} />
              </>
            }
          >
            <LanesView {...{ events, layout, lanes, view, chosen, onView }} onChoose={choose} />
            <ShapeLegend />
          </Card>
          <ErrorList {...{ events, layout, chosen }} onChoose={choose} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <ChosenEvent
            event={events[chosen]}
            index={chosen}
            count={events.length}
            offsetMs={layout.places[chosen]?.endMs ?? 0}
            link={link}
          />
          <div className="overflow-hidden rounded-lg border border-line bg-raised">
            <EventTable {...{ events, layout, chosen, link }} onChoose={choose} />
          </div>
        </div>
      </div>
    </div>
  );
}

/** After the last choice, before it is written into the URL: going through events is faster than the router. */
const URL_DELAY_MS = 300;

/** The event that the URL names, or the one that was chosen since. */
function useChosen(events: readonly TraceEvent[]) {
  const { text, change } = usePageSearch();
  const id = text('event');
  const named = useMemo(() => (id === '' ? -1 : events.findIndex(({ event_id }) => event_id === id)), [events, id]);
  const [chosen, setChosen] = useState(named);
  const [seen, setSeen] = useState(named);
  // The URL changed by itself: the way back, or another link to the same trace.
  if (seen !== named) {
    setSeen(named);
    setChosen(named);
  }
  useEffect(() => {
    const event = events[chosen];
    if (event === undefined || chosen === named) return;
    const timer = setTimeout(() => change({ event: event.event_id }, { replace: true }), URL_DELAY_MS);
    return () => clearTimeout(timer);
  }, [events, chosen, named, change]);
  const choose = useCallback(
    (index: number) => {
      if (events[index] !== undefined) setChosen(index);
    },
    [events],
  );
  return { chosen, choose };
}

/** The chosen event, and the keys that go on from it. */
function useChoice(
  { events }: Trace,
  { spanMs, places }: TraceLayout,
  link: LogsLink,
  view: View,
  onView: (view: View) => void,
) {
  const navigate = useNavigate();
  const { chosen, choose } = useChosen(events);
  const move = (step: 1 | -1) =>
    choose(
      chosen === -1 ? (step === 1 ? 0 : events.length - 1) : Math.min(events.length - 1, Math.max(0, chosen + step)),
    );
  const jump = (step: 1 | -1) => choose(nextError(events, chosen, step) ?? -1);
  const zoom = (factor: number) => onView(zoomed(view, factor, places[chosen]?.endMs ?? middle(view), spanMs));
  const open = () => {
    const event = events[chosen];
    if (event !== undefined) void navigate({ to: link.to, search: { ...link.search, event: event.event_id } });
  };
  useShortcuts([
    { keys: 'j', does: 'Next event', run: () => move(1) },
    { keys: 'k', does: 'Event before', run: () => move(-1) },
    { keys: 'n', does: 'Next error', run: () => jump(1) },
    { keys: 'N', does: 'Error before', run: () => jump(-1) },
    { keys: 'Enter', does: 'Open the chosen event', run: open },
    { keys: '+', does: 'Zoom in', run: () => zoom(0.5) },
    { keys: '-', does: 'Zoom out', run: () => zoom(2) },
    { keys: '0', does: 'Show the whole trace', run: () => onView(wholeView(spanMs)) },
  ]);
  return { chosen, choose };
}

const middle = ({ fromMs, toMs }: View): number => (fromMs + toMs) / 2;

/** All events of the trace on the logs page, in a range that has them all. */
function traceLink(traceId: string, { startNs, spanMs }: TraceLayout): LogsLink {
  const startMs = Number(startNs / 1_000_000n);
  const range = {
    from: new Date(startMs - 1_000).toISOString(),
    to: new Date(startMs + Math.ceil(spanMs) + 1_000).toISOString(),
  };
  return logsLink('', range, [fieldTerm('trace_id', traceId)]);
}

function Numbers({ trace, layout, link }: { trace: Trace; layout: TraceLayout; link: LogsLink }) {
  const [zone] = useTimeZone();
  const { by_severity, event_count, services, first } = trace;
  const errors = (by_severity.error ?? 0) + (by_severity.critical ?? 0);
  const search = { ...link.search, q: `${link.search.q} severity:>=error` };
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 rounded-lg border border-line bg-raised px-4 py-3 sm:grid-cols-3 lg:grid-cols-5">
      <Figure label="Duration" value={formatDuration(layout.spanMs)} />
      <Figure
        label="Events"
        value={
          <Link {...link} className="hover:underline">
            {formatCount(event_count)}
          </Link>
        }
      />
      <Figure
        label="Errors"
        value={
          <Link to={link.to} search={search} className={errors > 0 ? 'text-error hover:underline' : 'hover:underline'}>
            {formatCount(errors)}
          </Link>
        }
      />
      <Figure label="Services" value={formatCount(services.length)} />
      <Figure label="First event" value={formatClock(first, zone)} note={formatDate(first, zone)} />
    </dl>
  );
}

interface ZoomButtonsProps {
  view: View;
  layout: TraceLayout;
  chosen: number;
  onView(view: View): void;
}

function ZoomButtons({ view, layout: { spanMs, places }, chosen, onView }: ZoomButtonsProps) {
  const zoom = (factor: number) => onView(zoomed(view, factor, places[chosen]?.endMs ?? middle(view), spanMs));
  const isWhole = viewText(view, spanMs) === '';
  return (
    <span className="flex items-center gap-1">
      <IconButton size="small" label="Zoom in (+)" onClick={() => zoom(0.5)}>
        <Plus size={14} aria-hidden />
      </IconButton>
      <IconButton size="small" label="Zoom out (-)" disabled={isWhole} onClick={() => zoom(2)}>
        <Minus size={14} aria-hidden />
      </IconButton>
      <Button
        size="small"
        disabled={isWhole}
        onClick={() => onView(wholeView(spanMs))}
        aria-label="Show the whole trace (0)"
      >
        <RotateCcw size={13} aria-hidden /> Whole
      </Button>
    </span>
  );
}
