import { Page } from '../../app/page.tsx';
import { usePageSearch } from '../../app/use-search.ts';
import { Tabs } from '../../components/choices.tsx';
import { ConnectTab } from './connect/connect-tab.tsx';
import { CoverageTab } from './coverage/coverage-tab.tsx';
import { DeadLettersTab } from './dead-letters/dead-letters-tab.tsx';
import { ProducersTab } from './producers/producers-tab.tsx';

/** What comes in: how to make it come, whether all of it came, and what could not be taken. */
export default function IngestPage() {
  const { text, change } = usePageSearch();
  return (
    <Page title="Ingest">
      <Tabs
        label="Ingest"
        value={text('tab') || 'connect'}
        onChange={(tab) => change({ tab: tab === 'connect' ? '' : tab })}
        tabs={[
          { id: 'connect', label: 'Connect a source', content: <ConnectTab /> },
          { id: 'producers', label: 'Producers', content: <ProducersTab /> },
          { id: 'coverage', label: 'Event coverage', content: <CoverageTab /> },
          { id: 'dead-letters', label: 'Dead letters', content: <DeadLettersTab /> },
        ]}
      />
    </Page>
  );
}
