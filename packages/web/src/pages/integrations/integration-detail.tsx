import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTimeZone } from '../../app/time-zone.ts';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { Badge, Card } from '../../components/display.tsx';
import { formatTime } from '../../lib/time.ts';
import { DeadLettersCard } from './dead-letters-card.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { DeliveriesCard } from './deliveries-card.tsx';
import { EnableSwitch } from './integration-list.tsx';
import type { Integration, IntegrationType } from './integration-queries.ts';
import { stateWords } from './integration-state.ts';
import { ReplayCard } from './replay-card.tsx';
import { SettingsCard } from './settings-card.tsx';
import { StatusCard } from './status-card.tsx';
import { TestSteps } from './test-steps.tsx';
import { useTest } from './use-test.ts';

interface IntegrationDetailProps {
  integration: Integration;
  /** Not there for a type that this server no longer has. */
  type: IntegrationType | undefined;
  updatedAtMs: number;
}

export function IntegrationDetail({ integration, type, updatedAtMs }: IntegrationDetailProps) {
  const { change } = usePageSearch();
  const [isDeleting, setDeleting] = useState(false);
  const words = stateWords(integration, Date.now());
  const isOurs = integration.managed_by === 'api';
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="min-w-0 text-base font-semibold break-words">{integration.name}</h2>
        <span className="text-muted">{type?.title ?? integration.type}</span>
        <Badge kind={words.kind}>{words.label}</Badge>
        <span className="ml-auto flex flex-wrap items-center gap-2">
          <EnableSwitch integration={integration} />
          <Button onClick={() => change({ edit: '1' })} disabled={!isOurs || type === undefined}>
            <Pencil size={15} aria-hidden />
            Edit
          </Button>
          <Button kind="danger" onClick={() => setDeleting(true)} disabled={!isOurs && integration.enabled}>
            <Trash2 size={15} aria-hidden />
            Delete
          </Button>
        </span>
      </div>
      {!isOurs && (
        <p role="note" className="rounded-md border border-line bg-sunken px-3 py-2.5">
          The environment variable <code className="font-mono">LOG_DESTINATION</code> describes it: it is changed there
          and at the next start. Here it can be tested, and its history sent.
        </p>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
        <div className="flex min-w-0 flex-col gap-4">
          <StatusCard integration={integration} words={words} updatedAtMs={updatedAtMs} />
          <DeliveriesCard integrationId={integration.id} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <TestCard integration={integration} onField={() => change({ edit: '1' })} />
          <ReplayCard integration={integration} />
          <DeadLettersCard integrationId={integration.id} />
          <SettingsCard integration={integration} type={type} />
        </div>
      </div>
      {isDeleting && <DeleteDialog integration={integration} onClose={() => setDeleting(false)} />}
    </>
  );
}

function TestCard({ integration, onField }: { integration: Integration; onField(): void }) {
  const [zone] = useTimeZone();
  const { id, last_test_at, last_test_steps } = integration;
  const test = useTest(`/api/log-integrations/${encodeURIComponent(id)}/test`);
  const steps = test.isIdle ? last_test_steps : test.steps;
  return (
    <Card
      title="Connection test"
      actions={
        <Button size="small" onClick={() => test.mutate(null)} isBusy={test.isPending}>
          Test now
        </Button>
      }
    >
      <div className="flex flex-col gap-2">
        {last_test_at !== null && !test.isPending && (
          <p className="text-xs text-muted">Last tested {formatTime(last_test_at, zone, 0)}</p>
        )}
        {last_test_at === null && test.isIdle && (
          <p className="text-muted">Never tested. A test sends one event that is marked as such.</p>
        )}
        <TestSteps
          steps={steps}
          isBusy={test.isPending}
          error={test.error}
          {...(integration.managed_by === 'api' && { onField })}
        />
      </div>
    </Card>
  );
}
