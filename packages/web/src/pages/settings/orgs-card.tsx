import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { say } from '../../app/toasts.tsx';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/display.tsx';
import { Field, Input } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Dialog } from '../../components/overlays.tsx';
import { formatCount } from '../../lib/format.ts';
import { formatDate, type TimeZone } from '../../lib/time.ts';
import { fieldError, otherError } from './field-error.ts';
import { OrgForm } from './org-card.tsx';
import { type Org, storageQuery, useMaySelectOrgs } from './org-queries.ts';

/** All orgs, for those who may select them. */
export function OrgsCard({ orgs }: { orgs: readonly Org[] }) {
  const [zone] = useTimeZone();
  const { text, change } = usePageSearch();
  const storage = useQuery(storageQuery);
  const maySelect = useMaySelectOrgs();
  const [shown, setShown] = useState<Org | 'new' | null>(null);
  if (!maySelect) return null;
  const events = new Map(storage.data?.store?.by_org.map(({ org_id, events: count }) => [org_id, count]));
  const close = () => setShown(null);
  return (
    <Card
      title="All orgs"
      actions={
        <Button size="small" onClick={() => setShown('new')}>
          New org
        </Button>
      }
    >
      <DataTable
        label="All orgs"
        columns={columnsOf(zone, events, setShown)}
        rows={orgs}
        keyOf={({ id }) => id}
        sort={text('sort')}
        onSort={(sort) => change({ sort }, { replace: true })}
      />
      {shown === 'new' && <NewOrgDialog onClose={close} />}
      {shown !== null && shown !== 'new' && (
        <Dialog isOpen onClose={close} title={`Org ${shown.id}`}>
          <OrgForm org={shown} onDone={close} />
        </Dialog>
      )}
    </Card>
  );
}

const columnsOf = (zone: TimeZone, events: ReadonlyMap<string, number>, edit: (org: Org) => void): Column<Org>[] => [
  { id: 'name', label: 'Name', cell: ({ id, name }) => name || id, sortValue: ({ name }) => name },
  { id: 'id', label: 'Id', cell: ({ id }) => <code className="font-mono">{id}</code>, sortValue: ({ id }) => id },
  {
    id: 'events',
    label: 'Stored events',
    isNumber: true,
    cell: ({ id }) => formatCount(events.get(id) ?? 0),
    sortValue: ({ id }) => events.get(id) ?? 0,
  },
  {
    id: 'retention',
    label: 'Retention, days',
    isNumber: true,
    cell: ({ retention_days }) => retention_days ?? 'default',
    sortValue: ({ retention_days }) => retention_days,
  },
  {
    id: 'made',
    label: 'Made',
    cell: ({ created_at }) => <span className="whitespace-nowrap">{formatDate(created_at, zone)}</span>,
    sortValue: ({ created_at }) => created_at,
  },
  {
    id: 'edit',
    label: 'Action',
    isNumber: true,
    cell: (org) => (
      <Button size="small" onClick={() => edit(org)} aria-label={`Edit org ${org.id}`}>
        Edit
      </Button>
    ),
  },
];

const FIELDS = ['id', 'name'];

function NewOrgDialog({ onClose }: { onClose(): void }) {
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: () => answerOf(api.POST('/api/orgs', { body: { id: id.trim(), name: name.trim() } })),
    onSuccess: async (org) => {
      await Promise.all(['orgs', 'session'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      say(`The org ${org.name || org.id} is there. Choose it in the account menu to look at it.`);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const other = otherError(create.error, FIELDS);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New org"
      description="An org has its own events, keys, quotas and retention."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label="Id"
          isRequired
          error={fieldError(create.error, 'id')}
          help="1 to 63 of a-z, 0-9, - and _. It stays; the name can be changed."
        >
          {(ids) => (
            <Input {...ids} required autoComplete="off" value={id} onChange={(event) => setId(event.target.value)} />
          )}
        </Field>
        <Field label="Name" isRequired error={fieldError(create.error, 'name')}>
          {(ids) => (
            <Input
              {...ids}
              required
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {other !== null && <ErrorNotice error={other} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            Make the org
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
