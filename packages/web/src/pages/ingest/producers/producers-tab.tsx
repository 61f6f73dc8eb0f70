import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answerOf, api } from '../../../api/client.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { Badge, type BadgeKind, Card, Figure } from '../../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { fieldTerm } from '../../../lib/search-text.ts';
import { formatAgo, formatTime } from '../../../lib/time.ts';

const ASK_INTERVAL_MS = 5_000;

const useProducers = () =>
  useQuery({
    queryKey: ['producers'],
    queryFn: ({ signal }) => answerOf(api.GET('/api/producers', { signal })),
    refetchInterval: ASK_INTERVAL_MS,
    placeholderData: keepPreviousData,
  });

type Producers = NonNullable<ReturnType<typeof useProducers>['data']>;

/** Who numbers its events, and whether all of them are here. */
export function ProducersTab() {
  const { data, error, isError, refetch } = useProducers();
  return (
    <div className="flex flex-col gap-4">
      {isError && <ErrorNotice error={error} onRetry={refetch} />}
      {data === undefined ? !isError && <Loading rows={6} /> : <Found producers={data} />}
    </div>
  );
}

function Found({ producers }: { producers: Producers }) {
  const [zone] = useTimeZone();
  if (producers.producers.length === 0) {
    return (
      <EmptyNotice title="No producer numbers its events yet">
        Programs with a Tailwater SDK do. For each of them this page says up to which moment nothing is missing.
      </EmptyNotice>
    );
  }
  return (
    <>
      <Card>
        <dl className="grid grid-cols-2 gap-4 md:grid-cols-4">
          <Figure label="Producers" value={formatCount(producers.producers.length)} />
          <Figure
            label="Complete up to"
            value={producers.complete_to === null ? 'not known' : formatTime(producers.complete_to, zone, 0)}
          />
          <Figure
            label="On their way"
            value={formatCount(producers.missing)}
            note="emitted, not arrived, not given up"
          />
          <Figure label="Lost" value={formatCount(producers.lost)} note="will never come, by their own word" />
        </dl>
      </Card>
      <ProducerTable producers={producers.producers} />
    </>
  );
}

const STATES: Readonly<Record<Producers['producers'][number]['state'], BadgeKind>> = {
  live: 'good',
  silent: 'warn',
  ended: 'neutral',
};

function ProducerTable({ producers }: { producers: Producers['producers'] }) {
  const nowMs = Date.now();
  return (
    <Card title="Producers">
      <div className="overflow-x-auto">
        <table className="w-full min-w-3xl text-left">
          <thead className="text-xs text-muted">
            <tr>
              {['Producer', 'State', 'Service', 'Received', 'Missing', 'Lost', 'Heard of', 'In words'].map((name) => (
                <th key={name} scope="col" className="py-1.5 pr-3 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {producers.map((one) => (
              <tr key={one.id} className="align-top">
                <th scope="row" className="py-2 pr-3 font-medium">
                  {one.name}
                  <span className="block text-xs font-normal text-muted">{one.host}</span>
                </th>
                <td className="py-2 pr-3">
                  <Badge kind={STATES[one.state]}>{one.state}</Badge>
                </td>
                <td className="py-2 pr-3">
                  <Link to="/logs" search={{ q: fieldTerm('service', one.service) }} className="text-accent underline">
                    {one.service === '' ? '(none)' : one.service}
                  </Link>
                </td>
                <td className="py-2 pr-3 tabular-nums">{formatCount(one.received)}</td>
                <td className="py-2 pr-3 tabular-nums">{formatCount(one.missing)}</td>
                <td className="py-2 pr-3">
                  {Object.entries(one.lost).length === 0
                    ? '0'
                    : Object.entries(one.lost).map(([reason, count]) => (
                        <span key={reason} className="block text-error">
                          {plural(count, 'event')}: {reason.replaceAll('_', ' ')}
                        </span>
                      ))}
                </td>
                <td className="py-2 pr-3 whitespace-nowrap">{formatAgo(one.seen_at, nowMs)}</td>
                <td className="py-2 text-muted">{one.summary}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
