import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { answerOf, api } from '../../../api/client.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { useRange } from '../../../app/use-search.ts';
import { Badge, Card } from '../../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { RangePicker } from '../../../components/range-picker.tsx';
import { formatCount } from '../../../lib/format.ts';
import { fieldTerm } from '../../../lib/search-text.ts';
import { formatTime, type TimeRange } from '../../../lib/time.ts';

const DAY: TimeRange = { from: '-24h', to: '' };

const useCoverage = (range: TimeRange) =>
  useQuery({
    queryKey: ['coverage', range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/coverage', {
          params: { query: { from: range.from, ...(range.to !== '' && { to: range.to }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

type Coverage = NonNullable<ReturnType<typeof useCoverage>['data']>;

/** Which declared events come, which never do, and what comes that nobody declared. */
export function CoverageTab() {
  const [range, setRange] = useRange(DAY);
  const { data, error, isError, refetch } = useCoverage(range);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto text-muted">What is declared in the contract of events, against what came.</p>
        <RangePicker range={range} onChange={setRange} />
      </div>
      {isError && <ErrorNotice error={error} onRetry={refetch} />}
      {data === undefined ? !isError && <Loading rows={6} /> : <Found coverage={data} range={range} />}
    </div>
  );
}

function Found({ coverage, range }: { coverage: Coverage; range: TimeRange }) {
  const [zone] = useTimeZone();
  return (
    <>
      {coverage.contract_set_at === null && (
        <EmptyNotice title="No contract is set, so nothing is declared">
          <code className="font-mono">tailwater events push</code> gives the server yours, a file
          <code className="font-mono"> tailwater.events.yaml</code>. Until then everything below counts as undeclared.
        </EmptyNotice>
      )}
      {coverage.violations.length > 0 && (
        <Section title="Not as declared" count={coverage.violations.length} kind="bad">
          <Rows
            names={['Event', 'Service', 'Attribute', 'Problem', 'Events', 'Example']}
            rows={coverage.violations.map((one) => ({
              key: `${one.log_type} ${one.event_type} ${one.service} ${one.attribute} ${one.problem}`,
              cells: [
                <Kind key="kind" {...one} range={range} />,
                one.service,
                <code key="attribute">{one.attribute}</code>,
                one.problem,
                formatCount(one.events),
                <Link
                  key="example"
                  to="/logs"
                  search={{ event: one.example_event_id }}
                  className="text-accent underline"
                >
                  open
                </Link>,
              ],
            }))}
          />
        </Section>
      )}
      <Section title="Declared, never seen" count={coverage.never_seen.length} kind="warn">
        <Rows
          names={['Event', 'Owner']}
          rows={coverage.never_seen.map((one) => ({
            key: `${one.log_type} ${one.event_type}`,
            cells: [<Kind key="kind" {...one} range={range} />, one.owner],
          }))}
        />
      </Section>
      <Section title="Declared and seen" count={coverage.seen.length} kind="good">
        <SeenRows kinds={coverage.seen} range={range} zone={zone} />
      </Section>
      <Section title="Seen, not declared" count={coverage.undeclared.length} kind="neutral">
        <SeenRows kinds={coverage.undeclared} range={range} zone={zone} />
      </Section>
    </>
  );
}

interface SectionProps {
  title: string;
  count: number;
  kind: 'good' | 'warn' | 'bad' | 'neutral';
  children: ReactNode;
}

function Section({ title, count, kind, children }: SectionProps) {
  return (
    <Card title={title} actions={<Badge kind={kind}>{formatCount(count)}</Badge>}>
      {count === 0 ? <p className="text-muted">None.</p> : children}
    </Card>
  );
}

function SeenRows({ kinds, range, zone }: { kinds: Coverage['undeclared']; range: TimeRange; zone: string }) {
  return (
    <Rows
      names={['Event', 'Services', 'Events', 'An hour', 'Last seen']}
      rows={kinds.map((kind) => ({
        key: `${kind.log_type} ${kind.event_type}`,
        cells: [
          <Kind key="kind" {...kind} range={range} />,
          kind.services.map(({ service }) => service || '(none)').join(', '),
          formatCount(kind.events),
          formatCount(kind.per_hour),
          formatTime(kind.last_seen, zone, 0),
        ],
      }))}
    />
  );
}

function Kind({ log_type, event_type, range }: { log_type: string; event_type: string; range: TimeRange }) {
  const q = [fieldTerm('log_type', log_type), fieldTerm('event_type', event_type)].join(' ');
  return (
    <Link to="/logs" search={{ q, from: range.from, to: range.to }} className="font-mono text-accent underline">
      {log_type}/{event_type || '(none)'}
    </Link>
  );
}

interface Row {
  key: string;
  cells: ReactNode[];
}

function Rows({ names, rows }: { names: readonly string[]; rows: readonly Row[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-xl text-left">
        <thead className="text-xs text-muted">
          <tr>
            {names.map((name) => (
              <th key={name} scope="col" className="py-1.5 pr-3 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, column) => (
                <td key={names[column]} className="py-1.5 pr-3 align-top tabular-nums">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
