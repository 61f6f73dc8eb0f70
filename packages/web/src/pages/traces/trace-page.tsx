import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { answerOf, api } from '../../api/client.ts';
import { ApiError } from '../../api/error.ts';
import { chosenOrg } from '../../api/org.ts';
import { Page } from '../../app/page.tsx';
import { IconButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { TraceView } from './trace-view.tsx';

/** All events of one trace on a time line. */
export default function TracePage() {
  const { traceId } = useParams({ strict: false }) as { traceId: string };
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['trace', chosenOrg(), traceId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/traces/{trace_id}', { params: { path: { trace_id: traceId } }, signal })),
  });
  const isUnknown = error instanceof ApiError && error.code === 'not_found';
  return (
    <Page
      title="Trace"
      actions={
        <>
          <Link to="/traces" className="rounded px-2 py-1 text-muted hover:bg-sunken hover:text-text">
            All traces
          </Link>
          <IconButton label="Ask again" kind="plain" isBusy={isFetching} onClick={() => void refetch()}>
            <RefreshCw size={15} aria-hidden />
          </IconButton>
        </>
      }
    >
      <p className="-mt-3 flex min-w-0 items-center gap-1 text-xs text-muted">
        <span className="truncate font-mono" title={traceId}>
          {traceId}
        </span>
        <CopyButton text={traceId} label="Copy trace id" isIconOnly />
      </p>
      {isUnknown ? <Unknown /> : error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined && !isUnknown && <TraceView trace={data} />}
      {data === undefined && error === null && <Loading rows={10} label="Loading the trace" />}
    </Page>
  );
}

function Unknown() {
  return (
    <EmptyNotice title="There is no event of this trace">
      Trace ids are compared letter by letter, and OpenTelemetry writes them in lower case. Its events may also not have
      arrived yet, belong to another org, or be older than what is kept.{' '}
      <Link to="/traces" className="text-accent underline">
        See recent traces
      </Link>
    </EmptyNotice>
  );
}
