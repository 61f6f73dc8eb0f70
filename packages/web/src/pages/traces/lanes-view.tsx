import { useVirtualizer } from '@tanstack/react-virtual';
import { type PointerEvent, useMemo, useRef, useState } from 'react';
import { formatDuration, plural } from '../../lib/format.ts';
import { firstLine } from '../../lib/plain-text.ts';
import { laneMarks, type Mark, markAt, type TraceView } from './lane-marks.ts';
import { LANE_PX, LaneRow, toPx } from './lane-row.tsx';
import { GapBands, TimeAxis } from './time-axis.tsx';
import { gapsOf, type Lane, type TraceEvent, type TraceLayout } from './trace-layout.ts';
import { useRowInView } from './use-row-in-view.ts';
import { useWidth } from './use-width.ts';

const NARROW_PX = 560;
const DRAG_PX_MIN = 4;

interface LanesViewProps {
  events: readonly TraceEvent[];
  layout: TraceLayout;
  lanes: readonly Lane[];
  view: TraceView;
  /** Place of the event that is chosen; -1 for none. */
  chosen: number;
  onChoose(event: number): void;
  onView(view: TraceView): void;
}

/** The trace on a time line: a click chooses an event, a stretch that is drawn is zoomed to. */
export function LanesView(props: LanesViewProps) {
  const { events, layout, lanes, view, chosen } = props;
  const scroller = useRef<HTMLElement>(null);
  const boxPx = useWidth(scroller);
  const labelPx = boxPx < NARROW_PX ? 104 : 208;
  // Shapes at the ends need room beside the line.
  const widthPx = Math.max(0, boxPx - labelPx - 12);
  const gaps = useMemo(() => gapsOf(layout), [layout]);
  const rows = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LANE_PX,
    overscan: 8,
  });
  const chosenLane = useMemo(() => lanes.findIndex((lane) => lane.events.includes(chosen)), [lanes, chosen]);
  useRowInView(rows, scroller, chosenLane, { rowPx: LANE_PX, headPx: 0 });
  const marksOf = useMemo(
    () => marksCache({ events, layout, lanes, view }, widthPx),
    [events, layout, lanes, view, widthPx],
  );
  const { hover, drag, ...handlers } = usePointer({ ...props, marksOf, labelPx, widthPx });
  return (
    <div>
      <TimeAxis {...{ view, gaps, labelPx, widthPx }} />
      <section
        ref={scroller}
        tabIndex={0}
        aria-label={`Time line: ${plural(events.length, 'event')} on ${plural(lanes.length, 'lane')} over ${formatDuration(layout.spanMs)}. The table says the same.`}
        className="relative max-h-[38dvh] min-h-12 overflow-x-hidden overflow-y-auto"
      >
        <div
          aria-hidden="true"
          className="relative cursor-crosshair touch-pan-y select-none"
          style={{ height: rows.getTotalSize() }}
          {...handlers}
        >
          <GapBands {...{ view, gaps, labelPx, widthPx }} />
          {widthPx > 0 &&
            rows.getVirtualItems().map(({ index, start }) => (
              <div key={lanes[index]!.id} className="absolute inset-x-0" style={{ top: start }}>
                <LaneRow
                  lane={lanes[index]!}
                  marks={marksOf(index)}
                  {...{ labelPx, widthPx }}
                  chosen={index === chosenLane ? chosenPx(layout, chosen, view, widthPx) : null}
                />
              </div>
            ))}
          {drag !== null && (
            <div
              className="pointer-events-none absolute inset-y-0 bg-accent/25"
              style={{ left: labelPx + Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
            />
          )}
        </div>
      </section>
      <p className="mt-1 h-5 truncate text-xs text-muted tabular-nums" aria-hidden="true">
        {hover === null ? 'Click an event to choose it, draw a stretch to zoom.' : markText(hover, props)}
      </p>
    </div>
  );
}

function chosenPx({ places }: TraceLayout, chosen: number, view: TraceView, widthPx: number) {
  const { startMs, endMs } = places[chosen]!;
  const x = toPx(endMs, view, widthPx);
  const from = Math.max(0, toPx(startMs, view, widthPx));
  return x < -8 || x > widthPx + 8 ? null : { x, from };
}

type Shown = Pick<LanesViewProps, 'events' | 'layout' | 'lanes' | 'view'>;

/** Marks of lanes, worked out when a lane is first shown. */
function marksCache({ events, layout, lanes, view }: Shown, widthPx: number): (lane: number) => Mark[] {
  const known = new Map<number, Mark[]>();
  return (lane) => {
    let marks = known.get(lane);
    if (marks === undefined) {
      const severityOf = (event: number) => events[event]!.severity;
      marks = laneMarks({ events: lanes[lane]!.events, places: layout.places, severityOf, view, widthPx });
      known.set(lane, marks);
    }
    return marks;
  };
}

function markText({ event, count }: Mark, { events, layout }: LanesViewProps): string {
  const { service, severity, message, duration_ms } = events[event]!;
  const took = duration_ms === null ? '' : ` · took ${formatDuration(duration_ms)}`;
  const more = count > 1 ? ` · and ${plural(count - 1, 'other event')} here` : '';
  return `+${formatDuration(layout.places[event]!.endMs)} · ${service} · ${severity}${took} · ${firstLine(message)}${more}`;
}

interface PointerInput extends LanesViewProps {
  marksOf(lane: number): Mark[];
  labelPx: number;
  widthPx: number;
}

/** What the pointer is on, and what it draws. */
function usePointer({ lanes, view, marksOf, labelPx, widthPx, onChoose, onView }: PointerInput) {
  const [hover, setHover] = useState<Mark | null>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const placeOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left - labelPx, lane: Math.floor((event.clientY - box.top) / LANE_PX) };
  };
  const clip = (x: number) => Math.min(widthPx, Math.max(0, x));
  const markUnder = (event: PointerEvent<HTMLElement>) => {
    const { x, lane } = placeOf(event);
    return lane >= 0 && lane < lanes.length ? markAt(marksOf(lane), x) : null;
  };
  return {
    hover,
    drag: drag !== null && Math.abs(drag.to - drag.from) >= DRAG_PX_MIN ? drag : null,
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const { x } = placeOf(event);
      if (event.button !== 0 || x < 0) return;
      if (event.pointerType === 'mouse') event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ from: clip(x), to: clip(x) });
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (drag === null) setHover(markUnder(event));
      else if (event.pointerType === 'mouse') setDrag({ ...drag, to: clip(placeOf(event).x) });
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      setDrag(null);
      if (drag === null) return;
      const [left, right] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      const msOf = (x: number) => view.fromMs + (x / widthPx) * (view.toMs - view.fromMs);
      if (right - left >= DRAG_PX_MIN) return onView({ fromMs: msOf(left), toMs: msOf(right) });
      const mark = markUnder(event);
      if (mark !== null) onChoose(mark.event);
    },
    onPointerCancel: () => setDrag(null),
    onPointerLeave: () => setHover(null),
  };
}
