import { classNames } from '../../../lib/class-names.ts';
import { formatCount } from '../../../lib/format.ts';
import { hasTerm } from '../../../lib/search-text.ts';
import { SEVERITIES, SEVERITY_LOOKS, type Severity } from '../../../lib/severity.ts';
import type { SeverityCounts } from './series.ts';

interface SeverityLegendProps {
  q: string;
  counts: SeverityCounts;
  /** It says what colours mean, and no more: LogQL is not put together by clicks here. */
  isStatic: boolean;
  /** Leaves the severity out, or takes it in again. */
  onToggle(severity: Severity): void;
  /** Shows this one only. */
  onOnly(severity: Severity): void;
}

/** The severities with their counts. A click leaves one out or takes it in again, `only` shows no other. */
export function SeverityLegend({ q, counts, isStatic, onToggle, onOnly }: SeverityLegendProps) {
  return (
    <ul aria-label="Severities" className="flex shrink-0 items-center gap-x-1 gap-y-0.5 max-md:shrink max-md:flex-wrap">
      {SEVERITIES.toReversed().map((severity) => {
        const isOut = hasTerm(q, `-severity:${severity}`);
        return (
          <li key={severity} className="group flex items-center">
            <button
              type="button"
              {...(!isStatic && { 'aria-pressed': !isOut })}
              disabled={isStatic}
              title={isStatic ? undefined : isOut ? `Show ${severity} again` : `Leave ${severity} out`}
              onClick={() => onToggle(severity)}
              className="flex items-center gap-1.5 rounded px-1.5 py-0.5 text-xs hover:bg-sunken"
            >
              <span
                aria-hidden
                className={classNames(
                  'size-2 rounded-sm',
                  isOut ? 'border border-line-strong' : SEVERITY_LOOKS[severity].solid,
                )}
              />
              <span className={classNames(isOut && 'text-muted line-through')}>{severity}</span>
              <span className="text-muted tabular-nums">
                {formatCount(counts[severity])}
                <span className="sr-only"> events</span>
              </span>
            </button>
            {!isStatic && (
              <button
                type="button"
                aria-label={`Only ${severity}`}
                onClick={() => onOnly(severity)}
                className="rounded px-1 text-xs text-muted opacity-0 group-hover:opacity-100 hover:text-text focus-visible:opacity-100 max-md:hidden"
              >
                only
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
