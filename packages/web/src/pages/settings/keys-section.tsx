import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { useShortcuts } from '../../app/shortcuts.tsx';
import { useTimeZone } from '../../app/time-zone.ts';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { Switch } from '../../components/choices.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Badge, Card } from '../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { formatAgo, formatDate, formatTime, type TimeZone } from '../../lib/time.ts';
import { type ApiKey, sortKeys } from './key-scopes.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { ScopeNotice, useMay } from './scope-notice.tsx';

/** The org's API keys: what each may do and when it was last used. */
export default function KeysSection() {
  const { org } = useSession();
  const isAllowed = useMay('admin');
  const { text, change } = usePageSearch();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const keys = useQuery({
    queryKey: ['keys', org?.id],
    queryFn: async ({ signal }) => {
      const query = org === null ? {} : { org_id: org.id };
      return (await answerOf(api.GET('/api/keys', { params: { query }, signal }))).keys;
    },
    enabled: isAllowed,
    placeholderData: keepPreviousData,
  });
  useShortcuts([{ keys: 'n', does: 'New API key', run: () => isAllowed && change({ new: '1' }) }]);
  if (!isAllowed) return <ScopeNotice scope="admin" to="see and make API keys" />;
  return (
    <div className="flex flex-col gap-4 pb-16">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 basis-72 text-muted">
          Programs send and read events with a key. A key belongs to one org; its secret is shown once, when it is made.
        </p>
        <Button kind="primary" onClick={() => change({ new: '1' })}>
          <Plus size={16} aria-hidden />
          New API key
        </Button>
      </div>
      {keys.error !== null && <ErrorNotice error={keys.error} onRetry={keys.refetch} />}
      {keys.data === undefined ? (
        keys.isPending && <Loading rows={5} label="Loading API keys" />
      ) : (
        <KeyTable keys={keys.data} onRevoke={setRevoking} />
      )}
      {text('new') !== '' && <NewKeyDialog onClose={() => change({ new: undefined })} />}
      {revoking !== null && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

function KeyTable({ keys, onRevoke }: { keys: readonly ApiKey[]; onRevoke(key: ApiKey): void }) {
  const { text, change } = usePageSearch();
  const [zone] = useTimeZone();
  const { live, revoked } = sortKeys(keys);
  const isWithRevoked = text('revoked') !== '';
  const rows = isWithRevoked ? [...live, ...revoked] : live;
  return (
    <Card
      title={`API keys (${live.length})`}
      actions={
        revoked.length > 0 && (
          <Switch
            label={`Show revoked (${revoked.length})`}
            isOn={isWithRevoked}
            onChange={(isOn) => change({ revoked: isOn ? '1' : undefined }, { replace: true })}
          />
        )
      }
    >
      {rows.length === 0 ? (
        <EmptyNotice title="No API key works">
          Make one, so that programs can send events. In open mode programs of this machine need none.
        </EmptyNotice>
      ) : (
        <DataTable
          label="API keys"
          columns={columnsOf(zone, onRevoke)}
          rows={rows}
          keyOf={({ id }) => id}
          sort={text('sort')}
          onSort={(sort) => change({ sort }, { replace: true })}
        />
      )}
    </Card>
  );
}

const columnsOf = (zone: TimeZone, onRevoke: (key: ApiKey) => void): Column<ApiKey>[] => [
  {
    id: 'name',
    label: 'Name',
    cell: ({ name, prefix }) => (
      <>
        <span className="block max-w-72 min-w-32 truncate font-medium" title={name}>
          {name}
        </span>
        <code className="font-mono text-xs text-muted">{prefix === '' ? 'chosen by the operator' : `${prefix}…`}</code>
      </>
    ),
    sortValue: ({ name }) => name,
  },
  { id: 'scopes', label: 'May', cell: (key) => <Scopes apiKey={key} />, sortValue: ({ scopes }) => scopes.join(' ') },
  {
    id: 'made',
    label: 'Made',
    cell: ({ created_at }) => <span className="whitespace-nowrap tabular-nums">{formatDate(created_at, zone)}</span>,
    sortValue: ({ created_at }) => created_at,
  },
  {
    id: 'used',
    label: 'Last used',
    cell: ({ last_used_at }) => (
      <span
        className="whitespace-nowrap tabular-nums"
        title={last_used_at === null ? undefined : formatTime(last_used_at, zone, 0)}
      >
        {last_used_at === null ? 'never' : formatAgo(last_used_at, Date.now())}
      </span>
    ),
    sortValue: ({ last_used_at }) => last_used_at,
  },
  {
    id: 'revoke',
    label: 'Action',
    isNumber: true,
    cell: (key) =>
      key.revoked_at === null ? (
        <Button size="small" kind="danger" onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
          Revoke
        </Button>
      ) : (
        <Badge kind="bad">revoked {formatDate(key.revoked_at, zone)}</Badge>
      ),
  },
];

function Scopes({ apiKey: { scopes, may_select_orgs, browser_origins } }: { apiKey: ApiKey }) {
  return (
    <span className="flex min-w-40 flex-wrap gap-1">
      {scopes.map((scope) => (
        <Badge key={scope} kind={scope === 'admin' ? 'warn' : 'accent'}>
          {scope}
        </Badge>
      ))}
      {may_select_orgs && <Badge>any org</Badge>}
      {browser_origins !== null && (
        <>
          <Badge>browser</Badge>
          {browser_origins.map((origin) => (
            <span key={origin} className="w-full text-xs whitespace-nowrap text-muted">
              {origin}
            </span>
          ))}
        </>
      )}
    </span>
  );
}
