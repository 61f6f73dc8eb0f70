import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { say } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Input } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Dialog } from '../../components/overlays.tsx';
import { formatBytes } from '../../lib/format.ts';
import { fieldError, otherError } from './field-error.ts';
import type { IngestQuota, Org } from './org-queries.ts';

const QUOTAS = [
  { id: 'bytes_per_day', label: 'Bytes per day', isBytes: true },
  { id: 'events_per_day', label: 'Events per day', isBytes: false },
  { id: 'bytes_per_second', label: 'Bytes per second', isBytes: true },
  { id: 'events_per_second', label: 'Events per second', isBytes: false },
] as const;
const FIELDS = QUOTAS.map(({ id }) => `ingest_quota.${id}`);

const textsOf = (quota: IngestQuota): Record<string, string> =>
  Object.fromEntries(QUOTAS.map(({ id }) => [id, quota[id] === null ? '' : String(quota[id])]));

/** What the org may send. Empty is the default of the server. */
export function QuotaDialog({ org, onClose }: { org: Org; onClose(): void }) {
  const [texts, setTexts] = useState(() => textsOf(org.ingest_quota));
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const numbers = QUOTAS.map(({ id }) => [id, texts[id] === '' ? null : Number(texts[id])]);
      const body = { ingest_quota: Object.fromEntries(numbers) as IngestQuota };
      return answerOf(api.PATCH('/api/orgs/{org_id}', { params: { path: { org_id: org.id } }, body }));
    },
    onSuccess: async () => {
      await Promise.all(['orgs', 'ingest-usage'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      say('The quotas hold from now on.');
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const other = otherError(save.error, FIELDS);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Quotas of ${org.name || org.id}`}
      description="Beyond a quota senders are told to wait (429), and keep their events. Empty: the default of the server. Days are UTC."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        {QUOTAS.map(({ id, label, isBytes }) => (
          <Field
            key={id}
            label={label}
            error={fieldError(save.error, `ingest_quota.${id}`)}
            {...(isBytes && texts[id] !== '' && { help: formatBytes(Number(texts[id])) })}
          >
            {(ids) => (
              <Input
                {...ids}
                type="number"
                min={1}
                placeholder="default"
                className="max-w-60 tabular-nums"
                value={texts[id]}
                onChange={(event) => setTexts({ ...texts, [id]: event.target.value })}
              />
            )}
          </Field>
        ))}
        {other !== null && <ErrorNotice error={other} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
