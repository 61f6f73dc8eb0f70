import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { say } from '../../app/toasts.tsx';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { ScopeNotice, useMay } from '../settings/scope-notice.tsx';
import { DestinationCards } from './destination-cards.tsx';
import { IntegrationForm } from './integration-form.tsx';
import { IntegrationList } from './integration-list.tsx';
import { integrationsQuery, typesQuery } from './integration-queries.ts';

/** Where the org's events are sent on to, and where else they can be: with `?new=TYPE` the form for one of that type. */
export default function IntegrationsSection() {
  const { text } = usePageSearch();
  if (!useMay('admin')) return <ScopeNotice scope="admin" to="see and change integrations" />;
  const wanted = text('new');
  return wanted === '' ? <Overview /> : <NewIntegration key={wanted} wanted={wanted} />;
}

function Overview() {
  const integrations = useQuery(integrationsQuery);
  const types = useQuery(typesQuery);
  const error = integrations.error ?? types.error;
  const retry = () => {
    void integrations.refetch();
    void types.refetch();
  };
  const titles = new Map(types.data?.map(({ type, title }) => [type, title]));
  return (
    <div className="flex flex-col gap-6 pb-16">
      {error !== null && <ErrorNotice error={error} onRetry={retry} />}
      {integrations.data === undefined ? (
        <Loading label="Loading integrations" />
      ) : integrations.data.length === 0 ? (
        <p className="rounded-lg border border-line bg-raised px-4 py-3 text-muted">
          Events stay here so far. An integration sends them on to other places besides, each at its own pace: a
          destination that is slow or away delays neither ingest nor other destinations. Choose one below.
        </p>
      ) : (
        <IntegrationList integrations={integrations.data} titles={titles} />
      )}
      {types.data !== undefined && <DestinationCards types={types.data} integrations={integrations.data ?? []} />}
    </div>
  );
}

function NewIntegration({ wanted }: { wanted: string }) {
  const { change } = usePageSearch();
  const navigate = useNavigate();
  const types = useQuery(typesQuery);
  if (types.data === undefined) {
    return types.error === null ? <Loading rows={8} /> : <ErrorNotice error={types.error} onRetry={types.refetch} />;
  }
  const type = types.data.find((one) => one.type === wanted);
  const back = () => change({ new: undefined });
  return (
    <div className="flex flex-col gap-4 pb-16">
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="quiet" size="small" onClick={back}>
          <ArrowLeft size={15} aria-hidden />
          All integrations
        </Button>
        {type !== undefined && <h2 className="text-base font-semibold">New integration: {type.title}</h2>}
      </div>
      {type === undefined ? (
        <EmptyNotice title={`There is no destination of the type “${wanted}”`}>
          Choose one of those that this server has.
        </EmptyNotice>
      ) : (
        <IntegrationForm
          type={type}
          saved={null}
          onCancel={back}
          onSaved={({ id, name }) => {
            say(`${name} is saved. Events are forwarded from now on.`);
            void navigate({ to: '/settings/integrations/$integrationId', params: { integrationId: id } });
          }}
        />
      )}
    </div>
  );
}
