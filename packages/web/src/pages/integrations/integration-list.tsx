import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answerOf, api } from '../../api/client.ts';
import { sayError } from '../../app/toasts.tsx';
import { Switch } from '../../components/choices.tsx';
import { Badge } from '../../components/display.tsx';
import { formatCount } from '../../lib/format.ts';
import { formatAgo } from '../../lib/time.ts';
import type { Integration } from './integration-queries.ts';
import { lagWords, stateWords } from './integration-state.ts';

/** The org's integrations, each with how it is. */
export function IntegrationList({
  integrations,
  titles,
}: {
  integrations: readonly Integration[];
  titles: ReadonlyMap<string, string>;
}) {
  return (
    <section aria-labelledby="integrations">
      <h2 id="integrations" className="mb-2 text-base font-semibold">
        Forwarding now
      </h2>
      <ul className="grid gap-3 xl:grid-cols-2">
        {integrations.map((one) => (
          <Row key={one.id} integration={one} title={titles.get(one.type) ?? one.type} />
        ))}
      </ul>
    </section>
  );
}

function Row({ integration, title }: { integration: Integration; title: string }) {
  const nowMs = Date.now();
  const words = stateWords(integration, nowMs);
  const { status } = integration;
  return (
    <li className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-raised px-4 py-3">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Link
            to="/settings/integrations/$integrationId"
            params={{ integrationId: integration.id }}
            className="font-medium break-words text-accent hover:underline"
          >
            {integration.name}
          </Link>
          <p className="text-xs text-muted">{title}</p>
        </div>
        <Badge kind={words.kind}>{words.label}</Badge>
        <EnableSwitch integration={integration} isLabelHidden />
      </div>
      <p className="line-clamp-2 break-words text-muted" title={words.sentence}>
        {words.sentence}
      </p>
      <dl className="mt-auto flex flex-wrap gap-x-5 gap-y-1 border-t border-line pt-2 text-xs tabular-nums">
        <Value name="Lag" value={lagWords(status)} />
        <Value name="Delivered" value={formatCount(status.delivered)} />
        <Value name="Refused" value={formatCount(status.rejected)} isBad={status.rejected > 0} />
        {status.skipped > 0 && <Value name="Left out" value={formatCount(status.skipped)} isBad />}
        <Value
          name="Last test"
          value={testWords(integration, nowMs)}
          isBad={integration.last_test_status === 'failed'}
        />
      </dl>
    </li>
  );
}

function testWords({ last_test_status, last_test_at }: Integration, nowMs: number): string {
  if (last_test_status === null || last_test_at === null) return 'never';
  return `${last_test_status === 'ok' ? 'worked' : 'failed'}, ${formatAgo(last_test_at, nowMs)}`;
}

function Value({ name, value, isBad = false }: { name: string; value: string; isBad?: boolean }) {
  return (
    <div className="flex gap-1.5">
      <dt className="text-muted">{name}</dt>
      <dd className={isBad ? 'font-medium text-error' : 'font-medium'}>{value}</dd>
    </div>
  );
}

/** Switches forwarding on and off. One that the environment describes is changed there. */
export function EnableSwitch({
  integration,
  isLabelHidden = false,
}: {
  integration: Integration;
  isLabelHidden?: boolean;
}) {
  const queries = useQueryClient();
  const { id, name, enabled, managed_by } = integration;
  const change = useMutation({
    mutationFn: (isOn: boolean) => {
      const params = { path: { integration_id: id } };
      return answerOf(
        isOn
          ? api.POST('/api/log-integrations/{integration_id}/enable', { params })
          : api.POST('/api/log-integrations/{integration_id}/disable', { params }),
      );
    },
    onError: sayError,
    onSettled: () => queries.invalidateQueries({ queryKey: ['log-integrations'] }),
  });
  return (
    <Switch
      label={isLabelHidden ? `Forward to ${name}` : 'Enabled'}
      isLabelHidden={isLabelHidden}
      isOn={change.isPending ? change.variables : enabled}
      isDisabled={change.isPending || managed_by === 'environment'}
      onChange={change.mutate}
    />
  );
}
