import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { ApiError } from '../../api/error.ts';
import { say } from '../../app/toasts.tsx';
import { usePageSearch } from '../../app/use-search.ts';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { ScopeNotice, useMay } from '../settings/scope-notice.tsx';
import { IntegrationDetail } from './integration-detail.tsx';
import { IntegrationForm } from './integration-form.tsx';
import { type Integration, type IntegrationType, integrationQuery, typesQuery } from './integration-queries.ts';

/** One integration: how it is, what it did, and with `?edit=1` its settings. */
export default function IntegrationSection() {
  const { integrationId = '' } = useParams({ strict: false });
  const isAllowed = useMay('admin');
  const integration = useQuery({ ...integrationQuery(integrationId), enabled: isAllowed });
  const types = useQuery({ ...typesQuery, enabled: isAllowed });
  if (!isAllowed) return <ScopeNotice scope="admin" to="see and change integrations" />;
  return (
    <div className="flex flex-col gap-4 pb-16">
      <Link to="/settings/integrations" className="flex items-center gap-1.5 self-start text-muted hover:text-text">
        <ArrowLeft size={15} aria-hidden />
        All integrations
      </Link>
      {isGone(integration.error) ? (
        <EmptyNotice title="There is no such integration">It was removed, or it is of another org.</EmptyNotice>
      ) : (
        integration.error !== null && <ErrorNotice error={integration.error} onRetry={integration.refetch} />
      )}
      {types.error !== null && <ErrorNotice error={types.error} onRetry={types.refetch} />}
      {integration.data !== undefined && types.data !== undefined && !isGone(integration.error) ? (
        <Loaded integration={integration.data} types={types.data} updatedAtMs={integration.dataUpdatedAt} />
      ) : (
        integration.isPending && <Loading rows={8} label="Loading the integration" />
      )}
    </div>
  );
}

const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

interface LoadedProps {
  integration: Integration;
  types: readonly IntegrationType[];
  updatedAtMs: number;
}

function Loaded({ integration, types, updatedAtMs }: LoadedProps) {
  const { text, change } = usePageSearch();
  const type = types.find((one) => one.type === integration.type);
  const isEditing = text('edit') !== '' && type !== undefined && integration.managed_by === 'api';
  if (!isEditing) return <IntegrationDetail integration={integration} type={type} updatedAtMs={updatedAtMs} />;
  const back = () => change({ edit: undefined });
  return (
    <>
      <h2 className="text-base font-semibold break-words">
        Edit {integration.name} <span className="font-normal text-muted">· {type.title}</span>
      </h2>
      <IntegrationForm
        type={type}
        saved={integration}
        onCancel={back}
        onSaved={({ name }) => {
          say(`${name} is saved.`);
          back();
        }}
      />
    </>
  );
}
