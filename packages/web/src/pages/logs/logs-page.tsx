import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { Page } from '../../app/page.tsx';
import Histogram from './histogram/histogram.tsx';
import { useHistogram } from './histogram/use-histogram.ts';
import { useLogsSearch } from './logs-search.ts';
import { QueryBar } from './query/query-bar.tsx';
import type { QueryHandle } from './query/query-box.tsx';

export default function LogsPage() {
  const { question, change } = useLogsSearch();
  const handle = useRef<QueryHandle>(null);
  const queries = useQueryClient();
  const histogram = useHistogram(question);
  return (
    <Page title="Logs" layout="full">
      <div className="flex flex-col gap-2 px-3 pt-2 md:px-4">
        <QueryBar
          question={question}
          error={histogram.error}
          onChange={change}
          onRefresh={() => void queries.invalidateQueries()}
          handle={handle}
        />
        <Histogram question={question} histogram={histogram.data?.histogram} onChange={change} />
      </div>
    </Page>
  );
}
