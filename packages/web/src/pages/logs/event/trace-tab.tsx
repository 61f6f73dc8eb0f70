import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { CopyButton } from '../../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { formatDuration, plural } from '../../../lib/format.ts';
import type { LogRow } from '../table/row.ts';

/** The trace that it belongs to, in short, and the way there. */
export function TraceTab({ row }: { row: LogRow }) {
  const traceId = row.event?.trace_id ?? '';
  if (traceId === '') {
    return (
      <EmptyNotice title="This event belongs to no trace">
        Events with a <code>trace_id</code> are shown with the others of their trace. OpenTelemetry SDKs send it by
        themselves.
      </EmptyNotice>
    );
  }
  return <TraceOf traceId={traceId} spanId={row.event?.span_id ?? ''} />;
}

function TraceOf({ traceId, spanId }: { traceId: string; spanId: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['trace', chosenOrg(), traceId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/traces/{trace_id}', { params: { path: { trace_id: traceId } }, signal })),
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-3">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 font-mono text-xs">
        <dt className="text-muted">trace_id</dt>
        <dd className="flex min-w-0 items-center">
          <span className="break-all">{traceId}</span>
          <CopyButton text={traceId} label="Copy trace id" isIconOnly />
        </dd>
        {spanId !== '' && (
          <>
            <dt className="text-muted">span_id</dt>
            <dd className="flex min-w-0 items-center">
              <span className="break-all">{spanId}</span>
              <CopyButton text={spanId} label="Copy span id" isIconOnly />
            </dd>
          </>
        )}
      </dl>
      <Link
        to="/traces/$traceId"
        params={{ traceId }}
        className="inline-flex h-9 items-center self-start rounded-md bg-accent px-3 font-medium text-on-accent hover:bg-accent-strong"
      >
        Show the trace
      </Link>
      {data === undefined && error === null && <Loading rows={3} />}
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <>
          <p>
            {data.truncated ? 'At least ' : ''}
            {plural(data.event_count, 'event')} of {plural(data.services.length, 'service')} in{' '}
            {formatDuration(data.duration_ms)}.
          </p>
          <ul className="divide-y divide-line border-y border-line text-xs">
            {data.services.map(({ service, event_count, duration_ms }) => (
              <li key={service} className="flex gap-3 py-1.5 tabular-nums">
                <span className="min-w-0 flex-1 truncate font-medium">{service === '' ? 'no service' : service}</span>
                <span>{plural(event_count, 'event')}</span>
                <span className="w-20 text-right text-muted">{formatDuration(duration_ms)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
