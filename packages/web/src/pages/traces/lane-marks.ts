import { SEVERITIES, type Severity } from '../../lib/severity.ts';
import type { Placed } from './trace-layout.ts';

/** What part of the trace is shown, in milliseconds from its start. */
export interface TraceView {
  fromMs: number;
  toMs: number;
}

/** Something on a lane: an event, or several that stand where one fits. */
export interface Mark {
  x: number;
  /** 0 for a moment. */
  width: number;
  severity: Severity;
  /** The gravest of its events, the first of those. */
  event: number;
  count: number;
}

const DOT_PX = 8;
const BAR_PX_MIN = 3;
const BAR_CELL_PX = 2;
const rankOf = (severity: Severity) => SEVERITIES.indexOf(severity);

interface LaneMarksInput {
  /** Places of the lane's events in the trace. */
  events: readonly number[];
  places: readonly Placed[];
  severityOf(event: number): Severity;
  view: TraceView;
  widthPx: number;
}

/** The marks of a lane, no more than fit side by side, however many events it has. Bars first, so that dots lie on them. */
export function laneMarks({ events, places, severityOf, view, widthPx }: LaneMarksInput): Mark[] {
  const scale = widthPx / Math.max(view.toMs - view.fromMs, 1e-6);
  const cells = new Map<string, Mark>();
  for (const event of events) {
    const { startMs, endMs } = places[event]!;
    if (endMs < view.fromMs || startMs > view.toMs) continue;
    const from = Math.max(0, (startMs - view.fromMs) * scale);
    const to = Math.min(widthPx, (endMs - view.fromMs) * scale);
    const isBar = to - from >= BAR_PX_MIN;
    const key = isBar
      ? `${Math.round(from / BAR_CELL_PX)} ${Math.round(to / BAR_CELL_PX)}`
      : `${Math.floor(to / DOT_PX)}`;
    const severity = severityOf(event);
    const mark = cells.get(key);
    if (mark === undefined)
      cells.set(key, { x: isBar ? from : to, width: isBar ? to - from : 0, severity, event, count: 1 });
    else {
      mark.count += 1;
      if (rankOf(severity) > rankOf(mark.severity)) Object.assign(mark, { severity, event });
    }
  }
  return [...cells.values()].toSorted((a, b) => b.width - a.width);
}

/** The mark nearest to a place on the lane, within reach; the shortest where several cover it. */
export function markAt(marks: readonly Mark[], x: number): Mark | null {
  const distance = (mark: Mark) => Math.max(0, mark.x - x, x - mark.x - mark.width);
  const near = marks.filter((mark) => distance(mark) <= DOT_PX);
  return near.reduce<Mark | null>((best, mark) => {
    if (best === null) return mark;
    const [a, b] = [distance(best), distance(mark)];
    return b < a || (b === a && mark.width < best.width) ? mark : best;
  }, null);
}
