import { formatDuration } from '../../lib/format.ts';
import type { TraceView } from './lane-marks.ts';
import { toPx } from './lane-row.tsx';
import type { Gap } from './trace-layout.ts';
import { ticksOf } from './zoom.ts';

interface TimeAxisProps {
  view: TraceView;
  gaps: readonly Gap[];
  labelPx: number;
  widthPx: number;
}

const TICK_PX = 80;
const GAP_TEXT_PX = 150;

/** Time from the start of the trace, and how long the gaps are. */
export function TimeAxis({ view, gaps, labelPx, widthPx }: TimeAxisProps) {
  if (widthPx <= 0) return <div className="h-9" />;
  const ticks = ticksOf(view, Math.floor(widthPx / TICK_PX));
  return (
    <div className="relative h-9 border-b border-line text-[11px] text-muted tabular-nums">
      {ticks.map((ms) => (
        <span
          key={ms}
          className="absolute top-0 -translate-x-1/2 whitespace-nowrap"
          style={{ left: labelPx + Math.min(toPx(ms, view, widthPx), widthPx - 24) }}
        >
          {ms === 0 ? '0' : formatDuration(ms)}
        </span>
      ))}
      {shownGaps(gaps, view, widthPx).map(({ left, width, text }) => (
        <span
          key={left}
          className="absolute bottom-0.5 truncate text-center text-warn"
          style={{ left: labelPx + left, width }}
          title={text}
        >
          {width >= GAP_TEXT_PX ? text : text.replace(' without any event', '')}
        </span>
      ))}
    </div>
  );
}

/** Stretches without any event, shaded over all lanes. */
export function GapBands({ view, gaps, labelPx, widthPx }: TimeAxisProps) {
  return shownGaps(gaps, view, widthPx).map(({ left, width }) => (
    <div
      key={left}
      className="pointer-events-none absolute inset-y-0 border-x border-dashed border-warn bg-warn-soft/50"
      style={{ left: labelPx + left, width }}
    />
  ));
}

function shownGaps(gaps: readonly Gap[], view: TraceView, widthPx: number) {
  return gaps.flatMap(({ fromMs, toMs }) => {
    const left = Math.max(0, toPx(fromMs, view, widthPx));
    const width = Math.min(widthPx, toPx(toMs, view, widthPx)) - left;
    return width <= 0 ? [] : { left, width, text: `${formatDuration(toMs - fromMs)} without any event` };
  });
}
