import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import { say } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Input } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Dialog } from '../../components/overlays.tsx';
import type { Integration } from './integration-queries.ts';

/** Whoever deletes types the name: the place in the journal and the secrets are gone for good. */
export function DeleteDialog({ integration: { id, name }, onClose }: { integration: Integration; onClose(): void }) {
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: async () => {
      await api.DELETE('/api/log-integrations/{integration_id}', { params: { path: { integration_id: id } } });
    },
    onSuccess: async () => {
      await navigate({ to: '/settings/integrations' });
      queries.removeQueries({ queryKey: ['log-integrations', id] });
      await queries.invalidateQueries({ queryKey: ['log-integrations'], exact: true });
      say(`${name} is deleted.`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === name) remove.mutate();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Delete ${name}?`}
      description="Its secrets and its place in the journal go with it; what waits for it is not forwarded. Stored events and dead letters stay."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={`Type “${name}” to go on`}>
          {(ids) => (
            <Input
              {...ids}
              autoFocus
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        {remove.error !== null && <ErrorNotice error={remove.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={typed.trim() !== name} isBusy={remove.isPending}>
            Delete the integration
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
