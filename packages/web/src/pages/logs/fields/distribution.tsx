import type { components } from '../../../api/schema.gen.ts';
import { formatCompact, formatCount } from '../../../lib/format.ts';

interface DistributionProps {
  distribution: components['schemas']['Distribution'];
  /** A bar was chosen: its bounds, the upper one exclusive but for the last. */
  onBin(from: number, to: number, isLast: boolean): void;
}

const FIGURES = [
  ['min', 'min'],
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['max', 'max'],
] as const;

/** How numbers are spread: five figures, and bars to choose from. */
export function Distribution({ distribution, onBin }: DistributionProps) {
  const { bins, scale } = distribution;
  const most = Math.max(1, ...bins.map(({ events }) => events));
  return (
    <div className="py-1">
      <dl className="mb-1.5 grid grid-cols-5 gap-1 text-xs">
        {FIGURES.map(([id, label]) => (
          <div key={id} className="min-w-0">
            <dt className="text-muted">{label}</dt>
            <dd className="truncate tabular-nums" title={String(distribution[id])}>
              {figure(distribution[id])}
            </dd>
          </div>
        ))}
      </dl>
      <fieldset aria-label="Spread of the numbers" className="flex h-14 items-end gap-px">
        {bins.map(({ from, to, events }, index) => (
          <button
            key={from}
            type="button"
            disabled={events === 0}
            aria-label={`${figure(from)} to ${figure(to)}: ${formatCount(events)} events`}
            title={`${figure(from)} to ${figure(to)}: ${formatCount(events)} events`}
            onClick={() => onBin(exact(from), exact(to), index === bins.length - 1)}
            className="flex h-full min-w-0 flex-1 items-end hover:bg-line"
          >
            <span
              className="block w-full bg-accent"
              style={{ height: events === 0 ? 0 : `${Math.max(4, (events / most) * 100)}%` }}
            />
          </button>
        ))}
      </fieldset>
      <div className="flex justify-between text-xs text-muted tabular-nums">
        <span>{figure(bins[0]?.from ?? null)}</span>
        {scale === 'log' && <span>each bar a ratio</span>}
        <span>{figure(bins.at(-1)?.to ?? null)}</span>
      </div>
    </div>
  );
}

/** Three digits that count. */
function figure(value: number | null): string {
  if (value === null) return '–';
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return Math.abs(value) >= 1000 ? formatCompact(value) : String(Number(value.toPrecision(3)));
}

/** A bound that can be read in the search, and is still the bin's. */
const exact = (value: number): number => Number(value.toPrecision(12));
