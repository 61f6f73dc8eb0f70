import { Link } from '@tanstack/react-router';
import { Segments } from '../../components/choices.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatPercent } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { AnswerCard } from './answer-card.tsx';
import { type Scope, type Top, useTop } from './stats-queries.ts';

const DIMENSIONS = [
  { id: 'service', label: 'Service' },
  { id: 'log_type', label: 'Log type' },
  { id: 'event_type', label: 'Event type' },
  { id: 'user_id', label: 'User' },
] as const;
export type CostDimension = (typeof DIMENSIONS)[number]['id'];
const VALUES_SHOWN = 12;
const costs = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

interface CostCardProps {
  scope: Scope;
  link: Scope;
  by: CostDimension;
  onBy(by: CostDimension): void;
}

/** Sums of the events' `cost`, which has no unit but the sender's. */
export function CostCard({ scope, link, by, onBy }: CostCardProps) {
  const query = useTop(scope, by);
  return (
    <AnswerCard
      title="Cost"
      query={query}
      actions={<Segments label="Cost by" options={DIMENSIONS} value={by} onChange={onBy} />}
      isEmpty={(data) => costsOf(data).length === 0}
      empty="No event with a cost has a value there."
    >
      {(data) => <Costs values={costsOf(data)} by={by} link={link} />}
    </AnswerCard>
  );
}

/** Values with a cost, the dearest first. */
export function costsOf({ values }: Top): { value: string; cost: number }[] {
  return values
    .flatMap(({ value, cost }) => (cost === null || cost === 0 ? [] : { value, cost }))
    .toSorted((a, b) => b.cost - a.cost);
}

function Costs({ values, by, link }: { values: { value: string; cost: number }[]; by: CostDimension; link: Scope }) {
  const total = values.reduce((sum, { cost }) => sum + cost, 0);
  const rest = values.slice(VALUES_SHOWN).reduce((sum, { cost }) => sum + cost, 0);
  return (
    <>
      <p className="mb-2">
        <Link
          {...logsLink(link.q, link.range, ['cost:>0'])}
          className="text-xl font-semibold tabular-nums hover:underline"
        >
          {costs.format(total)}
        </Link>
        <span className="text-muted"> in all</span>
      </p>
      <ul aria-label="Cost by value">
        {values.slice(0, VALUES_SHOWN).map(({ value, cost }) => (
          <li key={value}>
            <Link
              {...logsLink(link.q, link.range, [fieldTerm(by, value), 'cost:>0'])}
              className="grid grid-cols-[minmax(0,1fr)_6rem_4.5rem_3.5rem] items-center gap-3 rounded px-2 py-1 hover:bg-sunken"
            >
              <span className="truncate">{value}</span>
              <ShareBar share={total === 0 ? 0 : cost / total} />
              <span className="text-right tabular-nums">{costs.format(cost)}</span>
              <span className="text-right text-muted tabular-nums">
                {formatPercent(total === 0 ? 0 : cost / total)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <p className="mt-1 px-2 text-xs text-muted">
          {values.length - VALUES_SHOWN} others: {costs.format(rest)}
        </p>
      )}
    </>
  );
}
