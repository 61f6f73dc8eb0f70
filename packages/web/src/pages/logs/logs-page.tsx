import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef } from 'react';
import { persistently } from '../../api/persistently.ts';
import { Page } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { Loading } from '../../components/notice.tsx';
import { FieldsPanel, useFieldsPanel } from './fields/fields-panel.tsx';
import { FirstSourceHint } from './first-source-hint.tsx';
import { Histogram } from './histogram/histogram.tsx';
import { useHistogram } from './histogram/use-histogram.ts';
import { useHistogramShown } from './histogram/use-histogram-shown.ts';
import { isMetricQuery } from './logql/kind.ts';
import { useLogsSearch } from './logs-search.ts';
import { NothingFound } from './nothing-found.tsx';
import { QueryBar } from './query/query-bar.tsx';
import type { QueryHandle } from './query/query-box.tsx';
import { soughtInLogql, soughtWords } from './query/terms.ts';
import { Results } from './results.tsx';
import { Summary } from './summary.tsx';
import { Toolbar } from './toolbar.tsx';
import { ViewBar } from './view-bar.tsx';

const MetricView = lazy(persistently(() => import('./logql/metric-view.tsx')));

/** Queries that ask about events, by the first part of their key. */
const ASKED = new Set(['histogram', 'fields', 'field-values', 'distribution', 'logql-metric']);

/** The logs of the org: what is asked, how it is spread over time, what fields it has, and the events. */
export default function LogsPage() {
  const { question, change, addTerms } = useLogsSearch();
  const { q, isLogql } = question;
  const handle = useRef<QueryHandle>(null);
  const { isBusy, refresh } = useAsked();
  const isMetric = isLogql && isMetricQuery(q);
  const histogram = useHistogram(question);
  const [isHistogramShown, toggleHistogram] = useHistogramShown();
  const panel = useFieldsPanel();
  const highlight = useMemo(() => (isLogql ? soughtInLogql(q) : soughtWords(q)), [q, isLogql]);
  useShortcuts([
    { keys: '/', does: 'Go to the query', run: () => handle.current?.focus() },
    { keys: 'f', does: 'Show or hide the fields', run: panel.toggle },
  ]);
  return (
    <Page
      title="Logs"
      layout="full"
      actions={
        <Toolbar
          question={question}
          onChange={change}
          onRefresh={refresh}
          isBusy={isBusy && !question.isLive}
          isMetric={isMetric}
        />
      }
    >
      <div className="flex flex-col gap-2 px-3 pt-2 md:px-4">
        <FirstSourceHint />
        <QueryBar question={question} error={histogram.error} onChange={change} onRefresh={refresh} handle={handle} />
        {!isMetric && isHistogramShown && (
          <Histogram
            question={question}
            histogram={histogram.data?.histogram}
            error={histogram.error}
            onChange={change}
          />
        )}
        <ViewBar
          panel={panel}
          histogram={isMetric ? null : { isShown: isHistogramShown, toggle: toggleHistogram }}
          summary={
            !isMetric && (
              <Summary
                total={histogram.data?.histogram.total}
                range={question.range}
                tookMs={question.isLive ? undefined : histogram.data?.tookMs}
                isLogql={isLogql}
              />
            )
          }
        />
      </div>
      <div className="flex min-h-0 flex-1 border-t border-line">
        <FieldsPanel
          panel={panel}
          question={question}
          isReady={!histogram.isLoading && !histogram.isPlaceholderData}
          onTerms={addTerms}
          onColumns={(columns) => change({ columns }, { replace: true })}
        />
        {isMetric ? (
          <Suspense fallback={<Loading rows={8} />}>
            <MetricView question={question} onChange={change} />
          </Suspense>
        ) : (
          <Results
            question={question}
            change={change}
            onTerm={(term) => addTerms([term])}
            highlight={highlight}
            empty={<NothingFound question={question} onChange={change} />}
          />
        )}
      </div>
    </Page>
  );
}

/** Whether anything is being asked, and asking all of it again. */
function useAsked(): { isBusy: boolean; refresh(): void } {
  const queries = useQueryClient();
  const isBusy =
    useIsFetching({ predicate: ({ queryKey: [kind] }) => kind === 'events' || ASKED.has(String(kind)) }) > 0;
  const refresh = () => {
    void queries.resetQueries({ queryKey: ['events'] });
    void queries.invalidateQueries({ predicate: ({ queryKey: [kind] }) => ASKED.has(String(kind)) });
  };
  return { isBusy, refresh };
}
