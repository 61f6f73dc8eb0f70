import { formatCount } from '../lib/format.ts';
import { SEVERITIES, SEVERITY_LOOKS, type Severity } from '../lib/severity.ts';

/** A bar for a number that stands beside it in text: 0 to 1. */
export function ShareBar({ share, colour = 'var(--accent)' }: { share: number; colour?: string }) {
  return (
    <span aria-hidden className="block h-1.5 w-full min-w-12 overflow-hidden rounded-full bg-line">
      <span
        className="block h-full rounded-full"
        style={{ width: `${Math.min(100, Math.max(share > 0 ? 2 : 0, share * 100))}%`, background: colour }}
      />
    </span>
  );
}

/** How many events of each severity, as one bar; its name says it in words. */
export function SeverityMix({ counts }: { counts: Readonly<Record<Severity, number>> }) {
  const present = SEVERITIES.filter((severity) => counts[severity] > 0);
  const text = present.map((severity) => `${severity} ${formatCount(counts[severity])}`).join(', ');
  return (
    <span role="img" aria-label={text} title={text} className="flex h-2 w-full min-w-16 gap-px overflow-hidden rounded">
      {present.map((severity) => (
        <span
          key={severity}
          style={{ flexGrow: counts[severity], background: SEVERITY_LOOKS[severity].colour }}
          className="min-w-0.5 basis-0"
        />
      ))}
    </span>
  );
}
