import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { answerOf, api } from '../../api/client.ts';
import { chosenOrg } from '../../api/org.ts';
import { Page } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { useTimeZone } from '../../app/time-zone.ts';
import { usePinnedRange } from '../../app/use-pinned-range.ts';
import { usePageSearch, useRange } from '../../app/use-search.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Segments, Switch } from '../../components/choices.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { RangePicker } from '../../components/range-picker.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import { filterParams, withTerms } from '../../lib/logs-link.ts';
import { formatTime, type TimeRange } from '../../lib/time.ts';
import { patternColumns } from './pattern-columns.tsx';
import { PatternDetail } from './pattern-detail.tsx';
import { type Pattern, type Patterns, readText, shownPatterns } from './pattern-rows.ts';

const RANGE_INITIAL: TimeRange = { from: '-24h', to: '' };
const LIMITS = { few: '50', all: '300' } as const;
const ORDERS = [
  { id: '-events', label: 'Most events' },
  { id: '-first', label: 'Newest' },
  { id: '-errors', label: 'Most errors' },
] as const;

/** Messages by what they have in common. */
export default function PatternsPage() {
  const { text, change } = usePageSearch();
  const [range, setRange] = useRange(RANGE_INITIAL);
  const pinned = usePinnedRange(range);
  const q = text('q');
  const query = usePatterns(q, pinned.range, text('all') === '1' ? LIMITS.all : LIMITS.few);
  useShortcuts([{ keys: 'r', does: 'Ask again', run: pinned.renew }]);
  const { data, error, isFetching, refetch } = query;
  return (
    <Page
      title="Patterns"
      actions={
        <>
          <RangePicker range={range} onChange={setRange} />
          <IconButton label="Ask again (r)" kind="plain" isBusy={isFetching} onClick={pinned.renew}>
            <RefreshCw size={15} aria-hidden />
          </IconButton>
        </>
      }
    >
      <div className="flex">
        <SearchBox q={q} onSearch={(next) => change({ q: next })} />
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined ? (
        <Found answer={data} q={q} range={range} />
      ) : (
        error === null && <Loading rows={12} label="Loading patterns" />
      )}
    </Page>
  );
}

function usePatterns(q: string, range: TimeRange, limit: string) {
  return useQuery({
    queryKey: ['patterns', chosenOrg(), q, range, limit],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/logs/patterns', { params: { query: { ...filterParams(q, range), limit } }, signal })),
    placeholderData: keepPreviousData,
  });
}

function Found({ answer, q, range }: { answer: Patterns; q: string; range: TimeRange }) {
  const { text, change } = usePageSearch();
  const isNewOnly = text('new') === '1';
  const sort = text('sort') || '-events';
  const openId = text('open');
  const rows = shownPatterns(answer.patterns, isNewOnly);
  const onToggle = ({ id }: Pattern) => change({ open: id === openId ? '' : id }, { replace: true });
  const onExclude = ({ exclude_q }: Pattern) => change({ q: withTerms(q, [exclude_q]), open: '' });
  return (
    <div className="flex flex-col gap-3 pb-16">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Segments
          label="Order"
          options={ORDERS}
          value={ORDERS.find(({ id }) => id === sort)?.id ?? ('' as (typeof ORDERS)[number]['id'])}
          onChange={(id) => change({ sort: id === '-events' ? '' : id })}
        />
        <Switch
          label="New since the day before"
          isOn={isNewOnly}
          onChange={(isOn) => change({ new: isOn ? '1' : '' })}
        />
        <p className="text-xs text-muted" role="status">
          {plural(answer.patterns_total, 'pattern')}. {readText(answer)}
        </p>
      </div>
      {rows.length === 0 ? (
        <Nothing answer={answer} isNewOnly={isNewOnly} q={q} />
      ) : (
        <div className="rounded-lg border border-line bg-raised">
          <DataTable
            label="Patterns"
            columns={patternColumns({ q, range, openId, onToggle, onExclude })}
            rows={rows}
            keyOf={({ id }) => id}
            sort={sort}
            onSort={(next) => change({ sort: next === '-events' ? '' : next }, { replace: true })}
            detailOf={(row) =>
              row.id === openId ? <PatternDetail pattern={row} answer={answer} q={q} range={range} /> : null
            }
          />
        </div>
      )}
      {answer.patterns.length < answer.patterns_total && text('all') !== '1' && (
        <div className="flex items-center gap-3">
          <Button onClick={() => change({ all: '1' })}>Show more</Button>
          <span className="text-xs text-muted">
            The {formatCount(answer.patterns.length)} with the most events are shown.
          </span>
        </div>
      )}
    </div>
  );
}

function Nothing({ answer, isNewOnly, q }: { answer: Patterns; isNewOnly: boolean; q: string }) {
  const [zone] = useTimeZone();
  if (isNewOnly && answer.patterns.length > 0) {
    return (
      <EmptyNotice title="Nothing new">
        {answer.events_before === 0
          ? 'There is no event in the 24 hours before this range, so nothing can be told to be new.'
          : `Every pattern was there in the 24 hours before ${formatTime(answer.from, zone, 0)} too.`}
      </EmptyNotice>
    );
  }
  return (
    <EmptyNotice title="No events in this time">
      {q === ''
        ? 'Choose a longer range, or connect a source on the page Ingest.'
        : 'Choose a longer range, or another search text.'}
    </EmptyNotice>
  );
}
