import { memo } from 'react';
import { Card, SeverityBadge } from '../../components/display.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { firstLine } from '../../lib/plain-text.ts';
import type { TraceEvent, TraceLayout } from './trace-layout.ts';

const SHOWN_MAX = 50;

interface ErrorListProps {
  events: readonly TraceEvent[];
  layout: TraceLayout;
  chosen: number;
  onChoose(event: number): void;
}

/** The errors of the trace; each is a jump to its place. */
export const ErrorList = memo(function ErrorList({ events, layout, chosen, onChoose }: ErrorListProps) {
  const errors = events.flatMap(({ severity }, index) =>
    severity === 'error' || severity === 'critical' ? index : [],
  );
  if (errors.length === 0) return null;
  return (
    <Card title={`Errors (${formatCount(errors.length)})`}>
      <ul className="max-h-44 overflow-y-auto">
        {errors.slice(0, SHOWN_MAX).map((index) => {
          const { event_id, severity, service, message } = events[index]!;
          return (
            <li key={event_id}>
              <button
                type="button"
                aria-pressed={index === chosen}
                className="flex w-full items-center gap-3 rounded px-2 py-1 text-left text-xs hover:bg-sunken aria-pressed:bg-accent-soft"
                onClick={() => onChoose(index)}
              >
                <span className="w-16 shrink-0 text-right tabular-nums">
                  +{formatDuration(layout.places[index]!.endMs)}
                </span>
                <SeverityBadge severity={severity} />
                <span className="w-28 shrink-0 truncate max-sm:w-16">{service}</span>
                <span dir="auto" className="min-w-0 flex-1 truncate font-mono">
                  {firstLine(message)}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {errors.length > SHOWN_MAX && (
        <p className="mt-1 text-xs text-muted">The first {SHOWN_MAX}; n and N go through all of them.</p>
      )}
    </Card>
  );
});
