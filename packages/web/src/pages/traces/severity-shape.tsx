import { SEVERITIES, SEVERITY_LOOKS, type Severity } from '../../lib/severity.ts';

/** Outlines around 0 0, so that severities differ in shape as well as in colour. */
const SHAPES: Readonly<Record<Severity, string>> = {
  debug: 'M0-3A3 3 0 1 1 0 3A3 3 0 1 1 0-3Z',
  info: 'M0-4A4 4 0 1 1 0 4A4 4 0 1 1 0-4Z',
  warn: 'M0-5L5 4L-5 4Z',
  error: 'M0-5.5L5.5 0L0 5.5L-5.5 0Z',
  critical: 'M-4.5-4.5H4.5V4.5H-4.5Z',
};

export function SeverityShape({ severity, x, y }: { severity: Severity; x: number; y: number }) {
  return (
    <path
      d={SHAPES[severity]}
      transform={`translate(${x.toFixed(1)} ${y})`}
      fill={SEVERITY_LOOKS[severity].colour}
      stroke="var(--raised)"
      strokeWidth={1}
    />
  );
}

/** What the shapes of the time line mean, and how it reads time. */
export function ShapeLegend() {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
      {SEVERITIES.map((severity) => (
        <span key={severity} className="inline-flex items-center gap-1">
          <svg width={12} height={12} aria-hidden="true">
            <SeverityShape severity={severity} x={6} y={6} />
          </svg>
          {severity}
        </span>
      ))}
      <span>
        A bar ends when its event was emitted and is as long as its duration_ms; an event without one is a dot.
      </span>
    </div>
  );
}
