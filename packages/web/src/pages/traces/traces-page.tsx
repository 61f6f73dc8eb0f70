import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { chosenOrg } from '../../api/org.ts';
import type { components } from '../../api/schema.gen.ts';
import { Page } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { usePinnedRange } from '../../app/use-pinned-range.ts';
import { usePageSearch, useRange } from '../../app/use-search.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Segments } from '../../components/choices.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Input } from '../../components/field.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { RangePicker } from '../../components/range-picker.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { plural } from '../../lib/format.ts';
import { filterParams } from '../../lib/logs-link.ts';
import type { TimeRange } from '../../lib/time.ts';
import { traceColumns } from './trace-columns.tsx';

const RANGE_INITIAL: TimeRange = { from: '-24h', to: '' };
const LIMIT_FEW = 50;
const LIMIT_MANY = 500;
const ORDERS = [
  { id: 'errors', label: 'Errors first' },
  { id: 'recent', label: 'Recent' },
  { id: 'slowest', label: 'Slowest' },
] as const;
type Order = (typeof ORDERS)[number]['id'];
const orderOf = (text: string): Order => ORDERS.find(({ id }) => id === text)?.id ?? 'errors';

/** Recent traces, those with errors first. */
export default function TracesPage() {
  const { text, change } = usePageSearch();
  const [range, setRange] = useRange(RANGE_INITIAL);
  const pinned = usePinnedRange(range);
  const q = text('q');
  const order = orderOf(text('order'));
  const limit = text('all') === '1' ? LIMIT_MANY : LIMIT_FEW;
  const { data, error, isFetching, refetch } = useTraces(q, pinned.range, order, limit);
  useShortcuts([{ keys: 'r', does: 'Ask again', run: pinned.renew }]);
  return (
    <Page
      title="Traces"
      actions={
        <>
          <RangePicker range={range} onChange={setRange} />
          <IconButton label="Ask again (r)" kind="plain" isBusy={isFetching} onClick={pinned.renew}>
            <RefreshCw size={15} aria-hidden />
          </IconButton>
        </>
      }
    >
      <div className="flex flex-wrap gap-2">
        <SearchBox q={q} onSearch={(next) => change({ q: next })} />
        <OpenTrace />
      </div>
      <div>
        {' '}
        <Segments
          label="Order"
          options={ORDERS}
          value={order}
          onChange={(id) => change({ order: id === 'errors' ? '' : id, sort: '' })}
        />
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined ? (
        <Found {...data} q={q} limit={limit} />
      ) : (
        error === null && <Loading rows={10} label="Loading traces" />
      )}
    </Page>
  );
}

function useTraces(q: string, range: TimeRange, order: Order, limit: number) {
  return useQuery({
    queryKey: ['traces', chosenOrg(), q, range, order, limit],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/traces', {
          params: { query: { ...filterParams(q, range), order, limit: String(limit) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

function Found({ traces, complete, q, limit }: components['schemas']['TraceList'] & { q: string; limit: number }) {
  const { text, change } = usePageSearch();
  if (traces.length === 0) return <Nothing q={q} />;
  return (
    <div className="flex flex-col gap-3 pb-16">
      <div className="rounded-lg border border-line bg-raised">
        <DataTable
          label="Traces"
          columns={traceColumns()}
          rows={traces}
          keyOf={({ trace_id }) => trace_id}
          sort={text('sort')}
          onSort={(sort) => change({ sort }, { replace: true })}
        />
      </div>
      <p className="flex items-center gap-3 text-xs text-muted" role="status">
        {plural(traces.length, 'trace')}.
        {!complete &&
          ' Only the newest events were looked through: a shorter range or a filter finds older traces too.'}
        {traces.length === limit && limit < LIMIT_MANY && (
          <Button size="small" onClick={() => change({ all: '1' })}>
            Show more
          </Button>
        )}
      </p>
    </div>
  );
}

function Nothing({ q }: { q: string }) {
  return (
    <EmptyNotice title="No traces in this time">
      {q === ''
        ? 'A trace is the events that carry the same trace_id. OpenTelemetry SDKs send it by themselves; others set the field trace_id. A longer range may have some.'
        : 'No trace has an event that this search text finds. Choose a longer range, or another search text.'}
    </EmptyNotice>
  );
}

/** The way to a trace whose id one has from elsewhere. */
function OpenTrace() {
  const navigate = useNavigate();
  const [id, setId] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const traceId = id.trim();
    if (traceId !== '') void navigate({ to: '/traces/$traceId', params: { traceId } });
  };
  return (
    <form onSubmit={submit} className="flex min-w-0 flex-1 basis-64 gap-2 lg:max-w-md">
      <Input
        aria-label="Trace id"
        placeholder="Trace id"
        className="font-mono text-xs"
        autoComplete="off"
        spellCheck={false}
        value={id}
        onChange={(event) => setId(event.target.value)}
      />
      <Button type="submit" disabled={id.trim() === ''}>
        Open
      </Button>
    </form>
  );
}
