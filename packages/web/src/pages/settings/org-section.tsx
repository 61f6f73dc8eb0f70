import { useQuery } from '@tanstack/react-query';
import { useSession } from '../../api/session.ts';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { OrgCard } from './org-card.tsx';
import { orgsQuery } from './org-queries.ts';
import { OrgsCard } from './orgs-card.tsx';
import { ScopeNotice, useMay } from './scope-notice.tsx';
import { StorageCard } from './storage-card.tsx';
import { UsageCard } from './usage-card.tsx';

/** The org that one acts for: what it is called, how long its events are kept, what it sends and may send. */
export default function OrgSection() {
  const { org } = useSession();
  const isAdmin = useMay('admin');
  const orgs = useQuery({ ...orgsQuery, enabled: isAdmin });
  const own = orgs.data?.find(({ id }) => id === org?.id);
  return (
    <div className="flex flex-col gap-4 pb-16">
      <ScopeNotice scope="admin" to="see and change the settings of the org" />
      {orgs.error !== null && <ErrorNotice error={orgs.error} onRetry={orgs.refetch} />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        {isAdmin && own === undefined && orgs.isPending && <Loading label="Loading the org" />}
        {own !== undefined && <OrgCard key={own.id} org={own} />}
        <div className="flex flex-col gap-4">
          <UsageCard org={own} />
          <StorageCard />
        </div>
      </div>
      {isAdmin && orgs.data !== undefined && <OrgsCard orgs={orgs.data} />}
    </div>
  );
}
