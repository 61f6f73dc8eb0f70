import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTimeZone } from '../../app/time-zone.ts';
import { CopyButton } from '../../components/display.tsx';
import { TemplateText } from '../../components/template-text.tsx';
import { TimeChart } from '../../components/time-chart.tsx';
import { stripAnsi } from '../../lib/ansi.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { type LogsLink, logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { SEVERITIES } from '../../lib/severity.ts';
import { formatClock, formatTime, type TimeRange } from '../../lib/time.ts';
import { type Pattern, type Patterns, trendRange, trendTimes } from './pattern-rows.ts';

interface PatternDetailProps {
  pattern: Pattern;
  answer: Patterns;
  q: string;
  range: TimeRange;
}

/** One pattern: its whole template, an example, its course over time, and who sends it. */
export function PatternDetail({ pattern, answer, q, range }: PatternDetailProps) {
  const linkOf = (...terms: string[]) => logsLink(q, range, [pattern.q, ...terms]);
  const [zone] = useTimeZone();
  const { to, search } = linkOf();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 max-md:sticky max-md:left-3 max-md:w-[calc(100vw-3.5rem)] gap-y-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <Part title="Template">
          <TemplateText template={pattern.template} isWhole />
        </Part>
        <Part title="Newest example">
          <pre
            tabIndex={0}
            dir="auto"
            className="max-h-56 overflow-auto rounded border border-line bg-raised p-2 font-mono text-xs leading-5 break-words whitespace-pre-wrap"
          >
            {pattern.example_message === '' ? '(empty message)' : stripAnsi(pattern.example_message)}
          </pre>
          <p className="mt-1 flex flex-wrap items-center gap-3 text-xs">
            <Link
              to={to}
              search={{ ...search, event: pattern.example_event_id }}
              className="text-accent hover:underline"
            >
              Open this event
            </Link>
            <CopyButton text={pattern.example_message} label="Copy message" />
          </p>
        </Part>
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <Part title="Over time">
          <Trend pattern={pattern} answer={answer} q={q} />
        </Part>
        <Part title="Severities">
          <Terms
            values={SEVERITIES.filter((name) => pattern.by_severity[name] > 0)}
            linkOf={(name) => linkOf(fieldTerm('severity', name))}
            noteOf={(name) => formatCount(pattern.by_severity[name as keyof Pattern['by_severity']])}
          />
        </Part>
        <Part title="Services">
          <Terms values={pattern.services} linkOf={(name) => linkOf(fieldTerm('service', name))} />
        </Part>
        <Part title="Log types">
          <Terms values={pattern.log_types} linkOf={(name) => linkOf(fieldTerm('log_type', name))} />
        </Part>
        <p className="text-xs text-muted tabular-nums">
          First {formatTime(pattern.first, zone)}, last {formatTime(pattern.last, zone)} in this range
        </p>
      </div>
    </div>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

interface TermsProps {
  values: readonly string[];
  linkOf(value: string): LogsLink;
  noteOf?(value: string): string;
}

function Terms({ values, linkOf, noteOf }: TermsProps) {
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-1">
      {values.map((value) => (
        <li key={value} className="min-w-0">
          <Link {...linkOf(value)} className="block max-w-60 truncate hover:underline">
            {value === '' ? '(none)' : value}
            {noteOf !== undefined && <span className="text-muted tabular-nums"> {noteOf(value)}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Trend({ pattern, answer, q }: { pattern: Pattern; answer: Patterns; q: string }) {
  const [zone] = useTimeZone();
  const navigate = useNavigate();
  const [hovered, setHovered] = useState<number | null>(null);
  const times = useMemo(() => trendTimes(answer.from, answer.interval_ms, pattern.trend.length), [answer, pattern]);
  const series = useMemo(() => [{ name: 'events', colour: 'var(--accent)', values: pattern.trend }], [pattern]);
  const start = hovered === null ? undefined : times[hovered];
  return (
    <>
      <TimeChart
        label={`Events over time: ${pattern.trend.join(', ')}`}
        {...{ times, series, zone }}
        intervalMs={answer.interval_ms}
        kind="bars"
        height={110}
        onHover={setHovered}
        onSelect={(index) => void navigate(logsLink(q, trendRange(answer, index), [pattern.q]))}
      />
      <p className="h-5 text-xs text-muted tabular-nums" aria-hidden>
        {start === undefined
          ? 'Click a bar for its events.'
          : `${formatTime(start, zone, 0)} – ${formatClock(start + answer.interval_ms, zone, 0)} · ${plural(pattern.trend[hovered!]!, 'event')}`}
      </p>
    </>
  );
}
