import { Link } from '@tanstack/react-router';
import { Figure } from '../../components/display.tsx';
import { classNames } from '../../lib/class-names.ts';
import { formatBytes, formatCompact, formatCount } from '../../lib/format.ts';
import { type LogsLink, logsLink } from '../../lib/logs-link.ts';
import { type Change, changeOf, pointsOf } from './compare.ts';
import type { Figures } from './figures.ts';
import { type Scope, TOP_VALUES_MAX } from './stats-queries.ts';

const ERRORS = 'severity:>=error';
const TONES = { up: 'text-error', down: 'text-good', same: 'text-muted' } as const;
const ARROWS = { up: '▲', down: '▼', same: '' } as const;

interface FigureRowProps {
  now: Figures;
  /** Of the period before, when the page compares. */
  before: Figures | null;
  link: Scope;
}

/** The numbers on top of the page. Each leads to its events. */
export function FigureRow({ now, before, link }: FigureRowProps) {
  const all = logsLink(link.q, link.range);
  const errors = logsLink(link.q, link.range, [ERRORS]);
  const changes = before === null ? null : changesOf(now, before);
  const services = now.services ?? 0;
  return (
    <dl
      aria-label="Figures"
      className="grid grid-cols-2 gap-x-4 gap-y-3 rounded-lg border border-line bg-raised px-4 py-3 sm:grid-cols-3 lg:grid-cols-5"
    >
      <One
        label="Events"
        value={formatCompact(now.events)}
        exact={formatCount(now.events)}
        link={all}
        change={changes?.events}
      />
      <One
        label="Errors"
        value={formatCompact(now.errors)}
        exact={formatCount(now.errors)}
        link={errors}
        change={changes?.errors}
        isBadUp
      />
      <One label="Error rate" value={rateText(now.errorRate)} link={errors} change={changes?.errorRate} isBadUp />
      <One
        label="Volume"
        value={now.bytes === null ? '…' : formatBytes(now.bytes)}
        link={all}
        change={changes?.bytes}
      />
      <One
        label="Active services"
        value={
          now.services === null
            ? '…'
            : services >= TOP_VALUES_MAX
              ? `${formatCount(TOP_VALUES_MAX)}+`
              : formatCount(services)
        }
        link={logsLink(link.q, link.range, ['service:*'])}
        change={changes?.services}
      />
    </dl>
  );
}

function changesOf(now: Figures, before: Figures): Partial<Record<keyof Figures, Change>> {
  return {
    events: changeOf(now.events, before.events),
    errors: changeOf(now.errors, before.errors),
    errorRate: pointsOf(now.errorRate, before.errorRate),
    ...(now.bytes !== null && before.bytes !== null && { bytes: changeOf(now.bytes, before.bytes) }),
    ...(now.services !== null && before.services !== null && { services: changeOf(now.services, before.services) }),
  };
}

/** Two digits where it is small: between 0.1 % and 0.4 % lies an incident. */
function rateText(rate: number): string {
  const percent = rate * 100;
  return `${percent === 0 ? '0' : percent < 10 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

interface OneProps {
  label: string;
  value: string;
  exact?: string;
  link: LogsLink;
  change: Change | undefined;
  /** More of it is worse. */
  isBadUp?: boolean;
}

function One({ label, value, exact, link, change, isBadUp = false }: OneProps) {
  return (
    <Figure
      label={label}
      value={
        <Link
          {...link}
          title={exact === undefined ? `Events behind ${label}` : `${exact} events`}
          className="hover:underline"
        >
          {value}
        </Link>
      }
      {...(change !== undefined && { note: <ChangeText change={change} isBadUp={isBadUp} /> })}
    />
  );
}

/** `▲ +12 %`, red or green only where more is worse. */
export function ChangeText({ change, isBadUp = false }: { change: Change; isBadUp?: boolean }) {
  return (
    <span className={classNames('tabular-nums', isBadUp ? TONES[change.direction] : 'text-muted')}>
      {change.direction !== 'same' && <span aria-hidden>{ARROWS[change.direction]} </span>}
      {change.text}
    </span>
  );
}
