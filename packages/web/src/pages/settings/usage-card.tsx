import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { type Org, usageQuery, useMaySelectOrgs } from './org-queries.ts';
import { QuotaDialog } from './quota-dialog.tsx';
import { speedWords, type Use, usageWords } from './usage-words.ts';

/** What the org sent today against what it may send. */
export function UsageCard({ org }: { org: Org | undefined }) {
  const usage = useQuery(usageQuery);
  const mayChange = useMaySelectOrgs();
  const [isChanging, setChanging] = useState(false);
  return (
    <Card
      title="Sent today"
      actions={
        mayChange &&
        org !== undefined && (
          <Button size="small" onClick={() => setChanging(true)}>
            Change quotas
          </Button>
        )
      }
    >
      {usage.error !== null && <ErrorNotice error={usage.error} onRetry={usage.refetch} />}
      {usage.data === undefined ? (
        usage.isPending && <Loading rows={2} />
      ) : (
        <div className="flex flex-col gap-3">
          <Meter name="Bytes as received" use={usageWords(usage.data.bytes, usage.data.quota.bytes_per_day, 'bytes')} />
          <Meter
            name="Events, taken and rejected"
            use={usageWords(usage.data.events, usage.data.quota.events_per_day, 'count')}
          />
          <p className="text-xs text-muted tabular-nums">
            On {usage.data.day}, UTC. {speedWords(usage.data.quota)} Beyond a quota senders are told to wait (429), and
            keep their events.
          </p>
        </div>
      )}
      {isChanging && org !== undefined && <QuotaDialog org={org} onClose={() => setChanging(false)} />}
    </Card>
  );
}

const COLOURS = { good: 'var(--accent)', warn: 'var(--severity-warn)', bad: 'var(--severity-error)' } as const;

function Meter({ name, use }: { name: string; use: Use }) {
  return (
    <div>
      <p className="mb-1 flex flex-wrap justify-between gap-x-3">
        <span className="text-muted">{name}</span>
        <span className="font-medium tabular-nums">
          {use.text}
          {use.state === 'bad' && <span className="text-error"> used up</span>}
          {use.state === 'warn' && <span className="text-warn"> nearly used up</span>}
        </span>
      </p>
      {use.share !== null && <ShareBar share={use.share} colour={COLOURS[use.state]} />}
    </div>
  );
}
