import { memo } from 'react';
import { SEVERITY_LOOKS } from '../../lib/severity.ts';
import type { Mark, TraceView } from './lane-marks.ts';
import { SeverityShape } from './severity-shape.tsx';
import type { Lane } from './trace-layout.ts';

export const LANE_PX = 24;
const MIDDLE = LANE_PX / 2;

interface LaneRowProps {
  lane: Lane;
  marks: readonly Mark[];
  labelPx: number;
  widthPx: number;
  /** Where the chosen event is on the lane; null on other lanes. */
  chosen: { x: number; from: number } | null;
}

/** One lane: its name, and its events where they are in time. */
export const LaneRow = memo(function LaneRow({ lane, marks, labelPx, widthPx, chosen }: LaneRowProps) {
  return (
    <div className="flex h-6 items-center border-b border-line/60">
      <LaneLabel lane={lane} labelPx={labelPx} />
      <svg width={widthPx} height={LANE_PX} className="block overflow-visible" aria-hidden="true">
        {marks.map((mark) =>
          mark.width === 0 ? null : (
            <rect
              key={`${mark.event}`}
              x={mark.x}
              y={MIDDLE - 5}
              width={mark.width}
              height={10}
              rx={2}
              fill={SEVERITY_LOOKS[mark.severity].colour}
              fillOpacity={0.45}
              stroke={SEVERITY_LOOKS[mark.severity].colour}
            />
          ),
        )}
        {marks.map((mark) =>
          mark.width > 0 && (mark.severity === 'info' || mark.severity === 'debug') ? null : (
            <SeverityShape key={`${mark.event}`} severity={mark.severity} x={mark.x + mark.width} y={MIDDLE} />
          ),
        )}
        {chosen !== null && (
          <>
            <rect
              x={Math.max(0, chosen.from - 3)}
              y={2}
              width={Math.max(0, chosen.x - Math.max(0, chosen.from - 3) + 3)}
              height={LANE_PX - 4}
              rx={3}
              fill="none"
              stroke="var(--text)"
              strokeWidth={1.5}
            />
            <circle cx={chosen.x} cy={MIDDLE} r={8} fill="none" stroke="var(--text)" strokeWidth={1.5} />
          </>
        )}
      </svg>
    </div>
  );
});

function LaneLabel({ lane, labelPx }: { lane: Lane; labelPx: number }) {
  const service = lane.service === '' ? '(no service)' : lane.service;
  return (
    <div
      className="flex shrink-0 items-baseline gap-1.5 truncate pr-2 text-xs"
      style={{ width: labelPx }}
      title={lane.spanId === '' ? service : `${service}, span ${lane.spanId}`}
    >
      <span className={lane.isFirst ? 'min-w-0 truncate font-medium' : 'min-w-0 truncate text-muted'}>{service}</span>
      {lane.spanId !== '' && (
        <span className="min-w-8 shrink-[2] truncate font-mono text-[11px] text-muted">{lane.spanId}</span>
      )}
      {lane.errors > 0 && <span className="ml-auto shrink-0 text-error">{lane.errors} err</span>}
    </div>
  );
}

/** The part of the trace that is shown, as a position on the lane. */
export function toPx(ms: number, { fromMs, toMs }: TraceView, widthPx: number): number {
  return ((ms - fromMs) / (toMs - fromMs)) * widthPx;
}
