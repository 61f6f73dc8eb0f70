import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { say } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/display.tsx';
import { Field, Input } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { formatDate } from '../../lib/time.ts';
import { fieldError, otherError } from './field-error.ts';
import type { Org } from './org-queries.ts';

export function OrgCard({ org }: { org: Org }) {
  const [zone] = useTimeZone();
  return (
    <Card title="This org">
      <div className="flex flex-col gap-4">
        <OrgForm org={org} />
        <dl className="flex flex-col gap-1 border-t border-line pt-3">
          <Line name="Id">
            <code className="font-mono">{org.id}</code>
          </Line>
          <Line name="Made">{formatDate(org.created_at, zone)}</Line>
          <Line name="Log types by logger">
            {Object.entries(org.log_types)
              .map(([prefix, type]) => `${prefix} → ${type}`)
              .join(', ') || 'as the server has them'}
          </Line>
          <Line name="Redaction rules off">{org.redact_rules_off.join(', ') || 'none beyond those of the server'}</Line>
        </dl>
        <LogqlLimits loki={org.loki} />
      </div>
    </Card>
  );
}

const FIELDS = ['name', 'retention_days'];

/** Name and retention; `onDone` after they are saved. */
export function OrgForm({ org, onDone }: { org: Org; onDone?(): void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(org.name);
  const [days, setDays] = useState(org.retention_days === null ? '' : String(org.retention_days));
  const save = useMutation({
    mutationFn: () => {
      const body = { name, retention_days: days.trim() === '' ? null : Number(days) };
      return answerOf(api.PATCH('/api/orgs/{org_id}', { params: { path: { org_id: org.id } }, body }));
    },
    onSuccess: async (saved) => {
      say(`${saved.name || saved.id} is saved.`);
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['orgs'] }),
        queries.invalidateQueries({ queryKey: ['session'] }),
      ]);
      onDone?.();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const isChanged = name !== org.name || days !== (org.retention_days === null ? '' : String(org.retention_days));
  const other = otherError(save.error, FIELDS);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label="Name" error={fieldError(save.error, 'name')}>
        {(ids) => <Input {...ids} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field
        label="Retention, days"
        error={fieldError(save.error, 'retention_days')}
        help="How long events are kept from now on; those that are stored keep the days they came with. Empty: the default of the server."
      >
        {(ids) => (
          <Input
            {...ids}
            type="number"
            min={1}
            className="max-w-40 tabular-nums"
            value={days}
            placeholder="default"
            onChange={(event) => setDays(event.target.value)}
          />
        )}
      </Field>
      {other !== null && <ErrorNotice error={other} />}
      <div>
        <Button kind="primary" type="submit" isBusy={save.isPending} disabled={!isChanged}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** What queries in LogQL may ask for; set by the operator's API. */
function LogqlLimits({ loki }: { loki: Org['loki'] }) {
  return (
    <details>
      <summary className="cursor-pointer text-muted">Limits of LogQL queries</summary>
      <dl className="mt-2 flex flex-col gap-1">
        <Line name="Lines of one query">{formatCount(loki.entries_max)}</Line>
        <Line name="Series of one query">{formatCount(loki.series_max)}</Line>
        <Line name="Longest time range">
          {loki.query_length_max_ms === 0 ? 'any' : formatDuration(loki.query_length_max_ms)}
        </Line>
        <Line name="Time for one query">{formatDuration(loki.query_timeout_ms)}</Line>
        <Line name="Tails at a time">{formatCount(loki.tails_max)}</Line>
      </dl>
    </details>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-3 sm:grid-cols-[11rem_1fr]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words tabular-nums">{children}</dd>
    </div>
  );
}
