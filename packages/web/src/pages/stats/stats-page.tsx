import { RefreshCw } from 'lucide-react';
import { ApiError } from '../../api/error.ts';
import { Page } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { usePinnedRange } from '../../app/use-pinned-range.ts';
import { usePageSearch, useRange } from '../../app/use-search.ts';
import { IconButton } from '../../components/button.tsx';
import { Switch } from '../../components/choices.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { RangePicker } from '../../components/range-picker.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { rangeBefore, type TimeRange } from '../../lib/time.ts';
import { CostCard, type CostDimension, costsOf } from './cost-card.tsx';
import { ErrorsCard } from './errors-card.tsx';
import { FigureRow } from './figure-row.tsx';
import { figuresOf } from './figures.ts';
import { OperationsCard } from './operations-card.tsx';
import { ServicesCard } from './services-card.tsx';
import { SeverityCard } from './severity-card.tsx';
import { SplitCard } from './split-card.tsx';
import { type Histogram, type Scope, type SplitDimension, useHistogram, useTop } from './stats-queries.ts';
import { useLastWhole } from './use-last-whole.ts';
import { type ChartKind, VolumeCard, type VolumePart } from './volume-card.tsx';

const RANGE_INITIAL: TimeRange = { from: '-24h', to: '' };

/** What the events of a time add up to. Every number leads to the events behind it. */
export default function StatsPage() {
  const { text, change } = usePageSearch();
  const [range, setRange] = useRange(RANGE_INITIAL);
  const pinned = usePinnedRange(range);
  const q = text('q');
  const isComparing = text('compare') === '1';
  const scope = { q, range: pinned.range };
  const before = { q, range: rangeBefore(pinned.range, pinned.atMs) };
  const histogram = useHistogram(scope);
  useShortcuts([
    { keys: 'c', does: 'Compare with the period before', run: () => change({ compare: isComparing ? '' : '1' }) },
    { keys: 'r', does: 'Ask again', run: pinned.renew },
  ]);
  const isRefused = histogram.error instanceof ApiError && histogram.error.status === 400;
  return (
    <Page
      title="Stats"
      actions={
        <>
          <Switch
            label="Compare with the period before"
            isOn={isComparing}
            onChange={(isOn) => change({ compare: isOn ? '1' : '' })}
          />
          <RangePicker range={range} onChange={setRange} />
          <IconButton label="Ask again (r)" kind="plain" isBusy={histogram.isFetching} onClick={pinned.renew}>
            <RefreshCw size={15} aria-hidden />
          </IconButton>
        </>
      }
    >
      <div className="flex">
        <SearchBox q={q} onSearch={(next) => change({ q: next })} />
      </div>
      {histogram.error !== null && <ErrorNotice error={histogram.error} onRetry={() => void histogram.refetch()} />}
      {isRefused ? null : histogram.data !== undefined ? (
        <Statistics
          histogram={histogram.data}
          isOld={histogram.isPlaceholderData}
          scope={scope}
          before={isComparing ? before : null}
          link={{ q, range }}
          onZoom={setRange}
        />
      ) : (
        histogram.error === null && <Loading rows={12} label="Loading statistics" />
      )}
    </Page>
  );
}

interface StatisticsProps {
  histogram: Histogram;
  /** It answers the question before, and this one is under way. */
  isOld: boolean;
  scope: Scope;
  before: Scope | null;
  link: Scope;
  onZoom(range: TimeRange): void;
}

/** What the figures and the volume are drawn from: all of it of one question. */
function useAnswers({ histogram, isOld, scope, before, link }: StatisticsProps) {
  const isComparing = { enabled: before !== null };
  const byLogType = useTop(scope, 'log_type');
  const byService = useTop(scope, 'service');
  const earlier = useHistogram(before ?? scope, isComparing);
  const byLogTypeBefore = useTop(before ?? scope, 'log_type', isComparing);
  const byServiceBefore = useTop(before ?? scope, 'service', isComparing);
  const asked = [byLogType, byService, ...(before === null ? [] : [earlier, byLogTypeBefore, byServiceBefore])];
  const isWhole = !isOld && asked.every((query) => query.isError || (query.isSuccess && !query.isPlaceholderData));
  const histogramBefore = before === null ? null : (earlier.data ?? null);
  const answers = {
    now: histogram,
    before: histogramBefore,
    figures: figuresOf(histogram, byLogType.data, byService.data),
    figuresBefore: histogramBefore && figuresOf(histogramBefore, byLogTypeBefore.data, byServiceBefore.data),
    hasCost: byLogType.data !== undefined && costsOf(byLogType.data).length > 0,
    link,
  };
  return { ...useLastWhole(answers, isWhole), isWhole };
}

function Statistics(props: StatisticsProps) {
  const { scope, before, link, onZoom } = props;
  const { text, change } = usePageSearch();
  const shown = useAnswers(props);
  const kind: ChartKind = text('chart') === 'line' ? 'line' : 'bars';
  const sortOf = (name: string, initial: string) => ({
    sort: text(name) || initial,
    onSort: (sort: string) => change({ [name]: sort }, { replace: true }),
  });
  if (shown.now.total === 0 && (shown.before?.total ?? 0) === 0) return <Nothing q={scope.q} />;
  return (
    <div className="flex flex-col gap-4 pb-16" aria-busy={!shown.isWhole}>
      <FigureRow now={shown.figures} before={shown.figuresBefore} link={shown.link} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <VolumeCard
          now={shown.now}
          before={shown.before}
          link={shown.link}
          {...{ kind, onZoom }}
          part={(text('volume') === 'total' ? 'total' : 'severity') satisfies VolumePart}
          onKind={(next) => change({ chart: next === 'bars' ? '' : next })}
          onPart={(next) => change({ volume: next === 'severity' ? '' : next })}
        />
        <SeverityCard now={shown.now} link={shown.link} />
      </div>
      <SplitCard
        {...{ scope, link, kind, onZoom }}
        by={splitOf(text('split'))}
        onBy={(next) => change({ split: next === 'log_type' ? '' : next })}
      />
      <ErrorsCard {...{ scope, link }} {...sortOf('errors', '-events')} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 2xl:grid-cols-2">
        <OperationsCard {...{ scope, link }} {...sortOf('operations', '-p95_ms')} />
        <ServicesCard {...{ scope, before, link }} total={shown.now.total} {...sortOf('services', '-events')} />
      </div>
      {shown.hasCost && (
        <CostCard
          {...{ scope, link }}
          by={costOf(text('cost'))}
          onBy={(next) => change({ cost: next === 'service' ? '' : next })}
        />
      )}
    </div>
  );
}

const splitOf = (text: string): SplitDimension => (text === 'service' || text === 'event_type' ? text : 'log_type');
const costOf = (text: string): CostDimension =>
  text === 'log_type' || text === 'event_type' || text === 'user_id' ? text : 'service';

function Nothing({ q }: { q: string }) {
  return (
    <EmptyNotice title="No events in this time">
      {q === ''
        ? 'Choose a longer range, or connect a source on the page Ingest.'
        : 'Choose a longer range, or another search text.'}
    </EmptyNotice>
  );
}
